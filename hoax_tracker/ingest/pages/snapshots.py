"""Pages behind the items of claims are copied when first seen, and looked at again: hoaxes get deleted.

1. Items that a claim holds and whose page has no row yet get one; rows that are due are leased (as sources are, so a
   killed worker loses nothing), few of one host, none of a host that a worker is asking for feeds.
2. The page is fetched where its site lets programs read it (robots.txt), by the guarded client.
3. The first copy stays as it came, compressed and with its digest; a later look notes other words, or that it is gone.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from hoax_tracker.core.database.transactions import Turn, writing
from hoax_tracker.core.fetch import Fetched, Fetcher, Manners
from hoax_tracker.core.fetch.addresses import leads_nowhere
from hoax_tracker.core.fetch.page_visits import Visit, visit_all
from hoax_tracker.core.fetch.site_locks import VISIT, hold_due, let_go
from hoax_tracker.errors import NotFound
from hoax_tracker.ingest.pages.main_text import says_the_same, story
from hoax_tracker.models import ClaimAppearance, Item, PageCopy, db

AT_ONCE = 24
BATCH_S = 60.0
"""Seconds after which a round asks for no more pages: letters and feeds wait meanwhile."""
SHOWN = 50
PAGE_TIMEOUT_S = 20.0
NEW_FOR = timedelta(days=7)
"""Older items get no copy: it would not show what was first seen."""
LOOKED_AGAIN = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
TRIED_AGAIN = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))


def keep_copies(fetcher: Fetcher, now: datetime, alive: Callable[[], None]) -> int:
    """Look at the pages that are due, some of them; return how many. ``alive`` is called between them."""
    manners = Manners(fetcher.allow)
    due = take(now, manners)
    try:
        for one in visit_all(due, fetcher, manners, story, alive, BATCH_S):
            keep(one, now)
    finally:
        let_go([url for _, url in due], now, manners)
    return len(due)


def take(now: datetime, manners: Manners) -> list[tuple[int, str]]:
    """Lease pages that are due, new ones first seen among them; return (item id, address)."""
    with writing(Turn.STORE):
        add_new(now)
        due = sa.select(PageCopy.item_id, PageCopy.url).where(PageCopy.next_at <= now)
        taken = hold_due(due.order_by(PageCopy.next_at, PageCopy.item_id), AT_ONCE, now, manners)
        leased = PageCopy.item_id.in_([key for key, _url in taken])
        db.session.execute(sa.update(PageCopy).where(leased).values(next_at=now + VISIT))
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


def keep(one: Visit[str], now: datetime) -> None:
    """Note what a look brought, in one transaction."""
    with writing(Turn.STORE):
        row = db.session.get(PageCopy, one.key)
        if row is None:  # the item was deleted meanwhile
            return
        if one.is_put_off:
            row.next_at = now
            return
        row.looks, row.looked_at, row.trouble = row.looks + 1, now, one.trouble
        if one.fetched is not None:
            note_page(row, one.fetched, one.made or "", now)
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
