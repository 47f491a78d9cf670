"""Setup and maintenance of the instance."""

FACE = (
    "backup.backup",
    "backup.database_move",
    "backup.restore",
    "bootstrap",
    "doctor",
    "health_checks",
    "instance_keys",
    "metrics",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
