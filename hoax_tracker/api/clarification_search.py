"""Searches for public clarifications by other programs: the matcher ranks, and the rows are read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from flask import g, request
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.check.answers.admission import admission
from hoax_tracker.check.answers.question_log import consume_search_limit
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationRevision, db

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
