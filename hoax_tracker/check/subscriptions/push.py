"""Subscribing a browser by Web Push: the browser's own question is the consent, so nothing is to be confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import get_locale

from hoax_tracker.check.subscriptions.page_changes import newest_revision_id
from hoax_tracker.check.subscriptions.service import ChosenNews
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.models import PushSubscription, db
from hoax_tracker.notifications.push.targets import (
    PushTarget,
    endpoint_digest,
    require_push_target,
    seal_push_target,
)
from hoax_tracker.privacy.secure_delete import forget_deleted

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
