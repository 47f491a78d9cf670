"""Rules about items that ingest and flag share: their text, their score, their queues."""

FACE = (
    "assessment_queue",
    "claim_text",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
