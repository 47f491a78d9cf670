"""Rules about claims that every stage shares: who may decide, locks, assignment, deadlines, priority."""

FACE = (
    "accused_view",
    "assignment",
    "awaiting_approval",
    "claim_review_markup",
    "crossed_pictures",
    "earlier_answers",
    "locks",
    "media_fingerprints",
    "priority",
    "public_words.closing_reasons",
    "public_words.judged_claims",
    "public_words.objections",
    "recusal",
    "response_targets",
    "reviewed_claims",
    "unit_answers",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
