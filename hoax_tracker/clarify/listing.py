"""The list of clarifications: what waits for somebody first, then what is public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.clarify.again import due
from hoax_tracker.models import Clarification, ClarificationStatus, Unit, db

PAGE = 20
OPEN_SHOWN = 100
AWAITING = Clarification.status == ClarificationStatus.AWAITING_APPROVAL
PROPOSED = Clarification.proposed_kind.is_not(None)
DRAFT = Clarification.status == ClarificationStatus.DRAFT
PUBLISHED = Clarification.published_at.is_not(None)


@dataclass(frozen=True)
class Listing:
    """What waits for approval, what is still written, and one page of what was published.

    Of what waits at most OPEN_SHOWN are shown; the counts are of all.
    """

    awaiting: Sequence[Clarification]
    proposed: Sequence[Clarification]
    drafts: Sequence[Clarification]
    published: Sequence[Clarification]
    again: Sequence[Clarification]
    awaiting_count: int
    proposed_count: int
    drafts_count: int
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
    words = matching(q)
    counts = db.session.execute(sa.select(*(counting(one, *words) for one in (AWAITING, PROPOSED, DRAFT, PUBLISHED))))
    awaiting, proposed, drafts, ever = (int(count) for count in counts.one())
    published = ever_published().where(*words).limit(PAGE).offset((number - 1) * PAGE)
    return Listing(
        awaiting=rows(AWAITING, *words),
        proposed=rows(PROPOSED, *words),
        drafts=rows(DRAFT, *words),
        published=db.session.scalars(published).all(),
        again=due(now) if not q and number == 1 else (),
        awaiting_count=awaiting,
        proposed_count=proposed,
        drafts_count=drafts,
        published_count=ever,
        q=q,
        page=number,
    )


def matching(q: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that every word of a search makes."""
    columns = (Clarification.title, Clarification.claim_quote)
    return [sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in q.split()]


def counting(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Return the query for how many clarifications meet the conditions."""
    return sa.select(sa.func.count()).select_from(Clarification).where(*conditions).scalar_subquery()


def with_people() -> sa.Select[Clarification]:
    """Return the query for clarifications with their author and unit."""
    return sa.select(Clarification).options(joinedload(Clarification.author), joinedload(Clarification.unit))


def rows(*conditions: sa.ColumnElement[bool]) -> Sequence[Clarification]:
    """Return clarifications that wait for somebody, those that changed longest ago first."""
    query = with_people().where(*conditions).order_by(Clarification.changed_at, Clarification.id)
    return db.session.scalars(query.limit(OPEN_SHOWN)).all()


def ever_published() -> sa.Select[Clarification]:
    """Return the query for all that was ever public, the newest first: of an index, only a page of it is read."""
    return with_people().where(PUBLISHED).order_by(Clarification.published_at.desc(), Clarification.id.desc())


def all_units() -> list[tuple[int, str]]:
    """Return (id, name) of the units that can answer: PPID Utama first, then by name."""
    query = sa.select(Unit.id, Unit.name).where(Unit.is_active).order_by(Unit.parent_id.is_not(None), Unit.name)
    return [(key, name) for key, name in db.session.execute(query)]
