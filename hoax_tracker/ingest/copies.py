"""Pages behind the items of claims are copied when first seen, and looked at again: hoaxes get deleted.

1. Items that a claim holds and whose page has no row yet get one; rows that are due are leased (as sources are, so a
   killed worker loses nothing), few of one host, none of a host that a worker is asking for feeds.
2. The page is fetched where its site lets programs read it (robots.txt), by the guarded client.
3. The first copy stays as it came, compressed and with its digest; a later look notes other words, or that it is gone.
"""

from __future__ import annotations

import hashlib
import logging
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import defer, joinedload

from hoax_tracker.database import Turn, writing
from hoax_tracker.errors import NotFound
from hoax_tracker.fetch import BadStatus, Fetched, Fetcher, FetchError
from hoax_tracker.fetch.robots import Robots
from hoax_tracker.ingest.leases import Manners, is_leased
from hoax_tracker.ingest.page_text import main_text, says_the_same
from hoax_tracker.models import ClaimAppearance, Item, PageCopy, Source, db

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
AT_ONCE, OF_ONE_HOST, THREADS = 24, 3, 6
SHOWN = 50
PAGE_TIMEOUT_S = 20.0
NEW_FOR = timedelta(days=7)
"""Older items get no copy: it would not show what was first seen."""
LOOKED_AGAIN = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
TRIED_AGAIN = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS)
NOWHERE = (".example", ".test", ".invalid", ".localhost")
"""Names that lead nowhere (RFC 2606): those of samples."""


@dataclass(frozen=True)
class Look:
    """What looking at a page brought: an answer, "gone", or why it could not be read."""

    item_id: int
    fetched: Fetched | None = None
    text: str = ""
    is_gone: bool = False
    trouble: str | None = None


def keep_copies(fetcher: Fetcher, now: datetime, alive: Callable[[], None]) -> int:
    """Look at the pages that are due, some of them; return how many. ``alive`` is called between them."""
    manners = Manners(fetcher.allow)
    due = take(now, manners)
    if not due:
        return 0
    groups: dict[str, list[tuple[int, str]]] = {}
    for item_id, url in due:
        groups.setdefault(manners.host(url) or str(item_id), []).append((item_id, url))
    robots = Robots(fetcher)
    with ThreadPoolExecutor(THREADS) as pool:
        # Each in a context of its own: words for officers and lines in the log belong to what asked for them.
        asked = [
            pool.submit(copy_context().run, look_in_turn, pages, fetcher, robots, manners.pause_s)
            for pages in groups.values()
        ]
        for done in as_completed(asked):
            for one in done.result():
                keep(one, now)
            alive()
    return len(due)


def take(now: datetime, manners: Manners) -> list[tuple[int, str]]:
    """Lease pages that are due, new ones first seen among them; return (item id, address)."""
    with writing(Turn.STORE):
        add_new(now)
        held = {manners.host(url) for url in db.session.scalars(sa.select(Source.url).where(is_leased(now)))}
        room, taken = Counter[str](), list[tuple[int, str]]()
        query = sa.select(PageCopy).where(PageCopy.next_at <= now).order_by(PageCopy.next_at, PageCopy.item_id)
        for row in db.session.scalars(query.limit(AT_ONCE * 4)):
            host = manners.host(row.url)
            if host and (host in held or room[host] >= OF_ONE_HOST):
                continue
            room[host] += 1
            row.next_at = now + LEASE
            taken.append((row.item_id, row.url))
            if len(taken) == AT_ONCE:
                break
        return taken


def add_new(now: datetime) -> None:
    """Add a row for each page that a claim leads to since."""
    query = (
        sa.select(Item.id, Item.url)
        .join(ClaimAppearance, ClaimAppearance.item_id == Item.id)
        .outerjoin(PageCopy, PageCopy.item_id == Item.id)
        .where(PageCopy.item_id.is_(None), Item.url.is_not(None), Item.fetched_at > now - NEW_FOR)
    )
    found = [(item_id, url) for item_id, url in db.session.execute(query) if url and not leads_nowhere(url)]
    rows = [{"item_id": item_id, "url": url, "next_at": now, "text": "", "looks": 0} for item_id, url in found]
    if rows:
        db.session.execute(sa.insert(PageCopy), rows)


