"""What officers do with a yearly report: enter the register's numbers, send it once, and begin a new version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import require_unchanged_values, values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.insight.reports.content import ReportContent, content_from_json
from hoax_tracker.insight.reports.recipients import load_recipients
from hoax_tracker.insight.reports.register import (
    RegisterValues,
    empty_register,
    list_disagreements,
    list_missing,
    require_valid_register,
)
from hoax_tracker.insight.reports.versions import FIRST_VERSION, ReportSeries, require_reason, require_sender
from hoax_tracker.insight.reports.yearly_content import write_yearly_content
from hoax_tracker.insight.reports.yearly_numbers import YearNumbers, load_year_numbers, present_year, settled_from
from hoax_tracker.models import Officer, YearlyReport, db

YEARLY = ReportSeries(
    YearlyReport,
    "year",
    "yearly_report",
    "yearly_reports.show_version",
    find_key=lambda report: str(report.year),
    write_title=lambda report: f"Laporan layanan informasi {report.year}",
)


def list_unbegun_years(reports: Sequence[YearlyReport], now: datetime) -> list[int]:
    """Return of the present year and the one before those without a report."""
    begun = {report.year for report in reports}
    return [year for year in (present_year(now), present_year(now) - 1) if year not in begun]


def load_yearly_report(year: int, now: datetime, version: int | None = None) -> YearlyReport:
    """Return a version of the year's report, by default the newest; of a year not begun an empty one, not stored.

    Raises NotFoundError.
    """
    report = YEARLY.find(year, version)
    if report is not None:
        return report
    if version in (None, FIRST_VERSION) and year in list_unbegun_years([], now):
        return YearlyReport(year=year, version=FIRST_VERSION, register=empty_register(), reason="", letters=0)
    raise NotFoundError(f"yearly report {year} {version}")


def register_values(report: YearlyReport) -> dict[str, Any]:
    """Return what officers entered; what later releases ask for is empty."""
    return empty_register() | report.register


def read_yearly_content(report: YearlyReport, now: datetime) -> tuple[ReportContent, YearNumbers | None]:
    """Return what a report says: as it was sent, or written now, then with the numbers behind it."""
    if report.sent_at is not None and report.content is not None:
        return content_from_json(report.content), None
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
        report = _lock_draft(load_yearly_report(year, now, version))
        before = register_values(report)
        require_unchanged_values(YEARLY.subject(report), before, seen)
        changed = {key: value for key, value in values.items() if value != before[key]}
        if not changed:
            return False
        db.session.add(report)
        report.register, report.edited_at = dict(values), now
        detail = {"before": {key: before[key] for key in changed}, "after": changed}
        audit_log.record_event("yearly_report_entered", YEARLY.subject(report), officer=by, now=now, detail=detail)
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


def sending_digest(report: YearlyReport, content: ReportContent) -> str:
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
        report = _lock_draft(load_yearly_report(year, now, version))
        numbers = load_year_numbers(year, now)
        content = write_yearly_content(register_values(report), numbers, now)
        if seen != sending_digest(report, content):
            raise YEARLY.conflict(report)
        if obstacles := list_obstacles(report, numbers, now):
            raise InvalidInputError("not whole", user_message=" ".join(obstacles))
        return YEARLY.send(report, content, by=by, now=now)


def begin_new_version(year: int, reason: str, *, by: Officer, now: datetime) -> None:
    """Begin a new draft of a report that was sent, with its numbers. Raises InvalidInputError or NotAllowedError."""
    require_sender(by)
    require_reason(reason)
    with write_transaction():
        newest = load_yearly_report(year, now)
        YEARLY.begin_version(newest, reason, by=by, now=now, register=register_values(newest))


def _lock_draft(report: YearlyReport) -> YearlyReport:
    return report if report.id is None else YEARLY.lock_draft(report.id)
