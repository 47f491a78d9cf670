"""Lists of claims: the queue, its filters and counters."""
