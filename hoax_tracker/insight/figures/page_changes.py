"""Corrections and withdrawals of public pages: whatever the city had wrong, in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.insight.figures.month_figures import CHANGES, is_within, next_month
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationRevision, ClarificationStatus, db


@dataclass(frozen=True)
class PageChange:
    """A correction or a withdrawal with its public reason."""

    made_at: datetime
    is_withdrawal: bool
    number: int
    slug: str
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return the change as it is kept."""
        return asdict(self) | {"made_at": self.made_at.isoformat()}


def change_from_json(stored: Mapping[str, Any]) -> PageChange:
    """Return a kept change."""
    return PageChange(**{**stored, "made_at": datetime.fromisoformat(stored["made_at"])})


def list_page_changes(first: date, last: date, limit: int | None = None) -> list[PageChange]:
    """Return the corrections and withdrawals of the months from ``first`` to ``last``, newest first."""
    query = (
        sa.select(ClarificationRevision.made_at, ClarificationRevision.kind, ClarificationRevision.note)
        .add_columns(Clarification.number, Clarification.slug)
        .join(Clarification, Clarification.id == ClarificationRevision.clarification_id)
        .where(ClarificationRevision.kind.in_(CHANGES))
        .where(*is_within(ClarificationRevision.made_at, first, next_month(last)))
        .order_by(ClarificationRevision.made_at.desc(), ClarificationRevision.id.desc())
        .limit(limit)
    )
    return [
        PageChange(row.made_at, row.kind is ClarificationStatus.RETRACTED, row.number, row.slug, row.note)
        for row in db.session.execute(query)
    ]


def load_titles(changes: Iterable[PageChange]) -> dict[int, str]:
    """Return the titles of the changed pages by number, without those that are withdrawn by now."""
    numbers = {change.number for change in changes}
    query = sa.select(Clarification.number, Clarification.title).where(
        Clarification.number.in_(numbers), Clarification.status.in_(PUBLIC_STATUSES)
    )
    return {row.number: row.title for row in db.session.execute(query)} if numbers else {}
