"""Redaction, retention, and secure deletion."""

FACE = (
    "chat_people",
    "names",
    "retention",
    "small_counts",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
