"""The status of a report, derived from its claim so that it never contradicts the desk, and when an answer may come.

The time is the office's own targets': usually within hours, at the latest on a day. The day is told without an hour, so
that a line holds one clear time; the answer is late once that day is over.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.check.answers.service import examination_start
from hoax_tracker.claims.public_words.closing_reasons import words_for_reporters
from hoax_tracker.claims.response_targets import format_duration, load_targets
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Report,
    clarification_claim,
    db,
)

RECEIVED_STEP = "received"
CLOSING_KINDS = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE)


class ReportStage(enum.Enum):
    """The step that a report has reached."""

    RECEIVED = "received"
    EXAMINED = "examined"
    CLARIFIED = "clarified"
    CLOSED = "closed"
    REJECTED = "rejected"


@dataclass(frozen=True)
class ReportStatus:
    """The step, since when, and its details. ``others`` counts further reports of the same claim.

    ``change`` is the newest correction of the answering page, or the retraction that reopened the examination, if it
    came while the report was in that claim. ``step`` names the step, so that no step is notified twice.
    ``restarted_at``: when a retraction or an officer reopened the examination.
    """

    stage: ReportStage
    at: datetime
    examined_at: datetime | None = None
    clarification: Clarification | None = None
    change: ClarificationRevision | None = None
    kind: DecisionKind | None = None
    reason: str = ""
    others: int = 0
    step: str = ""
    restarted_at: datetime | None = None


def report_status(report: Report) -> ReportStatus:
    """Return the present status of the report."""
    if report.rejected_at is not None:
        return ReportStatus(
            ReportStage.REJECTED, report.rejected_at, reason=report.rejected_reason or "", step="rejected"
        )
    claim = find_claim_of_report(report)
    if claim is None:
        return ReportStatus(ReportStage.RECEIVED, report.received_at, step=RECEIVED_STEP)
    others, examined_at = _count_other_reports(claim), examination_start(claim)
    page = _find_public_clarification(claim)
    if page is not None and page.published_at is not None:
        clarified_at = max(page.published_at, report.received_at)
        change = _find_page_change(claim.id, ClarificationStatus.CORRECTED, _find_joining_move(report, claim)[0], page)
        step = f"corrected:{change.id}" if change else f"clarified:{page.id}"
        return ReportStatus(
            ReportStage.CLARIFIED,
            clarified_at,
            min(examined_at, clarified_at),
            clarification=page,
            change=change,
            others=others,
            step=step,
        )
    if claim.status is ClaimStatus.NEW:
        return ReportStatus(ReportStage.RECEIVED, report.received_at, others=others, step=RECEIVED_STEP)
    if claim.status is ClaimStatus.DISMISSED:
        return _closed_status(claim, examined_at, others)
    return _examined_status(claim, report, examined_at, others)


def find_claim_of_report(report: Report) -> Claim | None:
    """Return the claim of the report, or None while it waits."""
    return db.session.scalar(sa.select(Claim).join(ClaimAppearance).where(ClaimAppearance.report_id == report.id))


def _find_public_clarification(claim: Claim) -> Clarification | None:
    """Return the newest public clarification that answers the claim, if any."""
    query = (
        sa.select(Clarification)
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .where(clarification_claim.c.claim_id == claim.id, Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.published_at.desc(), Clarification.id.desc())
    )
    return db.session.scalars(query).first()


def _find_page_change(
    claim_id: int, kind: ClarificationStatus, after: datetime, page: Clarification | None = None
) -> ClarificationRevision | None:
    """Return the newest correction or retraction of the claim's pages (or of one page) after a time."""
    query = (
        sa.select(ClarificationRevision)
        .join(
            clarification_claim,
            clarification_claim.c.clarification_id == ClarificationRevision.clarification_id,
        )
        .where(
            clarification_claim.c.claim_id == claim_id,
            ClarificationRevision.kind == kind,
            ClarificationRevision.made_at > after,
        )
        .order_by(ClarificationRevision.id.desc())
    )
    if page is not None:
        query = query.where(ClarificationRevision.clarification_id == page.id)
    return db.session.scalars(query).first()


