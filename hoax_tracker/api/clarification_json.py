"""Clarifications as the API gives them: what their public pages say, and nothing of officers, reporters or drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hoax_tracker.claims.claim_review_markup import clarification_url, first_published_at, last_public_change
from hoax_tracker.core.current import current_settings
from hoax_tracker.models import Clarification, ClarificationRevision, ClarificationStatus, Evidence

KIND_NAMES = {
    ClarificationStatus.PUBLISHED: "published",
    ClarificationStatus.CORRECTED: "corrected",
    ClarificationStatus.RETRACTED: "withdrawn",
}


def clarification_item(row: Clarification) -> dict[str, Any]:
    """Return a public clarification as an item of a list."""
    settings = current_settings()
    assert row.verdict is not None  # noqa: S101 - the database refuses a public row without a verdict
    return {
        "number": row.number,
        "url": clarification_url(row, settings),
        "status": row.status.value,
        "title": row.title,
        "summary": row.summary,
        "claim": row.claim_quote,
        "verdict": row.verdict.value,
        "topic": row.topic.value,
        "unit": {"code": row.unit.code, "name": row.unit.name},
        "circulated_since": row.circulated_since.isoformat() if row.circulated_since else None,
        "published_at": _write_moment(first_published_at(row)),
        "changed_at": _write_moment(last_public_change(row)),
        "unconfirmed_until": _write_moment(row.emergency_until) if row.emergency_until else None,
        "is_example": settings.demo,
    }


def whole_clarification(row: Clarification) -> dict[str, Any]:
    """Return a public clarification with all that its page says."""
    return clarification_item(row) | {
        "circulated_where": row.circulated_where,
        "findings": row.findings,
        "conclusion": row.conclusion,
        "sources": [_source_item(source) for source in row.sources],
        "history": [_history_item(revision) for revision in reversed(row.revisions)],
    }


def _source_item(source: Evidence) -> dict[str, Any]:
    """Return a reference as its page lists it: a file, and an address that is none of the web, by its title alone."""
    link = source.url if source.url and source.url.startswith(("http://", "https://")) else None
    return {"title": source.title, "url": link, "dated": source.dated.isoformat() if source.dated else None}


def _history_item(revision: ClarificationRevision) -> dict[str, Any]:
    """Return a change of a page."""
    return {"kind": KIND_NAMES[revision.kind], "changed_at": _write_moment(revision.made_at), "note": revision.note}


def change_item(revision: ClarificationRevision) -> dict[str, Any]:
    """Return a change with the page as it is now; nothing of the page where it is withdrawn."""
    row = revision.clarification
    return _history_item(revision) | {
        "number": row.number,
        "url": clarification_url(row, current_settings()),
        "clarification": clarification_item(row) if row.is_public else None,
    }


def _write_moment(moment: datetime) -> str:
    """Return a moment as text, to the second."""
    return moment.isoformat(timespec="seconds")
