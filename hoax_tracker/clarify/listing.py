"""The list of clarifications in its parts: what waits for somebody first, then what is public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.clarify import periodic_review
from hoax_tracker.core.web.pagination import page_number
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationStatus, Unit, db
from hoax_tracker.models.enums import Labelled

FEW = 10
PAGE = 20


class Part(Labelled):
    """What the list is made of, in its order."""

    AWAITING = "menunggu", _l("Menunggu persetujuan")
    PROPOSED = "usulan", _l("Perubahan yang diusulkan")
    DRAFT = "rancangan", _l("Rancangan")
    AGAIN = "ulang", _l("Perlu dibaca ulang")
    PUBLISHED = "terbit", _l("Pernah terbit")


LONGEST_AGO = (Clarification.changed_at, Clarification.id)
ORDER: dict[Part, tuple[Any, ...]] = {
    Part.AWAITING: LONGEST_AGO,
    Part.PROPOSED: LONGEST_AGO,
    Part.DRAFT: LONGEST_AGO,
    Part.AGAIN: (periodic_review.read_last(), Clarification.id),
    Part.PUBLISHED: (Clarification.published_at.desc(), Clarification.id.desc()),
}


@dataclass(frozen=True)
class Section:
    """Some of a part's clarifications; ``count`` counts all of them."""

    part: Part
    rows: Sequence[Clarification]
    count: int


@dataclass(frozen=True)
class Listing:
    """The first of every part, or a page of the one that was chosen. ``counts`` are of all, with the words of ``q``."""

    sections: list[Section]
    counts: Mapping[Part, int]
    q: str
    part: Part | None
    page: int

    @property
    def waiting(self) -> int:
        """How many wait for approval: new ones, and changes of published ones."""
        return self.counts[Part.AWAITING] + self.counts[Part.PROPOSED]

    @property
    def rest(self) -> int:
        """How many of the chosen part come after this page."""
        return max(0, self.counts[self.part] - self.page * PAGE) if self.part else 0

    @property
    def is_empty(self) -> bool:
        """True where nothing was ever written."""
        return not (self.q or any(self.counts.values()))

    def at(self, part: Part | None, page: int = 1) -> dict[str, Any]:
        """Return the address parts of the same words in a part of the list."""
        given = {"q": self.q, "part": part and part.value, "page": page if page > 1 else None}
        return {name: value for name, value in given.items() if value}


def listing(args: Mapping[str, str], now: datetime) -> Listing:
    """Return the list that the address asks for: words to look for, a part, a page of it; past the last, the last."""
    q, number = args.get("q", "").strip()[:200], page_number(args)
    chosen = next((one for one in Part if one.value == args.get("part")), None)
    words, held = matching(q), conditions(now)
    found = db.session.execute(sa.select(*(counting(*held[one], *words) for one in Part))).one()
    counts = dict(zip(Part, found, strict=True))
    if chosen:
        number = min(number, max(1, -(-counts[chosen] // PAGE)))
    room, skipped = (PAGE, (number - 1) * PAGE) if chosen else (FEW, 0)
    sections = [
        Section(one, rows(one, [*held[one], *words], room, skipped), counts[one])
        for one in ([chosen] if chosen else Part)
        if counts[one]
    ]
    return Listing(sections, counts, q, chosen, number if chosen else 1)


def conditions(now: datetime) -> dict[Part, list[sa.ColumnElement[bool]]]:
    """Return what the clarifications of each part have in common."""
    return {
        Part.AWAITING: [Clarification.status == ClarificationStatus.AWAITING_APPROVAL],
        Part.PROPOSED: [Clarification.proposed_kind.is_not(None)],
        Part.DRAFT: [Clarification.status == ClarificationStatus.DRAFT],
        Part.AGAIN: periodic_review.due(now),
        Part.PUBLISHED: [Clarification.published_at.is_not(None)],
    }


def matching(q: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that every word of a search makes."""
    columns = (Clarification.title, Clarification.claim_quote)
    return [sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in q.split()]


def counting(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Return the query for how many clarifications meet the conditions."""
    return sa.select(sa.func.count()).select_from(Clarification).where(*conditions).scalar_subquery()


def rows(
    part: Part, conditions: Sequence[sa.ColumnElement[bool]], limit: int, offset: int = 0
) -> Sequence[Clarification]:
    """Return clarifications of a part, in its order, with their author and unit."""
    return db.session.scalars(in_order(part, conditions).limit(limit).offset(offset)).all()


def in_order(part: Part, conditions: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Clarification]:
    """Return the query for clarifications of a part: of an index, only a page of it is read."""
    people = (joinedload(Clarification.author), joinedload(Clarification.unit))
    return sa.select(Clarification).where(*conditions).options(*people).order_by(*ORDER[part])


def all_units() -> list[tuple[int, str]]:
    """Return (id, name) of the units that can answer: PPID Utama first, then by name."""
    query = sa.select(Unit.id, Unit.name).where(Unit.is_active).order_by(Unit.parent_id.is_not(None), Unit.name)
    return [(key, name) for key, name in db.session.execute(query)]


def public_clarifications() -> Sequence[Clarification]:
    """Return the clarifications that answer messages, newest first."""
    query = sa.select(Clarification).where(Clarification.status.in_(PUBLIC_STATUSES))
    return db.session.scalars(query.order_by(Clarification.published_at.desc(), Clarification.id.desc())).all()
