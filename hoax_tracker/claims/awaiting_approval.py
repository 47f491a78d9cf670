"""What awaits a second person: claims whose answer is written, late for nobody, and what one officer may confirm."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.authority.acts import list_acts
from hoax_tracker.authority.confirmers import is_tied_to, may_confirm_anything
from hoax_tracker.claims.recusal import accuses_unit, find_recused_unit_ids
from hoax_tracker.core.database.upsert import alias_table
from hoax_tracker.models import (
    Claim,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Objection,
    Officer,
    Proposal,
    ProposalHand,
    ProposalOutcome,
    clarification_claim,
    db,
)

PAGE_ACTS = ("clarification", "correction", "retraction")
"""The acts about a page: the number of the page is in the proposal's subject."""


def awaits_approval(claim_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a clarification of the claim awaits approval.

    Few pages do, so the ids of their claims are read once a statement, by the index of the status.
    """
    awaiting = (
        sa.select(clarification_claim.c.claim_id)
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .where(Clarification.status == ClarificationStatus.AWAITING_APPROVAL)
    )
    return claim_id.in_(awaiting)  # type: ignore[no-any-return]


def find_awaiting_claims(claim_ids: Collection[int]) -> set[int]:
    """Return those of the claims whose answer awaits approval."""
    query = sa.select(Claim.id).where(Claim.id.in_(claim_ids), awaits_approval(Claim.id))
    return set(db.session.scalars(query)) if claim_ids else set()


def _subject_number(proposal: type[Proposal], *acts: str) -> Any:
    """Return the number in the subject of a proposal of these acts, NULL for others."""
    places = {"decision": len("claim:") + 1, "objection": len("objection:") + 1}
    place = sa.case(places, value=proposal.act, else_=len("clarification:") + 1)
    number = sa.cast(sa.func.substr(proposal.subject, place), sa.Integer)
    return sa.case((proposal.act.in_(acts), number))


def proposals_to_confirm(officer: Officer, now: datetime) -> sa.Select[int]:
    """Return the query of the ids of proposals that await this officer, as far as one statement can tell.

    Left out: what they wrote in, what somebody wrote who is tied to them, what accuses their unit, and objections to
    what their unit wrote.
    """
    waiting = alias_table(Proposal, "waiting")  # of its own, so that it stands within any other query
    if not may_confirm_anything(officer):
        return sa.select(waiting.id).where(sa.false())
    acts = [act.name for act in list_acts() if officer.is_named_second or any(map(officer.is_a, act.roles))]
    hands = sa.select(ProposalHand.officer_id).where(ProposalHand.proposal_id == waiting.id).correlate(waiting)
    recused = find_recused_unit_ids(officer.unit)
    accusing_claims = sa.select(Claim.id).where(accuses_unit(officer.unit))
    page, answers = alias_table(Clarification, "accusing"), alias_table(clarification_claim, "answered")
    accusing_pages = sa.union(
        sa.select(page.id).where(page.accused_unit_id.in_(recused)),
        sa.select(answers.c.clarification_id).where(answers.c.claim_id.in_(accusing_claims)),
    )
    page_id, claim_id = _subject_number(waiting, *PAGE_ACTS), _subject_number(waiting, "decision")
    objection_id, written = _subject_number(waiting, "objection"), alias_table(Clarification, "written")
    colleagues = sa.select(Officer.id).where(Officer.unit_id.in_(recused))
    revised = sa.select(ClarificationRevision.clarification_id).where(ClarificationRevision.author_id.in_(colleagues))
    own_pages = sa.or_(written.unit_id.in_(recused), written.author_id.in_(colleagues), written.id.in_(revised))
    own_objections = (
        sa.select(Objection.id)
        .join(written, written.id == Objection.clarification_id)
        .where(sa.or_(own_pages, written.id.in_(accusing_pages)))
    )
    return sa.select(waiting.id).where(
        waiting.outcome == ProposalOutcome.OPEN,
        waiting.act.in_(acts),
        waiting.subject != f"officer:{officer.id}",
        sa.or_(waiting.proposed_by_id != officer.id, waiting.proposed_by_id.is_(None)),
        sa.not_(sa.literal(officer.id).in_(hands)),
        ~is_tied_to(officer.id, hands, waiting.proposed_by_id, now).correlate(waiting),
        *([waiting.proposed_by_id.is_not(None)] if officer.is_administrator else []),
        sa.or_(page_id.is_(None), page_id.not_in(accusing_pages)),
        sa.or_(claim_id.is_(None), claim_id.not_in(accusing_claims)),
        sa.or_(objection_id.is_(None), objection_id.not_in(own_objections)),
    )


def pages_to_approve(officer: Officer, now: datetime) -> sa.Select[int]:
    """Return the query of the ids of pages that await this officer: drafts and changes of others."""
    row = alias_table(Proposal, "about_page")
    waiting = row.id.in_(proposals_to_confirm(officer, now)), row.act.in_(PAGE_ACTS)
    return sa.select(_subject_number(row, *PAGE_ACTS)).where(*waiting)
