"""A report's tables and the charts drawn from them.

Counts of what residents did are hidden below five and rounded; all others are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import format_date, format_datetime

from hoax_tracker.clock import WITA
from hoax_tracker.core.charts import Column, ColumnChart, ColumnValue, MeterBar, draw_columns, draw_meters
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.insight.figures.public_numbers import PublicMonth, ResponseTimes, Statistics, SubjectNumbers
from hoax_tracker.insight.reports.content import FEW, NO_NUMBER, Cell, ReportChart, ReportTable, name_month
from hoax_tracker.insight.reports.largest_claims import REASONS, LargeClaim, LateClaims
from hoax_tracker.insight.reports.monthly_numbers import ReportNumbers

RESIDENTS_NOTE = "Aduan dibulatkan ke lima terdekat dan disembunyikan bila kurang dari lima."
UNSETTLED_NOTE = "Belum dirinci: bulan ini belum dihitung tuntas. Versi baru sesudah tanggal 8 merincinya."
PRESENT_UNIT_NOTE = "Perangkat daerahnya yang memegang klaim itu saat laporan dihitung."
UNIT_HEADING = "Perangkat daerah"
NO_UNIT = "Belum diteruskan"
HOURS = ("Separuh (jam)", "9 dari 10 (jam)")


def write_tables(numbers: ReportNumbers) -> tuple[ReportTable, ...]:
    """Return all tables, also those without rows: that nothing was corrected is a result."""
    this = numbers.this
    return (
        tabulate_months(numbers.history),
        tabulate_times(numbers.history, this.target_h),
        tabulate_verdicts(this),
        _tabulate_topics(numbers),
        _tabulate_places(numbers),
        _tabulate_units(this, numbers.late),
        _tabulate_largest(numbers.largest),
        _tabulate_late_reasons(numbers.late),
        _tabulate_late(numbers.late),
        tabulate_changes(this),
    )


def tabulate_months(history: Sequence[PublicMonth]) -> ReportTable:
    """Return reports and clarifications by month."""
    rows = tuple(
        (
            name_month(month.month),
            _show_count(month.reports),
            _show_count(month.answered),
            month.published,
            month.corrected,
            month.withdrawn,
        )
        for month in history
    )
    words = "Batang berbingkai: aduan warga. Batang penuh: klarifikasi terbit."
    columns = ("Bulan", "Aduan", "Dijawab", "Klarifikasi", "Koreksi", "Ditarik")
    chart = ReportChart((1, 3), True, None, words)
    return ReportTable("bulan", "Aduan dan klarifikasi per bulan", RESIDENTS_NOTE, columns, rows, chart)


def tabulate_times(history: Sequence[PublicMonth], target: int) -> ReportTable:
    """Return the hours until an answer by month, with the target."""
    rows = tuple((name_month(month.month), *_show_hours(month.times)) for month in history)
    note = (
        "Jam dari aduan pertama sampai klarifikasinya terbit. «–»: kurang dari lima jawaban atas aduan. "
        f"Target: {target} jam."
    )
    words = "Batang berbingkai: separuh jawaban. Batang penuh: sembilan dari sepuluh. Garis putus-putus: target."
    chart = ReportChart((1, 2), True, float(target), words) if any(row[1] != NO_NUMBER for row in rows) else None
    return ReportTable("lama", "Berapa lama sampai dijawab", note, ("Bulan", *HOURS), rows, chart)


def tabulate_verdicts(this: Statistics, when: str = "bulan itu") -> ReportTable:
    """Return the clarifications of a month or year by verdict."""
    rows = tuple((str(verdict.label), count) for verdict, count in this.verdicts)
    note = f"Klarifikasi yang terbit {when}." if rows else f"Tidak ada klarifikasi yang terbit {when}."
    return ReportTable("putusan", "Putusan", note, ("Putusan", "Klarifikasi"), rows, ReportChart((1,)))


def _tabulate_topics(numbers: ReportNumbers) -> ReportTable:
    """Return the topics, each with its reports of the month before."""
    earlier = {row.code: _show_count(row.reports) for row in numbers.before.topics}
    missing = FEW if numbers.before.settled else NO_NUMBER
    rows = tuple(
        (row.name, _show_count(row.reports), earlier.get(row.code, missing), row.published)
        for row in numbers.this.topics
    )
    few = "Aduan terlalu sedikit untuk dirinci menurut topik tanpa membuka siapa yang melapor."
    few = few if numbers.is_settled else UNSETTLED_NOTE
    columns = ("Topik", "Aduan", "Bulan lalu", "Klarifikasi")
    return ReportTable("topik", "Tentang apa", RESIDENTS_NOTE if rows else few, columns, rows, ReportChart((1,)))


def _tabulate_places(numbers: ReportNumbers) -> ReportTable:
    """Return the kecamatan that were named."""
    rows = tuple(_list_named(numbers.this.places))
    note = "Yang menyebut kecamatan itu atau kelurahannya. " + RESIDENTS_NOTE
    nothing = "Tidak ada kecamatan yang disebut lima kali atau lebih." if numbers.is_settled else UNSETTLED_NOTE
    columns = ("Kecamatan", "Aduan", "Klarifikasi")
    return ReportTable("kecamatan", "Di kecamatan mana", note if rows else nothing, columns, rows, ReportChart((1,)))


def _list_named(rows: Sequence[SubjectNumbers]) -> list[tuple[Cell, ...]]:
    """Return the places with a number to show."""
    return [(row.name, _show_count(row.reports), row.published) for row in rows if row.reports or row.published]


def _tabulate_units(this: Statistics, late: LateClaims) -> ReportTable:
    """Return what each unit published, how soon, and how many of its claims were late."""
    rows: list[tuple[Cell, ...]] = [
        (unit.name, unit.published, *_show_hours(unit.times), late.by_unit[unit.code]) for unit in this.units
    ]
    published = {unit.code for unit in this.units}
    others = [(code, count) for code, count in late.by_unit.most_common() if code not in published]
    rows += [(late.unit_names.get(code, NO_UNIT), 0, NO_NUMBER, NO_NUMBER, count) for code, count in others]
    columns = (UNIT_HEADING, "Terbit", *HOURS, "Terlambat")
    note = (
        f"Terlambat: klaim yang batas waktunya lewat bulan itu. {PRESENT_UNIT_NOTE}"
        if rows
        else "Tidak ada yang terbit atau terlambat."
    )
    return ReportTable("perangkat-daerah", "Menurut perangkat daerah", note, columns, tuple(rows), ReportChart((1,)))


def _tabulate_largest(claims: Sequence[LargeClaim]) -> ReportTable:
    rows = tuple(
        (f"#{claim.claim_id}", claim.title, claim.topic, claim.items, _show_count(claim.reports), claim.state)
        for claim in claims
    )
    columns = ("Klaim", "Kabar", "Topik", "Kiriman", "Aduan", "Keadaan saat dihitung")
    note = (
        "Menurut kemunculannya bulan itu: kiriman di sumber yang dibaca, dan aduan warga. Yang ditutup tanpa "
        "klarifikasi tidak termasuk."
        if rows
        else "Tidak ada klaim yang muncul bulan itu."
    )
    return ReportTable("terbesar", "Sepuluh klaim terbesar", note, columns, rows)


def _tabulate_late_reasons(late: LateClaims) -> ReportTable:
    rows = tuple((REASONS[reason], count) for reason, count in late.by_reason.most_common())
    note = (
        "Keadaan klaim ketika batas waktunya lewat. Alasan lain tidak dicatat program."
        if rows
        else "Tidak ada klaim yang melewati batas waktunya."
    )
    columns = ("Menunggu apa", "Klaim")
    return ReportTable("alasan-terlambat", "Mengapa terlambat", note, columns, rows, ReportChart((1,)))


def _tabulate_late(late: LateClaims) -> ReportTable:
    """Return the most urgent late claims."""
    rows = tuple(
        (
            f"#{claim.claim_id}",
            claim.title,
            claim.unit or NO_UNIT,
            str(format_datetime(claim.due_at, "d MMM y, HH.mm")),
            REASONS[claim.reason],
        )
        for claim in late.shown
    )
    note = f"Paling banyak sepuluh, yang paling mendesak dulu. {PRESENT_UNIT_NOTE}" if rows else "Tidak ada."
    columns = ("Klaim", "Kabar", UNIT_HEADING, "Batas waktu (WITA)", "Menunggu apa")
    return ReportTable("terlambat", "Yang terlambat", note, columns, rows)


def tabulate_changes(this: Statistics, when: str = "bulan itu") -> ReportTable:
    """Return corrections and withdrawals with their public reasons."""
    rows = tuple(
        (
            str(format_date(change.made_at.astimezone(WITA), "d MMM y")),
            change.number,
            "Ditarik" if change.is_withdrawal else "Dikoreksi",
            change.note,
        )
        for change in this.changes
    )
    is_cut = len(rows) < this.corrected + this.withdrawn
    shown = f"{len(rows)} yang terbaru; semuanya ada di data terbuka. " if is_cut else ""
    note = f"{shown}Alasannya seperti di halaman warga." if rows else f"Tidak ada yang dikoreksi atau ditarik {when}."
    columns = ("Tanggal", "Nomor", "Apa", "Alasan")
    return ReportTable("koreksi", "Koreksi dan penarikan", note, columns, rows)


def _show_count(count: int | None) -> Cell:
    """Return a published count, or that it is hidden."""
    return FEW if count is None else count


def _show_hours(times: ResponseTimes | None) -> tuple[Cell, Cell]:
    """Return the two figures of response times, or that there are none."""
    return (times.median_h, times.nine_tenths_h) if times else (NO_NUMBER, NO_NUMBER)


MONTH_LETTERS = 3
FEWEST_PLACES = 6


@dataclass(frozen=True)
class DrawnTable:
    """A table with its chart: columns over time, or a bar for each row."""

    table: ReportTable
    columns: ColumnChart | None
    bars: list[MeterBar]


def draw_table(table: ReportTable) -> DrawnTable:
    """Return the table with its chart, if it has rows and one."""
    if table.chart is None or not table.rows:
        return DrawnTable(table, None, [])
    if not table.chart.is_over_time:
        return DrawnTable(table, None, draw_meters([_read_number(row[table.chart.columns[0]]) for row in table.rows]))
    columns = [
        Column(
            tuple(
                ColumnValue(_read_number(row[place]), _write_over_bar(row[place]), is_dark=number > 0)
                for number, place in enumerate(table.chart.columns)
            ),
            str(row[0])[:MONTH_LETTERS],
        )
        for row in table.rows
    ]
    words = f"{table.heading}. {table.chart.words}"
    drawn = draw_columns(columns, words, places=max(FEWEST_PLACES, len(columns)), mark=table.chart.mark)
    return DrawnTable(table, drawn, [])


def _read_number(cell: Cell) -> float | None:
    """Return a cell's number, None for a hidden one."""
    return None if isinstance(cell, str) else float(cell)


def _write_over_bar(cell: Cell) -> str:
    """Return the number over a bar, nothing for none."""
    return write_cell(cell) if not isinstance(cell, str) and cell else ""


def write_cell(cell: Cell) -> str:
    """Return a cell as display text."""
    return cell if isinstance(cell, str) else format_number(cell, 1 if isinstance(cell, float) else 0)
