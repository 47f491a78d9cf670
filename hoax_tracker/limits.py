"""Rate limits counted in the database, so that all web workers share them.

Keys are digests made with the secret key: no address of a resident is stored.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hoax_tracker.errors import TooMany
from hoax_tracker.models import RateLimit, db


def spend(name: str, who: str, *, limit: int, window: timedelta, secret: str, now: datetime) -> None:
    """Count one use of ``name`` by ``who`` in the current transaction; raise TooMany past ``limit`` in ``window``.

    Fixed windows: simple, and a burst across a border is at most twice the limit. A clock that jumps back only ends
    windows later, one that jumps ahead only opens new ones. The database itself adds, so that no use is lost between
    two workers.
    """
    start = int(now.timestamp() // window.total_seconds())
    key = hmac.new(secret.encode(), f"{name}|{who}|{start}".encode(), hashlib.sha256).hexdigest()
    count = add_one(key, now + window)
    if count == 1:
        forget_expired(now)
    if count > limit:
        left = window.total_seconds() * (start + 1) - now.timestamp()
        raise TooMany(f"{name}: more than {limit} in {window}", retry_after_s=max(1, int(left)))


def add_one(key: str, expires_at: datetime) -> int:
    """Add one to a counter, made where it is missing; return what it stands at."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    first = insert(RateLimit).values(key=key, count=1, expires_at=expires_at)
    again = first.on_conflict_do_update(index_elements=["key"], set_={"count": RateLimit.count + 1})
    return db.session.execute(again.returning(RateLimit.count)).scalar_one()


def forget_expired(now: datetime) -> None:
    """Delete counters whose window is over; those that another worker is deleting are left to it."""
    over = sa.select(RateLimit.key).where(RateLimit.expires_at < now).with_for_update(skip_locked=True)
    db.session.execute(
        sa.delete(RateLimit).where(RateLimit.key.in_(over)), execution_options={"synchronize_session": False}
    )
