"""Rate limits shared by all web workers, counted beside the database, or in Redis where REDIS_URL is set.

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
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.rate_limiting.file_counter import FOLDER, FileCounter
from hoax_tracker.core.rate_limiting.redis_counter import CounterUnavailableError, RedisCounter
from hoax_tracker.errors import RateLimitedError, ServiceBusyError
from hoax_tracker.models import RateLimit, db

ALL_ADDRESSES = "*"


@dataclass(frozen=True)
class LimitCounter:
    """A counter and its limit; ``fault`` is the error raised beyond it."""

    name: str
    key: str
    limit: int
    fault: type[RateLimitedError]


def consume_limit(
    name: str,
    who: str,
    *,
    limit: int,
    window: timedelta,
    secret: str,
    now: datetime,
    in_total: int | None = None,
) -> None:
    """Count one use of ``name`` by the address ``who``.

    Raises RateLimitedError past ``limit`` uses in ``window``. ``in_total`` limits the uses by all addresses together
    (ServiceBusyError). A refused use is not counted. The table counts in the current transaction, the file and Redis
    immediately.
    """
    counters = limit_counters_for(name, who, limit, in_total, secret, window_number(window, now))
    redis, file = redis_counter(), file_counter()
    limits = [(counter.key, counter.limit) for counter in counters]
    passed = None
    if redis is not None:
        with suppress(CounterUnavailableError):
            passed = redis.spend(limits, window)
    if passed is None and file is not None:
        try:
            passed = file.spend(limits, window, now)
        except CounterUnavailableError:
            return  # the table would make it wait for whoever writes
    if passed is None:
        consume_in_table(counters, window, now)
    elif passed < len(counters):
        raise rate_limit_error(counters[passed], window, now)


def consume_limit_once(name: str, who: str, *, window: timedelta, secret: str, now: datetime) -> None:
    """Allow ``name`` once per address in ``window``; raise RateLimitedError after that.

    Always counts in the table, in the current transaction, because the count must be exact and consistent with other
    rows.
    """
    consume_in_table(limit_counters_for(name, who, 1, None, secret, window_number(window, now)), window, now)


def limit_counters_for(
    name: str, who: str, limit: int, in_total: int | None, secret: str, start: int
) -> list[LimitCounter]:
    """Return the counters of a use: the address's, and the total one where a total limit is set."""
    counters = [LimitCounter(name, counter_key(secret, name, network_of_address(who), start), limit, RateLimitedError)]
    if in_total is not None:
        counters.append(
            LimitCounter(
                f"{name} in total", counter_key(secret, name, ALL_ADDRESSES, start), in_total, ServiceBusyError
            )
        )
    return counters


def counter_key(secret: str, name: str, who: str, start: int) -> str:
    """Return a counter's key. Without the secret it does not reveal the address."""
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


def consume_in_table(counters: Sequence[LimitCounter], window: timedelta, now: datetime) -> None:
    """Add one to each counter. Raises the counter's error past a limit, which rolls all of them back.

    The database does the addition, so that concurrent workers lose no use.
    """
    begins = False
    for counter in counters:
        count = increment_counter(counter.key, now + window)
        if count > counter.limit:
            raise rate_limit_error(counter, window, now)
        begins = begins or count == 1
    if begins:
        delete_expired_counters(now)


def rate_limit_error(counter: LimitCounter, window: timedelta, now: datetime) -> RateLimitedError:
    """Return the error for a counter at its limit, with the seconds until the next window."""
    left = window.total_seconds() * (window_number(window, now) + 1) - now.timestamp()
    return counter.fault(f"{counter.name}: more than {counter.limit} in {window}", retry_after_s=max(1, int(left)))


def redis_counter() -> RedisCounter | None:
    """Return the app's Redis counter, created on first use; None where Redis is not configured."""
    url = current_settings().redis_url
    if not url:
        return None
    counter: RedisCounter = current_app.extensions.get("redis_counter") or current_app.extensions.setdefault(
        "redis_counter", RedisCounter(url)
    )
    return counter


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
            event.listen(db.engine, "engine_disposed", close_with(made), once=True)
    return counter


def close_with(counter: FileCounter) -> Callable[[sa.Engine], None]:
    """Return a listener that closes the counter when the engine is disposed."""
    extensions = current_app.extensions

    def close(_engine: sa.Engine) -> None:
        counter.close()
        if extensions.get("file_counter") is counter:
            del extensions["file_counter"]

    return close


def increment_counter(key: str, expires_at: datetime) -> int:
    """Add one to a counter, creating it where missing, and return its new count."""
    first = insert_into(RateLimit).values(key=key, count=1, expires_at=expires_at)
    again = first.on_conflict_do_update(index_elements=["key"], set_={"count": RateLimit.count + 1})
    return db.session.execute(again.returning(RateLimit.count)).scalar_one()


def purge_counters(now: datetime) -> None:
    """Delete expired counters in the table and the file that no later use would delete."""
    delete_expired_counters(now)
    file = file_counter()
    if file is not None:
        with suppress(CounterUnavailableError):
            file.forget_expired(now)


def delete_expired_counters(now: datetime) -> None:
    """Delete expired counters, except those that another worker is deleting."""
    over = sa.select(RateLimit.key).where(RateLimit.expires_at < now).with_for_update(skip_locked=True)
    db.session.execute(
        sa.delete(RateLimit).where(RateLimit.key.in_(over)), execution_options={"synchronize_session": False}
    )
