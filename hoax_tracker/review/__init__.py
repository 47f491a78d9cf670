"""The officers' desk: the queue of claims, and what is decided about each."""

from hoax_tracker.review import audit_acts  # noqa: F401 - it registers what the desk records

FACE = (
    "claim_page.reporter_contact",
    "collaboration.notes",
    "collaboration.unit_questions",
    "decisions.labels",
    "decisions.service",
    "evidence.evidence",
    "evidence.safe_files",
    "evidence.snapshots",
    "narratives.membership",
    "public_questions",
    "queue.counters",
    "queue.queue",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
