"""Where a report stands: derived from the claim it joined, so that it can never say something else than the desk."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.check.service import since
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Report,
    clarification_claim,
    db,
)

CLOSING = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE)


class Stage(enum.Enum):
    """The step that a report has reached."""

    RECEIVED = "received"
    EXAMINED = "examined"
    CLARIFIED = "clarified"
    CLOSED = "closed"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Standing:
    """The step, since when, and what belongs to it. ``others`` is how many more people reported the same."""

    stage: Stage
    at: datetime
    examined_at: datetime | None = None
    clarification: Clarification | None = None
    kind: DecisionKind | None = None
    reason: str = ""
    others: int = 0


def standing(report: Report) -> Standing:
    """Return where the report stands at this moment."""
    if report.rejected_at is not None:
        return Standing(Stage.REJECTED, report.rejected_at, reason=report.rejected_reason or "")
    claim = claim_of(report)
    if claim is None:
        return Standing(Stage.RECEIVED, report.received_at)
    others, examined_at = others_of(claim), since(claim)
    page = public_page(claim)
    if page is not None and page.published_at is not None:
        at = max(page.published_at, report.received_at)
        return Standing(Stage.CLARIFIED, at, min(examined_at, at), clarification=page, others=others)
    if claim.status is ClaimStatus.NEW:
        return Standing(Stage.RECEIVED, report.received_at, others=others)
    if claim.status is ClaimStatus.DISMISSED:
        return closed(claim, examined_at, others)
    return Standing(Stage.EXAMINED, examined_at, examined_at, others=others)


def claim_of(report: Report) -> Claim | None:
    """Return the claim that the report joined, or None while it waits."""
    return db.session.scalar(sa.select(Claim).join(ClaimAppearance).where(ClaimAppearance.report_id == report.id))


def public_page(claim: Claim) -> Clarification | None:
    """Return the newest public clarification that answers the claim, if any."""
    query = (
        sa.select(Clarification)
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .where(clarification_claim.c.claim_id == claim.id, Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.published_at.desc(), Clarification.id.desc())
    )
    return db.session.scalars(query).first()


def closed(claim: Claim, examined_at: datetime, others: int) -> Standing:
    """Return that the claim was closed without a clarification, with the officer's last reason."""
    query = sa.select(Decision).where(Decision.claim_id == claim.id, Decision.kind.in_(CLOSING))
    last = db.session.scalars(query.order_by(Decision.id.desc())).first()
    if last is None:
        return Standing(Stage.CLOSED, examined_at, others=others)
    return Standing(Stage.CLOSED, last.decided_at, examined_at, kind=last.kind, reason=last.reason, others=others)


def others_of(claim: Claim) -> int:
    """Return how many other reports joined the claim."""
    query = sa.select(sa.func.count(ClaimAppearance.report_id)).where(ClaimAppearance.claim_id == claim.id)
    return max(0, (db.session.scalar(query) or 0) - 1)
