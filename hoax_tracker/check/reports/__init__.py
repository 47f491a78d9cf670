"""A resident's report, from the form to its erasure."""
