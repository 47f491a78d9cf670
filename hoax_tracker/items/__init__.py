"""Rules about items that ingest and flag share."""

FACE = (
    "assessment_queue",
    "claim_text",
    "fact_checks",
    "grouping_queue",
    "teasers",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
