"""A pasted link: is it one that a clarification names, or that officers are examining? No link is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import sqlalchemy as sa

from classifiers.text import URL, tokens
from hoax_tracker.models import (
    OPEN_STATUSES,
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    Clarification,
    Evidence,
    Item,
    Report,
    clarification_claim,
    db,
)

MOST_LINKS = 3
_TRACKING = re.compile(r"^(?:utm_|mc_|fb_)|^(?:fbclid|gclid|igsh|igshid|mibextid|ref_src|_rdr|si)$", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


@dataclass(frozen=True)
class LinkMatch:
    """A clarification that knows the link: as a place where the claim stood, or as one of its own sources."""

    clarification_id: int
    circulated: bool


def links_only(text: str) -> list[str]:
    """Return the links of a text that holds nothing else, else an empty list."""
    words = tokens(text)
    if not words or any(word != URL for word in words):
        return []
    return [piece.strip("<>()[]\"'“”.,;") for piece in text.split() if "." in piece][:MOST_LINKS]


def page_key(url: str) -> tuple[str, str, str]:
    """Return what tells pages apart in an address: host, path and query, without the ways a reader came by."""
    try:
        parts = urlsplit(url if _SCHEME.match(url) else f"https://{url}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return "", "", ""
    kept = [(name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.search(name)]
    return host, unquote(parts.path).rstrip("/"), urlencode(sorted(kept))


def known_in_public(links: Iterable[str]) -> list[LinkMatch]:
    """Return the public clarifications that know one of the links; where the claim stood comes first."""
    found: dict[int, bool] = {}
    for link in links:
        for clarification_id, url, circulated in [*circulated_at(link), *sources_at(link)]:
            if page_key(url) == page_key(link):
                found[clarification_id] = found.get(clarification_id, False) or circulated
    return [LinkMatch(key, found[key]) for key in sorted(found, key=lambda key: (not found[key], -key))]


def claim_examined_at(links: Iterable[str]) -> Claim | None:
    """Return the claim under examination that was seen at one of the links."""
    for link in links:
        query = (
            sa.select(Claim, sa.func.coalesce(Item.url, Report.url))
            .join(ClaimAppearance, ClaimAppearance.claim_id == Claim.id)
            .outerjoin(Item, ClaimAppearance.item_id == Item.id)
            .outerjoin(Report, ClaimAppearance.report_id == Report.id)
            .where(Claim.status.in_(OPEN_STATUSES), sa.or_(at_host(Item.url, link), at_host(Report.url, link)))
        )
        for claim, url in db.session.execute(query):
            if page_key(url) == page_key(link):
                return claim
    return None


def circulated_at(link: str) -> list[tuple[int, str, bool]]:
    """Return (clarification, address, True) for the places at the link's host where an answered claim stood."""
    query = (
        sa.select(Clarification.id, Item.url)
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .join(ClaimAppearance, ClaimAppearance.claim_id == clarification_claim.c.claim_id)
        .join(Item, ClaimAppearance.item_id == Item.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), at_host(Item.url, link))
    )
    return [(key, url, True) for key, url in db.session.execute(query) if url]


def sources_at(link: str) -> list[tuple[int, str, bool]]:
    """Return (clarification, address, False) for the sources of public pages at the link's host."""
    query = (
        sa.select(Clarification.id, Evidence.url)
        .join(Evidence, Evidence.clarification_id == Clarification.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), at_host(Evidence.url, link))
    )
    return [(key, url, False) for key, url in db.session.execute(query) if url]


def at_host(column: sa.orm.InstrumentedAttribute[str | None], link: str) -> sa.ColumnElement[bool]:
    """Return the condition that an address lies at the link's host: few rows are left to compare."""
    return column.icontains(page_key(link)[0] or "\0", autoescape=True)
