"""Clarifications: draft, approve, publish, correct, retract."""

FACE = (
    "channels.service",
    "content",
    "corrections",
    "listing",
    "objections.decider_notices",
    "periodic_review",
    "pictures",
    "service",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
