"""What a report says, as it is kept: sentences, and tables of words and numbers. Later code only draws it.

Sentences are made from its numbers; shares and changes use the published numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from hoax_tracker.clock import start_of_day
from hoax_tracker.core.web.template_filters import format_number, month_name
from hoax_tracker.insight.figures.public_numbers import ResponseTimes, Statistics, SubjectNumbers
from hoax_tracker.insight.reports.largest_claims import REASONS, LateClaims
from hoax_tracker.insight.reports.monthly_numbers import ReportNumbers
from hoax_tracker.insight.statistics_charts import (
    describe_answered,
    describe_changes,
    describe_count,
    describe_times,
    describe_truth,
    describe_withdrawn,
)

Cell = str | int | float
"""Numbers have at most one decimal; a number that is hidden is words."""
FEW, NO_NUMBER = "kurang dari 5", "–"
HIDDEN_NUMBERS = (FEW, NO_NUMBER)


@dataclass(frozen=True)
class ReportChart:
    """Which columns of a table are drawn: as bars in its rows, or as columns over time with a line at ``mark``."""

    columns: tuple[int, ...]
    is_over_time: bool = False
    mark: float | None = None
    words: str = ""


@dataclass(frozen=True)
class ReportTable:
    """A table with its heading. ``key`` names it in files; without rows ``note`` says why."""

    key: str
    heading: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: ReportChart | None = None

    def is_number_column(self, place: int) -> bool:
        """Tell whether a column holds numbers, some of them perhaps hidden."""
        cells = [row[place] for row in self.rows]
        return bool(cells) and all(not isinstance(cell, str) or cell in HIDDEN_NUMBERS for cell in cells)

    @property
    def has_texts(self) -> bool:
        """Whether a column beside the first holds words: too wide for a phone."""
        return any(not self.is_number_column(place) for place in range(1, len(self.columns)))


@dataclass(frozen=True)
class ReportContent:
    """All of a report but the officers' own texts. The first sentence says the most important."""

    counted_at: datetime
    sentences: tuple[str, ...]
    tables: tuple[ReportTable, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the content as it is kept."""
        return asdict(self) | {"counted_at": self.counted_at.isoformat()}


@dataclass(frozen=True)
class ReportDocument:
    """A version of a report as its files show it; ``notes`` are the officers' own texts with their headings."""

    title: str
    version: int
    counted_at: datetime
    sent_at: datetime | None
    reason: str
    notes: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    tables: tuple[ReportTable, ...]


def content_from_json(stored: Mapping[str, Any]) -> ReportContent:
    """Return kept content."""
    return ReportContent(
        datetime.fromisoformat(stored["counted_at"]),
        tuple(stored["sentences"]),
        tuple(_table_from_json(table) for table in stored["tables"]),
    )


def _table_from_json(stored: Mapping[str, Any]) -> ReportTable:
    chart = (
        ReportChart(**{**stored["chart"], "columns": tuple(stored["chart"]["columns"])}) if stored["chart"] else None
    )
    rows = tuple(tuple(row) for row in stored["rows"])
    return ReportTable(stored["key"], stored["heading"], stored["note"], tuple(stored["columns"]), rows, chart)


FEWEST_FOR_PERCENT = 10
"""Of fewer answers no percentage is told."""


def write_sentences(numbers: ReportNumbers) -> tuple[str, ...]:
    """Return the report in sentences, the most important first."""
    return tuple(sentence for sentence in _list_sentences(numbers) if sentence)


def _list_sentences(numbers: ReportNumbers) -> Iterator[str]:
    """Yield the sentences; "" for one without numbers to tell."""
    this, before = numbers.this, numbers.before
    yield _describe_month(this)
    yield describe_trend(this, before)
    yield _describe_topics(this.topics, before.topics)
    yield describe_answered(this) or ""
    yield _describe_speed(numbers)
    yield f"{describe_truth(this)}." if this.published else ""
    yield describe_withdrawn(this) if this.published else ""
    yield f"Bulan itu {describe_changes(this)}." if this.corrected or this.withdrawn else ""
    yield _describe_late(numbers.late)
    yield describe_questions(this)
    yield describe_open_claims(this)
    yield "" if numbers.is_settled else _describe_provisional_count()


def _describe_provisional_count() -> str:
    """Return that the month's numbers may still change."""
    return (
        "Bulan ini belum dihitung tuntas: aduan hari-hari terakhirnya masih dapat dijawab, jadi angkanya dapat "
        "berbeda dari halaman Statistik sesudah tanggal 8."
    )


def name_month(month: date) -> str:
    """Return the name of a month: "November 2026"."""
    return month_name(start_of_day(month))


def _describe_month(this: Statistics) -> str:
    """Return what came in and what was published."""
    month = this.months[0]
    published = f"terbit {format_number(month.published)} klarifikasi" if month.published else "tidak ada yang terbit"
    return f"Pada {name_month(month.month)} masuk {describe_count(month.reports)} aduan warga dan {published}."


def describe_trend(this: Statistics, before: Statistics) -> str:
    """Return what rose and what fell since the month before."""
    now, then = this.months[0], before.months[0]
    reports = f"aduan {_describe_change(then.reports, now.reports)}"
    answers = f"klarifikasi {_describe_exact_change(then.published, now.published)}"
    return f"Dibanding {name_month(then.month)}: {reports}; {answers}."


def _describe_change(before: int | None, now: int | None) -> str:
    """Return how a rounded count changed. Both may be hidden, and one hidden count has no percentage."""
    if before == now:
        return f"tetap {describe_count(now)}"
    direction = "naik" if (now or 0) > (before or 0) else "turun"
    percent = f" ({_format_percent(before, now)})" if before and now else ""
    return f"{direction} dari {describe_count(before)} menjadi {describe_count(now)}{percent}"


def _describe_exact_change(before: int, now: int) -> str:
    if before == now:
        return f"tetap {format_number(now)}"
    direction = "naik" if now > before else "turun"
    percent = f" ({_format_percent(before, now)})" if before and now else ""
    return f"{direction} dari {format_number(before)} menjadi {format_number(now)}{percent}"


def _format_percent(before: int, now: int) -> str:
    """Return by how many per cent a count changed: "33 %"."""
    return f"{format_number(round(100 * abs(now - before) / before))} %"


def _describe_topics(now: Sequence[SubjectNumbers], before: Sequence[SubjectNumbers]) -> str:
    """Return which topics rose and fell most; "" where a month tells no topics."""
    if not now or not before:
        return ""
    names = {row.code: row.name for row in (*before, *now)}
    counts_now, counts_before = ({row.code: row.reports for row in rows} for rows in (now, before))
    change = {code: (counts_now.get(code) or 0) - (counts_before.get(code) or 0) for code in names}
    parts = []
    for word, code in (("naik", max(change, key=lambda code: change[code], default="")),
                       ("turun", min(change, key=lambda code: change[code], default=""))):  # fmt: skip
        if code and (change[code] > 0 if word == "naik" else change[code] < 0):
            before_words, now_words = describe_count(counts_before.get(code)), describe_count(counts_now.get(code))
            parts.append(f"paling {word} {names[code]}, dari {before_words} menjadi {now_words} aduan")
    return f"Menurut topik, {'; '.join(parts)}." if parts else ""


def _describe_speed(numbers: ReportNumbers) -> str:
    """Return how soon answers came, against the target and the month before; "" of fewer than five."""
    this, before, target = numbers.this, numbers.before, numbers.this.target_h
    if this.times is None:
        return ""
    share = describe_share_in_time(numbers.hours, this.times, target)
    words = f"{describe_times(this)} sejak aduan pertama; {share} memenuhi target {format_number(target)} jam."
    if before.times is None or before.times.median_h == this.times.median_h:
        return words
    direction = "lebih cepat" if this.times.median_h < before.times.median_h else "lebih lambat"
    return f"{words} Itu {direction} dari sebulan sebelumnya ({format_number(before.times.median_h, 1)} jam)."


def describe_share_in_time(hours: Sequence[float], times: ResponseTimes, target_h: int) -> str:
    """Return which share of the answers met the target.

    A percentage of few answers would tell how many there were, so theirs follows from the published hours alone.
    """
    if len(hours) >= FEWEST_FOR_PERCENT:
        return f"{round(100 * sum(each <= target_h for each in hours) / len(hours))} %"
    if times.nine_tenths_h <= target_h:
        return "sedikitnya sembilan dari sepuluh"
    return "sedikitnya separuh" if times.median_h <= target_h else "kurang dari separuh"


def _describe_late(late: LateClaims) -> str:
    """Return how many claims were late, and what most of them waited for."""
    if not late.total:
        return "Tidak ada klaim yang melewati batas waktunya."
    reason, count = late.by_reason.most_common(1)[0]
    words = f"{REASONS[reason][0].lower()}{REASONS[reason][1:]}"
    return (
        f"{format_number(late.total)} klaim melewati batas waktunya; terbanyak karena {words} ({format_number(count)})."
    )


def describe_questions(this: Statistics) -> str:
    """Return how many messages residents checked; "" where those records are deleted."""
    month = this.months[0]
    if not month.has_questions or month.questions is None:
        return ""
    asked, unanswered = describe_count(month.questions), describe_count(month.questions_open)
    return f"Warga memeriksa {asked} pesan; {unanswered} di antaranya belum ada klarifikasinya."


def describe_open_claims(this: Statistics) -> str:
    """Return how many claims are examined at the time of counting; "" where that is hidden."""
    total = this.open_claims.total
    return f"Saat laporan ini dihitung, {describe_count(total)} kabar sedang diperiksa." if total else ""
