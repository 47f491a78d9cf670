"""Where an officer lands after signing in: on what they can do something about."""

from __future__ import annotations

from flask import url_for

from hoax_tracker.claims.awaiting_approval import pages_to_approve
from hoax_tracker.models import Clarification, Officer, RoleName, db


def landing_address(officer: Officer) -> str:
    """Return the address of the officer's first page: what awaits their approval comes before everything else."""
    awaiting = list_pages_to_approve(officer)
    if len(awaiting) == 1:
        return url_for("clarify.page", clarification_id=awaiting[0])
    if awaiting:
        return url_for("clarify.listing")
    if officer.is_officer:
        return url_for("review.queue" if officer.unit.is_root else "work.mine")
    return url_for(idle_endpoint(officer))


def idle_endpoint(officer: Officer) -> str:
    """Return the endpoint for somebody who decides about no claim, where nothing awaits their approval."""
    if officer.is_administrator:
        return "accounts.listing"
    if officer.is_auditor:
        return "audit.listing"
    return "proposals.listing" if officer.is_named_second else "clarify.listing"


def list_pages_to_approve(officer: Officer) -> list[int]:
    """Return the ids of two clarifications that await this officer's approval, longest first; none for other roles."""
    if not officer.is_a(RoleName.APPROVER):
        return []
    query = pages_to_approve(officer).order_by(Clarification.changed_at, Clarification.id)
    return list(db.session.scalars(query.limit(2)))
