"""Snapshots of pages behind claims: taken when first seen, and visited again, because hoaxes get deleted.

1. Items of claims get a row for their page; due rows are leased (a killed worker loses nothing), few of one host, none
   of a host whose feeds are being read.
2. The page is fetched by the guarded client where robots.txt allows it.
3. The first snapshot stays as it came, compressed and with its digest; later visits record other words, or that the
   page is gone.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchResponse, Politeness
from hoax_tracker.core.fetch.addresses import has_impossible_host
from hoax_tracker.core.fetch.page_visits import PageVisit, visit_pages
from hoax_tracker.core.fetch.site_locks import HOST_LEASE, lock_due_pages, release_hosts
from hoax_tracker.errors import NotFoundError
from hoax_tracker.ingest.pages.full_text import MARKUP_LIMIT, extract_story, is_same_text, main_text
from hoax_tracker.models import ClaimAppearance, Item, PageCopy, db

SNAPSHOT_BATCH = 24
SNAPSHOT_ROUND_S = 60.0
"""Seconds after which a round asks for no more pages: letters and feeds wait meanwhile."""
SNAPSHOTS_SHOWN = 50
PAGE_TIMEOUT_S = 20.0
SNAPSHOT_MAX_ITEM_AGE = timedelta(days=7)
"""Older items get no copy: it would not show what was first seen."""
SNAPSHOT_REVISIT_DELAYS = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
SNAPSHOT_RETRY_DELAYS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))


def snapshot_due_pages(fetcher: Fetcher, now: datetime, alive: Callable[[], None]) -> int:
    """Visit some due pages; return how many. ``alive`` is called in between."""
    manners = Politeness(fetcher.allow)
    due = lease_snapshot_pages(now, manners)
    try:
        for visit in visit_pages(due, fetcher, manners, extract_story, alive, SNAPSHOT_ROUND_S):
            _record_snapshot_visit(visit, now)
    finally:
        release_hosts([url for _, url in due], now, manners)
    return len(due)


def lease_snapshot_pages(now: datetime, manners: Politeness) -> list[tuple[int, str]]:
    """Lease due pages, including new ones; return (item id, address)."""
    with write_transaction(Turn.STORE):
        _enqueue_new_pages(now)
        due = sa.select(PageCopy.item_id, PageCopy.url).where(PageCopy.next_at <= now)
        pages = lock_due_pages(due.order_by(PageCopy.next_at, PageCopy.item_id), SNAPSHOT_BATCH, now, manners)
        leased = PageCopy.item_id.in_([key for key, _url in pages])
        db.session.execute(sa.update(PageCopy).where(leased).values(next_at=now + HOST_LEASE))
        return pages


def _enqueue_new_pages(now: datetime) -> None:
    """Add a row for each new page that a claim leads to."""
    query = (
        sa.select(Item.id, Item.url)
        .join(ClaimAppearance, ClaimAppearance.item_id == Item.id)
        .outerjoin(PageCopy, PageCopy.item_id == Item.id)
        .where(PageCopy.item_id.is_(None), Item.url.is_not(None), Item.fetched_at > now - SNAPSHOT_MAX_ITEM_AGE)
    )
    new_pages = [(item_id, url) for item_id, url in db.session.execute(query) if url and not has_impossible_host(url)]
    rows = [{"item_id": item_id, "url": url, "next_at": now, "text": "", "looks": 0} for item_id, url in new_pages]
    if rows:
        db.session.execute(sa.insert(PageCopy), rows)


def _record_snapshot_visit(visit: PageVisit[str], now: datetime) -> None:
    """Record a visit in one transaction."""
    with write_transaction(Turn.STORE):
        row = db.session.get(PageCopy, visit.key)
        if row is None:  # the item was deleted meanwhile
            return
        if visit.is_put_off:
            row.next_at = now
            return
        row.looks, row.looked_at, row.trouble = row.looks + 1, now, visit.trouble
        if visit.fetched is not None:
            _store_page_snapshot(row, visit.fetched, visit.made or "", now)
        elif visit.is_gone:
            row.gone_at = row.gone_at or now
        row.next_at = _next_visit_time(row, now)


def _store_page_snapshot(row: PageCopy, fetched: FetchResponse, text: str, now: datetime) -> None:
    """Store the first snapshot; of a later one only what differs."""
    digest = hashlib.sha256(fetched.body).hexdigest()
    if row.copied_at is None:
        row.html, row.digest, row.text = zlib.compress(fetched.body, 9), digest, text
        row.copied_at, row.looks = now, 0
    elif not (is_same_text(row.text, text) if row.text else digest == row.digest):
        row.changed_at, row.text_now = row.changed_at or now, text
    else:
        row.text_now = None
    row.gone_at = None


def _next_visit_time(row: PageCopy, now: datetime) -> datetime | None:
    """Return the time of the next visit, at growing intervals, or None after the last."""
    waits = SNAPSHOT_REVISIT_DELAYS if row.copied_at else SNAPSHOT_RETRY_DELAYS
    place = row.looks if row.copied_at else row.looks - 1
    return now + waits[place] if place < len(waits) and not (row.gone_at and not row.copied_at) else None


def list_page_snapshots(claim_id: int) -> Sequence[PageCopy]:
    """Return the snapshots of a claim's pages without their content, the first one first."""
    query = (
        sa.select(PageCopy)
        .join(ClaimAppearance, ClaimAppearance.item_id == PageCopy.item_id)
        .where(ClaimAppearance.claim_id == claim_id)
        .options(defer(PageCopy.html), joinedload(PageCopy.item).joinedload(Item.source))
        .order_by(PageCopy.item_id)
        .limit(SNAPSHOTS_SHOWN)
    )
    return db.session.scalars(query).all()


def load_page_text(item_id: int) -> str:
    """Return the whole main text of an item's page, of which its row holds the beginning. Raises NotFoundError."""
    return main_text(load_page_html(item_id), None, MARKUP_LIMIT)


def load_page_html(item_id: int) -> bytes:
    """Return the original HTML of an item's page. Raises NotFoundError without a snapshot."""
    packed = db.session.scalar(sa.select(PageCopy.html).where(PageCopy.item_id == item_id))
    if packed is None:
        raise NotFoundError(f"copy {item_id}")
    return zlib.decompress(packed)
