"""What a yearly report says, as it is kept, and how it is written from its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask_babel import force_locale

from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.insight.charts.sentences import (
    describe_answered,
    describe_changes,
    describe_objections,
    describe_times,
    describe_truth,
)
from hoax_tracker.insight.figures.objection_numbers import ObjectionNumbers
from hoax_tracker.insight.reports.content import NO_NUMBER, Cell, ReportChart, ReportContent, ReportTable
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
    sum_filled,
)
from hoax_tracker.insight.reports.sentences import describe_share_in_time, name_month
from hoax_tracker.insight.reports.tables import (
    tabulate_changes,
    tabulate_months,
    tabulate_times,
    tabulate_verdicts,
)
from hoax_tracker.insight.reports.yearly_numbers import YearNumbers

THAT_YEAR = "tahun itu"


def write_yearly_content(register: RegisterValues, numbers: YearNumbers, now: datetime) -> ReportContent:
    """Return the report as it stands now."""
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
    return ": " + ", ".join(f"{format_number(register[key])} {said}" for key, said in words.items())


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
    yield f"Tahun itu {describe_changes(year)}." if year.corrected or year.withdrawn else ""
    yield f"{describe_objections(year)}." if year.objections.received else ""


def _tabulate_register(register: RegisterValues) -> Iterator[ReportTable]:
    """Yield the tables of the register."""
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
    """Yield the tables of what this service counted."""
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
