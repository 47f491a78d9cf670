"""Claims whose words count as judged: what a second person read when they confirmed a page or an answer.

A message in such words is told the verdict. A claim that joins an answered one later is none until it is confirmed. A
page that one person published in an emergency says that nobody has confirmed it yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import format_datetime, gettext as _

from hoax_tracker.models import PUBLIC_STATUSES, Claim, Clarification, JudgedClaim, Proposal, clarification_claim, db


def list_with_merged(claim_ids: Iterable[int]) -> list[int]:
    """Return the ids of the claims and of all that were merged into them, in order."""
    found: set[int] = set()
    new = set(claim_ids)
    while new:
        found |= new
        new = set(db.session.scalars(sa.select(Claim.id).where(Claim.merged_into_id.in_(new)))) - found
    return sorted(found)


def list_claim_texts(claim_ids: Iterable[int]) -> Sequence[str]:
    """Return the texts of claims, as the second person reads what will count as judged."""
    return db.session.scalars(sa.select(Claim.text).where(Claim.id.in_(list(claim_ids))).order_by(Claim.id)).all()


def judge_claims(claim_ids: Iterable[int], page_id: int, confirmation: Proposal) -> None:
    """Let the words of these claims count as judged by the page, in the current transaction."""
    known = sa.select(JudgedClaim.claim_id).where(
        JudgedClaim.clarification_id == page_id, JudgedClaim.ended_at.is_(None)
    )
    about = {"clarification_id": page_id, "confirmation_id": confirmation.id}
    new = sorted(set(claim_ids) - set(db.session.scalars(known)))
    if new:
        db.session.execute(sa.insert(JudgedClaim), [about | {"claim_id": key} for key in new])


def end_judgement_by(page_id: int, now: datetime) -> None:
    """Let no words count as judged by this page any more, in the current transaction."""
    _end(JudgedClaim.clarification_id == page_id, now)


def end_judgement_of(claim_ids: Collection[int], now: datetime) -> None:
    """Let the words of these claims count as judged no more, in the current transaction."""
    _end(JudgedClaim.claim_id.in_(claim_ids), now)


def _end(condition: sa.ColumnElement[bool], now: datetime) -> None:
    db.session.execute(sa.update(JudgedClaim).where(condition, JudgedClaim.ended_at.is_(None)).values(ended_at=now))


def newest_answer_by_claim(claim_ids: Iterable[int]) -> dict[int, int]:
    """Return each judged claim's newest public clarification."""
    query = (
        sa.select(JudgedClaim.claim_id, sa.func.max(Clarification.id))
        .join(Clarification, Clarification.id == JudgedClaim.clarification_id)
        .where(
            JudgedClaim.claim_id.in_(list(claim_ids)),
            JudgedClaim.ended_at.is_(None),
            Clarification.status.in_(PUBLIC_STATUSES),
        )
        .group_by(JudgedClaim.claim_id)
    )
    return dict(db.session.execute(query).all())


def has_answering_page(claim_ids: Collection[int]) -> bool:
    """Tell whether a public page answers one of the claims."""
    answers = clarification_claim.c
    query = sa.select(answers.claim_id).join(Clarification, Clarification.id == answers.clarification_id)
    public = Clarification.status.in_(PUBLIC_STATUSES)
    return db.session.scalar(query.where(answers.claim_id.in_(claim_ids), public).limit(1)) is not None


def list_answering_pages(claim: Claim) -> list[int]:
    """Return the ids of the public pages that answer a claim."""
    query = (
        sa.select(Clarification.id)
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .where(clarification_claim.c.claim_id == claim.id, Clarification.status.in_(PUBLIC_STATUSES))
    )
    return sorted(db.session.scalars(query))


def emergency_note(page: Clarification) -> str:
    """Return the sentence, in the present language; "" for a page that a second person confirmed."""
    if page.emergency_until is None:
        return ""
    until = format_datetime(page.emergency_until, _("d MMMM y, HH.mm 'WITA'"))
    return str(_("Diterbitkan dalam keadaan darurat, menunggu konfirmasi orang kedua sampai %(until)s.", until=until))
