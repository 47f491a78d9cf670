"""Flagging: an item or report is assessed, and joins or opens a claim."""

FACE = (
    "claim_grouping",
    "item_assessment",
    "model.model_files",
    "model.registry",
    "model.retraining",
    "model.training_labels",
    "flagger_month",
    "public_questions",
    "service",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
