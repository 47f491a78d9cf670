"""Setup and maintenance of the instance."""

FACE = (
    "backup.backup",
    "backup.database_move",
    "backup.history",
    "backup.restore",
    "bootstrap",
    "doctor",
    "health_checks",
    "instance_keys",
    "job_status",
    "key_rotation",
    "metrics",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
