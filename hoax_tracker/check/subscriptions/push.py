"""Subscribing a browser by Web Push: the browser's own question is the consent, so nothing is to be confirmed.

What residents are told by Web Push: at most one message a day to a browser, about what happened since the last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale, get_locale

from hoax_tracker.check.subscriptions.letters import PageChange, list_page_changes, newest_revision_id, title_changes
from hoax_tracker.check.subscriptions.service import ChosenNews
from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.models import PushSubscription, db
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.notifications.push.delivery import (
    LeasedPush,
    begin_try,
    is_null_or_outside,
    may_be_sent_to,
    send_leased_pushes,
)
from hoax_tracker.notifications.push.targets import (
    PushTarget,
    endpoint_digest,
    open_push_target,
    require_push_target,
    seal_push_target,
)
from hoax_tracker.privacy.retention import forget_deleted

REQUESTS = Limit("push", 5, timedelta(hours=1), in_total=200)


def store_push_subscription(
    target: PushTarget, choice: ChosenNews, network: str, settings: Settings, now: datetime
) -> None:
    """Store a browser, or its new choice. Raises InvalidInputError or RateLimitedError."""
    require_push_target(target, settings)
    row = {
        "endpoint_digest": endpoint_digest(target.endpoint, settings),
        "sealed": seal_push_target(target, settings),
        "topic": choice.topic,
        "district_id": choice.district_id,
        "language": str(get_locale() or "id"),
        "asked_at": now,
        "attempts": 0,
    }
    with write_transaction():  # in the officers' turn: nothing is published meanwhile
        REQUESTS.use(network, now)
        row["told_revision_id"] = newest_revision_id()
        added = insert_into(PushSubscription).values(row)
        db.session.execute(added.on_conflict_do_update(index_elements=["endpoint_digest"], set_=row))


def remove_push_subscription(endpoint: str, settings: Settings) -> None:
    """Delete a browser; nothing for an unknown one."""
    with write_transaction(None):
        digest = endpoint_digest(endpoint, settings)
        db.session.execute(sa.delete(PushSubscription).where(PushSubscription.endpoint_digest == digest))
    forget_deleted()


MESSAGE_EVERY = timedelta(days=1)
BATCH = 50
# Push services take 4096 bytes with the encryption's own.
TITLE_LIMIT, BODY_LIMIT = 160, 300
KEPT_FOR_S = 24 * 60 * 60


def send_due_pushes(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Send due messages for at most twenty seconds; return how many were accepted."""
    return send_leased_pushes(lease_next_push, settings, now, beat)


def lease_next_push(settings: Settings, now: datetime) -> LeasedPush | None:
    """Lease the next browser that is to be told; mark those on the way whom nothing concerns."""
    looked_at = BATCH
    while looked_at == BATCH:
        with write_transaction():  # in the officers' turn: revisions appear in the order of their ids
            newest = newest_revision_id()
            rows = db.session.scalars(_due_pushes(newest, now)).all()
            looked_at = len(rows)
            for row in rows:
                if push := _lease_push(row, newest, settings, now):
                    return push
    return None


def _due_pushes(newest: int, now: datetime) -> sa.Select[PushSubscription]:
    """Return the query for browsers that may be told now and have not seen the newest revision."""
    row = PushSubscription
    may_get_one = is_null_or_outside(row.last_sent_at, now - MESSAGE_EVERY, now + CLOCK_TOLERANCE)
    waits = sa.and_(row.told_revision_id < newest, may_get_one, may_be_sent_to(row, now))
    return sa.select(row).where(waits).order_by(row.id).limit(BATCH).with_for_update(skip_locked=True)


def _lease_push(row: PushSubscription, newest: int, settings: Settings, now: datetime) -> LeasedPush | None:
    """Lease a browser, in the current transaction; None where nothing concerns it, or its keys cannot be read."""
    try:
        target = open_push_target(row.sealed, settings)
    except DecryptionError:
        db.session.delete(row)
        return None
    changes = list_page_changes(row, newest)
    if not changes:
        row.told_revision_id = newest
        return None
    begin_try(row, now)
    with force_locale(row.language):
        payload = _render_push(changes)
    marks = {"told_revision_id": newest}
    return LeasedPush(PushSubscription, row.id, target, payload, KEPT_FOR_S, row.attempts, marks)


def _render_push(changes: Sequence[PageChange]) -> bytes:
    """Return what the browser shows, in the current language: one page, or how many."""
    title, first, count = title_changes(changes), changes[0], len(changes)
    body = first.label if title == first.title else "\n".join(change.line for change in changes)
    url = public_url_for("pages.page", slug=first.slug) if count == 1 else public_url_for("pages.listing")
    shown = {"title": title[:TITLE_LIMIT], "body": body[:BODY_LIMIT], "url": url}
    return json.dumps(shown, ensure_ascii=False).encode()
