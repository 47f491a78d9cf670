"""When residents may expect an answer, from the office's own targets: usually within hours, at the latest on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.check.answers.service import examination_start
from hoax_tracker.check.reports.status import ReportStage, ReportStatus, find_page_change
from hoax_tracker.claims.deadlines import format_duration
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.models import Claim, ClarificationStatus, Decision, DecisionKind, Report, db


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
        return self.latest < now


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
    began = min(report.received_at, state.at)
    reopened_at = find_reopening(state.claim_id, report.received_at) if state.claim_id else None
    retracted_at = state.change.made_at if state.change else None
    return expect_answer(max(filter(None, (reopened_at, retracted_at)), default=began))


def expect_answer_to_claim(claim_id: int) -> AnswerTime:
    """Return when a claim under examination may be answered."""
    began = examination_start(db.session.get_one(Claim, claim_id))
    retraction = find_page_change(claim_id, ClarificationStatus.RETRACTED, began)
    moments = (find_reopening(claim_id, began), retraction.made_at if retraction else None)
    return expect_answer(max(filter(None, moments), default=began))


def find_reopening(claim_id: int, after: datetime) -> datetime | None:
    """Return when the claim was last reopened after a time, or None."""
    query = sa.select(sa.func.max(Decision.decided_at)).where(
        Decision.claim_id == claim_id, Decision.kind == DecisionKind.REOPEN, Decision.decided_at > after
    )
    return db.session.scalar(query)
