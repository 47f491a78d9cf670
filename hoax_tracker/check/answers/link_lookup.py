"""A pasted link: is it one that a clarification names, or that officers are examining? No link is ever fetched."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from classifiers.text.normalise import URL, tokens
from hoax_tracker.models import (
    OPEN_STATUSES,
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimMove,
    Clarification,
    Decision,
    Evidence,
    Item,
    PageCopy,
    Report,
    clarification_claim,
    db,
)
from hoax_tracker.models.url_keys import page_digest

MOST_LINKS = 3
# Places of one page that are read for one link: many feeds may hold it.
MOST_READ = 100


class Known(enum.IntEnum):
    """How a clarification knows a link; what says more is higher.

    ``REPEATS``: the program found that the page there repeats the claim, and nobody looked: it may as well be a
    newspaper's explanation. ``SOURCE``: a source of the clarification. ``JUDGED``: officers judged what stood there.
    """

    REPEATS = 1
    SOURCE = 2
    JUDGED = 3


@dataclass(frozen=True)
class LinkMatch:
    """A clarification that knows the link, and how."""

    clarification_id: int
    known: Known


def links_only(text: str) -> list[str]:
    """Return the links of a text that holds nothing else, else an empty list."""
    words = tokens(text)
    if not words or any(word != URL for word in words):
        return []
    return [piece.strip("<>()[]\"'“”.,;") for piece in text.split() if "." in piece][:MOST_LINKS]


def known_in_public(links: Iterable[str]) -> list[LinkMatch]:
    """Return the public clarifications that know one of the links, best first.

    Among several links one that was judged says nothing about the others: each is a page to compare then.
    """
    pages = {page_digest(link) for link in links}
    found: dict[int, Known] = {}
    for page in filter(None, pages):
        for clarification_id, known in [*circulated_at(page), *sources_at(page)]:
            found[clarification_id] = max(found.get(clarification_id, Known.REPEATS), known)
    most = Known.JUDGED if len(pages) == 1 else Known.SOURCE
    return [
        LinkMatch(key, min(found[key], most)) for key in sorted(found, key=lambda key: (found[key], key), reverse=True)
    ]


def claim_examined_at(links: Iterable[str]) -> Claim | None:
    """Return the claim under examination that was seen at one of the links, the last seen first."""
    for page in filter(None, map(page_digest, links)):
        seen = sa.select(ClaimAppearance.id, ClaimAppearance.claim_id)
        places = sa.union_all(
            seen.join(Item, ClaimAppearance.item_id == Item.id).where(Item.page_key == page),
            seen.join(Report, ClaimAppearance.report_id == Report.id).where(Report.page_key == page),
        ).subquery()
        query = sa.select(Claim).join(places, places.c.claim_id == Claim.id).where(Claim.status.in_(OPEN_STATUSES))
        claim = db.session.scalars(query.order_by(places.c.id.desc()).limit(1)).first()
        if claim is not None:
            return claim
    return None


def circulated_at(page: str) -> list[tuple[int, Known]]:
    """Return (clarification, how it is known) for the places of a page that hold an answered claim."""
    query = (
        sa.select(Clarification.id, is_judged())
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .join(ClaimAppearance, ClaimAppearance.claim_id == clarification_claim.c.claim_id)
        .join(Item, ClaimAppearance.item_id == Item.id)
        .outerjoin(PageCopy, PageCopy.item_id == Item.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), Item.page_key == page)
        .order_by(Clarification.id.desc(), ClaimAppearance.id.desc())
        .limit(MOST_READ)
    )
    return [(key, Known.JUDGED if judged else Known.REPEATS) for key, judged in db.session.execute(query)]


def is_judged() -> sa.ColumnElement[bool]:
    """Return the condition that officers decided about the very words which still stand where a claim appeared.

    They did where the claim's text is this appearance's, or was until they merged its claim into another. What else
    belongs to a claim was joined by likeness, before or after publication, and no row tells whether anybody saw it.
    """
    brought = (
        sa.select(ClaimMove.id)
        .join(Decision, Decision.id == ClaimMove.decision_id)
        .where(
            ClaimMove.appearance_id == ClaimAppearance.id,
            ClaimMove.opened,
            ~Decision.undone_by.any(),  # type: ignore[attr-defined]
        )
        .exists()
    )
    return sa.and_(sa.or_(ClaimAppearance.opens, brought), Item.edited_at.is_(None), PageCopy.changed_at.is_(None))


def sources_at(page: str) -> list[tuple[int, Known]]:
    """Return (clarification, how it is known) for the public pages that have a page among their sources."""
    query = (
        sa.select(Clarification.id)
        .join(Evidence, Evidence.clarification_id == Clarification.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), Evidence.page_key == page)
        .order_by(Clarification.id.desc(), Evidence.id.desc())
        .limit(MOST_READ)
    )
    return [(key, Known.SOURCE) for key in db.session.scalars(query)]
