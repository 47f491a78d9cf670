"""What officers do with a monthly report: comment on the draft, send it once, and ask for a new version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.core.audit.tracked_edits import apply_edit, values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.insight.reports.content import content_from_json, name_month
from hoax_tracker.insight.reports.recipients import load_recipients
from hoax_tracker.insight.reports.versions import ReportSeries, require_reason, require_sender
from hoax_tracker.models import MonthlyReport, Officer

LONGEST_COMMENT = 5_000

MONTHLY = ReportSeries(
    MonthlyReport,
    "month",
    "report",
    "monthly_reports.show_version",
    find_key=lambda report: f"{report.month:%Y-%m}",
    write_title=lambda report: f"Laporan hoaks {name_month(report.month)}",
)


def load_report(month: date, version: int | None = None) -> MonthlyReport:
    """Return a version of the month's report, by default the newest. Raises NotFoundError."""
    report = MONTHLY.find(month, version)
    if report is None:
        raise NotFoundError(f"report {month} {version}")
    return report


def comment_values(report: MonthlyReport) -> dict[str, Any]:
    """Return what an officer edits of a draft."""
    return {"comment": report.comment}


def change_comment(report_id: int, comment: str, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change the comment of a draft, and tell whether it differed.

    Raises EditConflictError, also where the report was sent meanwhile, InvalidInputError or NotAllowedError.
    """
    require_sender(by)
    if len(comment) > LONGEST_COMMENT:
        message = _("Paling banyak %(most)s huruf.", most=LONGEST_COMMENT)
        raise InvalidInputError("a long comment", user_message=message, field="comment")
    with write_transaction():
        report = MONTHLY.lock_draft(report_id)
        values, subject = {"comment": comment}, MONTHLY.subject(report)
        return apply_edit(report, values, seen, action="report_commented", subject=subject, by=by, now=now)


def sending_digest(report: MonthlyReport) -> str:
    """Return a digest of all that would be sent now, and to whom."""
    content = content_from_json(report.content) if report.content else None
    counted_at = content.counted_at.isoformat() if content else ""
    return values_digest(comment_values(report) | {"counted_at": counted_at, "to": load_recipients().addresses})


def send_report(report_id: int, seen: str, *, by: Officer, now: datetime) -> int:
    """Fix a draft for good and post a letter to every recipient; return how many letters.

    Raises EditConflictError where it was sent or changed since the officer saw it, or NotAllowedError.
    """
    require_sender(by)
    with write_transaction():
        report = MONTHLY.lock_draft(report_id)
        if report.content is None:
            raise InvalidInputError("not counted", user_message=_("Laporan ini masih dihitung. Coba lagi nanti."))
        if seen != sending_digest(report):
            raise MONTHLY.conflict(report)
        return MONTHLY.send(report, content_from_json(report.content), by=by, now=now)


def request_new_version(month: date, reason: str, *, by: Officer, now: datetime) -> None:
    """Let the worker count a new draft of a report that was sent. Raises InvalidInputError or NotAllowedError."""
    require_sender(by)
    require_reason(reason)
    with write_transaction():
        newest = load_report(month)
        MONTHLY.begin_version(newest, reason, by=by, now=now, comment=newest.comment)
