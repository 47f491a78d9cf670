"""What officers do with a yearly report: enter the register's numbers, send it once, and begin a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import defer

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.conflicts import edit_conflict
from hoax_tracker.core.audit.tracked_edits import (
    AUDIT_ACTION_LABELS,
    lock_row,
    require_unchanged_values,
    values_digest,
)
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.insight.monthly_reports.recipients import load_recipients
from hoax_tracker.insight.monthly_reports.service import LONGEST_REASON, SENTENCES_IN_LETTER, require_sender
from hoax_tracker.insight.yearly_reports.content import YearlyContent, write_yearly_content, yearly_content_from_json
from hoax_tracker.insight.yearly_reports.numbers import YearNumbers, load_year_numbers, present_year, settled_from
from hoax_tracker.insight.yearly_reports.register import (
    RegisterValues,
    empty_register,
    list_disagreements,
    list_missing,
    require_valid_register,
)
from hoax_tracker.models import Officer, YearlyReport, db
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for

FIRST_VERSION = 1


def list_yearly_reports() -> Sequence[YearlyReport]:
    """Return all versions of all yearly reports without their content, the newest first."""
    order = (YearlyReport.year.desc(), YearlyReport.version.desc())
    query = sa.select(YearlyReport).options(defer(YearlyReport.content), defer(YearlyReport.register)).order_by(*order)
    return db.session.scalars(query).all()


def list_unbegun_years(reports: Sequence[YearlyReport], now: datetime) -> list[int]:
    """Return of the present year and the one before those without a report."""
    begun = {report.year for report in reports}
    return [year for year in (present_year(now), present_year(now) - 1) if year not in begun]


def load_yearly_report(year: int, now: datetime, version: int | None = None) -> YearlyReport:
    """Return a version of the year's report, by default the newest; of a year not begun an empty one, not stored.

    Raises NotFoundError.
    """
    query = sa.select(YearlyReport).where(YearlyReport.year == year)
    if version is not None:
        query = query.where(YearlyReport.version == version)
    report = db.session.scalar(query.order_by(YearlyReport.version.desc()).limit(1))
    if report is not None:
        return report
    if version in (None, FIRST_VERSION) and year in list_unbegun_years([], now):
        return YearlyReport(year=year, version=FIRST_VERSION, register=empty_register(), reason="", letters=0)
    raise NotFoundError(f"yearly report {year} {version}")


def list_yearly_versions(year: int) -> Sequence[sa.Row[int, datetime | None]]:
    """Return number and time of sending of each stored version, the newest first."""
    query = sa.select(YearlyReport.version, YearlyReport.sent_at).where(YearlyReport.year == year)
    return db.session.execute(query.order_by(YearlyReport.version.desc())).all()


def register_values(report: YearlyReport) -> dict[str, Any]:
    """Return what officers entered; what later releases ask for is empty."""
    return empty_register() | report.register


def read_yearly_content(report: YearlyReport, now: datetime) -> tuple[YearlyContent, YearNumbers | None]:
    """Return what a report says: as it was sent, or written now, then with the numbers behind it."""
    if report.sent_at is not None and report.content is not None:
        return yearly_content_from_json(report.content), None
    numbers = load_year_numbers(report.year, now)
    return write_yearly_content(register_values(report), numbers, now), numbers


def save_register(year: int, version: int, values: RegisterValues, seen: str, *, by: Officer, now: datetime) -> bool:
    """Store what was entered in the draft, and tell whether it differed. The first time, the draft is begun.

    Raises EditConflictError, also where the report was sent meanwhile, InvalidInputError, NotAllowedError or
    NotFoundError.
    """
    require_sender(by)
    require_valid_register(values)
    with write_transaction():
        report = lock_yearly_draft(load_yearly_report(year, now, version))
        before = register_values(report)
        require_unchanged_values(report_subject(report), before, seen)
        changed = {key: value for key, value in values.items() if value != before[key]}
        if not changed:
            return False
        db.session.add(report)
        report.register, report.edited_at = dict(values), now
        detail = {"before": {key: before[key] for key in changed}, "after": changed}
        audit_log.record_event("yearly_report_entered", report_subject(report), officer=by, now=now, detail=detail)
        return True


def list_obstacles(report: YearlyReport, numbers: YearNumbers, now: datetime) -> list[str]:
    """Return in words what has to be done before the report can be sent."""
    values, obstacles = register_values(report), []
    if now < settled_from(report.year):
        obstacles.append(_("Tahunnya belum dihitung tuntas. Laporan dapat dikirim mulai 8 Januari."))
    elif not numbers.is_whole:
        obstacles.append(_("Pekerja latar masih menghitung satu bulan atau lebih. Coba lagi nanti."))
    if missing := len(list_missing(values)):
        obstacles.append(_("%(count)s angka belum diisi. Tulis 0 bila memang tidak ada.", count=missing))
    return [*obstacles, *list_disagreements(values)]


def sending_digest(report: YearlyReport, content: YearlyContent) -> str:
    """Return a digest of all that would be sent now, and to whom."""
    written = content.as_json() | {"counted_at": "", "register": register_values(report)}
    return values_digest(written | {"to": load_recipients().addresses})


def send_yearly_report(year: int, version: int, seen: str, *, by: Officer, now: datetime) -> int:
    """Fix a draft for good and post a letter to every recipient of reports; return how many letters.

    Raises EditConflictError where it was sent or changed since the officer saw it, InvalidInputError while it is not
    whole, NotAllowedError or NotFoundError.
    """
    require_sender(by)
    with write_transaction():
        report = lock_yearly_draft(load_yearly_report(year, now, version))
        numbers = load_year_numbers(year, now)
        content = write_yearly_content(register_values(report), numbers, now)
        if seen != sending_digest(report, content):
            raise edit_conflict(report_subject(report), AUDIT_ACTION_LABELS)
        if obstacles := list_obstacles(report, numbers, now):
            raise InvalidInputError("not whole", user_message=" ".join(obstacles))
        db.session.add(report)
        report.content, report.sent_at, report.sent_by_id = content.as_json(), now, by.id
        db.session.flush()
        letter = build_yearly_letter(report, content)
        report.letters = sum(post_letter(report, letter, address, now) for address in load_recipients().addresses)
        detail = {"version": report.version, "letters": report.letters}
        audit_log.record_event("yearly_report_sent", report_subject(report), officer=by, now=now, detail=detail)
        return report.letters


def post_letter(report: YearlyReport, letter: Letter, address: str, now: datetime) -> bool:
    """Queue the letter to one address."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:16]
    with force_locale("id"):
        return enqueue_letter(f"yearly-report:{report.id}:{digest}", address, letter, now)


