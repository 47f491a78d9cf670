"""WebSub deliveries: read only with a valid signature, and stored as a reading.

A signed delivery that is no feed, or another feed, is reported on the source's page. The source's schedule is
unchanged, because the wait its site asked for is in no row. An unsigned delivery leaves a time (``unsigned_at``) and
nothing else.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.clock import is_recent
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import Turn, read_transaction, write_transaction
from hoax_tracker.ingest.parsers import Feed, FeedError, parse_feed
from hoax_tracker.ingest.storage.store import STORED_AT_ONCE, Batch
from hoax_tracker.ingest.websub.subscriptions import read_link_header, require_subscription, subscription_secret
from hoax_tracker.models import HubSubscription, Source, db

NOTED_EVERY = timedelta(hours=1)
_SIGNED_WITH = ("sha1", "sha256", "sha384", "sha512")
"""The oldest one is what large hubs use; collisions, which are made of it, do not break an HMAC (RFC 6194)."""


class OtherFeedError(FeedError):
    """A hub delivered another feed."""


def _has_valid_signature(body: bytes, signature: str, secret: str) -> bool:
    """Tell whether the body was signed with the subscription's secret."""
    method, _eq, sent_digest = signature.partition("=")
    method = method.strip().lower()
    if method not in _SIGNED_WITH:
        return False
    made = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(made.encode(), sent_digest.strip().lower().encode())


def store_delivery(
    token: str, body: bytes, signature: str, content_type: str | None, link: str, settings: Settings, now: datetime
) -> int:
    """Store a delivery; return how many entries are new. Without a valid signature nothing is read.

    ``link``: its Link header, which names the feed. Raises NotFoundError without a subscription, FeedError where it is
    no feed, or another one.
    """
    db.session.rollback()
    with read_transaction():  # nobody waits for a write lock while much is parsed
        row = require_subscription(token)
        source_id, topic, noted_at = row.source_id, row.topic, row.unsigned_at
        db.session.rollback()
    if not _has_valid_signature(body, signature, subscription_secret(token, settings)):
        if noted_at is None or not is_recent(noted_at, NOTED_EVERY, now):
            _record_unsigned_delivery(source_id, now)
        return 0
    feed = _parse_delivery(token, body, topic, content_type, link, now)
    batch, stored = Batch(source_id, feed.entries, now), 0
    while True:
        with write_transaction(None, in_batches=True):
            source, row = db.session.get(Source, source_id), require_subscription(token)
            if source is None or not source.is_active:
                return stored
            stored += len(batch.store(STORED_AT_ONCE).new)
            row.heard_at, row.trouble = now, None  # last: nobody waits for this row while we wait for a turn
        if batch.is_stored:
            return stored


def _parse_delivery(token: str, body: bytes, topic: str, content_type: str | None, link: str, now: datetime) -> Feed:
    """Return the delivered feed. Raises FeedError where it is none or another one, which its row then says."""
    try:
        if read_link_header(link).get("self", topic) != topic:
            raise OtherFeedError(topic, "a hub sent another feed")
        return parse_feed(body, topic, content_type, now=now)
    except FeedError as error:
        with write_transaction(Turn.STORE), force_locale("id"):
            require_subscription(token).trouble = (
                _("Kiriman terakhir hub milik umpan lain dan tidak disimpan.")
                if isinstance(error, OtherFeedError)
                else _("Kiriman terakhir hub tidak terbaca dan tidak disimpan.")
            )
        raise


def _record_unsigned_delivery(source_id: int, now: datetime) -> None:
    """Record the time of a delivery without a valid signature, at a limited rate."""
    with write_transaction(None):
        own = sa.update(HubSubscription).where(HubSubscription.source_id == source_id)
        db.session.execute(own.values(unsigned_at=now), execution_options={"synchronize_session": False})
