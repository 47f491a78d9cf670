"""What hubs send (WebSub): read only where it is signed, and stored as a reading is.

Of what is signed and is no feed, or another one, the source's page tells. When the source is read next stays as it is:
which wait its site asked for stands in no row. What is not signed leaves a moment (``unsigned_at``) and nothing else.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.clock import is_recent
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import Turn, reading, writing
from hoax_tracker.ingest.parsers import Feed, FeedError, parse
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.ingest.websub.subscriptions import named_in, row_at, secret_of
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
        with writing(Turn.STORE), force_locale("id"):
            row_at(token).trouble = (
                _("Kiriman terakhir hub milik umpan lain dan tidak disimpan.")
                if isinstance(error, OtherFeed)
                else _("Kiriman terakhir hub tidak terbaca dan tidak disimpan.")
            )
        raise


def note_unsigned(source_id: int, now: datetime) -> None:
    """Note that something without a valid signature came: a moment, however often somebody sends."""
    with writing(None):
        own = sa.update(HubSubscription).where(HubSubscription.source_id == source_id)
        db.session.execute(own.values(unsigned_at=now), execution_options={"synchronize_session": False})
