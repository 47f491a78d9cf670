"""What officers do with a report: comment on the draft, send it once, and ask for a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import defer

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.conflicts import edit_conflict
from hoax_tracker.core.audit.tracked_edits import (
    AUDIT_ACTION_LABELS,
    apply_edit,
    lock_row,
    values_digest,
)
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.insight.monthly_reports.content import ReportContent, content_from_json
from hoax_tracker.insight.monthly_reports.recipients import load_recipients
from hoax_tracker.insight.monthly_reports.sentences import name_month
from hoax_tracker.models import MonthlyReport, Officer, RoleName, db
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for

SENDING_ROLES = (RoleName.APPROVER, RoleName.ADMINISTRATOR)
LONGEST_COMMENT, LONGEST_REASON = 5_000, 500
SENTENCES_IN_LETTER = 4


def may_send_report(person: Officer) -> bool:
    """Tell whether the officer may comment on a report, send it, and ask for a new version."""
    return any(person.is_a(role) for role in SENDING_ROLES)


def require_sender(person: Officer) -> None:
    """Raise NotAllowedError unless the officer may send reports."""
    if not may_send_report(person):
        raise NotAllowedError("reports need the role approver or administrator")


def list_reports() -> Sequence[MonthlyReport]:
    """Return all versions of all reports without their content, the newest first."""
    order = (MonthlyReport.month.desc(), MonthlyReport.version.desc())
    query = sa.select(MonthlyReport).options(defer(MonthlyReport.content)).order_by(*order)
    return db.session.scalars(query).all()


def load_report(month: date, version: int | None = None) -> MonthlyReport:
    """Return a version of the month's report, by default the newest. Raises NotFoundError."""
    query = sa.select(MonthlyReport).where(MonthlyReport.month == month)
    if version is not None:
        query = query.where(MonthlyReport.version == version)
    report = db.session.scalar(query.order_by(MonthlyReport.version.desc()).limit(1))
    if report is None:
        raise NotFoundError(f"report {month} {version}")
    return report


def list_versions(month: date) -> Sequence[sa.Row[int, datetime | None, str]]:
    """Return number, time of sending and reason of each version of the month's report, the newest first."""
    query = sa.select(MonthlyReport.version, MonthlyReport.sent_at, MonthlyReport.reason)
    return db.session.execute(query.where(MonthlyReport.month == month).order_by(MonthlyReport.version.desc())).all()


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
        report = lock_draft(report_id)
        subject = report_subject(report)
        return apply_edit(
            report, {"comment": comment}, seen, action="report_commented", subject=subject, by=by, now=now
        )


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
        report = lock_draft(report_id)
        subject = report_subject(report)
        if report.content is None:
            raise InvalidInputError("not counted", user_message=_("Laporan ini masih dihitung. Coba lagi nanti."))
        if seen != sending_digest(report):
            raise edit_conflict(subject, AUDIT_ACTION_LABELS)
        report.sent_at, report.sent_by_id = now, by.id
        letter = build_letter(report, content_from_json(report.content))
        report.letters = sum(post_letter(report, letter, address, now) for address in load_recipients().addresses)
        detail = {"version": report.version, "letters": report.letters}
        audit_log.record_event("report_sent", subject, officer=by, now=now, detail=detail)
        return report.letters


def post_letter(report: MonthlyReport, letter: Letter, address: str, now: datetime) -> bool:
    """Queue the letter to one address."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:16]
    with force_locale("id"):
        return enqueue_letter(f"monthly-report:{report.id}:{digest}", address, letter, now)


def build_letter(report: MonthlyReport, content: ReportContent) -> Letter:
    """Return the letter: the first sentences and the way to the report, without any claim."""
    with force_locale("id"):
        month = name_month(report.month)
    anew = (f"Ini versi {report.version}, menggantikan yang sebelumnya.",)
    return Letter(
        subject=f"Laporan hoaks {month}" + (f", versi {report.version}" if report.version > 1 else ""),
        paragraphs=(*(anew if report.version > 1 else ()), *content.sentences[:SENTENCES_IN_LETTER]),
        quote=quote_officers(report),
        action=("Buka laporan lengkap", public_url_for("monthly_reports.show_version", **address_of(report))),
        closing=("Halamannya memerlukan akun petugas; di sana ada PDF dan XLSX.",),
        why="Anda menerima email ini karena alamat ini ada di daftar penerima laporan bulanan.",
    )


def quote_officers(report: MonthlyReport) -> str:
    """Return what officers wrote: the comment, after the reason for a new version."""
    if not report.reason:
        return report.comment
    comment = f"\n\nCatatan petugas:\n{report.comment}" if report.comment else ""
    return f"Mengapa dikirim lagi:\n{report.reason}{comment}"


def address_of(report: MonthlyReport) -> dict[str, Any]:
    """Return the arguments of the report's address."""
    return {"month": f"{report.month:%Y-%m}", "version": report.version}


def request_new_version(month: date, reason: str, *, by: Officer, now: datetime) -> None:
    """Let the worker count a new draft of a report that was sent. Raises InvalidInputError or NotAllowedError."""
    require_sender(by)
    if not reason.strip():
        message = _("Tulis mengapa laporan ini dikirim lagi; penerima membacanya.")
        raise InvalidInputError("no reason", user_message=message, field="reason")
    if len(reason) > LONGEST_REASON:
        message = _("Paling banyak %(most)s huruf.", most=LONGEST_REASON)
        raise InvalidInputError("a long reason", user_message=message, field="reason")
    with write_transaction():
        newest = load_report(month)
        if newest.sent_at is None:
            raise InvalidInputError("a draft exists", user_message=_("Masih ada rancangan yang belum dikirim."))
        row = MonthlyReport(month=month, version=newest.version + 1, reason=reason, comment=newest.comment)
        db.session.add(row)
        detail = {"version": row.version, "reason": reason}
        audit_log.record_event("report_reopened", report_subject(row), officer=by, now=now, detail=detail)


def lock_draft(report_id: int) -> MonthlyReport:
    """Return a draft, locked. Raises EditConflictError, naming who sent it, where it is none any more."""
    report = lock_row(MonthlyReport, report_id)
    if report.sent_at is not None:
        raise edit_conflict(report_subject(report), AUDIT_ACTION_LABELS)
    return report


def report_subject(report: MonthlyReport) -> str:
    """Return how the audit log calls the report on a month."""
    return f"monthly_report:{report.month:%Y-%m}"
