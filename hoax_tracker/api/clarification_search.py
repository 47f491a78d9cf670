"""Public clarifications for other programs: filtered, or searched by a message, in the API's own form.

For a search the matcher ranks, and the rows are read again. Given is what the public pages say, and nothing of
officers, reporters or drafts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask import g, request
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.check.answers.admission import admission
from hoax_tracker.check.clarification_list import list_place_names, names_place_condition
from hoax_tracker.check.rate_limits import consume_search_limit
from hoax_tracker.claims.claim_review_markup import clarification_url, first_published_at, last_public_change
from hoax_tracker.clock import start_of_day, utc_now
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    District,
    Evidence,
    Topic,
    Unit,
    Verdict,
    db,
)

FOUND_AT_MOST = 1_000
"""How many pages a search ranks. Nobody reads on to the thousandth."""
ASKED_AT_ONCE = 500
SHOWN_HISTORY = (
    ClarificationRevision.number,
    ClarificationRevision.kind,
    ClarificationRevision.note,
    ClarificationRevision.made_at,
)
"""What is read of a page's history: what changed when, without the words of earlier states."""

Conditions = Sequence[sa.ColumnElement[bool]]


@dataclass(frozen=True)
class FoundClarifications:
    """Some clarifications of a search or a list; ``has_more``: further ones follow."""

    rows: Sequence[Clarification]
    has_more: bool


def search_clarifications(text: str, conditions: Conditions, offset: int, count: int) -> FoundClarifications:
    """Return public clarifications that a text may be about, the likeliest first, from the ``offset``-th on.

    The search counts against the limit of its address, and waits its turn as a question does. Its answer is private:
    the text may be a resident's message. Raises RateLimitedError and OverloadedError.
    """
    g.private = True
    with admission().deciding(count_search):
        ranked = current_match_index().find_pages(text, FOUND_AT_MOST)
        ids = list(islice(_iterate_matching_ids(ranked, conditions), offset, offset + count + 1))
    return FoundClarifications(_load_in_order(ids[:count]), len(ids) > count)


def count_search() -> None:
    """Count a search of the address that asks. Raises RateLimitedError."""
    consume_search_limit(request.remote_addr or "", current_settings(), utc_now())


def list_newest(conditions: Conditions, offset: int, count: int) -> FoundClarifications:
    """Return public clarifications, the newest first, from the ``offset``-th on.

    What is passed over is read by id alone.
    """
    query = sa.select(Clarification.id).where(Clarification.status.in_(PUBLIC_STATUSES), *conditions)
    ids = db.session.scalars(query.order_by(Clarification.number.desc()).offset(offset).limit(count + 1)).all()
    return FoundClarifications(_load_in_order(ids[:count]), len(ids) > count)


def public_query() -> sa.Select[Clarification]:
    """Return the query for public clarifications with the answering unit and what changed when."""
    public = Clarification.status.in_(PUBLIC_STATUSES)
    history = selectinload(Clarification.revisions).load_only(*SHOWN_HISTORY)
    return sa.select(Clarification).where(public).options(joinedload(Clarification.unit), history)


def _iterate_matching_ids(ranked: Sequence[int], conditions: Conditions) -> Iterator[int]:
    """Yield those of the ids whose clarifications are public and meet the conditions, in their order."""
    for start in range(0, len(ranked), ASKED_AT_ONCE):
        part = ranked[start : start + ASKED_AT_ONCE]
        query = sa.select(Clarification.id).where(Clarification.id.in_(part), *conditions)
        matching = set(db.session.scalars(query.where(Clarification.status.in_(PUBLIC_STATUSES))))
        yield from (key for key in part if key in matching)


def _load_in_order(ids: Sequence[int]) -> Sequence[Clarification]:
    """Return public clarifications in the order of their ids."""
    rows = {row.id: row for row in db.session.scalars(public_query().where(Clarification.id.in_(ids)))} if ids else {}
    return [rows[key] for key in ids if key in rows]


FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Days beyond these are taken for these: no page is older or newer, and no sum of days runs over."""


def filter_conditions(filters: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for the loaded fields of ``FiltersIn``."""
    conditions: list[sa.ColumnElement[bool]] = []
    if filters["topic"]:
        conditions.append(Clarification.topic == Topic(filters["topic"]))
    if filters["verdict"]:
        conditions.append(Clarification.verdict == Verdict(filters["verdict"]))
    if filters["unit"]:
        unit = sa.select(Unit.id).where(Unit.code == _database_text(filters["unit"]))
        conditions.append(Clarification.unit_id.in_(unit))
    if filters["place"]:
        place = db.session.scalar(sa.select(District.id).where(District.code == _database_text(filters["place"])))
        conditions.append(names_place_condition(list_place_names(place) if place else []))
    if filters["since"]:
        conditions.append(Clarification.published_at >= start_of_day(_nearest_day(filters["since"])))
    if filters["until"]:
        conditions.append(Clarification.published_at < start_of_day(_nearest_day(filters["until"])) + timedelta(days=1))
    return conditions


def _database_text(text: str) -> str:
    """Return a text that databases take: PostgreSQL refuses NUL."""
    return text.replace("\x00", " ")


def _nearest_day(day: date) -> date:
    """Return a day, or the nearest that may be reckoned with."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def nearest_moment(moment: datetime) -> datetime:
    """Return a moment as aware UTC, or the nearest that may be reckoned with."""
    first, last = (datetime.combine(day, datetime.min.time(), UTC) for day in (FIRST_DAY, LAST_DAY))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return first if aware <= first else last if aware >= last else aware.astimezone(UTC)


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
