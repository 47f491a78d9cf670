"""The charts of the public statistics, the small lines of the page of the morning, and their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import format_date, gettext as _, ngettext

from hoax_tracker.clock import start_of_day
from hoax_tracker.core.charts import (
    Column,
    ColumnChart,
    ColumnValue,
    MeterBar,
    Spark,
    draw_columns,
    draw_meters,
    draw_spark,
)
from hoax_tracker.core.web.template_filters import format_number, month_name
from hoax_tracker.insight.figures.desk_summary import TodayCount
from hoax_tracker.insight.figures.public_numbers import PublicMonth, Statistics, SubjectNumbers
from hoax_tracker.models import Alarm, Verdict


def describe_count(count: int | None) -> str:
    """Return a published count in words: what it hides, and that it is rounded."""
    return str(_("kurang dari 5") if count is None else _("sekitar %(count)s", count=format_number(count)))


def _describe_published(count: int) -> str:
    """Return how many clarifications, which is exact."""
    return str(ngettext("%(count)s klarifikasi", "%(count)s klarifikasi", count, count=format_number(count)))


def describe_present_month(statistics: Statistics) -> str:
    """Return the month's reports, what was published, and how soon."""
    month = statistics.months[-1]
    sentence = _(
        "Bulan ini %(reports)s aduan masuk dan %(published)s terbit.",
        reports=describe_count(month.reports),
        published=_describe_published(month.published),
    )
    if month.times is None:
        return str(sentence)
    half = _("Separuh jawaban atas aduan terbit dalam %(hours)s jam.", hours=format_number(month.times.median_h, 1))
    return f"{sentence} {half}"


def describe_trend(statistics: Statistics) -> str:
    """Return how the reports of the last whole month compare with those of the month before."""
    ended = statistics.months[:-1]
    if len(ended) < 2:
        return str(_("Aduan dan klarifikasi setiap bulan"))
    before, last = ended[-2:]
    facts = {"month": name_month(last), "now": describe_count(last.reports), "before": describe_count(before.reports)}
    if (last.reports or 0) > (before.reports or 0):
        return str(_("Aduan naik pada %(month)s: %(now)s, sebulan sebelumnya %(before)s", **facts))
    if (last.reports or 0) < (before.reports or 0):
        return str(_("Aduan turun pada %(month)s: %(now)s, sebulan sebelumnya %(before)s", **facts))
    return str(_("Aduan pada %(month)s sebanyak bulan sebelumnya: %(now)s", **facts))


def _describe_chart(statistics: Statistics) -> str:
    """Return what the chart of months shows, for people who do not see it."""
    first, last = statistics.months[0], statistics.months[-1]
    sentence = _(
        "Dari %(first)s sampai %(last)s: aduan %(before)s lalu %(now)s, "
        "klarifikasi %(published_before)s lalu %(published)s.",
        first=name_month(first),
        last=name_month(last),
        before=describe_count(first.reports),
        now=describe_count(last.reports),
        published_before=format_number(first.published),
        published=format_number(last.published),
    )
    return str(sentence)


def describe_answered(statistics: Statistics) -> str | None:
    """Return how many of the reports are answered, as a sum of the published numbers; None where all are hidden."""
    reports, answered = (
        _sum_shown(month.reports for month in statistics.months),
        _sum_shown(month.answered for month in statistics.months),
    )
    if not reports:
        return None
    if not answered:
        few = _("Dari %(reports)s aduan, kurang dari 5 sudah dijawab klarifikasi.", reports=describe_count(reports))
        return str(few)
    sentence = _(
        "Dari %(reports)s aduan, %(answered)s sudah dijawab klarifikasi (%(share)s %%).",
        reports=describe_count(reports),
        answered=describe_count(answered),
        share=min(100, round(100 * answered / reports)),
    )
    return str(sentence)


def describe_truth(statistics: Statistics) -> str:
    """Return how often the message was true."""
    true = dict(statistics.verdicts).get(Verdict.BENAR, 0)
    if not statistics.published:
        return str(_("Putusan atas pesan yang beredar"))
    return str(
        ngettext(
            "%(count)s dari %(all)s pesan yang dijawab ternyata benar",
            "%(count)s dari %(all)s pesan yang dijawab ternyata benar",
            true,
            count=format_number(true),
            all=format_number(statistics.published),
        )
    )


def describe_withdrawn(statistics: Statistics) -> str:
    """Return that verdicts of pages withdrawn since are counted as they were published; "" where none was withdrawn."""
    return _("Yang kemudian ditarik ikut terhitung, menurut putusan waktu terbit.") if statistics.withdrawn else ""


def describe_times(statistics: Statistics) -> str:
    """Return within which hours half and nine tenths of the answers came."""
    if statistics.times is None:
        return str(_("Berapa lama sampai dijawab"))
    return str(
        _(
            "Separuh jawaban terbit dalam %(half)s jam, sembilan dari sepuluh dalam %(most)s jam",
            half=format_number(statistics.times.median_h, 1),
            most=format_number(statistics.times.nine_tenths_h, 1),
        )
    )


def describe_changes(statistics: Statistics) -> str:
    """Return how often the city was wrong. Some of it mends what was published before the shown months."""
    if not (statistics.corrected or statistics.withdrawn):
        return str(_("Belum ada klarifikasi yang dikoreksi atau ditarik"))
    return str(
        _(
            "%(all)s, %(corrected)s koreksi, dan %(withdrawn)s penarikan",
            all=_describe_published(statistics.published),
            corrected=format_number(statistics.corrected),
            withdrawn=format_number(statistics.withdrawn),
        )
    )


