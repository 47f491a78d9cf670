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
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import event

from hoax_tracker.core.database.transactions import enable_wal
from hoax_tracker.core.database.upsert import add_to_row
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.errors import RateLimitedError, ServiceBusyError
from hoax_tracker.models import RateLimit, db

log = logging.getLogger(__name__)

ALL_ADDRESSES = "*"
FOLDER = "limits"
NAME = "counts.sqlite3"
PATIENCE_S = 0.2
"""Seconds that a request waits for its turn to be counted; then it passes uncounted."""
OPENED_WITHIN_S = 5.0
"""Seconds that the first use of a process waits where others open the file as well."""

SCHEMA = (
    "create table if not exists spent (key text primary key, count integer not null, expires_at real not null)"
    " without rowid"
)
FORGET = "delete from spent where expires_at < ?"
ADD_ONE = (
    "insert into spent (key, count, expires_at) values (?, 1, ?) on conflict (key) do update set count = count + 1"
)
# A resident waits at most this long for a Redis that is away, and only one of them every few seconds.
REDIS_TIMEOUT_S = 0.5
REDIS_RETRY_AFTER_S = 5.0
# In braces: a Redis cluster keeps all of our keys in one place, which a script needs.
REDIS_KEY_PREFIX = "{hoax-tracker}:limit:"

# Returns the place of the first counter at its limit, without counting anything; else raises all of them.
COUNT_SCRIPT = """
for place, key in ipairs(KEYS) do
    if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[place + 1]) then
        return place - 1
    end
end
for _, key in ipairs(KEYS) do
    redis.call('INCR', key)
    redis.call('PEXPIRE', key, ARGV[1])
end
return #KEYS
"""


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
        remaining_s = window.total_seconds() * (window_number(window, now) + 1) - now.timestamp()
        return self.fault(f"{self.name}: more than {self.limit} in {window}", retry_after_s=max(1, int(remaining_s)))


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


class CounterUnavailableError(Exception):
    """The counter store cannot be reached or does not answer correctly."""


class RedisCounter:
    """The counters of one Redis server, checked and raised atomically, so that several hosts share them exactly.

    Thread-safe; connects on first use, never before a fork.
    """

    def __init__(self, url: str) -> None:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis = Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._script = self._redis.register_script(COUNT_SCRIPT)
        self._asked_again_at = 0.0

    def spend(self, counters: Sequence[tuple[str, int]], window: timedelta) -> int:
        """Raise every (key, limit) counter and return how many there are.

        Where a counter is at its limit, nothing is counted and its index is returned. Raises CounterUnavailableError.
        """
        from redis.exceptions import RedisError

        if time.monotonic() < self._asked_again_at:
            raise CounterUnavailableError("was away a moment ago")
        keys = [REDIS_KEY_PREFIX + key for key, _limit in counters]
        arguments = [int(window.total_seconds() * 1000), *(limit for _key, limit in counters)]
        try:
            return int(self._script(keys=keys, args=arguments))
        except (RedisError, OSError) as error:
            self._asked_again_at = time.monotonic() + REDIS_RETRY_AFTER_S
            # Only the kind of fault: some messages repeat the address, which may hold a password.
            log.warning("Redis does not answer (%s): the database counts the limits meanwhile", type(error).__name__)
            raise CounterUnavailableError(type(error).__name__) from error

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


class FileCounter:
    """The counters in a SQLite file of their own, which all processes of one machine share exactly.

    The instance's database has one writer at a time, and a worker that stores feeds can hold it for seconds. In this
    file a write takes a fraction of a millisecond, so counting a request never waits for other work. Thread-safe; opens
    the file on first use, never before a fork.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def spend(self, counters: Sequence[tuple[str, int]], window: timedelta, now: datetime) -> int:
        """Raise every (key, limit) counter and return how many there are.

        Where a counter is at its limit, nothing is counted and its index is returned. Raises CounterUnavailableError
        where the file cannot be written, or not in time.
        """
        with self._writing() as connection:
            counts = [self._count(connection, key) for key, _limit in counters]
            for place, (count, (_key, limit)) in enumerate(zip(counts, counters, strict=True)):
                if count >= limit:
                    return place
            expires_at = (now + window).timestamp()
            connection.executemany(ADD_ONE, [(key, expires_at) for key, _limit in counters])
            if 0 in counts:
                connection.execute(FORGET, (now.timestamp(),))
        return len(counters)

    def forget_expired(self, now: datetime) -> None:
        """Delete expired counters. Raises CounterUnavailableError."""
        with self._writing() as connection:
            connection.execute(FORGET, (now.timestamp(),))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection with the write lock held."""
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise CounterUnavailableError("other threads count")
        try:
            connection = self._connection = self._connection or self._connect()
            with connection:  # commits, or takes back
                connection.execute("begin immediate")
                yield connection
        except (sqlite3.Error, OSError) as error:
            log.warning("a request is not counted: %s", type(error).__name__)
            self._close()
            raise CounterUnavailableError(type(error).__name__) from error
        finally:
            self._lock.release()

    @staticmethod
    def _count(connection: sqlite3.Connection, key: str) -> int:
        row = connection.execute("select count from spent where key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _connect(self) -> sqlite3.Connection:
        """Open the file.

        A damaged one (power loss) is replaced by a new one, because its content is short-lived.
        """
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            return self._opened()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            for name in (NAME, f"{NAME}-wal", f"{NAME}-shm"):
                self._path.with_name(name).unlink(missing_ok=True)
            return self._opened()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
        try:
            enable_wal(connection, OPENED_WITHIN_S)
            connection.execute("pragma synchronous=off")
            connection.execute(SCHEMA)
            with closing(connection.execute("pragma quick_check")) as checked:
                if checked.fetchone() != ("ok",):
                    raise damaged()
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def damaged() -> sqlite3.DatabaseError:
    """Return SQLite's error for a corrupt file, for damage that only its check found."""
    error = sqlite3.DatabaseError("the counters are damaged")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
