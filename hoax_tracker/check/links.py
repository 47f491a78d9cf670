"""A pasted link: is it one that a clarification names, or that officers are examining? No link is ever fetched."""

from __future__ import annotations

import enum
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

MOST_LINKS = 3
# Addresses that are read for one link: a site's feed may have left a hundred thousand.
MOST_READ = 100
MOST_PIECES = 6
_TRACKING = re.compile(r"^(?:utm_|mc_|fb_)|^(?:fbclid|gclid|igsh|igshid|mibextid|ref_src|_rdr|si)$", re.IGNORECASE)
_SOCIAL = frozenset(
    ["facebook.com", "web.facebook.com", "instagram.com", "x.com", "twitter.com", "tiktok.com", "t.me", "youtube.com"]
)
# No site writes these characters in two ways.
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


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


def page_key(url: str) -> tuple[str, ...] | None:
    """Return what tells pages apart in an address: host, path, query, and a fragment that names a page ("#!/p/1").

    The ways a reader came by are left out. None where it leads to no page of its own: a site's front page, an account.
    """
    try:
        parts = urlsplit(url if _SCHEME.match(url) else f"https://{url}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    path = unquote(parts.path).rstrip("/")
    query = urlencode(sorted(one for one in parse_qsl(parts.query) if not _TRACKING.search(one[0])))
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    if not host or not (path or query or fragment.strip("!/")) or (is_account(host, path, query) and not fragment):
        return None
    return host, path, query, fragment


def is_account(host: str, path: str, query: str) -> bool:
    """Tell whether an address of a social site leads to an account, which says one thing today and another tomorrow."""
    segments = path.strip("/").split("/")
    if host not in _SOCIAL or len(segments) > 1:
        return False
    return not query or segments[0].startswith("@") or segments[0] == "profile.php"


def known_in_public(links: Iterable[str]) -> list[LinkMatch]:
    """Return the public clarifications that know one of the links, best first.

    Among several links one that was judged says nothing about the others: each is a page to compare then.
    """
    pages = {page_key(link): link for link in links}
    found: dict[int, Known] = {}
    for page, link in pages.items():
        for clarification_id, url, known in [*circulated_at(link), *sources_at(link)]:
            if page is not None and page_key(url) == page:
                found[clarification_id] = max(found.get(clarification_id, Known.REPEATS), known)
    most = Known.JUDGED if len(pages) == 1 else Known.SOURCE
    return [
        LinkMatch(key, min(found[key], most)) for key in sorted(found, key=lambda key: (found[key], key), reverse=True)
    ]


def claim_examined_at(links: Iterable[str]) -> Claim | None:
    """Return the claim under examination that was seen at one of the links."""
    for link in links:
        query = (
            sa.select(Claim, sa.func.coalesce(Item.url, Report.url))
            .join(ClaimAppearance, ClaimAppearance.claim_id == Claim.id)
            .outerjoin(Item, ClaimAppearance.item_id == Item.id)
            .outerjoin(Report, ClaimAppearance.report_id == Report.id)
            .where(Claim.status.in_(OPEN_STATUSES), sa.or_(at_page(Item.url, link), at_page(Report.url, link)))
            .order_by(ClaimAppearance.id.desc())
            .limit(MOST_READ)
        )
        for claim, url in db.session.execute(query):
            if page_key(url) == page_key(link) is not None:
                return claim
    return None


def circulated_at(link: str) -> list[tuple[int, str, Known]]:
    """Return (clarification, address, how it is known) for places like the link that hold an answered claim."""
    query = (
        sa.select(Clarification.id, Item.url, is_judged())
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .join(ClaimAppearance, ClaimAppearance.claim_id == clarification_claim.c.claim_id)
        .join(Item, ClaimAppearance.item_id == Item.id)
        .outerjoin(PageCopy, PageCopy.item_id == Item.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), at_page(Item.url, link))
        .order_by(Clarification.id.desc(), ClaimAppearance.id.desc())
        .limit(MOST_READ)
    )
    found = db.session.execute(query)
    return [(key, url, Known.JUDGED if judged else Known.REPEATS) for key, url, judged in found if url]


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


def sources_at(link: str) -> list[tuple[int, str, Known]]:
    """Return (clarification, address, how it is known) for the sources of public pages like the link."""
    query = (
        sa.select(Clarification.id, Evidence.url)
        .join(Evidence, Evidence.clarification_id == Clarification.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), at_page(Evidence.url, link))
        .order_by(Clarification.id.desc(), Evidence.id.desc())
        .limit(MOST_READ)
    )
    return [(key, url, Known.SOURCE) for key, url in db.session.execute(query) if url]


def at_page(column: sa.orm.InstrumentedAttribute[str | None], link: str) -> sa.ColumnElement[bool]:
    """Return the condition that an address holds the link's host and plain pieces: few rows are left to compare."""
    page = page_key(link)
    if page is None:
        return sa.false()
    pieces = filter(_PLAIN.fullmatch, [*page[1].split("/"), *(value for _, value in parse_qsl(page[2]))])
    asked = [page[0], *list(pieces)[-MOST_PIECES:]]
    return sa.and_(*(column.icontains(one, autoescape=True) for one in asked))
