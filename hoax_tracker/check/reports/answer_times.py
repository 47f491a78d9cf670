"""When residents may expect an answer, from the office's own targets: usually within hours, at the latest on a day.

The day is told without an hour, so that a line holds one clear time; the answer is late once that day is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hoax_tracker.check.answers.service import examination_start
from hoax_tracker.check.reports.status import ReportStage, ReportStatus, find_page_change, find_reopening
from hoax_tracker.claims.deadlines import format_duration
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.models import Claim, ClarificationStatus, Report, db


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
    retraction = find_page_change(claim_id, ClarificationStatus.RETRACTED, began)
    reopening = find_reopening(claim_id)
    restarts = (retraction.made_at if retraction else None, reopening.decided_at if reopening else None)
    return expect_answer(max(filter(None, restarts), default=began))
