"""Rate limits counted in the database, so that all web workers share them.

Keys are digests made with the secret key: no address of a resident is stored.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.errors import TooMany
from hoax_tracker.models import RateLimit, db


def spend(name: str, who: str, *, limit: int, window: timedelta, secret: str, now: datetime) -> None:
    """Count one use of ``name`` by ``who`` in the current transaction; raise TooMany past ``limit`` in ``window``.

    Fixed windows: simple, and a burst across a border is at most twice the limit. A clock that jumps back only ends
    windows later, one that jumps ahead only opens new ones.
    """
    start = int(now.timestamp() // window.total_seconds())
    key = hmac.new(secret.encode(), f"{name}|{who}|{start}".encode(), hashlib.sha256).hexdigest()
    row = db.session.get(RateLimit, key)
    if row is None:
        forget_expired(now)
        row = RateLimit(key=key, count=0, expires_at=now + window)
        db.session.add(row)
    row.count += 1
    db.session.flush()
    if row.count > limit:
        left = window.total_seconds() * (start + 1) - now.timestamp()
        raise TooMany(f"{name}: more than {limit} in {window}", retry_after_s=max(1, int(left)))


def forget_expired(now: datetime) -> None:
    """Delete counters whose window is over."""
    db.session.execute(sa.delete(RateLimit).where(RateLimit.expires_at < now))
