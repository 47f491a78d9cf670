"""Delivery by Web Push: at most one message a day to a browser, about what happened since its last one.

The row of a browser is its own outbox: it is leased, sent without an open transaction, and marked. A killed sender
leaves the lease, after which the message is sent again; the browser shows it in place of the first. The push service
sees who is told when, but not what: the message is encrypted for the browser (RFC 8291).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from time import monotonic

import sqlalchemy as sa
from flask_babel import force_locale, ngettext

from hoax_tracker.check.subscriptions.page_changes import (
    CHANGE_LABELS,
    PageChange,
    list_page_changes,
    newest_revision_id,
)
from hoax_tracker.check.subscriptions.push import PushTarget, is_push_enabled, open_push_target
from hoax_tracker.check.subscriptions.push_encryption import decode_key, encrypt_for_browser
from hoax_tracker.check.subscriptions.push_keys import sign_push
from hoax_tracker.clock import CLOCK_TOLERANCE, utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.core.fetch import Fetcher, FetchError
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import ClarificationStatus, PushSubscription, db
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.notifications.outbox_leases import TRY_LASTS, retry_pause, update_rows
from hoax_tracker.notifications.webhooks.outbox import MOST_TRIES, RETRY_PAUSES

log = logging.getLogger(__name__)

MESSAGE_EVERY = timedelta(days=1)
ROUND_S, ANSWER_WITHIN_S = 20.0, 10.0
BATCH = 50
GONE_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
ACCEPTED = range(200, 300)
# Push services take 4096 bytes with the encryption's own.
TITLE_LIMIT, BODY_LIMIT = 160, 300
KEPT_FOR_S = 24 * 60 * 60


@dataclass(frozen=True)
class LeasedPush:
    """A message in hand: to which browser, what it says, and up to which revision it goes."""

    id: int
    target: PushTarget
    payload: bytes
    revision_id: int
    attempts: int


def send_due_pushes(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Send due messages for at most twenty seconds; return how many were accepted."""
    if not is_push_enabled():
        return 0
    fetcher = Fetcher(settings.fetch_allow, timeout_s=ANSWER_WITHIN_S, connect_timeout_s=ANSWER_WITHIN_S / 2)
    accepted, end = 0, monotonic() + ROUND_S
    while monotonic() < end and (push := lease_next_push(settings, now)):
        status = post_push(push, fetcher, settings)
        record_push(push, status, now)
        accepted += status in ACCEPTED
        beat()
        if status is None:
            break  # a push service that is away takes the time of all others
    return accepted


def lease_next_push(settings: Settings, now: datetime) -> LeasedPush | None:
    """Lease the next browser that is to be told; mark those on the way whom nothing concerns."""
    looked_at = BATCH
    while looked_at == BATCH:
        with write_transaction():  # in the officers' turn: revisions appear in the order of their ids
            newest = newest_revision_id()
            rows = db.session.scalars(due_pushes(newest, now)).all()
            looked_at = len(rows)
            for row in rows:
                if push := lease_push(row, newest, settings, now):
                    return push
    return None


def due_pushes(newest: int, now: datetime) -> sa.Select[PushSubscription]:
    """Return the query for browsers that may be told now and have not seen the newest revision."""
    row = PushSubscription
    may_get_one = is_null_or_outside(row.last_sent_at, now - MESSAGE_EVERY, now + CLOCK_TOLERANCE)
    may_be_tried = is_null_or_outside(row.next_try_at, now, now + RETRY_PAUSES[-1] + CLOCK_TOLERANCE)
    is_unleased = is_null_or_outside(row.held_until, now, now + TRY_LASTS + CLOCK_TOLERANCE)
    waits = sa.and_(row.told_revision_id < newest, may_get_one, may_be_tried, is_unleased)
    return sa.select(row).where(waits).order_by(row.id).limit(BATCH).with_for_update(skip_locked=True)


def is_null_or_outside(
    column: sa.orm.InstrumentedAttribute[datetime | None], since: datetime, until: datetime
) -> sa.ColumnElement[bool]:
    """Return the condition that a noted moment is past, or so far ahead that a wrong clock noted it."""
    return sa.or_(column.is_(None), column <= since, column > until)


def lease_push(row: PushSubscription, newest: int, settings: Settings, now: datetime) -> LeasedPush | None:
    """Lease a browser, in the current transaction; None where nothing concerns it, or its keys cannot be read."""
    try:
        target = open_push_target(row, settings)
    except DecryptionError:
        db.session.delete(row)
        return None
    changes = list_page_changes(row, newest)
    if not changes:
        row.told_revision_id = newest
        return None
    row.attempts += 1
    row.held_until = now + TRY_LASTS
    row.next_try_at = now + max(TRY_LASTS, retry_pause(RETRY_PAUSES, row.attempts))
    with force_locale(row.language):
        return LeasedPush(row.id, target, render_push(changes), newest, row.attempts)


def render_push(changes: Sequence[PageChange]) -> bytes:
    """Return what the browser shows, in the current language: one page, or how many."""
    lines = [f"{CHANGE_LABELS[change.kind]}: {change.title}" for change in changes]
    first, count = changes[0], len(changes)
    if count == 1 and first.kind is not ClarificationStatus.RETRACTED:
        title, body = first.title, str(CHANGE_LABELS[first.kind])
    else:
        title = ngettext("%(num)d klarifikasi berubah", "%(num)d klarifikasi baru atau berubah", count)
        body = "\n".join(lines)
    url = public_url_for("pages.page", slug=first.slug) if count == 1 else public_url_for("pages.listing")
    shown = {"title": title[:TITLE_LIMIT], "body": body[:BODY_LIMIT], "url": url}
    return json.dumps(shown, ensure_ascii=False).encode()


def post_push(push: LeasedPush, fetcher: Fetcher, settings: Settings) -> int | None:
    """Send a message and return the push service's status; None where none came."""
    headers = {
        "Authorization": sign_push(push.target.endpoint, settings.contact_key, settings.base_url, utc_now()),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(KEPT_FOR_S),
        "Topic": "kabas",  # one that the phone did not get yet is replaced
    }
    point, auth = decode_key(push.target.p256dh), decode_key(push.target.auth)
    body = encrypt_for_browser(push.payload, point, auth)
    try:
        return fetcher.post_message(push.target.endpoint, body, headers).status
    except FetchError as error:
        log.info("a push service did not answer", extra=log_fields(push=push.id, fault=type(error).__name__))
        return None


def record_push(push: LeasedPush, status: int | None, now: datetime) -> None:
    """Record what came of a try. A browser that is gone is deleted, and one that failed eight times."""
    own_row = PushSubscription.id == push.id
    with write_transaction(None):
        if status in ACCEPTED:
            told = {"told_revision_id": push.revision_id, "last_sent_at": now, "attempts": 0}
            update_rows(PushSubscription, own_row, held_until=None, next_try_at=None, **told)
        elif status in GONE_STATUSES or push.attempts >= MOST_TRIES:
            db.session.execute(sa.delete(PushSubscription).where(own_row))
        else:
            later = now + retry_pause(RETRY_PAUSES, push.attempts)
            update_rows(PushSubscription, own_row, held_until=None, next_try_at=later)
