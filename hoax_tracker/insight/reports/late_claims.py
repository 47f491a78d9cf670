"""Claims whose target passed in a month before they were closed or answered, and what they waited for at that moment.

Why something was late is nowhere written down: it follows from what was open when the target passed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from hoax_tracker.insight.figures.counting import is_within
from hoax_tracker.insight.figures.months import next_month
from hoax_tracker.insight.reports.largest_claims import load_public_pages, load_source_titles, name_by_topic
from hoax_tracker.models import (
    Claim,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Question,
    Unit,
    clarification_claim,
    db,
)

CLAIMS_SHOWN = 10
CLOSING_KINDS = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE, DecisionKind.LINK)
COUNTED_STATUSES = tuple(set(ClaimStatus) - {ClaimStatus.MERGED})
APPROVAL, UNIT_ANSWER, EXAMINATION, NOTHING = "approval", "unit", "examination", "nothing"
REASONS = {
    UNIT_ANSWER: "Menunggu jawaban perangkat daerah",
    APPROVAL: "Rancangan klarifikasi menunggu persetujuan",
    EXAMINATION: "Sudah mulai diperiksa, belum selesai",
    NOTHING: "Belum ada petugas yang mulai memeriksa",
}


@dataclass(frozen=True)
class LateClaim:
    """A late claim."""

    claim_id: int
    title: str
    unit: str
    due_at: datetime
    reason: str


@dataclass(frozen=True)
class LateClaims:
    """How many claims were late by reason and by unit's code ("" for none), and the most urgent of them."""

    by_reason: Counter[str] = field(default_factory=Counter)
    by_unit: Counter[str] = field(default_factory=Counter)
    unit_names: dict[str, str] = field(default_factory=dict)
    shown: list[LateClaim] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of late claims."""
        return self.by_reason.total()


def load_late_claims(month: date, now: datetime) -> LateClaims:
    """Return the claims whose target passed in the month, up to ``now``."""
    late, reason = _late_conditions(month, now), _reason_case()
    counts = (
        sa.select(Unit.code, Unit.short_name, reason.label("reason"), sa.func.count().label("claims"))
        .select_from(Claim)
        .outerjoin(Unit, Unit.id == Claim.unit_id)
        .where(*late)
        .group_by(Unit.code, Unit.short_name, sa.text("reason"))
    )
    by_reason, by_unit, unit_names = Counter[str](), Counter[str](), dict[str, str]()
    for row in db.session.execute(counts):
        by_reason[row.reason] += row.claims
        by_unit[row.code or ""] += row.claims
        if row.code:
            unit_names[row.code] = row.short_name
    return LateClaims(by_reason, by_unit, unit_names, _list_most_urgent(late, reason))


def _list_most_urgent(late: list[sa.ColumnElement[bool]], reason: sa.Case[str]) -> list[LateClaim]:
    """Return the late claims with the highest priority."""
    query = (
        sa.select(Claim.id, Claim.topic, Claim.due_at, Unit.short_name, reason.label("reason"))
        .outerjoin(Unit, Unit.id == Claim.unit_id)
        .where(*late)
        .order_by(Claim.priority.desc(), Claim.id)
        .limit(CLAIMS_SHOWN)
    )
    rows = db.session.execute(query).all()
    pages, titles = load_public_pages([row.id for row in rows]), load_source_titles([row.id for row in rows])
    return [
        LateClaim(
            row.id,
            pages[row.id].title if row.id in pages else titles.get(row.id) or name_by_topic(str(row.topic.label)),
            row.short_name or "",
            row.due_at,
            row.reason,
        )
        for row in rows
    ]


def _late_conditions(month: date, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that a claim's target passed while it was neither closed nor answered."""
    return [
        Claim.status.in_(COUNTED_STATUSES),
        *is_within(Claim.due_at, month, next_month(month)),
        Claim.due_at < now,
        ~_decided_in_time(CLOSING_KINDS),
        ~_page_exists(Clarification.published_at <= Claim.due_at),
    ]


def _reason_case() -> sa.Case[str]:
    """Return what a claim waited for when its target passed."""
    asked = sa.exists().where(
        Question.claim_id == Claim.id,
        Question.asked_at <= Claim.due_at,
        sa.or_(Question.closed_at.is_(None), Question.closed_at > Claim.due_at),
    )
    return sa.case(
        (_page_exists(Clarification.submitted_at <= Claim.due_at), APPROVAL),
        (asked, UNIT_ANSWER),
        (_decided_in_time((DecisionKind.INVESTIGATE, DecisionKind.ASSIGN, DecisionKind.CLARIFY)), EXAMINATION),
        else_=NOTHING,
    )


def _decided_in_time(kinds: tuple[DecisionKind, ...]) -> sa.Exists:
    """Return the condition that an officer decided so by the target. A decision that was undone is none."""
    undoing = aliased(Decision)
    stands = ~sa.exists().where(undoing.undoes_id == Decision.id)
    return sa.exists().where(
        Decision.claim_id == Claim.id, Decision.kind.in_(kinds), Decision.decided_at <= Claim.due_at, stands
    )


def _page_exists(condition: sa.ColumnElement[Any]) -> sa.Exists:
    """Return the condition that a clarification of the claim meets ``condition``."""
    return sa.exists().where(
        clarification_claim.c.claim_id == Claim.id,
        Clarification.id == clarification_claim.c.clarification_id,
        condition,
    )