def leads_nowhere(url: str) -> bool:
    """Tell whether no server can have the name."""
    return (urlsplit(url).hostname or "").endswith(NOWHERE)


def look_in_turn(pages: Sequence[tuple[int, str]], fetcher: Fetcher, robots: Robots, pause_s: float) -> list[Look]:
    """Look at pages of one host, with a pause between them."""
    looks = []
    for place, (item_id, url) in enumerate(pages):
        if place:
            time.sleep(pause_s)
        looks.append(look(item_id, url, fetcher, robots))
    return looks


def look(item_id: int, url: str, fetcher: Fetcher, robots: Robots) -> Look:
    """Fetch a page where that is allowed. Any failure becomes words: one bad page never stops the others."""
    try:
        if not robots.allows(url):
            with force_locale("id"):
                return Look(item_id, trouble=_("Situsnya tidak mengizinkan halaman itu dibaca program (robots.txt)."))
        fetched = fetcher.get(url)
        if is_front_page(fetched.url) and not is_front_page(url):
            return Look(item_id, is_gone=True)
        return Look(item_id, fetched, main_text(fetched.body, fetched.content_type))
    except BadStatus as error:
        if error.http_status in GONE:
            return Look(item_id, is_gone=True)
        return Look(item_id, trouble=f"{error.user_message} ({error.http_status})")
    except FetchError as error:
        return Look(item_id, trouble=str(error.user_message))
    except Exception as error:
        log.exception("page of item %s could not be read", item_id)
        return Look(item_id, trouble=type(error).__name__)


def is_front_page(url: str) -> bool:
    """Tell whether an address leads to a site's front page, where many sites send readers of what is gone."""
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query


def keep(one: Look, now: datetime) -> None:
    """Note what a look brought, in one transaction."""
    with writing(Turn.STORE):
        row = db.session.get(PageCopy, one.item_id)
        if row is None:  # the item was deleted meanwhile
            return
        row.looks, row.looked_at, row.trouble = row.looks + 1, now, one.trouble
        if one.fetched is not None:
            note_page(row, one.fetched, one.text, now)
        elif one.is_gone:
            row.gone_at = row.gone_at or now
        row.next_at = next_look(row, now)


def note_page(row: PageCopy, fetched: Fetched, text: str, now: datetime) -> None:
    """Keep the first copy; of a later one only what differs."""
    digest = hashlib.sha256(fetched.body).hexdigest()
    if row.copied_at is None:
        row.html, row.digest, row.text = zlib.compress(fetched.body, 9), digest, text
        row.copied_at, row.looks = now, 0
    elif not (says_the_same(row.text, text) if row.text else digest == row.digest):
        row.changed_at, row.text_now = row.changed_at or now, text
    else:
        row.text_now = None
    row.gone_at = None


def next_look(row: PageCopy, now: datetime) -> datetime | None:
    """Return when to look again: ever more seldom, and at last not any more."""
    waits = LOOKED_AGAIN if row.copied_at else TRIED_AGAIN
    place = row.looks if row.copied_at else row.looks - 1
    return now + waits[place] if place < len(waits) and not (row.gone_at and not row.copied_at) else None


def copies_of(claim_id: int) -> Sequence[PageCopy]:
    """Return what is kept of the pages of a claim, without the pages themselves, the first one first."""
    query = (
        sa.select(PageCopy)
        .join(ClaimAppearance, ClaimAppearance.item_id == PageCopy.item_id)
        .where(ClaimAppearance.claim_id == claim_id)
        .options(defer(PageCopy.html), joinedload(PageCopy.item).joinedload(Item.source))
        .order_by(PageCopy.item_id)
        .limit(SHOWN)
    )
    return db.session.scalars(query).all()


def page_of(item_id: int) -> bytes:
    """Return the page of an item as it came. Raises NotFound where there is no copy."""
    packed = db.session.scalar(sa.select(PageCopy.html).where(PageCopy.item_id == item_id))
    if packed is None:
        raise NotFound(f"copy {item_id}")
    return zlib.decompress(packed)