def build_yearly_letter(report: YearlyReport, content: YearlyContent) -> Letter:
    """Return the letter: the first sentences and the way to the report."""
    anew = (f"Ini versi {report.version}, menggantikan yang sebelumnya.",) if report.version > FIRST_VERSION else ()
    return Letter(
        subject=f"Laporan layanan informasi {report.year}" + (f", versi {report.version}" if anew else ""),
        paragraphs=(*anew, *content.sentences[:SENTENCES_IN_LETTER]),
        quote=f"Mengapa dikirim lagi:\n{report.reason}" if report.reason else "",
        action=(
            "Buka laporan lengkap",
            public_url_for("yearly_reports.show_version", year=report.year, version=report.version),
        ),
        closing=("Halamannya memerlukan akun petugas; di sana ada PDF dan XLSX.",),
        why="Anda menerima email ini karena alamat ini ada di daftar penerima laporan.",
    )


def begin_new_version(year: int, reason: str, *, by: Officer, now: datetime) -> None:
    """Begin a new draft of a report that was sent, with its numbers. Raises InvalidInputError or NotAllowedError."""
    require_sender(by)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        message = (
            _("Paling banyak %(most)s huruf.", most=LONGEST_REASON)
            if reason.strip()
            else _("Tulis mengapa laporan ini dikirim lagi; penerima membacanya.")
        )
        raise InvalidInputError("no or a long reason", user_message=message, field="reason")
    with write_transaction():
        newest = load_yearly_report(year, now)
        if newest.sent_at is None:
            raise InvalidInputError("a draft exists", user_message=_("Masih ada rancangan yang belum dikirim."))
        row = YearlyReport(year=year, version=newest.version + 1, reason=reason, register=register_values(newest))
        db.session.add(row)
        detail = {"version": row.version, "reason": reason}
        audit_log.record_event("yearly_report_reopened", report_subject(row), officer=by, now=now, detail=detail)


def lock_yearly_draft(report: YearlyReport) -> YearlyReport:
    """Return a draft, locked where it is stored. Raises EditConflictError where it is none any more."""
    if report.id is not None:
        report = lock_row(YearlyReport, report.id)
    if report.sent_at is not None:
        raise edit_conflict(report_subject(report), AUDIT_ACTION_LABELS)
    return report


def report_subject(report: YearlyReport) -> str:
    """Return how the audit log calls the report on a year."""
    return f"yearly_report:{report.year}"
