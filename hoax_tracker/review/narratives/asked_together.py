"""Claims that residents sent together with a claim, in one batch of a chat: a hint that they are one story.

It is counted without who, by day (``AskedTogether``), from what the questions' groups and the answered pages say of
which claim each was about.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import AskedTogether, CheckQuery, Demand, clarification_claim, db

QUESTION, PAGE = "question:", "page:"
LINK = clarification_claim.c
SUBJECTS_READ = 500
"""So many questions and pages of a claim are looked up, the newest first: the work of a page has a bound."""


def count_asked_together(claim_id: int) -> Counter[int]:
    """Return how often each other claim was sent together with this one, by its id."""
    subjects = _list_subjects(claim_id)
    if not subjects:
        return Counter()
    row = AskedTogether
    one_way = sa.select(row.day, row.second.label("other"), row.count).where(row.first.in_(subjects))
    other_way = sa.select(row.day, row.first.label("other"), row.count).where(row.second.in_(subjects))
    pairs = sa.union_all(one_way, other_way).subquery()
    counts = Counter[int]()
    for other_id, _day, _other, count in db.session.execute(sa.union(_by_question(pairs), _by_page(pairs))):
        counts[other_id] += count
    del counts[claim_id]
    return counts


def _list_subjects(claim_id: int) -> list[str]:
    """Return the questions and the pages of a claim, as ``AskedTogether`` names them."""
    asked = (
        sa.select(CheckQuery.digest)
        .join(Demand, Demand.id == CheckQuery.demand_id)
        .where(Demand.claim_id == claim_id)
        .order_by(CheckQuery.id.desc())
        .limit(SUBJECTS_READ)
    )
    pages = sa.select(LINK.clarification_id).where(LINK.claim_id == claim_id)
    questions = [QUESTION + digest for digest in db.session.scalars(asked)]
    return [*dict.fromkeys(questions), *(f"{PAGE}{page}" for page in db.session.scalars(pages))]


def _by_question(pairs: Any) -> sa.Select[Any]:
    """Return the query for the claims that the others, being questions, count for."""
    digest = sa.func.substr(pairs.c.other, len(QUESTION) + 1)
    same = sa.and_(CheckQuery.day == pairs.c.day, CheckQuery.digest == digest)
    return (
        sa.select(Demand.claim_id, pairs.c.day, pairs.c.other, pairs.c.count)
        .select_from(pairs)
        .join(CheckQuery, same)
        .join(Demand, Demand.id == CheckQuery.demand_id)
        .where(Demand.claim_id.is_not(None), pairs.c.other.startswith(QUESTION))
    )


def _by_page(pairs: Any) -> sa.Select[Any]:
    """Return the query for the claims that the others, being answered pages, are about."""
    named = sa.literal(PAGE) + sa.cast(LINK.clarification_id, sa.String)
    return (
        sa.select(LINK.claim_id, pairs.c.day, pairs.c.other, pairs.c.count)
        .select_from(pairs)
        .join(clarification_claim, named == pairs.c.other)
    )
