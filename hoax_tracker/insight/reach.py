"""The reach of a clarification by day, and the appearances of its claims before and after it was published.

What came after publication need not have come because of it: a message often calms down by itself. So figures, words
and the chart, in which the day of publication is marked, say "after", never "because".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import format_date, gettext as _

from hoax_tracker.claims.claim_review_markup import first_published_at
from hoax_tracker.claims.earlier_answers import REACH_COLUMNS, ReachTotals, load_reach_totals
from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.charts import Column, ColumnChart, ColumnValue, draw_columns
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.models import ClaimAppearance, Clarification, ClarificationReach, clarification_claim, db

DAYS_BEFORE, DAYS_AFTER = 14, 28
COMPARED_DAYS = 7
"""Whole days before and after the day of publication, which belongs to neither."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class ReachDay:
    """A day in Kupang: how often the clarification was shown, and how often its claims appeared."""

    day: date
    appearances: int = 0
    views: int = 0
    short_visits: int = 0
    answers: int = 0
    comparisons: int = 0


@dataclass(frozen=True)
class AppearanceChange:
    """Appearances in the week before the day of publication and in the week after it.

    ``is_whole`` is False until that week is over; then ``comparable_from`` is the day from which it is.
    """

    before: int
    after: int
    is_whole: bool
    comparable_from: date


@dataclass(frozen=True)
class ReachSummary:
    """The reach of a published clarification in all.

    ``change`` is None where no claim is linked. ``counted_since`` is the first day of any count where the clarification
    is older than that.
    """

    published_on: date
    totals: ReachTotals
    change: AppearanceChange | None
    counted_since: date | None


@dataclass(frozen=True)
class DailyReach:
    """The reach by day, from two weeks before publication until four weeks after it, or today.

    ``later`` is what was counted after these days.
    """

    days: tuple[ReachDay, ...]
    later: ReachTotals


def load_reach_summary(page: Clarification, now: datetime) -> ReachSummary:
    """Return the reach of a clarification that is or was public."""
    published_on = day_in_kupang(first_published_at(page))
    week = COMPARED_DAYS * DAY
    appeared = _count_appearances(page.id, published_on - week, published_on + week) if page.claims else {}
    return ReachSummary(
        published_on,
        load_reach_totals([page.id])[page.id],
        _compare_appearances(appeared, published_on, day_in_kupang(now)) if page.claims else None,
        _find_counting_start(published_on),
    )


def load_daily_reach(page: Clarification, totals: ReachTotals, now: datetime) -> DailyReach:
    """Return the days of a clarification that is or was public, and what remains of its totals."""
    published_on, today = day_in_kupang(first_published_at(page)), day_in_kupang(now)
    first = published_on - DAYS_BEFORE * DAY
    last = max(published_on, min(today, published_on + DAYS_AFTER * DAY))  # a wrong clock may have published tomorrow
    shown = _load_shown_counts(page.id, first, last)
    appeared = _count_appearances(page.id, first, last)
    days = tuple(
        ReachDay(day, appeared[day], **shown.get(day, {}))
        for day in (first + number * DAY for number in range((last - first).days + 1))
    )
    return DailyReach(days, _subtract_days(totals, days))


def _load_shown_counts(clarification_id: int, first: date, last: date) -> dict[date, dict[str, int]]:
    """Return the counts of each day on which there are any."""
    query = sa.select(ClarificationReach).where(
        ClarificationReach.clarification_id == clarification_id, ClarificationReach.day.between(first, last)
    )
    return {row.day: {name: getattr(row, name) for name in REACH_COLUMNS} for row in db.session.scalars(query)}


def _count_appearances(clarification_id: int, first: date, last: date) -> Counter[date]:
    """Return how often the claims that a clarification answers appeared, by day."""
    linked = clarification_claim.c
    query = (
        sa.select(ClaimAppearance.seen_at)
        .join(clarification_claim, linked.claim_id == ClaimAppearance.claim_id)
        .where(
            linked.clarification_id == clarification_id,
            ClaimAppearance.seen_at >= start_of_day(first),
            ClaimAppearance.seen_at < start_of_day(last + DAY),
        )
    )
    return Counter(day_in_kupang(seen_at) for seen_at in db.session.scalars(query))


def _compare_appearances(appeared: Mapping[date, int], published_on: date, today: date) -> AppearanceChange:
    """Return the appearances of the week before the day of publication and of the week after it."""
    week = [number * DAY for number in range(1, COMPARED_DAYS + 1)]
    whole_from = published_on + (COMPARED_DAYS + 1) * DAY
    return AppearanceChange(
        sum(appeared.get(published_on - days, 0) for days in week),
        sum(appeared.get(published_on + days, 0) for days in week),
        today >= whole_from,
        whole_from,
    )


