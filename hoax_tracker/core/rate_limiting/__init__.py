"""Rate limits per address and in total, and their counters."""
