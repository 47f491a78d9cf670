"""How often clarifications were shown and rated, in all (check/counting.py counts it by day)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from hoax_tracker.models import Clarification, ClarificationReach, Usefulness, db

REACH_COLUMNS = ("views", "short_visits", "answers", "comparisons")
VOTE_COLUMNS = ("useful", "not_useful", "same", "not_same")


@dataclass(frozen=True)
class ReachTotals:
    """The counts of a clarification, and readers' votes (models/clarifications.py says of what)."""

    views: int = 0
    short_visits: int = 0
    answers: int = 0
    comparisons: int = 0
    useful: int = 0
    not_useful: int = 0
    same: int = 0
    not_same: int = 0

    @property
    def is_empty(self) -> bool:
        """True where nothing was counted; votes come from who read it."""
        return not (self.views or self.short_visits or self.answers or self.comparisons)


def load_reach_totals(ids: Collection[int]) -> dict[int, ReachTotals]:
    """Return the totals of each clarification by id."""
    sums = [sa.func.coalesce(sa.func.sum(getattr(ClarificationReach, name)), 0) for name in REACH_COLUMNS]
    votes = [sa.func.coalesce(sa.func.max(getattr(Usefulness, name)), 0) for name in VOTE_COLUMNS]  # one row at most
    query = (
        sa.select(Clarification.id, *sums, *votes)
        .outerjoin(ClarificationReach, ClarificationReach.clarification_id == Clarification.id)
        .outerjoin(Usefulness, Usefulness.clarification_id == Clarification.id)
        .where(Clarification.id.in_(ids))
        .group_by(Clarification.id)
    )
    return {key: ReachTotals(*map(int, counts)) for key, *counts in db.session.execute(query)}
