"""One text or page that an officer came upon: read from its address where it has one, and kept as an item."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.content.html_to_text import plain_text
from hoax_tracker.core.database.transactions import Turn, writing
from hoax_tracker.core.fetch import FetchError
from hoax_tracker.core.fetch.robots import Robots
from hoax_tracker.core.fetch.site_locks import Caller
from hoax_tracker.errors import Invalid, NotFound
from hoax_tracker.ingest.pages.main_text import main_text
from hoax_tracker.ingest.parsers import entry as shape
from hoax_tracker.ingest.parsers.entry import Entry
from hoax_tracker.ingest.storage.deduplication import keys_of
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.models import ClaimAppearance, Item, Officer, RecordedItem, Source, SourceKind, db

SOURCE_NAME = "Dicatat petugas"
LONGEST = 20_000


def words_at(url: str, caller: Caller) -> str:
    """Return the main text of a page. Raises Invalid, in words, where it cannot or may not be read."""
    try:
        fetched = Robots(caller).get(url)
    except FetchError as error:
        instead = _("Tempelkan isinya di bawah.")
        raise refused(str(error), f"{error.user_message} {instead}") from error
    text = main_text(fetched.body, fetched.content_type)[:LONGEST]
    if not text:
        raise refused(url, _("Halaman itu tidak memuat tulisan yang terbaca. Tempelkan isinya di bawah."))
    return text


def refused(detail: str, words: str) -> Invalid:
    """Return the error that stands beside the address."""
    return Invalid(detail, user_message=words, field="url")


def record(text: str, url: str, *, by: Officer, now: datetime) -> int:
    """Keep a text as an item; return its id, or that of the item that says the same already. Raises Invalid."""
    entry = entry_of(text, url)
    one = keys_of(entry)
    with writing(Turn.STORE):
        source = own_source(now)
        stored = store_entries(source, [entry], now)
        if stored.new:
            item_id = stored.new[0]
        else:
            same = sa.or_(
                Item.content_key == one.content, sa.and_(Item.source_id == source.id, Item.entry_key == one.key)
            )
            item_id = db.session.scalars(sa.select(Item.id).where(same).order_by(Item.id).limit(1)).one()
        if claim_of(item_id) is None and db.session.get(RecordedItem, item_id) is None:
            db.session.add(RecordedItem(item_id=item_id, recorded_at=now))
        audit_log.record("item_recorded", f"item:{item_id}", officer=by, now=now, detail={"new": bool(stored.new)})
    return item_id


def claim_of(item_id: int) -> int | None:
    """Return the id of the claim that holds an item, or None: the worker gives what was recorded to one."""
    return db.session.scalar(sa.select(ClaimAppearance.claim_id).where(ClaimAppearance.item_id == item_id))


def recorded(item_id: int) -> Item:
    """Return an item that waits for its claim. Raises NotFound."""
    item = db.session.get(Item, item_id) if db.session.get(RecordedItem, item_id) else None
    if item is None:
        raise NotFound(f"recorded item {item_id}")
    return item


def entry_of(text: str, url: str) -> Entry:
    """Return what was typed as an entry. Raises Invalid where there is nothing to read, or no address."""
    words = plain_text(text, LONGEST)
    if not words:
        raise Invalid("no text", user_message=_("Tempelkan isi kabarnya, atau ambil dari alamatnya."), field="text")
    link = shape.link("", url) if url else None
    if url and link is None:
        raise refused("no address", _("Alamat itu tidak dapat dibuka. Salin dari bilah alamat, atau kosongkan."))
    return Entry(None, link, "", words, None, None, None, None, ())


def own_source(now: datetime) -> Source:
    """Return the source of what officers record, in the current transaction."""
    source = db.session.scalars(sa.select(Source).where(Source.kind == SourceKind.MANUAL).order_by(Source.id)).first()
    if source is None:
        source = Source(name=SOURCE_NAME, kind=SourceKind.MANUAL, is_active=False, created_at=now)
        db.session.add(source)
        db.session.flush()
    return source
