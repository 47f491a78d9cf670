"""The letter of the day: what was published, corrected or withdrawn since a subscriber's last letter.

It is derived from the revisions of public pages, so no stage needs to call this and nothing of a draft can be told. The
letter and the mark how far it goes are one transaction: nothing is told twice or left out.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

import sqlalchemy as sa
from flask_babel import force_locale

from hoax_tracker.check.subscriptions.letters import (
    PageChange,
    build_daily_letter,
    list_page_changes,
    newest_revision_id,
)
from hoax_tracker.check.subscriptions.service import open_contact
from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import OutgoingMail, Subscription, db
from hoax_tracker.notifications import mail

log = logging.getLogger(__name__)

LETTER_EVERY = timedelta(days=1)
# Officers wait while a batch is written, and a round has other things to do.
BATCH = 50
ROUND_S = 10.0

Changes = dict[tuple[object, ...], Sequence[PageChange]]


def enqueue_daily_letters(settings: Settings, now: datetime) -> int:
    """Queue the letters that are due, for at most ten seconds; return how many."""
    if not mail.is_mail_enabled():
        return 0
    _delete_unreachable_subscriptions()
    queued, end = 0, monotonic() + ROUND_S
    while monotonic() < end:
        looked_at, in_batch = _enqueue_letter_batch(settings, now)
        queued += in_batch
        if looked_at < BATCH:
            break
    return queued


def _delete_unreachable_subscriptions() -> None:
    """Delete the subscriptions whose address a mail server refused for good."""
    refused = sa.select(OutgoingMail.subscription_id).where(
        OutgoingMail.failed_at.is_not(None), OutgoingMail.subscription_id.is_not(None)
    )
    with write_transaction(None):
        db.session.execute(sa.delete(Subscription).where(Subscription.id.in_(refused)))


def _enqueue_letter_batch(settings: Settings, now: datetime) -> tuple[int, int]:
    """Queue the next letters in one transaction; return how many subscriptions were looked at, and told."""
    with write_transaction():  # in the officers' turn: revisions appear in the order of their ids
        newest = newest_revision_id()
        rows = db.session.scalars(_due_subscriptions(newest, now)).all()
        known_changes: Changes = {}
        return len(rows), sum(_tell_subscriber(row, newest, known_changes, settings, now) for row in rows)


def _due_subscriptions(newest: int, now: datetime) -> sa.Select[Subscription]:
    """Return the query for confirmed subscriptions that may get a letter now and have not seen the newest revision."""
    last = Subscription.last_letter_at
    # A last letter that lies ahead was noted by a clock that was set back since.
    may_get_one = sa.or_(last.is_(None), last <= now - LETTER_EVERY, last > now + CLOCK_TOLERANCE)
    waits = sa.and_(Subscription.told_revision_id < newest, Subscription.confirmed_at.is_not(None), may_get_one)
    return sa.select(Subscription).where(waits).order_by(Subscription.id).limit(BATCH)


def _tell_subscriber(row: Subscription, newest: int, known_changes: Changes, settings: Settings, now: datetime) -> bool:
    """Queue a subscriber's letter, unless nothing concerns them, and mark how far it goes."""
    key = (row.topic, row.district_id, row.told_revision_id)
    if key not in known_changes:
        known_changes[key] = list_page_changes(row, newest)
    changes, row.told_revision_id = known_changes[key], newest
    if not changes:
        return False
    try:
        address, token = open_contact(row, settings)
    except DecryptionError:
        log.warning("a subscriber cannot be told", extra=log_fields(subscription=row.id))
        return False
    row.last_letter_at = now
    with force_locale(row.language):
        letter = build_daily_letter(row, token, changes)
        name = f"subscription:{row.id}:{newest}"
        return mail.enqueue_letter(name, address, letter, now, subscription_id=row.id)
