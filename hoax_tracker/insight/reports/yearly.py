"""The yearly report: what this service counted itself, the register's numbers that officers enter, and what it says.

Counted are months that are settled, so that no number changes any more. A report is written from its numbers and kept,
sent once, and followed by a new version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import force_locale, gettext as _

from hoax_tracker.clock import WITA
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import require_unchanged_values, values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.insight.figures.desk_summary import CHANGES_SHOWN, list_page_changes
from hoax_tracker.insight.figures.month_figures import (
    is_settled,
    list_shown_months,
    load_settled_months,
    settling_moment,
)
from hoax_tracker.insight.figures.public_numbers import ObjectionNumbers, Statistics, all_hours, summarise_months
from hoax_tracker.insight.reports.content import (
    NO_NUMBER,
    Cell,
    ReportChart,
    ReportContent,
    ReportTable,
    content_from_json,
    describe_share_in_time,
    name_month,
)
from hoax_tracker.insight.reports.recipients import load_recipients
from hoax_tracker.insight.reports.register import (
    AVERAGE_KEY,
    DECIDED_KEYS,
    DISPUTES,
    GROUPS,
    OBJECTIONS,
    REASONS,
    WAYS,
    RegisterGroup,
    RegisterValues,
    empty_register,
    list_disagreements,
    list_missing,
    require_valid_register,
    sum_filled,
)
from hoax_tracker.insight.reports.tables import tabulate_changes, tabulate_months, tabulate_times, tabulate_verdicts
from hoax_tracker.insight.reports.versions import FIRST_VERSION, ReportSeries, require_reason, require_sender
from hoax_tracker.insight.statistics_charts import (
    describe_answered,
    describe_changes,
    describe_objections,
    describe_times,
    describe_truth,
    describe_withdrawn,
)
from hoax_tracker.models import Officer, YearlyReport, db


@dataclass(frozen=True)
class YearNumbers:
    """The year's settled months as the public may read them; None before the first. ``hours`` are of all answers.

    ``is_whole``: every month of the year is counted for good.
    """

    year: int
    statistics: Statistics | None
    hours: list[float]
    is_whole: bool


def _load_year_numbers(year: int, now: datetime) -> YearNumbers:
    """Return the numbers of a year as far as its months are settled."""
    months = _list_months(year)
    settled = load_settled_months(months)
    waiting = [month for month in months if month not in settled and month in list_shown_months(now)]
    is_whole = is_settled(months[-1], now) and not waiting
    figures = [settled[month] for month in months if month in settled]
    if not figures:
        return YearNumbers(year, None, [], is_whole)
    changes = list_page_changes(figures[0].month, figures[-1].month, CHANGES_SHOWN)
    return YearNumbers(year, summarise_months(figures, {}, changes, now), sorted(all_hours(figures)), is_whole)


def _list_months(year: int) -> list[date]:
    return [date(year, month, 1) for month in range(1, 13)]


def _settled_from(year: int) -> datetime:
    """Return from when on the whole year can be counted for good."""
    return settling_moment(date(year, 12, 1))


def publication_deadline(year: int) -> date:
    """Return the last day on which the report is published in time: three months after the year's end."""
    return date(year + 1, 3, 31)


def present_year(now: datetime) -> int:
    """Return the year in Kupang."""
    return now.astimezone(WITA).year


THAT_YEAR = "tahun itu"


def _write_yearly_content(register: RegisterValues, numbers: YearNumbers, now: datetime) -> ReportContent:
    with force_locale("id"):
        sentences = [*_write_register_sentences(register, numbers.year), *_write_service_sentences(numbers)]
        tables = [*_tabulate_register(register), *_tabulate_service(numbers)]
        return ReportContent(now, tuple(filter(None, sentences)), tuple(tables))


def _write_register_sentences(register: RegisterValues, year: int) -> Iterator[str]:
    """Yield what the register says, as far as it is entered."""
    received = sum_filled(register, WAYS.labels)
    if received is not None:
        yield f"Pada {year} PPID menerima {format_number(received)} permintaan informasi{_describe_outcomes(register)}."
    if register[AVERAGE_KEY] is not None and sum_filled(register, DECIDED_KEYS):
        yield f"Rata-rata permintaan dijawab dalam {format_number(register[AVERAGE_KEY], 1)} hari kerja."
    if register["objections"] is not None:
        yield f"Keberatan kepada atasan PPID: {format_number(register['objections'])}."
    if register["disputes"] is not None:
        yield f"Sengketa yang diajukan ke Komisi Informasi: {format_number(register['disputes'])}."


