"""The web server, and the worker it starts beside itself."""

FACE = (
    "run",
    "worker_process",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
