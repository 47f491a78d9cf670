"""Where an officer lands after signing in: on what they can do something about."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import url_for

from hoax_tracker.authority.confirmers import may_confirm_anything
from hoax_tracker.authority.proposals import subject_id
from hoax_tracker.claims.awaiting_approval import PAGE_ACTS, proposals_to_confirm
from hoax_tracker.clock import utc_now
from hoax_tracker.models import Officer, Proposal, db


def landing_address(officer: Officer) -> str:
    """Return the address of the officer's first page: what awaits their approval comes before everything else."""
    awaiting = list_first_proposals(officer, utc_now())
    if len(awaiting) == 1 and awaiting[0].act in PAGE_ACTS:
        return url_for("clarify.page", clarification_id=subject_id(awaiting[0]))
    if awaiting:
        return url_for("proposals.listing")
    if officer.is_officer:
        return url_for("review.queue" if officer.unit.is_root else "morning.show")
    return url_for(_idle_endpoint(officer))


def _idle_endpoint(officer: Officer) -> str:
    """Return the endpoint for somebody who decides about no claim, where nothing awaits their approval."""
    if officer.is_administrator:
        return "accounts.listing"
    if officer.is_auditor:
        return "audit.listing"
    return "proposals.listing" if officer.is_named_second else "clarify.listing"


def list_first_proposals(officer: Officer, now: datetime) -> list[Proposal]:
    """Return two proposals that await this officer, longest first; none for who confirms nothing."""
    if not may_confirm_anything(officer):
        return []
    query = sa.select(Proposal).where(Proposal.id.in_(proposals_to_confirm(officer, now)))
    return list(db.session.scalars(query.order_by(Proposal.proposed_at, Proposal.id).limit(2)))
