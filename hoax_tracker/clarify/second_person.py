"""The second person of a page: which proposal waits for it, who wrote in it, and who may not judge it.

A draft, a correction and a retraction are proposals (authority/proposals.py) about the page. What is confirmed covers
exactly the claims that were answered when it was proposed: a claim that joins meanwhile is answered, but no message is
told the verdict because of its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.authority import proposals
from hoax_tracker.claims.recusal import is_accused, is_recused_unit
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import AuditEvent, Claim, Clarification, JudgedClaim, Officer, Proposal, Unit, db

PAGE_ACTS = ("clarification", "correction", "retraction")
TAKEN_OVER_ACTION = "clarification_taken_over"
WRITING_ACTIONS = ("clarification_drafted", "clarification_edited", TAKEN_OVER_ACTION)
# What was written before has been approved, or is gone.
ENDING_ACTIONS = (
    "clarification_published",
    "clarification_corrected",
    "clarification_retracted",
    "clarification_retraction_proposed",
)


def find_page_proposal(page: Clarification) -> Proposal | None:
    """Return the proposal about the page that waits, or None."""
    return next((row for row in proposals.find_open_of(page_subject(page)) if row.act in PAGE_ACTS), None)


def require_page_proposal(page: Clarification) -> Proposal:
    """Return the proposal about the page that waits. Raises InvalidInputError where none does."""
    row = find_page_proposal(page)
    if row is None:
        raise InvalidInputError("nothing proposed", user_message=_("Tidak ada usulan yang menunggu."))
    return row


def page_subject(page: Clarification) -> str:
    """Return the page's name in proposals and in the audit log."""
    return f"clarification:{page.id}"


def page_of(row: Proposal) -> Clarification:
    """Return the page that a proposal is about. Raises NotFoundError."""
    page = db.session.get(Clarification, proposals.subject_id(row))
    if page is None:
        raise NotFoundError(row.subject)
    return page


def is_impartial(page: Clarification, officer: Officer) -> bool:
    """Tell whether the officer is impartial towards everything that the page and its pending change accuse."""
    accused_id = page.proposed.get("accused_unit_id") if page.proposed_kind and page.proposed else None
    units = [db.session.get(Unit, key) for key in {page.accused_unit_id, accused_id} - {None}]
    if any(unit is not None and is_recused_unit(officer.unit, unit) for unit in units):
        return False
    return not any(is_accused(claim, officer) for claim in page.claims)


def previous_authors(page: Clarification) -> frozenset[int]:
    """Return the ids of earlier authors of the pending text, according to the audit log.

    The author of a declined proposal counts only where the pending one was taken over from them.
    """
    query = sa.select(AuditEvent.action, AuditEvent.officer_id, AuditEvent.detail).order_by(AuditEvent.id)
    subject = AuditEvent.subject == page_subject(page)
    author_ids: set[int | None] = set()
    for action, officer_id, detail in db.session.execute(
        query.where(subject, AuditEvent.action.in_(WRITING_ACTIONS + ENDING_ACTIONS))
    ):
        if action in ENDING_ACTIONS:
            author_ids.clear()
        else:
            author_ids |= {officer_id, detail.get("from")}
    return frozenset(key for key in author_ids if key is not None)


def list_answered_claim_ids(page: Clarification) -> list[int]:
    """Return the ids of the claims that the page answers, with all that were merged into them."""
    found: set[int] = set()
    new = {claim.id for claim in page.claims}
    while new:
        found |= new
        new = set(db.session.scalars(sa.select(Claim.id).where(Claim.merged_into_id.in_(new)))) - found
    return sorted(found)


def list_wordings(claim_ids: Iterable[int]) -> Sequence[str]:
    """Return the texts of claims, as the second person reads what will count as judged."""
    return db.session.scalars(sa.select(Claim.text).where(Claim.id.in_(list(claim_ids))).order_by(Claim.id)).all()


def judge_claims(claim_ids: Iterable[int], page: Clarification, confirmation: Proposal) -> None:
    """Let the words of these claims count as judged, in the current transaction."""
    known = sa.select(JudgedClaim.claim_id).where(
        JudgedClaim.clarification_id == page.id, JudgedClaim.ended_at.is_(None)
    )
    about = {"clarification_id": page.id, "confirmation_id": confirmation.id}
    new = sorted(set(claim_ids) - set(db.session.scalars(known)))
    if new:
        db.session.execute(sa.insert(JudgedClaim), [about | {"claim_id": key} for key in new])


def end_judgement(page: Clarification, now: datetime) -> None:
    """Let no words count as judged by this page any more, in the current transaction."""
    theirs = (JudgedClaim.clarification_id == page.id, JudgedClaim.ended_at.is_(None))
    db.session.execute(sa.update(JudgedClaim).where(*theirs).values(ended_at=now))
