"""How one source does: what it brought day by day, how much of it was worth a look, and what officers made of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from hoax_tracker.clock import WITA
from hoax_tracker.edits import find
from hoax_tracker.ingest.sources import state_of
from hoax_tracker.models import (
    Assessment,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Engagement,
    HubSubscription,
    Item,
    ModelVersion,
    Source,
    db,
)

DAYS = 30
NEWEST = 10
CLOSED = (ClaimStatus.CLARIFIED, ClaimStatus.DISMISSED)


@dataclass(frozen=True)
class Day:
    """One bar: how many entries came on a day, and its height in 0..1 of the busiest day."""

    day: date
    count: int
    height: float


@dataclass(frozen=True)
class Standing:
    """Everything the page of a source shows.

    Of ``recent`` entries (read in the last DAYS days) ``flagged`` were worth a look. Of all that a claim holds,
    ``decided`` are those whose claim officers closed, ``confirmed`` those that ended in a clarification.
    ``hub`` sends what is new, or is asked to (WebSub).
    """

    source: Source
    state: str
    items: int
    days: tuple[Day, ...]
    words: str
    recent: int
    flagged: int
    claimed: int
    decided: int
    confirmed: int
    newest: Sequence[tuple[Item, Engagement | None, int | None]]
    hub: HubSubscription | None

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last day in words."""
        first, last = (str(format_date(self.days[place].day, "d MMMM")) for place in (0, -1))
        return first, last


def standing_of(source_id: int, now: datetime) -> Standing:
    """Return how a source does. Raises NotFound."""
    source = find(Source, source_id)
    days = days_of(source_id, now)
    claimed, decided, confirmed = outcomes(source_id)
    return Standing(
        source=source,
        state=state_of(source),
        items=db.session.scalar(sa.select(sa.func.count()).where(Item.source_id == source_id)) or 0,
        days=days,
        words=in_words(days),
        recent=sum(day.count for day in days),
        flagged=flagged_since(source_id, first_moment(now)),
        claimed=claimed,
        decided=decided,
        confirmed=confirmed,
        newest=newest_of(source_id),
        hub=db.session.get(HubSubscription, source_id),
    )


def first_moment(now: datetime) -> datetime:
    """Return the midnight with which the days that are shown begin."""
    today = now.astimezone(WITA).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS - 1)


def days_of(source_id: int, now: datetime) -> tuple[Day, ...]:
    """Return the last days, oldest first. What one reading brings has one moment, so few rows come back."""
    start = first_moment(now)
    query = (
        sa.select(Item.fetched_at, sa.func.count())
        .where(Item.source_id == source_id, Item.fetched_at >= start)
        .group_by(Item.fetched_at)
    )
    counts = [0] * DAYS
    for moment, count in db.session.execute(query):
        place = (moment.astimezone(WITA).date() - start.date()).days
        counts[min(place, DAYS - 1)] += count
    busiest = max(counts) or 1
    return tuple(Day(start.date() + timedelta(place), count, count / busiest) for place, count in enumerate(counts))


def in_words(days: Sequence[Day]) -> str:
    """Return the bars as a sentence, for those who do not see them."""
    total, busiest = sum(day.count for day in days), max(days, key=lambda day: day.count)
    if not total:
        return str(_("Tidak ada entri dalam %(days)s hari terakhir.", days=len(days)))
    brought = ngettext("%(num)d entri", "%(num)d entri", total)
    return str(
        _(
            "%(brought)s dalam %(days)s hari terakhir, paling banyak %(most)s pada %(day)s.",
            brought=brought,
            days=len(days),
            most=busiest.count,
            day=format_date(busiest.day, "d MMMM"),
        )
    )


def flagged_since(source_id: int, start: datetime) -> int:
    """Return how many entries read since then the active model flagged."""
    query = (
        sa.select(sa.func.count(Item.id.distinct()))
        .join(Assessment, Assessment.item_id == Item.id)
        .join(ModelVersion, ModelVersion.id == Assessment.model_version_id)
        .where(Item.source_id == source_id, Item.fetched_at >= start, Assessment.flagged, ModelVersion.is_active)
    )
    return db.session.scalar(query) or 0


def outcomes(source_id: int) -> tuple[int, int, int]:
    """Return how many entries a claim holds, of how many it was closed, and how many of these got a clarification."""
    status = sa.case((Claim.status.in_(CLOSED), 1), else_=0)
    clarified = sa.case((Claim.status == ClaimStatus.CLARIFIED, 1), else_=0)
    query = (
        sa.select(sa.func.count(), sa.func.sum(status), sa.func.sum(clarified))
        .select_from(ClaimAppearance)
        .join(Item, Item.id == ClaimAppearance.item_id)
        .join(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(Item.source_id == source_id)
    )
    claimed, decided, confirmed = db.session.execute(query).one()
    return claimed, decided or 0, confirmed or 0


def newest_of(source_id: int) -> Sequence[tuple[Item, Engagement | None, int | None]]:
    """Return the newest entries, each with how far it went and the claim that holds it."""
    query = (
        sa.select(Item, Engagement, ClaimAppearance.claim_id)
        .outerjoin(Engagement, Engagement.item_id == Item.id)
        .outerjoin(ClaimAppearance, ClaimAppearance.item_id == Item.id)
        .where(Item.source_id == source_id)
        .order_by(Item.fetched_at.desc(), Item.id.desc())
        .limit(NEWEST)
    )
    return [(item, counts, claim_id) for item, counts, claim_id in db.session.execute(query)]
