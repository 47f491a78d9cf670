"""Delivery by Web Push. The row of a browser is its own outbox: leased, sent to without an open transaction, marked.

A killed sender leaves the lease, after which the message is sent again; the browser shows it in place of the first. The
push service sees who is told when, but not what: the message is encrypted for the browser (RFC 8291).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from time import monotonic
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import CLOCK_TOLERANCE, utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchError
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import AlarmBrowser, PushSubscription, db
from hoax_tracker.notifications.outbox_leases import TRY_LASTS, retry_pause, update_rows
from hoax_tracker.notifications.push.targets import (
    PushTarget,
    decode_key,
    encrypt_for_browser,
    is_push_enabled,
    sign_push,
)
from hoax_tracker.notifications.webhooks.events import MOST_TRIES, RETRY_PAUSES

log = logging.getLogger(__name__)

BrowserTable = type[PushSubscription] | type[AlarmBrowser]
ROUND_S, ANSWER_WITHIN_S = 20.0, 10.0
GONE_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
ACCEPTED = range(200, 300)


@dataclass(frozen=True)
class LeasedPush:
    """A message in hand: to which browser, what it says, for how many seconds, and what is marked once it is taken."""

    table: BrowserTable
    id: int
    target: PushTarget
    payload: bytes
    lasts_s: int
    attempts: int
    marks: Mapping[str, Any]
    topic: str = "kabas"
    urgency: str = "normal"


def send_leased_pushes(
    lease_next: Callable[[Settings, datetime], LeasedPush | None],
    settings: Settings,
    now: datetime,
    beat: Callable[[], None] = lambda: None,
) -> int:
    """Send what ``lease_next`` hands out for at most twenty seconds; return how many were accepted."""
    if not is_push_enabled():
        return 0
    fetcher = Fetcher(settings.fetch_allow, timeout_s=ANSWER_WITHIN_S, connect_timeout_s=ANSWER_WITHIN_S / 2)
    accepted, end = 0, monotonic() + ROUND_S
    while monotonic() < end and (push := lease_next(settings, now)):
        status = post_push(push, fetcher, settings)
        record_push(push, status, now)
        accepted += status in ACCEPTED
        beat()
        if status is None:
            break  # a push service that is away takes the time of all others
    return accepted


def may_be_sent_to(table: BrowserTable, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for browsers that no sender has in hand, and whose next try has come."""
    may_be_tried = is_null_or_outside(table.next_try_at, now, now + RETRY_PAUSES[-1] + CLOCK_TOLERANCE)
    return sa.and_(may_be_tried, is_null_or_outside(table.held_until, now, now + TRY_LASTS + CLOCK_TOLERANCE))


def is_null_or_outside(
    column: sa.orm.InstrumentedAttribute[datetime | None], since: datetime, until: datetime
) -> sa.ColumnElement[bool]:
    """Return the condition that a noted moment is past, or so far ahead that a wrong clock noted it."""
    return sa.or_(column.is_(None), column <= since, column > until)


def begin_try(row: PushSubscription | AlarmBrowser, now: datetime) -> None:
    """Lease a browser for as long as a try may take, in the current transaction."""
    row.attempts += 1
    row.held_until = now + TRY_LASTS
    row.next_try_at = now + max(TRY_LASTS, retry_pause(RETRY_PAUSES, row.attempts))


def post_push(push: LeasedPush, fetcher: Fetcher, settings: Settings) -> int | None:
    """Send a message and return the push service's status; None where none came."""
    headers = {
        "Authorization": sign_push(push.target.endpoint, settings.contact_key, settings.base_url, utc_now()),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(push.lasts_s),
        "Urgency": push.urgency,
        "Topic": push.topic,  # one of it that the phone did not get yet is replaced
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
    own_row = push.table.id == push.id
    with write_transaction(None):
        if status in ACCEPTED:
            update_rows(
                push.table, own_row, held_until=None, next_try_at=None, attempts=0, last_sent_at=now, **push.marks
            )
        elif status in GONE_STATUSES or push.attempts >= MOST_TRIES:
            db.session.execute(sa.delete(push.table).where(own_row))
        else:
            later = now + retry_pause(RETRY_PAUSES, push.attempts)
            update_rows(push.table, own_row, held_until=None, next_try_at=later)