def _subtract_days(totals: ReachTotals, days: tuple[ReachDay, ...]) -> ReachTotals:
    """Return what was counted after the days."""
    within = {name: sum(getattr(day, name) for day in days) for name in REACH_COLUMNS}
    return ReachTotals(**{name: getattr(totals, name) - count for name, count in within.items()})


def _find_counting_start(published_on: date) -> date | None:
    """Return the first day of any count where it lies after the publication."""
    start = db.session.scalar(sa.select(sa.func.min(ClarificationReach.day)))
    return start if start and start > published_on else None


def describe_readers(totals: ReachTotals) -> str:
    """Return how often the page was read, and its short address followed."""
    if totals.is_empty:
        return str(_("Belum ada yang tercatat membaca halaman ini atau mendapatnya sebagai jawaban."))
    read = _("Dibaca %(count)s kali.", count=format_number(totals.views))
    if not totals.short_visits:
        return str(read)
    short = _("Alamat pendeknya dibuka %(count)s kali.", count=format_number(totals.short_visits))
    return f"{read} {short}"


def describe_answers(totals: ReachTotals) -> str | None:
    """Return how often the check gave the page as an answer, or to compare with; None where nothing was counted."""
    if totals.is_empty:
        return None
    counts = {"answers": format_number(totals.answers), "comparisons": format_number(totals.comparisons)}
    if totals.comparisons:
        return str(
            _(
                "Pesan yang ditempel warga dijawab dengan halaman ini %(answers)s kali; "
                "%(comparisons)s kali halaman ini ditawarkan untuk dibandingkan.",
                **counts,
            )
        )
    return str(_("Pesan yang ditempel warga dijawab dengan halaman ini %(answers)s kali.", **counts))


def describe_appearances(change: AppearanceChange | None) -> str:
    """Return how often the message appeared before and after publication."""
    if change is None:
        return str(_("Tidak ada klaim yang tertaut, jadi kemunculannya tidak dihitung."))
    counts = {"before": format_number(change.before), "after": format_number(change.after)}
    if not (change.is_whole or change.before or change.after):
        never = _("Kabar ini tidak tercatat muncul dalam seminggu sebelum hari terbit, dan sesudahnya juga belum.")
        return str(never)
    if not change.is_whole:
        return str(
            _(
                "Seminggu sebelum hari terbit kabar ini tercatat muncul %(before)s kali, sesudahnya sejauh ini "
                "%(after)s kali. Baru dapat dibandingkan mulai %(day)s.",
                day=format_date(change.comparable_from, "d MMMM y"),
                **counts,
            )
        )
    if not (change.before or change.after):
        return str(_("Kabar ini tidak tercatat muncul dalam seminggu sebelum dan sesudah hari terbit."))
    if change.after == change.before:
        return str(_("Sesudah terbit, kemunculan tetap %(after)s seminggu.", **counts))
    if change.after < change.before:
        return str(_("Sesudah terbit, kemunculan turun dari %(before)s menjadi %(after)s seminggu.", **counts))
    return str(_("Sesudah terbit, kemunculan naik dari %(before)s menjadi %(after)s seminggu.", **counts))


def describe_counting(reach: ReachSummary) -> str | None:
    """Return since when readers are counted where the page is older; else None."""
    if reach.counted_since is None:
        return None
    day = format_date(reach.counted_since, "d MMMM y")
    return str(_("Pembaca dan jawaban dihitung sejak %(day)s; yang sebelumnya tidak tercatat.", day=day))


def describe_reach(reach: ReachSummary) -> list[str]:
    """Return the sentences that tell the reach."""
    sentences = (describe_readers(reach.totals), describe_answers(reach.totals), describe_appearances(reach.change))
    return [sentence for sentence in (*sentences, describe_counting(reach)) if sentence]


DAYS_DRAWN = DAYS_BEFORE + 1 + DAYS_AFTER
LABEL_DAYS = 9
"""Days that a label needs beside that of the publication."""


def draw_appearances(reach: ReachSummary, daily: DailyReach) -> ColumnChart:
    """Return the chart. Its width is the same however old the page is; days from the publication on are dark."""
    highest = max(day.appearances for day in daily.days)
    columns = [
        Column(
            (
                ColumnValue(
                    day.appearances or None,
                    str(day.appearances) if day.appearances == highest else "",
                    day.day >= reach.published_on,
                ),
            ),
            _label_day(day, reach.published_on, daily),
        )
        for day in daily.days
    ]
    words = describe_appearances(reach.change)
    return draw_columns(columns, words, places=DAYS_DRAWN, place_mark=DAYS_BEFORE)


def _label_day(day: ReachDay, published_on: date, daily: DailyReach) -> str:
    """Return the label under a day: the first, the publication's and the last have one."""
    text = str(format_date(day.day, "d MMM"))
    if day.day == published_on:
        return str(_("terbit %(day)s", day=text))
    is_last = day is daily.days[-1] and (day.day - published_on).days >= LABEL_DAYS
    return text if day is daily.days[0] or is_last else ""
