"""The officers' desk: the queue of claims, and what is decided about each."""
