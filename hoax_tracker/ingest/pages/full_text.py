"""Full texts: a story that a feed only begins is read from its page, and assessed as a whole.

1. The flagger requests pages by rows (``LinkedPage``): those of teasers that may be about the city.
2. Due rows are leased, like pages of claims (snapshots.py): a killed worker loses nothing. Tries are counted before
   they are made, so a page that kills workers is tried only a few times.
3. trafilatura finds the page's main text, without menus, advertisements and comments. It becomes the item's full text,
   unless it is something else (a sign-in, a cookie notice), and the item is assessed. An item that has a claim by then
   stays as officers saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _
from rapidfuzz import fuzz

from hoax_tracker.core.content.encodings import decode_bytes
from hoax_tracker.core.content.html_to_text import CUT_MARK, TEXT_LIMIT, clean_plain_text, cut_text, strip_html
from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchResponse, Politeness
from hoax_tracker.core.fetch.page_visits import PageGoneError, PageVisit, visit_pages
from hoax_tracker.core.fetch.site_locks import HOST_LEASE, lock_due_pages, release_hosts
from hoax_tracker.items import assessment_queue
from hoax_tracker.items.claim_text import is_page_of_teaser
from hoax_tracker.models import ClaimAppearance, Item, ItemBand, LinkedPage, db

MARKUP_LIMIT = 2 * 2**20
COMPARED_LENGTH = 10_000
SAME_TEXT_LIKENESS = 95.0
"""Likeness (0 to 100) from which on a page says what it said: a date or a count may differ."""


def main_text(body: bytes, content_type: str | None, limit: int = TEXT_LIMIT) -> str:
    """Return the main text of a page, at most ``limit`` characters; "" without one. Never raises."""
    kind = (content_type or "text/html").partition(";")[0].strip().lower()
    if not (kind.startswith("text/") or kind.endswith(("html", "xml"))):
        return ""
    markup = decode_bytes(body, content_type)[0]
    cut, markup = len(markup) > MARKUP_LIMIT, markup[:MARKUP_LIMIT]
    text = markup if kind == "text/plain" else _extract_with_trafilatura(markup) or strip_html(markup, MARKUP_LIMIT)
    return clean_plain_text(f"{text}{CUT_MARK}" if cut and text else text, limit)


def _extract_with_trafilatura(markup: str) -> str:
    """Return the story that trafilatura finds, or ""."""
    from trafilatura import extract

    try:
        return extract(markup, include_comments=False, include_tables=True, deduplicate=False) or ""
    except Exception:  # noqa: BLE001 - a parser of hostile pages: whatever it raises, the plain words stand in
        return ""


def is_same_text(before: str, now: str) -> bool:
    """Tell whether two main texts are equal except for details."""
    return (
        fuzz.ratio(before[:COMPARED_LENGTH], now[:COMPARED_LENGTH], score_cutoff=SAME_TEXT_LIKENESS) > 0
        or before == now
    )


def extract_story(url: str, fetched: FetchResponse) -> str:
    """Return the main text of a page, or "". Raises PageGoneError."""
    if _is_front_page(fetched.url) and not _is_front_page(url):
        raise PageGoneError(url, "the site leads to its front page instead")
    return main_text(fetched.body, fetched.content_type)


def _is_front_page(url: str) -> bool:
    """Tell whether an address is a site's front page, where many sites redirect readers of deleted pages."""
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query


FULL_TEXT_BATCH = 24
PAGE_TIMEOUT_S = 20.0
FULL_TEXT_RETRY_DELAYS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
FULL_TEXT_LIMIT = 10_000
"""Characters kept of a story; the copy of the page holds all of them once a claim has the item (snapshots.py)."""


def fetch_linked_pages(fetcher: Fetcher, now: datetime, alive: Callable[[], None], seconds: float) -> int:
    """Read some due pages; return how many items are ready to be assessed. ``alive`` is called in between.

    After ``seconds`` no further ones are begun.
    """
    manners = Politeness(fetcher.allow)
    due = lease_linked_pages(now, manners)
    try:
        return sum(
            record_page_visit(visit, now) for visit in visit_pages(due, fetcher, manners, extract_story, alive, seconds)
        )
    finally:
        release_hosts([url for _, url in due], now, manners)


def lease_linked_pages(now: datetime, manners: Politeness) -> list[tuple[int, str]]:
    """Lease due pages; return (item id, address)."""
    with write_transaction(Turn.STORE):
        due = sa.select(LinkedPage.item_id, LinkedPage.url).where(LinkedPage.next_at <= now)
        pages = lock_due_pages(due.order_by(LinkedPage.next_at, LinkedPage.item_id), FULL_TEXT_BATCH, now, manners)
        leased = LinkedPage.item_id.in_([key for key, _url in pages])
        for row in db.session.scalars(sa.select(LinkedPage).where(leased)):
            row.tries, row.next_at = (
                row.tries + 1,
                now + HOST_LEASE if row.tries < len(FULL_TEXT_RETRY_DELAYS) else None,
            )
        return pages


def record_page_visit(visit: PageVisit[str], now: datetime) -> bool:
    """Record a visit in one transaction; tell whether the item can be assessed now."""
    with write_transaction(Turn.FLAG):  # nobody assesses the item, or gives it to a claim, meanwhile
        take_turn(Turn.STORE)
        row = db.session.get(LinkedPage, visit.key)
        if row is None:  # the item was deleted, or says something else, meanwhile
            return False
        if visit.is_put_off:
            row.tries, row.next_at = row.tries - 1, now
            return False
        waited, row.awaited_until, row.trouble = row.awaited_until is not None, None, visit.trouble
        if is_item_in_claim(row.item_id):
            row.next_at = None
            return False
        if visit.made and is_page_of_teaser(visit.made, row.item.title, row.item.text):
            set_full_text(row, visit.made, now)
            return True
        if visit.fetched is not None or visit.is_gone:
            with force_locale("id"):
                row.trouble = _("Halamannya tidak memuat isi beritanya.")
        over = visit.fetched is not None or visit.is_gone or visit.is_refused or row.tries > len(FULL_TEXT_RETRY_DELAYS)
        row.next_at = None if over else now + FULL_TEXT_RETRY_DELAYS[row.tries - 1]
        return waited


def set_full_text(row: LinkedPage, text: str, now: datetime) -> None:
    """Store the page's text as the item's full text and reset its assessment."""
    row.item.full_text, row.read_at, row.next_at = cut_text(text, FULL_TEXT_LIMIT), now, None
    row.item.copy_of_id = None  # of what begins alike, another story may be told
    db.session.execute(sa.delete(ItemBand).where(ItemBand.item_id == row.item_id))
    assessment_queue.requeue_items([row.item_id])


def is_item_in_claim(item_id: int) -> bool:
    """Tell whether a claim holds the item."""
    return bool(db.session.scalar(sa.select(sa.exists().where(ClaimAppearance.item_id == item_id))))


def clear_derived_item_data(item: Item) -> None:
    """Reset what derives from the words of an item that its source reworded, in the current transaction.

    That is the text of its page and the item it is a copy of.
    """
    item.full_text = item.copy_of_id = None
    for table in (LinkedPage, ItemBand):
        db.session.execute(sa.delete(table).where(table.item_id == item.id))