def describe_objections(statistics: Statistics) -> str:
    """Return how many objections residents raised against pages, and how many changed one."""
    numbers = statistics.objections
    if not numbers.received:
        return str(_("Belum ada keberatan atas klarifikasi"))
    return str(
        ngettext(
            "%(num)s keberatan atas klarifikasi, %(changed)s mengubah halaman",
            "%(num)s keberatan atas klarifikasi, %(changed)s mengubah halaman",
            numbers.received,
            changed=format_number(numbers.changed),
        )
    )


def describe_open_claims(statistics: Statistics) -> str:
    """Return how many claims are examined and not answered yet."""
    claims = statistics.open_claims
    if claims.total is None and claims.by_topic:
        return str(_("Yang sedang diperiksa dan belum dijawab"))
    return str(_("Belum dijawab: %(count)s kabar sedang diperiksa", count=describe_count(claims.total)))


def describe_questions(statistics: Statistics) -> str:
    """Return how many messages residents checked this month, and how many had no answer."""
    month = statistics.months[-1]
    sentence = _(
        "Bulan ini warga memeriksa %(asked)s pesan; %(open)s di antaranya belum ada klarifikasinya.",
        asked=describe_count(month.questions),
        open=describe_count(month.questions_open),
    )
    return str(sentence)


def name_month(month: PublicMonth) -> str:
    """Return the name of a month: "November 2026"."""
    return month_name(start_of_day(month.month))


def _sum_shown(counts: Iterable[int | None]) -> int:
    return sum(count or 0 for count in counts)


FEW_MONTHS = 6
"""Up to so many months have their numbers over the bars: more would not fit a phone."""


@dataclass(frozen=True)
class StatisticsCharts:
    """The charts of the page; meters in the order of the rows of their tables."""

    months: ColumnChart
    times: ColumnChart | None
    verdicts: list[MeterBar]
    topics: list[MeterBar]
    places: list[MeterBar]
    units: list[MeterBar]
    open_claims: list[MeterBar]


def draw_statistics(statistics: Statistics) -> StatisticsCharts:
    """Return all charts."""
    target = float(statistics.target_h)
    return StatisticsCharts(
        _draw_months(statistics),
        _draw_times(statistics),
        draw_meters([count for _verdict, count in statistics.verdicts]),
        _draw_subjects(statistics.topics),
        _draw_subjects(statistics.places),
        draw_meters([unit.times.median_h if unit.times else None for unit in statistics.units], target),
        draw_meters([count for _topic, count in statistics.open_claims.by_topic]),
    )


def _draw_subjects(rows: Sequence[SubjectNumbers]) -> list[MeterBar]:
    """Return the bars of topics or kecamatan: their reports."""
    return draw_meters([row.reports for row in rows])


def _draw_months(statistics: Statistics) -> ColumnChart:
    """Return the chart of reports and clarifications by month."""
    is_roomy = len(statistics.months) <= FEW_MONTHS
    columns = [
        Column(
            (
                ColumnValue(month.reports, _write_over_bar(month.reports) if is_roomy else ""),
                ColumnValue(month.published, _write_over_bar(month.published) if is_roomy else "", True),
            ),
            _label_month(month, place, len(statistics.months)),
        )
        for place, month in enumerate(statistics.months)
    ]
    return draw_columns(columns, _describe_chart(statistics), places=max(FEW_MONTHS, len(columns)))


def _draw_times(statistics: Statistics) -> ColumnChart | None:
    """Return the chart of hours by month with the target as a line; None where no month shows its times."""
    if not any(month.times for month in statistics.months):
        return None
    count = len(statistics.months)
    columns = [
        Column(
            (ColumnValue(month.times.median_h if month.times else None),
             ColumnValue(month.times.nine_tenths_h if month.times else None, "", True)),
            _label_month(month, place, count),
        )
        for place, month in enumerate(statistics.months)
    ]  # fmt: skip
    words = f"{describe_times(statistics)}. " + _("Target: %(hours)s jam.", hours=statistics.target_h)
    return draw_columns(columns, words, places=max(FEW_MONTHS, count), mark=float(statistics.target_h))


def _label_month(month: PublicMonth, place: int, count: int) -> str:
    """Return the short name of a month; of many months of every other one, counted from the last."""
    is_labelled = count <= FEW_MONTHS or (count - 1 - place) % 2 == 0
    return str(format_date(month.month, "MMM")) if is_labelled else ""


def _write_over_bar(count: int | None) -> str:
    """Return the number over a bar, nothing for none."""
    return format_number(count) if count else ""


def describe_usual_day(count: TodayCount) -> str:
    """Return what is usual a day."""
    if count.usual < 0.05:
        return str(_("biasanya tidak ada"))
    return str(_("biasanya %(usual)s sehari", usual=format_number(count.usual, 0 if count.usual >= 10 else 1)))


def draw_rising(alarms: Sequence[Alarm], steps: Mapping[int, Sequence[int]]) -> dict[int, Spark]:
    """Return the small line of each alarm, all on one scale."""
    highest = max((count for counts in steps.values() for count in counts), default=0)
    return {alarm.id: draw_spark(steps[alarm.id], highest, _describe_steps(steps[alarm.id])) for alarm in alarms}


def _describe_steps(counts: Sequence[int]) -> str:
    """Return what a small line shows."""
    return str(_("Per dua jam: paling banyak %(most)s, terakhir %(last)s", most=max(counts), last=counts[-1]))
