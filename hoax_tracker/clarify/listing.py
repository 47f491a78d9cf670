"""The list of clarifications in parts: pending ones first, then published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.clarify import periodic_review
from hoax_tracker.core.web.pagination import read_page_number
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationStatus, Unit, db
from hoax_tracker.models.enums import Labelled

FEW_ROWS = 10
CLARIFICATIONS_PER_PAGE = 20


class ListingPart(Labelled):
    """A part of the list; the order of members is the order on the page."""

    AWAITING = "menunggu", _l("Menunggu persetujuan")
    PROPOSED = "usulan", _l("Perubahan yang diusulkan")
    DRAFT = "rancangan", _l("Rancangan")
    AGAIN = "ulang", _l("Perlu dibaca ulang")
    PUBLISHED = "terbit", _l("Pernah terbit")


OLDEST_CHANGE_FIRST = (Clarification.changed_at, Clarification.id)
ORDER_BY_PART: dict[ListingPart, tuple[Any, ...]] = {
    ListingPart.AWAITING: OLDEST_CHANGE_FIRST,
    ListingPart.PROPOSED: OLDEST_CHANGE_FIRST,
    ListingPart.DRAFT: OLDEST_CHANGE_FIRST,
    ListingPart.AGAIN: (periodic_review.last_review_expression(), Clarification.id),
    ListingPart.PUBLISHED: (Clarification.published_at.desc(), Clarification.id.desc()),
}


@dataclass(frozen=True)
class ListingSection:
    """Some clarifications of a part; ``count`` counts all of them."""

    part: ListingPart
    rows: Sequence[Clarification]
    count: int


@dataclass(frozen=True)
class ClarificationListing:
    """The first rows of every part, or a page of the chosen one. ``counts`` cover all that match the words ``q``."""

    sections: list[ListingSection]
    counts: Mapping[ListingPart, int]
    q: str
    part: ListingPart | None
    page: int

    @property
    def waiting(self) -> int:
        """The number of new pages and changes that await approval."""
        return self.counts[ListingPart.AWAITING] + self.counts[ListingPart.PROPOSED]

    @property
    def rest(self) -> int:
        """The number of rows of the chosen part after this page."""
        return max(0, self.counts[self.part] - self.page * CLARIFICATIONS_PER_PAGE) if self.part else 0

    @property
    def is_empty(self) -> bool:
        """True where no clarification exists."""
        return not (self.q or any(self.counts.values()))

    def at(self, part: ListingPart | None, page: int = 1) -> dict[str, Any]:
        """Return the query arguments for the same words in another part."""
        given = {"q": self.q, "part": part and part.value, "page": page if page > 1 else None}
        return {name: value for name, value in given.items() if value}


def load_clarification_listing(args: Mapping[str, str], now: datetime) -> ClarificationListing:
    """Return the requested list: search words, part, page. A page past the end gives the last."""
    q, number = args.get("q", "").strip()[:200], read_page_number(args)
    chosen = next((one for one in ListingPart if one.value == args.get("part")), None)
    words, held = search_conditions(q), part_conditions(now)
    found = db.session.execute(sa.select(*(clarification_count_query(*held[one], *words) for one in ListingPart))).one()
    counts = dict(zip(ListingPart, found, strict=True))
    if chosen:
        number = min(number, max(1, -(-counts[chosen] // CLARIFICATIONS_PER_PAGE)))
    room, skipped = (CLARIFICATIONS_PER_PAGE, (number - 1) * CLARIFICATIONS_PER_PAGE) if chosen else (FEW_ROWS, 0)
    sections = [
        ListingSection(one, list_part_rows(one, [*held[one], *words], room, skipped), counts[one])
        for one in ([chosen] if chosen else ListingPart)
        if counts[one]
    ]
    return ClarificationListing(sections, counts, q, chosen, number if chosen else 1)


def part_conditions(now: datetime) -> dict[ListingPart, list[sa.ColumnElement[bool]]]:
    """Return the condition of each part."""
    return {
        ListingPart.AWAITING: [Clarification.status == ClarificationStatus.AWAITING_APPROVAL],
        ListingPart.PROPOSED: [Clarification.proposed_kind.is_not(None)],
        ListingPart.DRAFT: [Clarification.status == ClarificationStatus.DRAFT],
        ListingPart.AGAIN: periodic_review.review_due_conditions(now),
        ListingPart.PUBLISHED: [Clarification.published_at.is_not(None)],
    }


def search_conditions(q: str) -> list[sa.ColumnElement[bool]]:
    """Return one condition for each word of a search."""
    columns = (Clarification.title, Clarification.claim_quote)
    return [sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in q.split()]


def clarification_count_query(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Return the query that counts the clarifications meeting the conditions."""
    return sa.select(sa.func.count()).select_from(Clarification).where(*conditions).scalar_subquery()


def list_part_rows(
    part: ListingPart, conditions: Sequence[sa.ColumnElement[bool]], limit: int, offset: int = 0
) -> Sequence[Clarification]:
    """Return clarifications of a part, in its order, with author and unit."""
    return db.session.scalars(part_query(part, conditions).limit(limit).offset(offset)).all()


def part_query(part: ListingPart, conditions: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Clarification]:
    """Return the query for a part. Only one page of its index is read."""
    people = (joinedload(Clarification.author), joinedload(Clarification.unit))
    return sa.select(Clarification).where(*conditions).options(*people).order_by(*ORDER_BY_PART[part])


def list_answering_units() -> list[tuple[int, str]]:
    """Return (id, name) of the units that can answer: PPID Utama first, then by name."""
    query = sa.select(Unit.id, Unit.name).where(Unit.is_active).order_by(Unit.parent_id.is_not(None), Unit.name)
    return [(key, name) for key, name in db.session.execute(query)]


def public_clarifications() -> Sequence[Clarification]:
    """Return the clarifications that answer messages, newest first."""
    query = sa.select(Clarification).where(Clarification.status.in_(PUBLIC_STATUSES))
    return db.session.scalars(query.order_by(Clarification.published_at.desc(), Clarification.id.desc())).all()