def _describe_outcomes(register: RegisterValues) -> str:
    """Return how the requests ended, "" while that is not entered."""
    words = {"granted": "dikabulkan", "granted_partly": "dikabulkan sebagian", "refused": "ditolak"}
    words |= {"dropped": "dicabut atau tidak dilengkapi", "pending": "masih diproses pada akhir tahun"}
    if any(register[key] is None for key in words):
        return ""
    return ": " + ", ".join(f"{format_number(register[key])} {word}" for key, word in words.items())


def _write_service_sentences(numbers: YearNumbers) -> Iterator[str]:
    """Yield what this service counted; "" for a sentence without numbers to tell."""
    year = numbers.statistics
    if year is None:
        yield f"Belum ada bulan {numbers.year} yang dihitung tuntas oleh layanan Kupang Kabas Hoaks."
        return
    first, last = (name_month(month.month) for month in (year.months[0], year.months[-1]))
    yield (
        f"Layanan Kupang Kabas Hoaks menerbitkan {format_number(year.published)} klarifikasi, dihitung "
        f"{f'dari {first} sampai {last}' if first != last else f'pada {first}'}."
    )
    yield describe_answered(year) or ""
    if year.times is not None:
        share = describe_share_in_time(numbers.hours, year.times, year.target_h)
        yield f"{describe_times(year)} sejak aduan pertama; {share} memenuhi target {format_number(year.target_h)} jam."
    yield f"{describe_truth(year)}." if year.published else ""
    yield describe_withdrawn(year) if year.published else ""
    yield f"Tahun itu {describe_changes(year)}." if year.corrected or year.withdrawn else ""
    yield f"{describe_objections(year)}." if year.objections.received else ""


def _tabulate_register(register: RegisterValues) -> Iterator[ReportTable]:
    for group in GROUPS:
        yield _tabulate_group(group, register)


def _tabulate_group(group: RegisterGroup, register: RegisterValues) -> ReportTable:
    """Return a group of numbers as a table, reasons only where they occurred."""
    rows: list[tuple[Cell, ...]] = [
        (str(label), NO_NUMBER if register[key] is None else register[key])
        for key, label in group.labels.items()
        if group is not REASONS or register[key] != 0
    ]
    unit = {OBJECTIONS.key: "Keberatan", DISPUTES.key: "Sengketa"}.get(group.key, "Permintaan")
    note = str(group.help) if rows else "Tidak ada permintaan yang ditolak, seluruhnya atau sebagian."
    return ReportTable(group.key, str(group.heading), note, ("Yang dicatat", unit), tuple(rows), ReportChart((1,)))


def _tabulate_service(numbers: YearNumbers) -> Iterator[ReportTable]:
    year = numbers.statistics
    if year is not None:
        yield tabulate_months(year.months)
        yield tabulate_times(year.months, year.target_h)
        yield tabulate_verdicts(year, THAT_YEAR)
        yield tabulate_changes(year, THAT_YEAR)
        yield _tabulate_objections(year.objections)


def _tabulate_objections(numbers: ObjectionNumbers) -> ReportTable:
    """Return how objections to published pages ended; those to the head of the PPID are in the register."""
    rows: tuple[tuple[Cell, ...], ...] = (
        ("Diterima, halaman dikoreksi atau ditarik", numbers.changed),
        ("Ditolak", numbers.refused),
        ("Masih diputuskan", numbers.open),
        ("Di antaranya lewat 30 hari kerja", numbers.late),
    )
    average = numbers.average_days
    note = (
        f"Yang diajukan warga {THAT_YEAR} di bawah klarifikasi; diputuskan orang di luar yang menulis dan menyetujuinya"
        + (f", rata-rata dalam {format_number(average, 1)} hari kerja." if average is not None else ".")
        if numbers.received
        else f"Tidak ada keberatan atas klarifikasi {THAT_YEAR}."
    )
    columns = ("Hasil", "Keberatan")
    return ReportTable(
        "keberatan-klarifikasi",
        "Keberatan atas klarifikasi",
        note,
        columns,
        rows if numbers.received else (),
        ReportChart((1,)),
    )


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
    numbers = _load_year_numbers(report.year, now)
    return _write_yearly_content(register_values(report), numbers, now), numbers


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
    if now < _settled_from(report.year):
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
        numbers = _load_year_numbers(year, now)
        content = _write_yearly_content(register_values(report), numbers, now)
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
