"""Statistics of one source: entries by day, how many were flagged, and what officers decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import format_date, format_decimal, gettext as _, ngettext

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.charts import Column, ColumnChart, ColumnValue, draw_columns
from hoax_tracker.core.database import statistics_cache
from hoax_tracker.ingest.sources.listing import flagged_counts_query, source_state
from hoax_tracker.models import (
    CLOSED_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Engagement,
    HubSubscription,
    Item,
    Source,
    db,
)

DAYS_SHOWN = 30
NEWEST_SHOWN = 10
RESULTS_CACHE_KEY = "came_of_sources"


@dataclass(frozen=True)
class DayCount:
    """The number of entries on a day."""

    day: date
    count: int


@dataclass(frozen=True)
class SourceResults:
    """The results of a source's entries.

    Of ``recent`` entries (read in the last DAYS days) the active model flagged ``flagged``. Of all entries that belong
    to a claim, ``decided`` are those whose claim officers closed, and ``confirmed`` those that ended in a
    clarification.
    """

    recent: int = 0
    flagged: int = 0
    claimed: int = 0
    decided: int = 0
    confirmed: int = 0


@dataclass(frozen=True)
class SourceStatistics:
    """Everything that the page of a source shows.

    ``counted_at`` is when the worker counted the results, None for figures of now. ``hub`` sends new entries, or is
    asked to (WebSub).
    """

    source: Source
    state: str
    items: int
    days: tuple[DayCount, ...]
    words: str
    results: SourceResults
    counted_at: datetime | None
    newest: Sequence[tuple[Item, Engagement | None, int | None]]
    hub: HubSubscription | None

    @property
    def chart(self) -> ColumnChart | None:
        """The chart of the days; None where no entry came."""
        return draw_days(self.days, self.words) if any(day.count for day in self.days) else None


def load_source_statistics(source_id: int, now: datetime) -> SourceStatistics:
    """Return the statistics of a source. Raises NotFoundError."""
    source = require_row(Source, source_id)
    days = count_entries_by_day(source_id, now)
    results, counted_at = _load_source_results(source_id, now)
    return SourceStatistics(
        source=source,
        state=source_state(source),
        items=db.session.scalar(sa.select(sa.func.count()).where(Item.source_id == source_id)) or 0,
        days=days,
        words=describe_days(days),
        results=results,
        counted_at=counted_at,
        newest=_list_newest_entries(source_id),
        hub=db.session.get(HubSubscription, source_id),
    )


def _first_shown_midnight(now: datetime) -> datetime:
    """Return the midnight at which the shown days begin."""
    return start_of_day(day_in_kupang(now) - timedelta(days=DAYS_SHOWN - 1))


def count_entries_by_day(source_id: int, now: datetime) -> tuple[DayCount, ...]:
    """Return the counts of the last days, oldest first.

    An index serves each count. Entries dated after today count for today.
    """
    start = _first_shown_midnight(now)
    begins = [start + timedelta(days=place) for place in range(DAYS_SHOWN)]
    of_source = sa.select(sa.func.count()).where(Item.source_id == source_id)
    since = [of_source.where(Item.fetched_at >= begin) for begin in begins]
    within = [
        *(query.where(Item.fetched_at < end) for query, end in zip(since, begins[1:], strict=False)),
        since[-1],
    ]
    counts = db.session.execute(sa.select(*(query.scalar_subquery() for query in within))).one()
    return tuple(DayCount(start.date() + timedelta(place), count) for place, count in enumerate(counts))


def draw_days(days: Sequence[DayCount], words: str) -> ColumnChart:
    """Return the chart of the days; the busiest are dark, the first and the last have their date."""
    busiest, ends = max(day.count for day in days), (days[0], days[-1])
    columns = [
        Column(
            (ColumnValue(day.count or None, "", day.count == busiest),),
            str(format_date(day.day, "d MMMM")) if day in ends else "",
        )
        for day in days
    ]
    return draw_columns(columns, words)


def describe_days(days: Sequence[DayCount]) -> str:
    """Return the bars as a sentence, for people who cannot see them."""
    total, busiest = sum(day.count for day in days), max(days, key=lambda day: day.count)
    if not total:
        return str(_("Tidak ada entri dalam %(days)s hari terakhir.", days=len(days)))
    brought = ngettext("%(count)s entri", "%(count)s entri", total, count=format_decimal(total))
    return str(
        _(
            "%(brought)s dalam %(days)s hari terakhir, paling banyak %(most)s pada %(day)s.",
            brought=brought,
            days=len(days),
            most=format_decimal(busiest.count),
            day=format_date(busiest.day, "d MMMM"),
        )
    )


def _results_by_source(start: datetime, source_id: int | None = None) -> dict[int, SourceResults]:
    """Return the results of the entries of one source, or of all, by source id."""
    of = [Item.source_id == source_id] if source_id is not None else []
    recent = sa.select(Item.source_id, sa.func.count()).where(Item.fetched_at >= start, *of).group_by(Item.source_id)
    flagged = flagged_counts_query().where(Item.fetched_at >= start, *of)
    closed, clarified = Claim.status.in_(CLOSED_STATUSES), Claim.status == ClaimStatus.CLARIFIED
    counts = (sa.func.count(sa.case((condition, 1))) for condition in (closed, clarified))
    ended = (
        sa.select(Item.source_id, sa.func.count(), *counts)
        .select_from(ClaimAppearance)
        .join(Item, Item.id == ClaimAppearance.item_id)
        .join(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(*of)
        .group_by(Item.source_id)
    )
    came, worth = (dict(db.session.execute(query).all()) for query in (recent, flagged))
    ends = {key: tuple(numbers) for key, *numbers in db.session.execute(ended)}
    return {
        key: SourceResults(came.get(key, 0), worth.get(key, 0), *ends.get(key, (0, 0, 0)))
        for key in {*came, *worth, *ends}
    }


def results_for_cache(now: datetime) -> dict[str, Sequence[int]]:
    """Return the results of every source by its id, in the form that the worker stores."""
    return {str(key): astuple(results) for key, results in _results_by_source(_first_shown_midnight(now)).items()}


def _load_source_results(source_id: int, now: datetime) -> tuple[SourceResults, datetime | None]:
    """Return a source's results, and when the worker counted them; None for figures of now."""
    cached = statistics_cache.load_cached_figures(RESULTS_CACHE_KEY, now)
    if cached and str(source_id) in cached.value:
        return SourceResults(*cached.value[str(source_id)]), cached.counted_at
    return _results_by_source(_first_shown_midnight(now), source_id).get(source_id, SourceResults()), None


def _list_newest_entries(source_id: int) -> Sequence[tuple[Item, Engagement | None, int | None]]:
    """Return the newest entries, each with its engagement counts and its claim."""
    query = (
        sa.select(Item, Engagement, ClaimAppearance.claim_id)
        .outerjoin(Engagement, Engagement.item_id == Item.id)
        .outerjoin(ClaimAppearance, ClaimAppearance.item_id == Item.id)
        .where(Item.source_id == source_id)
        .order_by(Item.fetched_at.desc(), Item.id.desc())
        .limit(NEWEST_SHOWN)
    )
    return [(item, counts, claim_id) for item, counts, claim_id in db.session.execute(query)]
