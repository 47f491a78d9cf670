"""Rate limits that all web workers share: counted beside the database, or in Redis where REDIS_URL names one.

Beside SQLite, which has one writer at a time, they are counted in a file of their own, so that nobody waits for a
worker that stores feeds; on PostgreSQL in a table. Keys are digests made with the secret key: no address of a resident
is stored. Where Redis does not answer, the file or the table counts until it does: residents are answered, and the
limits hold (a window that was begun begins anew). Where not even the file can be written, a use passes uncounted.
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

from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.rate_limiting.file_counter import FOLDER, FileCounter
from hoax_tracker.core.rate_limiting.redis_counter import CounterUnavailableError, RedisCounter
from hoax_tracker.errors import RateLimitedError, ServiceBusyError
from hoax_tracker.models import RateLimit, db

ALL_ADDRESSES = "*"


@dataclass(frozen=True)
class LimitCounter:
    """One counter with its limit; ``fault`` is raised past it."""

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
    """Count one use of ``name`` by the address ``who``; raise RateLimitedError past ``limit`` in ``window``.

    ``in_total`` limits the uses of all addresses together (ServiceBusyError). A use that is refused counts nowhere. The
    table counts in the current transaction, the file and Redis at once.
    """
    counters = limit_counters_for(name, who, limit, in_total, secret, window_number(window, now))
    redis, file = redis_counter(), file_counter()
    limits = [(one.key, one.limit) for one in counters]
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
    """Let ``name`` happen once by an address in ``window``; raise RateLimitedError after that.

    Always in the table, in the current transaction: for what is counted together with rows and must be right.
    """
    consume_in_table(limit_counters_for(name, who, 1, None, secret, window_number(window, now)), window, now)


def limit_counters_for(
    name: str, who: str, limit: int, in_total: int | None, secret: str, start: int
) -> list[LimitCounter]:
    """Return the counters of a use: the address's, then everybody's where there is a limit in total."""
    counters = [LimitCounter(name, counter_key(secret, name, network_of_address(who), start), limit, RateLimitedError)]
    if in_total is not None:
        counters.append(
            LimitCounter(
                f"{name} in total", counter_key(secret, name, ALL_ADDRESSES, start), in_total, ServiceBusyError
            )
        )
    return counters


def counter_key(secret: str, name: str, who: str, start: int) -> str:
    """Return the key of a counter, from which nobody without the secret learns whose it is."""
    return hmac.new(secret.encode(), f"{name}|{who}|{start}".encode(), hashlib.sha256).hexdigest()


def network_of_address(address: str) -> str:
    """Return what one connection has: an IPv4 address, or the /64 that a provider gives to one customer."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found)


def window_number(window: timedelta, now: datetime) -> int:
    """Return the number of the window that holds ``now``.

    Fixed windows: simple, and a burst across a border is at most twice the limit. A clock that jumps back only ends
    windows later, one that jumps ahead only opens new ones.
    """
    return int(now.timestamp() // window.total_seconds())


def consume_in_table(counters: Sequence[LimitCounter], window: timedelta, now: datetime) -> None:
    """Add one to each counter; raise past a limit, so that the transaction takes back all of them.

    The database itself adds, so that no use is lost between two workers.
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
    """Return the error for a counter at its limit, with the time until the next window."""
    left = window.total_seconds() * (window_number(window, now) + 1) - now.timestamp()
    return counter.fault(f"{counter.name}: more than {counter.limit} in {window}", retry_after_s=max(1, int(left)))


def redis_counter() -> RedisCounter | None:
    """Return the app's counter in Redis, made on first use; None where the database counts."""
    url = current_app.extensions["settings"].redis_url
    if not url:
        return None
    found: RedisCounter = current_app.extensions.get("redis_counter") or current_app.extensions.setdefault(
        "redis_counter", RedisCounter(url)
    )
    return found


def file_counter() -> FileCounter | None:
    """Return the app's counter in a file, made on first use; None beside a database that has many writers."""
    if db.engine.dialect.name != "sqlite":
        return None
    held = current_app.extensions
    found: FileCounter | None = held.get("file_counter")
    if found is None:
        made = FileCounter(held["settings"].data_folder / FOLDER)
        found = held.setdefault("file_counter", made)
        if found is made:
            event.listen(db.engine, "engine_disposed", close_with(made), once=True)
    return found


def close_with(counter: FileCounter) -> Callable[[sa.Engine], None]:
    """Return what closes a counter together with the engine."""
    held = current_app.extensions

    def close(_engine: sa.Engine) -> None:
        counter.close()
        if held.get("file_counter") is counter:
            del held["file_counter"]

    return close


def increment_counter(key: str, expires_at: datetime) -> int:
    """Add one to a counter, made where it is missing; return what it stands at."""
    first = insert_into(RateLimit).values(key=key, count=1, expires_at=expires_at)
    again = first.on_conflict_do_update(index_elements=["key"], set_={"count": RateLimit.count + 1})
    return db.session.execute(again.returning(RateLimit.count)).scalar_one()


def purge_counters(now: datetime) -> None:
    """Delete, wherever they stand, counters whose window is over and that nobody's next use would delete."""
    delete_expired_counters(now)
    file = file_counter()
    if file is not None:
        with suppress(CounterUnavailableError):
            file.forget_expired(now)


def delete_expired_counters(now: datetime) -> None:
    """Delete counters whose window is over; those that another worker is deleting are left to it."""
    over = sa.select(RateLimit.key).where(RateLimit.expires_at < now).with_for_update(skip_locked=True)
    db.session.execute(
        sa.delete(RateLimit).where(RateLimit.key.in_(over)), execution_options={"synchronize_session": False}
    )
