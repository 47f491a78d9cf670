"""Pasted links: does a clarification name the link, or do officers examine it? No link is ever fetched."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from classifiers.text.normalise import LINK_WORD, word_tokens
from hoax_tracker.check.answers.short_messages import names_nothing
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
    JudgedClaim,
    PageCopy,
    Report,
    clarification_claim,
    db,
)
from hoax_tracker.models.url_keys import page_digest

MOST_LINKS = 3
# Places of one page that are read for one link: many feeds may hold it.
ROWS_READ_LIMIT = 100


class LinkKnowledge(enum.IntEnum):
    """How a clarification knows a link; a higher value says more.

    ``REPEATS``: the program found that the page repeats the claim, unreviewed: it may be a newspaper's explanation.
    ``SOURCE``: a source of the clarification. ``JUDGED``: officers judged the text at the link.
    """

    REPEATS = 1
    SOURCE = 2
    JUDGED = 3


@dataclass(frozen=True)
class LinkMatch:
    """A clarification that knows the link, and how."""

    clarification_id: int
    known: LinkKnowledge


def read_links_only(text: str) -> list[str]:
    """Return the links of a text that says nothing else, or only asks whether they are true; else an empty list."""
    pieces = [piece for piece in text.split() if LINK_WORD in word_tokens(piece)]
    if not pieces or not _says_nothing_else(text, pieces):
        return []
    return [piece.strip("<>()[]\"'“”.,;") for piece in pieces][:MOST_LINKS]


def _says_nothing_else(text: str, pieces: Sequence[str]) -> bool:
    """Tell whether the words of a text beside its links name nothing."""
    if any(word != LINK_WORD for piece in pieces for word in word_tokens(piece)):
        return False
    beside = " ".join(piece for piece in text.split() if piece not in pieces)
    return not word_tokens(beside) or names_nothing(beside)


def list_link_matches(links: Iterable[str]) -> list[LinkMatch]:
    """Return the public clarifications that know one of the links, best first.

    Among several links, one judged link says nothing about the others: each page is then only one to compare.
    """
    pages = {page_digest(link) for link in links}
    knowledge_by_page: dict[int, LinkKnowledge] = {}
    for page in filter(None, pages):
        for clarification_id, knowledge in [*_list_circulation_matches(page), *_list_source_matches(page)]:
            knowledge_by_page[clarification_id] = max(
                knowledge_by_page.get(clarification_id, LinkKnowledge.REPEATS), knowledge
            )
    most = LinkKnowledge.JUDGED if len(pages) == 1 else LinkKnowledge.SOURCE
    return [
        LinkMatch(key, min(knowledge_by_page[key], most))
        for key in sorted(knowledge_by_page, key=lambda key: (knowledge_by_page[key], key), reverse=True)
    ]


def find_claim_at_links(links: Iterable[str]) -> Claim | None:
    """Return the claim under examination that appeared last at one of the links."""
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


def _list_circulation_matches(page: str) -> list[tuple[int, LinkKnowledge]]:
    """Return (clarification, knowledge) for pages whose claim appeared at one of the links."""
    query = (
        sa.select(Clarification.id, _judged_condition())
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .join(ClaimAppearance, ClaimAppearance.claim_id == clarification_claim.c.claim_id)
        .join(Item, ClaimAppearance.item_id == Item.id)
        .outerjoin(PageCopy, PageCopy.item_id == Item.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), Item.page_key == page)
        .order_by(Clarification.id.desc(), ClaimAppearance.id.desc())
        .limit(ROWS_READ_LIMIT)
    )
    return [
        (key, LinkKnowledge.JUDGED if judged else LinkKnowledge.REPEATS) for key, judged in db.session.execute(query)
    ]


def _judged_condition() -> sa.ColumnElement[bool]:
    """Return the condition that officers decided about the very words of an appearance.

    They did where the text of a claim that a second person read with the page is, or was until a merge, this
    appearance's. Everything else joined the claim by likeness or by one person, before or after publication.
    """
    brought = (
        sa.select(ClaimMove.id)
        .join(Decision, Decision.id == ClaimMove.decision_id)
        .where(
            ClaimMove.appearance_id == ClaimAppearance.id,
            ClaimMove.opened,
            _is_judged(ClaimMove.from_claim_id),
            ~Decision.undone_by.any(),  # type: ignore[attr-defined]
        )
        .exists()
    )
    opened = sa.and_(ClaimAppearance.opens, _is_judged(ClaimAppearance.claim_id))
    return sa.and_(sa.or_(opened, brought), Item.edited_at.is_(None), PageCopy.changed_at.is_(None))


def _is_judged(claim_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a second person read the claim's words with the page."""
    about_page = JudgedClaim.clarification_id == Clarification.id
    judged = sa.exists().where(JudgedClaim.claim_id == claim_id, about_page, JudgedClaim.ended_at.is_(None))
    return judged.correlate_except(JudgedClaim)


def _list_source_matches(page: str) -> list[tuple[int, LinkKnowledge]]:
    """Return (clarification, knowledge) for the public pages that have one of the links as a source."""
    query = (
        sa.select(Clarification.id)
        .join(Evidence, Evidence.clarification_id == Clarification.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), Evidence.page_key == page)
        .order_by(Clarification.id.desc(), Evidence.id.desc())
        .limit(ROWS_READ_LIMIT)
    )
    return [(key, LinkKnowledge.SOURCE) for key in db.session.scalars(query)]
