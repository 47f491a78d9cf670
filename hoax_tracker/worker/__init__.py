"""The worker: its loop, and the tasks that only it does."""

FACE = (
    "embedded",
    "job_queue",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
