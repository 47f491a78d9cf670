"""The list of clarifications in parts: pending ones first, then published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.accused_view import hide_quotes, hides_draft_from
from hoax_tracker.clarify import periodic_review
from hoax_tracker.core.web.query_args import Pages, QueryFilters, enum_parser, parse_page_number, query_arg, text_parser
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
class ListingFilters(QueryFilters):
    """What the address asks of the list; only a chosen part has pages."""

    q: str = query_arg(text_parser(200), "")
    part: ListingPart | None = query_arg(enum_parser(ListingPart))
    page: int = query_arg(parse_page_number, 1)


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
    filters: ListingFilters

    @property
    def waiting(self) -> int:
        """The number of new pages and changes that await approval."""
        return self.counts[ListingPart.AWAITING] + self.counts[ListingPart.PROPOSED]

    @property
    def rest(self) -> int:
        """The number of rows of the chosen part after this page."""
        chosen = self.filters.part
        return Pages(self.counts[chosen], CLARIFICATIONS_PER_PAGE).rest(self.filters.page) if chosen else 0

    @property
    def is_empty(self) -> bool:
        """True where no clarification exists."""
        return not (self.filters.q or any(self.counts.values()))

    def at(self, part: ListingPart | None, page: int = 1) -> dict[str, Any]:
        """Return the query arguments for the same words in another part."""
        return replace(self.filters, part=part, page=page).args()


def load_clarification_listing(args: Mapping[str, str], unit: Unit, now: datetime) -> ClarificationListing:
    """Return the requested list as the unit may see it: search words, part, page (past the end: the last)."""
    filters = ListingFilters.from_args(args)
    chosen, words, conditions = filters.part, search_conditions(filters.q, unit), part_conditions(now)
    totals = db.session.execute(
        sa.select(*(_clarification_count_query(*conditions[part], *words) for part in ListingPart))
    ).one()
    counts = dict(zip(ListingPart, totals, strict=True))
    pages = Pages(counts[chosen] if chosen else 0, CLARIFICATIONS_PER_PAGE)
    shown = replace(filters, page=pages.nearest(filters.page))
    room, skipped = (pages.size, pages.offset(shown.page)) if chosen else (FEW_ROWS, 0)
    sections = [
        ListingSection(part, _list_part_rows(part, [*conditions[part], *words], room, skipped), counts[part])
        for part in ([chosen] if chosen else ListingPart)
        if counts[part]
    ]
    hide_quotes((row for section in sections for row in section.rows), unit)
    return ClarificationListing(sections, counts, shown)


def part_conditions(now: datetime) -> dict[ListingPart, list[sa.ColumnElement[bool]]]:
    """Return the condition of each part."""
    return {
        ListingPart.AWAITING: [Clarification.status == ClarificationStatus.AWAITING_APPROVAL],
        ListingPart.PROPOSED: [Clarification.proposed_kind.is_not(None)],
        ListingPart.DRAFT: [Clarification.status == ClarificationStatus.DRAFT],
        ListingPart.AGAIN: periodic_review.review_due_conditions(now),
        ListingPart.PUBLISHED: [Clarification.published_at.is_not(None)],
    }


def search_conditions(q: str, unit: Unit) -> list[sa.ColumnElement[bool]]:
    """Return one condition for each word of a search: it stands in the title, or in a quotation that the unit reads."""
    page, reads = Clarification, ~hides_draft_from(unit)
    return [
        sa.or_(
            page.title.icontains(word, autoescape=True),
            sa.and_(page.claim_quote.icontains(word, autoescape=True), reads),
        )
        for word in q.split()
    ]


def _clarification_count_query(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(Clarification).where(*conditions).scalar_subquery()


def _list_part_rows(
    part: ListingPart, conditions: Sequence[sa.ColumnElement[bool]], limit: int, offset: int = 0
) -> Sequence[Clarification]:
    """Return clarifications of a part, in its order, with author and unit."""
    return db.session.scalars(part_query(part, conditions).limit(limit).offset(offset)).all()


def part_query(part: ListingPart, conditions: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Clarification]:
    """Return the query for a part. Only one page of its index is read."""
    people = (joinedload(Clarification.author), joinedload(Clarification.unit))
    return sa.select(Clarification).where(*conditions).options(*people).order_by(*ORDER_BY_PART[part])


def public_clarifications() -> Sequence[Clarification]:
    """Return the clarifications that answer messages, newest first."""
    query = sa.select(Clarification).where(Clarification.status.in_(PUBLIC_STATUSES))
    return db.session.scalars(query.order_by(Clarification.published_at.desc(), Clarification.id.desc())).all()
