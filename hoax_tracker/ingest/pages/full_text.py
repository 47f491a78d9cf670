"""Stories that a feed only begins to tell are read from their page, and judged by the whole.

1. The flagger asks for pages by rows (``LinkedPage``): those of teasers that may be about the city.
2. Rows that are due are leased, as pages of claims are (snapshots.py): a killed worker loses nothing, and a page that
   kills workers is asked for a few times only, because the try is counted before it is made.
3. What the page tells becomes the item's full text, unless it is something else (a sign-in, a notice about cookies),
   and the item is assessed anew. One that a claim holds by then stays as officers saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.core.database.transactions import Turn, take_turn, writing
from hoax_tracker.core.fetch import Fetcher, Manners
from hoax_tracker.core.fetch.page_visits import Visit, visit_all
from hoax_tracker.core.fetch.site_locks import VISIT, hold_due, let_go
from hoax_tracker.ingest.pages.main_text import story
from hoax_tracker.items import assessment_queue
from hoax_tracker.items.teasers import tells_it
from hoax_tracker.models import ClaimAppearance, Item, ItemBand, LinkedPage, db

AT_ONCE = 24
PAGE_TIMEOUT_S = 20.0
TRIED_AGAIN = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
LONGEST = 10_000
"""Characters kept of a story."""


def read_pages(fetcher: Fetcher, now: datetime, alive: Callable[[], None], seconds: float) -> int:
    """Read pages that are due, some of them; return how many items are to be assessed. ``alive`` is called between.

    After ``seconds`` no more are asked for.
    """
    manners = Manners(fetcher.allow)
    due = take(now, manners)
    try:
        return sum(keep(one, now) for one in visit_all(due, fetcher, manners, story, alive, seconds))
    finally:
        let_go([url for _, url in due], now, manners)


def take(now: datetime, manners: Manners) -> list[tuple[int, str]]:
    """Lease pages that are due; return (item id, address)."""
    with writing(Turn.STORE):
        due = sa.select(LinkedPage.item_id, LinkedPage.url).where(LinkedPage.next_at <= now)
        taken = hold_due(due.order_by(LinkedPage.next_at, LinkedPage.item_id), AT_ONCE, now, manners)
        leased = LinkedPage.item_id.in_([key for key, _url in taken])
        for row in db.session.scalars(sa.select(LinkedPage).where(leased)):
            row.tries, row.next_at = row.tries + 1, now + VISIT if row.tries < len(TRIED_AGAIN) else None
        return taken


def keep(one: Visit[str], now: datetime) -> bool:
    """Note what a visit brought, in one transaction; tell whether the item can be assessed now."""
    with writing(Turn.FLAG):  # nobody assesses the item, or gives it to a claim, meanwhile
        take_turn(Turn.STORE)
        row = db.session.get(LinkedPage, one.key)
        if row is None:  # the item was deleted, or says something else, meanwhile
            return False
        if one.is_put_off:
            row.tries, row.next_at = row.tries - 1, now
            return False
        waited, row.awaited_until, row.trouble = row.awaited_until is not None, None, one.trouble
        if is_held(row.item_id):
            row.next_at = None
            return False
        if one.made and tells_it(one.made, row.item.title, row.item.text):
            tell_in_full(row, one.made, now)
            return True
        if one.fetched is not None or one.is_gone:
            with force_locale("id"):
                row.trouble = _("Halamannya tidak memuat isi beritanya.")
        over = one.fetched is not None or one.is_gone or one.is_refused or row.tries > len(TRIED_AGAIN)
        row.next_at = None if over else now + TRIED_AGAIN[row.tries - 1]
        return waited


def tell_in_full(row: LinkedPage, text: str, now: datetime) -> None:
    """Let the item tell what its page tells; what was made of its beginning is forgotten."""
    row.item.full_text, row.read_at, row.next_at = text[:LONGEST], now, None
    row.item.copy_of_id = None  # of what begins alike, another story may be told
    db.session.execute(sa.delete(ItemBand).where(ItemBand.item_id == row.item_id))
    assessment_queue.assess_anew([row.item_id])


def is_held(item_id: int) -> bool:
    """Tell whether a claim holds the item."""
    return bool(db.session.scalar(sa.select(sa.exists().where(ClaimAppearance.item_id == item_id))))


def begins_anew(item: Item) -> None:
    """Forget what follows from the words of an item whose source says something else now, in the current transaction.

    That is what its page told, and of which item it is a copy.
    """
    item.full_text = item.copy_of_id = None
    for table in (LinkedPage, ItemBand):
        db.session.execute(sa.delete(table).where(table.item_id == item.id))
