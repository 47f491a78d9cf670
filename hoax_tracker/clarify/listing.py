"""The list of clarifications: what waits for somebody first, then what is public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.clarify.again import due
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationStatus, Unit, db

PAGE = 20
OPEN_SHOWN = 100


@dataclass(frozen=True)
class Listing:
    """What waits for approval, what is still written, and one page of what was published."""

    awaiting: Sequence[Clarification]
    proposed: Sequence[Clarification]
    drafts: Sequence[Clarification]
    published: Sequence[Clarification]
    again: Sequence[Clarification]
    published_count: int
    q: str
    page: int

    @property
    def rest(self) -> int:
        """How many published ones come after this page."""
        return max(0, self.published_count - self.page * PAGE)

    @property
    def is_empty(self) -> bool:
        """True where nothing was ever written."""
        return not (self.awaiting or self.proposed or self.drafts or self.published_count or self.q)


def listing(args: Mapping[str, str], now: datetime) -> Listing:
    """Return the list that the address asks for: words to look for, and a page of the published ones."""
    q, page = args.get("q", "").strip()[:200], args.get("page", "")
    number = max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1
    ever = Clarification.status.in_((*PUBLIC_STATUSES, ClarificationStatus.RETRACTED))
    words = matching(q)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Clarification).where(ever, *words)) or 0
    newest = (Clarification.published_at.desc(), Clarification.id.desc())
    return Listing(
        awaiting=rows(Clarification.status == ClarificationStatus.AWAITING_APPROVAL, *words),
        proposed=rows(Clarification.proposed_kind.is_not(None), *words),
        drafts=rows(Clarification.status == ClarificationStatus.DRAFT, *words),
        published=rows(ever, *words, order=newest, limit=PAGE, offset=(number - 1) * PAGE),
        again=due(now) if not q and number == 1 else (),
        published_count=count,
        q=q,
        page=number,
    )


def matching(q: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that every word of a search makes."""
    columns = (Clarification.title, Clarification.claim_quote)
    return [sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in q.split()]


def rows(
    *conditions: sa.ColumnElement[bool],
    order: Sequence[sa.ColumnElement[Any]] = (),
    limit: int = OPEN_SHOWN,
    offset: int = 0,
) -> Sequence[Clarification]:
    """Return clarifications with their author and unit, those that changed longest ago first."""
    query = (
        sa.select(Clarification)
        .where(*conditions)
        .options(joinedload(Clarification.author), joinedload(Clarification.unit))
        .order_by(*(order or (Clarification.changed_at, Clarification.id)))
        .limit(limit)
        .offset(offset)
    )
    return db.session.scalars(query).all()


def all_units() -> list[tuple[int, str]]:
    """Return (id, name) of the units that can answer: PPID Utama first, then by name."""
    query = sa.select(Unit.id, Unit.name).where(Unit.is_active).order_by(Unit.parent_id.is_not(None), Unit.name)
    return [(key, name) for key, name in db.session.execute(query)]
