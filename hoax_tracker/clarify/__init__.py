"""Clarifications: draft, approve, publish, correct, retract."""

FACE = (
    "channels",
    "content",
    "corrections",
    "listing",
    "objections",
    "periodic_review",
    "pictures",
    "service",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
