"""Waves of a narrative: runs of days on which its claims were seen, with at least QUIET_DAYS without any between two.

Their line shows appearances by week; by month where the narrative has gone on for half a year. Days are those of
Kupang. Appearances are counted by day in the database, because a story may have thousands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from flask_babel import format_date, gettext as _, ngettext

from hoax_tracker.core.charts import Column, ColumnChart, ColumnValue, draw_columns
from hoax_tracker.models import ClaimAppearance, NarrativeClaim, db

QUIET_DAYS = 14
"""Days without any appearance after which the next one begins a new wave."""
DAY_S, WITA_AHEAD_S = 86_400, 8 * 3_600
FIRST_DAY = date(1970, 1, 1).toordinal()
DayCounts = Sequence[tuple[date, int]]
"""Days with the appearances on each, in order; days without any are left out."""


@dataclass(frozen=True)
class Wave:
    """The first and the last day of a wave, and how often the claims were seen in it."""

    first: date
    last: date
    appearances: int


def count_days(narrative_ids: Sequence[int]) -> Mapping[int, DayCounts]:
    """Return by narrative the days on which its claims were seen."""
    seconds = sa.cast(sa.extract("epoch", ClaimAppearance.seen_at), sa.BigInteger)
    day = ((seconds + WITA_AHEAD_S) // DAY_S).label("day")
    query = (
        sa.select(NarrativeClaim.narrative_id, day, sa.func.count())
        .join(ClaimAppearance, ClaimAppearance.claim_id == NarrativeClaim.claim_id)
        .where(NarrativeClaim.narrative_id.in_(narrative_ids))
        .group_by(NarrativeClaim.narrative_id, day)
        .order_by(NarrativeClaim.narrative_id, day)
    )
    days: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for narrative_id, number, count in db.session.execute(query) if narrative_ids else ():
        days[narrative_id].append((date.fromordinal(FIRST_DAY + int(number)), count))
    return days


def split_waves(days: DayCounts) -> list[Wave]:
    """Return the waves, oldest first."""
    waves: list[Wave] = []
    for day, count in days:
        if waves and (day - waves[-1].last).days <= QUIET_DAYS:
            waves[-1] = Wave(waves[-1].first, day, waves[-1].appearances + count)
        else:
            waves.append(Wave(day, day, count))
    return waves


WEEKS_DRAWN, MONTHS_DRAWN = 26, 36
"""A longer story is drawn by months, and of them the newest."""
FEWEST_PLACES = 8
"""Columns that fill the drawing at least: a single one would be as wide as the page."""
WeekOrMonth = date
"""The first day of a week (Monday) or a month."""


@dataclass(frozen=True)
class Period:
    """A week or a month with its appearances."""

    begins: WeekOrMonth
    appearances: int
    is_month: bool

    @property
    def name(self) -> str:
        """The month, or the days of the week."""
        if self.is_month:
            return str(format_date(self.begins, "MMMM y"))
        last = self.begins + timedelta(days=6)
        return f"{format_date(self.begins, 'd MMM')} – {format_date(last, 'd MMM y')}"


@dataclass(frozen=True)
class WaveChart:
    """The drawing, and whether older months were left out."""

    columns: ColumnChart
    is_cut: bool


def count_periods(days: DayCounts) -> list[Period]:
    """Return every week or month from the first appearance to the last, also those without any."""
    if not days:
        return []
    first, last = days[0][0], days[-1][0]
    is_month = (_monday_of(last) - _monday_of(first)).days >= 7 * WEEKS_DRAWN
    counts: Counter[date] = Counter()
    for day, count in days:
        counts[day.replace(day=1) if is_month else _monday_of(day)] += count
    begins, periods = (first.replace(day=1) if is_month else _monday_of(first)), []
    while begins <= last:
        periods.append(Period(begins, counts[begins], is_month))
        begins = (begins + timedelta(days=32)).replace(day=1) if is_month else begins + timedelta(days=7)
    return periods


def _monday_of(day: date) -> date:
    """Return the first day of the week."""
    return day - timedelta(days=day.weekday())


def draw_waves(periods: Sequence[Period], waves: Sequence[Wave]) -> WaveChart:
    """Return the chart. The last wave is dark."""
    shown = list(periods[-MONTHS_DRAWN:])
    highest = max(period.appearances for period in shown)
    columns = [
        Column(
            (
                ColumnValue(
                    period.appearances or None,
                    str(period.appearances) if period.appearances == highest else "",
                    _is_in_wave(period, waves[-1]),
                ),
            ),
            _label_period(period, place, len(shown)),
        )
        for place, period in enumerate(shown)
    ]
    chart = draw_columns(columns, _describe_waves(waves), places=max(FEWEST_PLACES, len(shown)))
    return WaveChart(chart, len(shown) < len(periods))


def _is_in_wave(period: Period, wave: Wave) -> bool:
    ends = (period.begins + timedelta(days=32)).replace(day=1) if period.is_month else period.begins + timedelta(days=7)
    return wave.first < ends and period.begins <= wave.last


def _label_period(period: Period, place: int, count: int) -> str:
    """Return the label under a column: only the first and the last have one."""
    if place not in (0, count - 1):
        return ""
    return str(format_date(period.begins, "MMM y" if period.is_month else "d MMM y"))


def _describe_waves(waves: Sequence[Wave]) -> str:
    """Return how many waves there were, and when the last one was."""
    count = ngettext("%(num)d gelombang", "%(num)d gelombang", len(waves))
    last = waves[-1]
    begun, ended = (format_date(day, "d MMMM y") for day in (last.first, last.last))
    return str(
        _(
            "%(count)s sejak %(first)s; yang terakhir %(days)s, %(seen)s kemunculan",
            count=count,
            first=format_date(waves[0].first, "d MMMM y"),
            days=begun if begun == ended else _("%(begun)s sampai %(ended)s", begun=begun, ended=ended),
            seen=last.appearances,
        )
    )
