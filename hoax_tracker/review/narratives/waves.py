"""Waves of a narrative: runs of days on which its claims were seen, with at least QUIET_DAYS without any between two.

Days are those of Kupang. Appearances are counted by day in the database, because a story may have thousands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

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
