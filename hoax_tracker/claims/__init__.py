"""Rules about claims that every stage shares: who may decide, locks, assignment, deadlines, priority."""

FACE = (
    "alarm_sentences",
    "assignment",
    "awaiting_approval",
    "business_hours",
    "changed_details",
    "claim_review_feed",
    "claim_review_markup",
    "clarification_reach",
    "crossed_pictures",
    "deadlines",
    "earlier_answers",
    "locks",
    "media_fingerprints",
    "priority",
    "priority_updates",
    "public_words.closing_reasons",
    "public_words.emergency_note",
    "public_words.judged_claims",
    "public_words.objections",
    "recusal",
    "response_targets",
    "reviewed_claims",
    "rising",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
