"""Manual entry: a text or page that an officer found, stored as an item."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.content.html_to_text import clean_plain_text
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import FetchError
from hoax_tracker.core.fetch.robots import RobotsChecker
from hoax_tracker.core.fetch.site_locks import InteractiveFetcher
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.ingest.pages.full_text import main_text
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.entry import FeedEntry
from hoax_tracker.ingest.storage.deduplication import key_entry
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.models import ClaimAppearance, Item, Officer, RecordedItem, Source, SourceKind, db

MANUAL_SOURCE_NAME = "Dicatat petugas"
MANUAL_TEXT_LIMIT = 20_000


def fetch_page_text(url: str, caller: InteractiveFetcher) -> str:
    """Return the main text of a page. Raises InvalidInputError where it cannot or may not be read."""
    try:
        fetched = RobotsChecker(caller).get(url)
    except FetchError as error:
        instead = _("Tempelkan isinya di bawah.")
        raise _address_error(str(error), f"{error.user_message} {instead}") from error
    text = main_text(fetched.body, fetched.content_type)[:MANUAL_TEXT_LIMIT]
    if not text:
        raise _address_error(url, _("Halaman itu tidak memuat tulisan yang terbaca. Tempelkan isinya di bawah."))
    return text


def _address_error(detail: str, words: str) -> InvalidInputError:
    return InvalidInputError(detail, user_message=words, field="url")


def record_manual_entry(text: str, url: str, *, by: Officer, now: datetime) -> int:
    """Store a text as an item; return its id, or the id of the stored item with the same text.

    Raises InvalidInputError.
    """
    entry = read_manual_entry(text, url)
    keyed = key_entry(entry)
    with write_transaction():
        source = _ensure_manual_source(now)
        stored = store_entries(source, [entry], now)
        if stored.new:
            item_id = stored.new[0]
        else:
            same = sa.or_(
                Item.content_key == keyed.content, sa.and_(Item.source_id == source.id, Item.entry_key == keyed.key)
            )
            item_id = db.session.scalars(sa.select(Item.id).where(same).order_by(Item.id).limit(1)).one()
        if claim_of(item_id) is None and db.session.get(RecordedItem, item_id) is None:
            db.session.add(RecordedItem(item_id=item_id, recorded_at=now))
            wake_job(WokenJob.OFFICERS_ASK)
        audit_log.record_event(
            "item_recorded", f"item:{item_id}", officer=by, now=now, detail={"new": bool(stored.new)}
        )
    return item_id


def claim_of(item_id: int) -> int | None:
    """Return the id of the item's claim, or None until the worker has assigned one."""
    return db.session.scalar(sa.select(ClaimAppearance.claim_id).where(ClaimAppearance.item_id == item_id))


def recorded(item_id: int) -> Item:
    """Return an item that waits for its claim. Raises NotFoundError."""
    item = db.session.get(Item, item_id) if db.session.get(RecordedItem, item_id) else None
    if item is None:
        raise NotFoundError(f"recorded item {item_id}")
    return item


def read_manual_entry(text: str, url: str) -> FeedEntry:
    """Return the typed text as an entry. Raises InvalidInputError where text or address is missing or invalid."""
    words = clean_plain_text(text, MANUAL_TEXT_LIMIT)
    if not words:
        raise InvalidInputError(
            "no text", user_message=_("Tempelkan isi kabarnya, atau ambil dari alamatnya."), field="text"
        )
    link = feed_entry.read_link("", url) if url else None
    if url and link is None:
        raise _address_error("no address", _("Alamat itu tidak dapat dibuka. Salin dari bilah alamat, atau kosongkan."))
    return FeedEntry(None, link, "", words, None, None, None, None, ())


def _ensure_manual_source(now: datetime) -> Source:
    """Return the source of manual entries, in the current transaction."""
    source = db.session.scalars(sa.select(Source).where(Source.kind == SourceKind.MANUAL).order_by(Source.id)).first()
    if source is None:
        source = Source(name=MANUAL_SOURCE_NAME, kind=SourceKind.MANUAL, is_active=False, created_at=now)
        db.session.add(source)
        db.session.flush()
    return source
