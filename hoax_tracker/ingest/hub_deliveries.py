"""What hubs send (WebSub): read only where it is signed, and stored as a reading is.

What did not get in (no feed, another feed, too large, more than is taken in a minute) is not lost: the source, which is
read more seldom while its hub sends, is then read after its usual wait.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.clock import is_recent
from hoax_tracker.config import Settings
from hoax_tracker.database import Turn, reading, writing
from hoax_tracker.ingest.feeds import Feed, FeedError, parse
from hoax_tracker.ingest.hubs import named_in, row_at, secret_of
from hoax_tracker.ingest.store import store_entries
from hoax_tracker.models import HubSubscription, Source, db

NOTED_EVERY = timedelta(hours=1)
_SIGNED_WITH = ("sha1", "sha256", "sha384", "sha512")
"""The oldest one is what large hubs use; collisions, which are made of it, do not break an HMAC (RFC 6194)."""


class OtherFeed(FeedError):
    """A hub sent what belongs to another feed."""


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Tell whether a hub that knows the secret sent the body."""
    method, _eq, given = signature.partition("=")
    method = method.strip().lower()
    if method not in _SIGNED_WITH:
        return False
    made = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(made.encode(), given.strip().lower().encode())


def take_in(
    token: str, body: bytes, signature: str, content_type: str | None, link: str, settings: Settings, now: datetime
) -> int:
    """Store what a hub sent; return how many entries are new. Without a valid signature nothing is read.

    ``link``: its header Link, which names the feed. Raises NotFound where nobody asked for it, FeedError where it is no
    feed, or another one.
    """
    db.session.rollback()
    with reading():  # nobody waits for a write lock while much is parsed
        row = row_at(token)
        source_id, topic, noted_at = row.source_id, row.topic, row.unsigned_at
        db.session.rollback()
    if not is_signed(body, signature, secret_of(token, settings)):
        if noted_at is None or not is_recent(noted_at, NOTED_EVERY, now):
            note_unsigned(source_id, now)
        return 0
    feed = parsed(token, body, topic, content_type, link, now)
    with writing(Turn.STORE):
        source, row = db.session.get(Source, source_id), row_at(token)
        if source is None or not source.is_active:
            return 0
        row.heard_at, row.trouble = now, None
        return len(store_entries(source, feed.entries, now).new)


def parsed(token: str, body: bytes, topic: str, content_type: str | None, link: str, now: datetime) -> Feed:
    """Return the feed that a hub sent. Raises FeedError where it is none, or another one; its row says so then."""
    try:
        if named_in(link).get("self", topic) != topic:
            raise OtherFeed(topic, "a hub sent another feed")
        return parse(body, topic, content_type, now=now)
    except FeedError as error:
        with force_locale("id"):
            words = (
                _("Hub mengirim isi umpan lain. Isinya tidak disimpan; sumber dibaca seperti biasa.")
                if isinstance(error, OtherFeed)
                else _("Kiriman terakhir hub tidak terbaca. Sumber dibaca seperti biasa.")
            )
        note_missed(token, now, words)
        raise


def note_too_large(token: str, now: datetime) -> None:
    """Note that a hub sent more than is taken in."""
    with force_locale("id"):
        words = _("Kiriman terakhir hub terlalu besar. Sumber dibaca seperti biasa.")
    note_missed(token, now, words)


def note_missed(token: str, now: datetime, trouble: str | None = None) -> None:
    """Let the source be read after its usual wait: what its hub sent did not get in. ``trouble``: why, for its page.

    However often somebody sends, it is written once.
    """
    db.session.rollback()
    with reading():
        is_noted = is_missed_noted(token, now, trouble)
        db.session.rollback()
    if is_noted:
        return
    with writing(Turn.STORE):
        row = db.session.scalar(sa.select(HubSubscription).where(HubSubscription.token == token))
        source = db.session.get(Source, row.source_id) if row is not None else None
        if row is not None and source is not None:
            row.trouble, source.next_fetch_at = trouble or row.trouble, usual_turn(source, now)


def is_missed_noted(token: str, now: datetime, trouble: str | None) -> bool:
    """Tell whether nothing is left to note: there is no such subscription, or it was noted."""
    row = db.session.scalar(sa.select(HubSubscription).where(HubSubscription.token == token))
    source = db.session.get(Source, row.source_id) if row is not None else None
    if row is None or source is None:
        return True
    return trouble in (None, row.trouble) and source.next_fetch_at == usual_turn(source, now)


def usual_turn(source: Source, now: datetime) -> datetime | None:
    """Return when a source is read next without its hub; one that fails, as it asked to wait."""
    if source.next_fetch_at is None or source.last_fetch_at is None or source.failures:
        return source.next_fetch_at
    return min(source.next_fetch_at, source.last_fetch_at + timedelta(minutes=source.interval_minutes))


def note_unsigned(source_id: int, now: datetime) -> None:
    """Note that something without a valid signature came: a moment, however often somebody sends."""
    with writing(None):
        own = sa.update(HubSubscription).where(HubSubscription.source_id == source_id)
        db.session.execute(own.values(unsigned_at=now), execution_options={"synchronize_session": False})
