"""WebSub (W3C Recommendation, 2018): where a feed names a hub, the hub delivers new entries without polling.

1. A reading stores the hub that the feed names in a row; one that it no longer names is deleted.
2. The worker subscribes for due rows, where the instance has a public address. The hub verifies the intent
   (``confirm_subscription``) and states a lease, which is renewed before it expires.
3. A delivery counts only with a valid signature, and is stored as a reading. One that is no feed, or another feed, is
   reported on the source's page. An unsigned delivery leaves a time (``unsigned_at``) and nothing else.

The source is still polled, less often while the hub delivers, so that a silent hub loses nothing. A delivery leaves its
schedule unchanged, because the wait its site asked for is in no row.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _

from hoax_tracker.clock import is_recent
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import Turn, read_transaction, write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchError
from hoax_tracker.errors import NotFoundError
from hoax_tracker.ingest.parsers import Feed, FeedError, parse_feed
from hoax_tracker.ingest.storage.store import STORED_AT_ONCE, Batch
from hoax_tracker.models import HubSubscription, Source, db

CALLBACK_PATH = "/langganan"
REQUESTED_LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=30)
SHORTEST_LEASE = timedelta(hours=1)
ANSWERED_WITHIN = timedelta(hours=1)
READ_INTERVAL_WITH_HUB = timedelta(hours=6)
HEARD_LATELY = timedelta(days=2)
HUB_BATCH = 10
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:\"[^\"]*\"|[^\s;,\"]*))*)")
_REL = re.compile(r";\s*rel\s*=\s*\"?([^\";]*)", re.IGNORECASE)


def _read_link_header(header: str) -> dict[str, str]:
    """Return the first address of each relation in a Link header (RFC 8288)."""
    addresses: dict[str, str] = {}
    for address, rest in _LINK.findall(header[:10_000]):
        relations = _REL.search(rest)
        for relation in relations[1].lower().split() if relations else ():
            addresses.setdefault(relation, address.strip())
    return addresses


def update_hub_subscription(source: Source, feed: Feed, header: str, now: datetime) -> None:
    """Store the hub of a source, in the current transaction; ``header``: the response's Link header.

    The header takes precedence over the feed, as the recommendation says.
    """
    links = _read_link_header(header)
    hub, topic = links.get("hub") or feed.hub, links.get("self") or feed.topic or source.url
    row = db.session.get(HubSubscription, source.id)
    if not (hub and topic and _can_receive_secret(hub) and _is_ascii_web_url(topic)):
        if row is not None:
            db.session.delete(row)
    elif row is None or (row.hub, row.topic) != (hub, topic):
        if row is not None:
            db.session.delete(row)
            db.session.flush()
        token = secrets.token_urlsafe(32)
        db.session.add(HubSubscription(source_id=source.id, hub=hub, topic=topic, token=token, tries=0, next_at=now))


def _is_ascii_web_url(address: str) -> bool:
    """Tell whether an address can be requested and stored."""
    if len(address) > 2000 or not (address.isascii() and address.isprintable()):  # as addresses are written (RFC 3986)
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _can_receive_secret(hub: str) -> bool:
    """Tell whether a hub may receive the secret: over HTTPS, as the recommendation says, or on this machine."""
    return _is_ascii_web_url(hub) and (urlsplit(hub).scheme == "https" or urlsplit(hub).hostname == "127.0.0.1")


def is_hub_sending(source_id: int, now: datetime) -> bool:
    """Tell whether a hub has a valid lease for a source and delivered lately."""
    row = db.session.get(HubSubscription, source_id)
    if row is None or row.sent_until is None or row.heard_at is None:
        return False
    return row.sent_until > now and is_recent(row.heard_at, HEARD_LATELY, now)


def request_subscriptions(fetcher: Fetcher, settings: Settings, now: datetime) -> int:
    """Subscribe for some due rows; return how many. Each row is postponed before its hub is asked."""
    with write_transaction(Turn.STORE):
        query = (
            sa.select(HubSubscription)
            .join(Source, Source.id == HubSubscription.source_id)
            .where(HubSubscription.next_at <= now, Source.is_active)
            .order_by(HubSubscription.next_at)
            .limit(HUB_BATCH)
        )
        due = [(row.source_id, row.hub, _subscription_request(row, settings)) for row in db.session.scalars(query)]
        for source_id, *_ in due:
            _postpone_hub_request(db.session.get_one(HubSubscription, source_id), now)
    for source_id, hub, fields in due:
        trouble = None
        try:
            fetcher.post(hub, fields)
        except FetchError as error:
            trouble = str(error.user_message)
        with write_transaction(Turn.STORE):
            row = db.session.get(HubSubscription, source_id)
            if row is not None and row.hub == hub:
                row.trouble = trouble
    return len(due)


def _postpone_hub_request(row: HubSubscription, now: datetime) -> None:
    """Retry a hub that does not answer after an hour, then with growing waits of at most a day."""
    row.next_at = now + min(ANSWERED_WITHIN * 2 ** min(row.tries, 5), timedelta(days=1))
    row.tries += 1


def _subscription_request(row: HubSubscription, settings: Settings) -> dict[str, str]:
    return {
        "hub.mode": "subscribe",
        "hub.topic": row.topic,
        "hub.callback": f"{settings.base_url}{CALLBACK_PATH}/{row.token}",
        "hub.secret": _subscription_secret(row.token, settings),
        "hub.lease_seconds": str(int(REQUESTED_LEASE.total_seconds())),
    }


def _subscription_secret(token: str, settings: Settings) -> str:
    """Return the secret with which the hub signs."""
    return hmac.new(settings.secret_key.encode(), f"websub|{token}".encode(), hashlib.sha256).hexdigest()


def require_subscription(token: str) -> HubSubscription:
    """Return the subscription of a callback address. Raises NotFoundError."""
    row = db.session.scalar(sa.select(HubSubscription).where(HubSubscription.token == token))
    if row is None or row.tries == 0:  # nobody was asked yet
        raise NotFoundError("no such subscription")
    return row


def confirm_subscription(token: str, mode: str, topic: str, lease: str, now: datetime) -> None:
    """Confirm the intent that a hub verifies. Raises NotFoundError where there was none."""
    with write_transaction(Turn.STORE):
        row = require_subscription(token)
        if mode == "denied":
            row.sent_until, row.next_at = None, now + timedelta(days=1)
            with force_locale("id"):
                row.trouble = _("Hub menolak mengirim umpan ini.")
            return
        if mode != "subscribe" or topic != row.topic:
            raise NotFoundError("not what was asked for")
        promised = timedelta(seconds=int(lease)) if re.fullmatch(r"[0-9]{1,9}", lease) else REQUESTED_LEASE
        promised = max(SHORTEST_LEASE, min(promised, LONGEST_LEASE))
        row.sent_until, row.next_at = now + promised, now + promised * 0.9
        row.tries, row.trouble = 1, None


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
    if not _has_valid_signature(body, signature, _subscription_secret(token, settings)):
        if noted_at is None or not is_recent(noted_at, NOTED_EVERY, now):
            _record_unsigned_delivery(source_id, now)
        return 0
    feed = _parse_delivery(token, body, topic, content_type, link, now)
    batch, stored = Batch(source_id, feed.entries, now), 0
    while not batch.is_stored:
        with write_transaction(None, in_batches=True):
            require_subscription(token)
            source = db.session.get(Source, source_id)
            if source is None or not source.is_active:
                return stored
            stored += len(batch.store(STORED_AT_ONCE).new)
    with write_transaction(None):  # a hub sends nothing again once we answered: this waits until the disk has it all
        row = require_subscription(token)
        row.heard_at, row.trouble = now, None
    return stored


def _parse_delivery(token: str, body: bytes, topic: str, content_type: str | None, link: str, now: datetime) -> Feed:
    """Return the delivered feed. Raises FeedError where it is none or another one, which its row then says."""
    try:
        if _read_link_header(link).get("self", topic) != topic:
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