def _examined_status(claim: Claim, report: Report, since_when: datetime, others: int) -> ReportStatus:
    """Return the status "under examination", for the first time or again.

    Again means after its page was retracted, after it was reopened, or after officers moved it to another claim.
    Earlier events of that claim do not concern the report.
    """
    since_then, moved_by = _find_joining_move(report, claim)
    change = _find_page_change(claim.id, ClarificationStatus.RETRACTED, since_then)
    reopening = _find_reopening(claim.id, moved_by)
    step = f"retracted:{change.id}" if change else f"examined:{reopening.id if reopening else moved_by}"
    restarts = (change.made_at if change else None, reopening.decided_at if reopening else None)
    return ReportStatus(
        ReportStage.EXAMINED,
        since_when,
        since_when,
        change=change,
        others=others,
        step=step,
        restarted_at=max(filter(None, restarts), default=None),
    )


def _find_reopening(claim_id: int, after_id: int = 0) -> Decision | None:
    """Return the last decision after another one that reopened the claim, if any."""
    query = sa.select(Decision).where(
        Decision.claim_id == claim_id, Decision.kind == DecisionKind.REOPEN, Decision.id > after_id
    )
    return db.session.scalars(query.order_by(Decision.id.desc()).limit(1)).first()


def _find_joining_move(report: Report, claim: Claim) -> tuple[datetime, int]:
    """Return when the report joined the claim, and the merge or split that moved it; 0 for none."""
    query = (
        sa.select(Decision)
        .join(ClaimMove, ClaimMove.decision_id == Decision.id)
        .join(ClaimAppearance, ClaimAppearance.id == ClaimMove.appearance_id)
        .where(
            ClaimAppearance.report_id == report.id,
            ClaimMove.to_claim_id == claim.id,
            ~Decision.undone_by.any(),  # type: ignore[attr-defined]
        )
        .order_by(Decision.id.desc())
    )
    last = db.session.scalars(query).first()
    return (report.received_at, 0) if last is None else (max(report.received_at, last.decided_at), last.id)


def _closed_status(claim: Claim, examined_at: datetime, others: int) -> ReportStatus:
    """Return the status "closed without a clarification", with the officer's last reason."""
    query = sa.select(Decision).where(Decision.claim_id == claim.id, Decision.kind.in_(CLOSING_KINDS))
    last = db.session.scalars(query.order_by(Decision.id.desc())).first()
    if last is None:
        return ReportStatus(ReportStage.CLOSED, examined_at, others=others, step="closed:0")
    return ReportStatus(
        ReportStage.CLOSED,
        last.decided_at,
        examined_at,
        kind=last.kind,
        reason=words_for_reporters(last.reason),
        others=others,
        step=f"closed:{last.id}",
    )


def _count_other_reports(claim: Claim) -> int:
    """Return how many other reports joined the claim, without rejected ones."""
    query = (
        sa.select(sa.func.count(Report.id))
        .join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.claim_id == claim.id, Report.rejected_at.is_(None))
    )
    return max(0, (db.session.scalar(query) or 0) - 1)


@dataclass(frozen=True)
class AnswerTime:
    """The target for what residents report (``usual``), and the end of the working days that other claims have."""

    usual: timedelta
    latest: datetime

    @property
    def usual_text(self) -> str:
        """The usual time in words: "24 jam"."""
        return format_duration(self.usual)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the answer is late."""
        return day_in_kupang(self.latest) < day_in_kupang(now)


def expect_answer(since: datetime) -> AnswerTime:
    """Return when an answer may be expected to what waits since a time."""
    targets = load_targets()
    return AnswerTime(targets.high, targets.calendar.after(since, targets.other_days))


def expect_answer_to_report(report: Report, state: ReportStatus) -> AnswerTime | None:
    """Return when the report may be answered; None once it is answered or closed.

    A report that joins a claim waits from its own arrival, or as long as the claim where that waits longer, so that the
    day never moves away. It moves only where the examination begins again.
    """
    if state.stage not in (ReportStage.RECEIVED, ReportStage.EXAMINED):
        return None
    return expect_answer(state.restarted_at or min(report.received_at, state.at))


def expect_answer_to_claim(claim_id: int) -> AnswerTime:
    """Return when a claim under examination may be answered."""
    began = examination_start(db.session.get_one(Claim, claim_id))
    retraction = _find_page_change(claim_id, ClarificationStatus.RETRACTED, began)
    reopening = _find_reopening(claim_id)
    restarts = (retraction.made_at if retraction else None, reopening.decided_at if reopening else None)
    return expect_answer(max(filter(None, restarts), default=began))
