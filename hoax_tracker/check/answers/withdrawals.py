"""Answers that the city withdrew: whoever sends their very words is told so, when and why.

Such a message was examined, published and answered wrongly. To call it unexamined would hide the mistake from those who
passed the wrong answer on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.orm import joinedload

from classifiers.text.near_duplicate import build_sketch
from hoax_tracker.check.answers.known_wordings import is_judged_wording
from hoax_tracker.models import Claim, Clarification, ClarificationRevision, ClarificationStatus, JudgedClaim, db

PAGES_COMPARED = 300
"""Withdrawn pages that a message is compared with, the newest. A city withdraws few."""
MAYBE_SAME = 60
"""Likeness (0..100) of the words of two texts from which they are compared word by word."""


@dataclass(frozen=True)
class Withdrawal:
    """A withdrawn page, when it was withdrawn, and why in the words that residents read on it."""

    page: Clarification
    at: datetime
    why: str


def find_withdrawal(text: str) -> Withdrawal | None:
    """Return the newest withdrawn answer whose very words a text repeats, small talk aside."""
    words = build_sketch(text).words
    for page_id, wording in _list_withdrawn_wordings():
        is_near = fuzz.token_set_ratio(words, build_sketch(wording).words) >= MAYBE_SAME
        if is_near and is_judged_wording(text, wording):
            return _load_withdrawal(page_id)
    return None


def _list_withdrawn_wordings() -> Iterator[tuple[int, str]]:
    """Yield (page, wording) of the withdrawn pages, newest first: what they quoted, answered and stated."""
    withdrawn = (
        sa.select(Clarification.id)
        .where(Clarification.status == ClarificationStatus.RETRACTED)
        .order_by(Clarification.changed_at.desc(), Clarification.id.desc())
        .limit(PAGES_COMPARED)
    )
    ids = db.session.scalars(withdrawn).all()
    if not ids:
        return
    page = Clarification
    stated = sa.select(page.id, page.claim_quote, page.wordings, page.title, page.summary).where(page.id.in_(ids))
    judged = (
        sa.select(JudgedClaim.clarification_id, Claim.text)
        .join(Claim, Claim.id == JudgedClaim.claim_id)
        .where(JudgedClaim.clarification_id.in_(ids))
    )
    wordings: dict[int, list[str]] = {
        key: [quote, *others, title, f"{title}. {summary}"]
        for key, quote, others, title, summary in db.session.execute(stated)
    }
    for key, text in db.session.execute(judged):
        wordings[key].append(text)
    yield from ((key, wording) for key in ids for wording in wordings[key] if wording)


def _load_withdrawal(page_id: int) -> Withdrawal:
    page = db.session.get_one(Clarification, page_id, options=[joinedload(Clarification.unit)])
    revision = db.session.scalar(
        sa.select(ClarificationRevision)
        .where(
            ClarificationRevision.clarification_id == page_id,
            ClarificationRevision.kind == ClarificationStatus.RETRACTED,
        )
        .order_by(ClarificationRevision.number.desc())
        .limit(1)
    )
    return Withdrawal(page, revision.made_at, revision.note) if revision else Withdrawal(page, page.changed_at, "")
