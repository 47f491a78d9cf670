"""The claims that a clarification answers, as far as the public may know of them: who made one, and where it appeared.

Names of private posters are never published, nor what leads to them:

1. The claimant is named only where it is an office of the city, by its name or short name in the table of units.
2. An address is published only where the page stands on the own site of an ordinary feed: no network or host on which
   people have pages of their own, no table, file or note of an officer, and nothing that a resident sent.
3. An address that holds the author's name, or that leads to a profile, is left out.
4. The first appearance is named only where it is the first that we know at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import sqlalchemy as sa

from hoax_tracker.models import Claim, ClaimAppearance, Item, Source, SourceKind, Unit, clarification_claim, db

APPEARANCES_READ = 50
"""A claim that thousands passed on has its first ones read."""
APPEARANCES_PUBLISHED = 10
CLAIMS_PUBLISHED = 5
"""A page in linked data stays small, whatever officers linked to it."""
_PERSONAL_HOSTS = """
    facebook.com fb.com fb.watch instagram.com threads.net threads.com x.com twitter.com tiktok.com snackvideo.com
    youtube.com youtu.be t.me telegram.me whatsapp.com wa.me bsky.app reddit.com linkedin.com pinterest.com tumblr.com
    quora.com kaskus.co.id medium.com substack.com blogspot.com blogger.com wordpress.com kompasiana.com wixsite.com
    weebly.com livejournal.com github.io sites.google.com drive.google.com docs.google.com line.me discord.com
    mastodon.social"""
PERSONAL_HOSTS = frozenset(_PERSONAL_HOSTS.split())
"""Networks and hosts on which anybody has a page: an address there names who wrote it."""
PROFILE_SEGMENTS = frozenset({"u", "user", "users", "author", "authors", "profile", "profil", "penulis", "people"})
_LETTERS = re.compile(r"[^\W\d_]+")
MIN_NAME_LETTERS = 4


@dataclass(frozen=True)
class ReviewedClaim:
    """What may be published of a claim; ``claimant`` is an office, ``first_appearance`` no part of ``appearances``."""

    claimant: str | None = None
    first_appearance: str | None = None
    appearances: tuple[str, ...] = ()


UNKNOWN_CLAIM = ReviewedClaim()


def list_reviewed_claims(clarification_ids: Collection[int]) -> dict[int, list[ReviewedClaim]]:
    """Return the claims of each clarification by its id, the first seen first.

    Claims of which the public may know the same are one.
    """
    rows = db.session.execute(_appearances_query(clarification_ids)).all() if clarification_ids else []
    offices = _load_office_names() if any(row.claimant for row in rows) else {}
    claims: dict[int, dict[ReviewedClaim, None]] = {}
    for (clarification_id, _claim_id), appearances in groupby(rows, attrgetter("clarification_id", "claim_id")):
        claims.setdefault(clarification_id, {})[_describe_claim(list(appearances), offices)] = None
    return {key: list(of_page)[:CLAIMS_PUBLISHED] for key, of_page in claims.items()}


def _describe_claim(appearances: list[sa.Row[Any]], offices: dict[str, str]) -> ReviewedClaim:
    """Return what may be published of a claim with these appearances, the first seen first."""
    links = [row.url if is_public_appearance(row) else None for row in appearances]
    later = dict.fromkeys(link for link in links[1:] if link and link != links[0])
    claimant = offices.get(_fold_name(appearances[0].claimant or ""))
    return ReviewedClaim(claimant, links[0], tuple(later)[:APPEARANCES_PUBLISHED])


def _appearances_query(clarification_ids: Collection[int]) -> sa.Select[Any]:
    """Return the query for the first appearances of the claims of clarifications; a claim without any has one row."""
    place = sa.func.row_number().over(
        partition_by=ClaimAppearance.claim_id, order_by=(ClaimAppearance.seen_at, ClaimAppearance.id)
    )
    linked = sa.select(clarification_claim.c.claim_id).where(
        clarification_claim.c.clarification_id.in_(clarification_ids)
    )
    seen = (
        sa.select(ClaimAppearance.claim_id, ClaimAppearance.item_id, place.label("place"))
        .where(ClaimAppearance.claim_id.in_(linked))
        .subquery()
    )
    source = (Source.kind, Source.url.label("source_url"), Source.home_url)
    return (
        sa.select(
            clarification_claim.c.clarification_id, Claim.id.label("claim_id"), Claim.claimant, Item.url, Item.author
        )
        .add_columns(*source)
        .select_from(clarification_claim)
        .join(Claim, Claim.id == clarification_claim.c.claim_id)
        .outerjoin(seen, sa.and_(seen.c.claim_id == Claim.id, seen.c.place <= APPEARANCES_READ))
        .outerjoin(Item, Item.id == seen.c.item_id)
        .outerjoin(Source, Source.id == Item.source_id)
        .where(clarification_claim.c.clarification_id.in_(clarification_ids))
        .order_by(clarification_claim.c.clarification_id, Claim.first_seen_at, Claim.id, seen.c.place)
    )


def _load_office_names() -> dict[str, str]:
    """Return the name of each office of the city by its name and short name, as ``_fold_name`` writes them."""
    units = db.session.execute(sa.select(Unit.name, Unit.short_name)).all()
    return {_fold_name(spelling): name for name, short in units for spelling in (short, name)}


def _fold_name(name: str) -> str:
    """Return a name in a form that is equal for the spellings of one name."""
    return " ".join(name.casefold().split())


def is_public_appearance(row: sa.Row[Any]) -> bool:
    """Tell whether an appearance may be published (see the rules above): ``url``, ``author`` and its source."""
    if row.url is None or row.kind is not SourceKind.FEED or not row.url.startswith(("http://", "https://")):
        return False
    page = split_address(row.url)
    sites = [split_address(address) for address in (row.home_url, row.source_url) if address]
    if not any(_is_same_site(page.hostname, site.hostname) for site in sites):
        return False
    return not (is_personal_address(page) or _names_author(page, row.author or ""))


def split_address(url: str) -> SplitResult:
    """Return the parts of an address; none where it cannot be read."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_same_site(host: str | None, other: str | None) -> bool:
    """Tell whether one host is the other or lies below it."""
    first, second = ((name or "").removeprefix("www.") for name in (host, other))
    return bool(first and second) and (first == second or first.endswith(f".{second}") or second.endswith(f".{first}"))


def is_personal_address(page: SplitResult) -> bool:
    """Tell whether an address stands on a host where anybody has pages, or leads to a profile."""
    host = page.hostname or ""
    if "@" in unquote(page.netloc + page.path + page.query) or "~" in page.path:
        return True
    if any(_is_same_site(host, personal) for personal in PERSONAL_HOSTS):
        return True
    return not PROFILE_SEGMENTS.isdisjoint(page.path.casefold().split("/"))


def _names_author(page: SplitResult, author: str) -> bool:
    """Tell whether an address holds a word of its author's name, or the site is named for the author."""
    words = [word for word in _name_words(author) if len(word) >= MIN_NAME_LETTERS]
    path = "".join(_name_words(unquote(f"{page.path} {page.query}")))
    site = "".join(_name_words(page.hostname or ""))
    whole = "".join(_name_words(author))
    return any(word in path for word in words) or (len(whole) >= MIN_NAME_LETTERS and whole in site)


def _name_words(text: str) -> Iterable[str]:
    """Return the words of letters in a text."""
    return _LETTERS.findall(text.casefold())
