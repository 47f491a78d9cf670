"""Rate limits shared by all web workers, counted beside the database, or in Redis where REDIS_URL is set.

A rule is a ``Limit`` beside what it protects: its name, how many, in what window, and how many by everybody together.

With SQLite, which has one writer at a time, the counters are in a separate file, so that no request waits for a worker
that stores feeds; with PostgreSQL they are in a table. Keys are digests keyed with the secret key: no resident's
address is stored. While Redis does not answer, the file or the table counts: residents get answers and the limits hold,
except that the current window starts again. Where even the file cannot be written, a use is not counted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import event

from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.upsert import add_to_row
from hoax_tracker.core.rate_limiting.file_counter import FOLDER, FileCounter
from hoax_tracker.core.rate_limiting.redis_counter import CounterUnavailableError, RedisCounter
from hoax_tracker.errors import RateLimitedError, ServiceBusyError
from hoax_tracker.models import RateLimit, db

ALL_ADDRESSES = "*"


@dataclass(frozen=True)
class Limit:
    """A rule: ``most`` uses of an address, or of whoever else is named, in ``window``; ``in_total`` by all together.

    ``is_exact`` counts in the table, whatever else there is: exactly, and in one transaction with other rows.
    """

    name: str
    most: int
    window: timedelta
    in_total: int | None = None
    is_exact: bool = False

    def use(self, who: str, now: datetime) -> None:
        """Count one use by ``who``. A refused use is not counted.

        Raises RateLimitedError past ``most``, ServiceBusyError past ``in_total``. The table counts in the current
        transaction, the file and Redis immediately.
        """
        counters = self._counters(who, now)
        passed = None if self.is_exact else _spend_beside(counters, self.window, now)
        if passed is None:
            _spend_in_table(counters, self.window, now)
        elif passed < len(counters):
            raise counters[passed].refusal(self.window, now)

    def allows(self, who: str, now: datetime) -> bool:
        """Count one use in the current transaction, and tell whether it is within the limit."""
        try:
            with db.session.begin_nested():
                self.use(who, now)
        except RateLimitedError:
            return False
        return True

    def _counters(self, who: str, now: datetime) -> list[_Counter]:
        start = window_number(self.window, now)
        own = _Counter(self.name, digest_use(self.name, network_of_address(who), start), self.most, RateLimitedError)
        if self.in_total is None:
            return [own]
        everybody = digest_use(self.name, ALL_ADDRESSES, start)
        return [own, _Counter(f"{self.name} in total", everybody, self.in_total, ServiceBusyError)]


@dataclass(frozen=True)
class _Counter:
    """A counter's key and limit; ``fault`` is the error raised beyond it."""

    name: str
    key: str
    limit: int
    fault: type[RateLimitedError]

    def refusal(self, window: timedelta, now: datetime) -> RateLimitedError:
        """Return the error for a counter at its limit, with the seconds until the next window."""
        left = window.total_seconds() * (window_number(window, now) + 1) - now.timestamp()
        return self.fault(f"{self.name}: more than {self.limit} in {window}", retry_after_s=max(1, int(left)))


def digest_use(name: str, who: str, start: int) -> str:
    """Return a counter's key. Without the secret it does not reveal the address."""
    secret = current_settings().secret_key
    return hmac.new(secret.encode(), f"{name}|{who}|{start}".encode(), hashlib.sha256).hexdigest()


def network_of_address(address: str) -> str:
    """Return the unit of one customer: an IPv4 address, or the /64 network of an IPv6 address."""
    if ":" not in address:
        return address  # it need not be parsed to stay as it is, and every page view asks
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


def window_number(window: timedelta, now: datetime) -> int:
    """Return the number of the window that contains ``now``.

    Windows are fixed: simple, and a burst across a boundary is at most twice the limit. A clock set back only prolongs
    windows; one set ahead only opens new ones.
    """
    return int(now.timestamp() // window.total_seconds())


def _spend_beside(counters: Sequence[_Counter], window: timedelta, now: datetime) -> int | None:
    """Count in Redis, else in the file, and return the place of the counter at its limit; None where the table counts.

    Where not even the file can be written, a use passes: the table would make it wait for whoever writes.
    """
    limits = [(counter.key, counter.limit) for counter in counters]
    if redis := redis_counter():
        with suppress(CounterUnavailableError):
            return redis.spend(limits, window)
    if file := file_counter():
        with suppress(CounterUnavailableError):
            return file.spend(limits, window, now)
        return len(counters)
    return None


def _spend_in_table(counters: Sequence[_Counter], window: timedelta, now: datetime) -> None:
    """Add one to each counter. Raises the counter's error past a limit, which rolls all of them back.

    The database does the addition, so that concurrent workers lose no use.
    """
    begins = False
    for counter in counters:
        (count,) = add_to_row(RateLimit, {"key": counter.key}, {"count": 1}, expires_at=now + window)
        if count > counter.limit:
            raise counter.refusal(window, now)
        begins = begins or count == 1
    if begins:
        _delete_expired_counters(now)


def redis_counter() -> RedisCounter | None:
    """Return the app's Redis counter, created on first use; None where Redis is not configured."""
    url, extensions = current_settings().redis_url, current_app.extensions
    if url and "redis_counter" not in extensions:
        extensions.setdefault("redis_counter", RedisCounter(url))
    return extensions["redis_counter"] if url else None


def file_counter() -> FileCounter | None:
    """Return the app's file counter, created on first use; None unless the database is SQLite."""
    if db.engine.dialect.name != "sqlite":
        return None
    extensions = current_app.extensions
    counter: FileCounter | None = extensions.get("file_counter")
    if counter is None:
        made = FileCounter(current_settings().data_folder / FOLDER)
        counter = extensions.setdefault("file_counter", made)
        if counter is made:
            event.listen(db.engine, "engine_disposed", _close_with(made), once=True)
    return counter


def _close_with(counter: FileCounter) -> Callable[[sa.Engine], None]:
    """Return a listener that closes the counter when the engine is disposed."""
    extensions = current_app.extensions

    def close(_engine: sa.Engine) -> None:
        counter.close()
        if extensions.get("file_counter") is counter:
            del extensions["file_counter"]

    return close


def purge_counters(now: datetime) -> None:
    """Delete expired counters in the table and the file that no later use would delete."""
    _delete_expired_counters(now)
    if file := file_counter():
        with suppress(CounterUnavailableError):
            file.forget_expired(now)


def _delete_expired_counters(now: datetime) -> None:
    """Delete expired counters, except those that another worker is deleting."""
    over = sa.select(RateLimit.key).where(RateLimit.expires_at < now).with_for_update(skip_locked=True)
    db.session.execute(
        sa.delete(RateLimit).where(RateLimit.key.in_(over)), execution_options={"synchronize_session": False}
    )
