"""Site locks over all processes and hosts: each site gets one request of ours at a time, for whatever purpose.

Workers lock a site while they read its feeds (the leases of its sources) or its pages (``HostVisit``), and skip locked
ones. A waiting person (``InteractiveFetcher``) locks it too, and is told at once where it is locked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Self

import sqlalchemy as sa

from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchResponse, Politeness, SiteBusyError
from hoax_tracker.core.fetch.addresses import LONGEST_HOST
from hoax_tracker.models import HostVisit, Source, db

SOURCE_LEASE = timedelta(minutes=5)
"""How long a source is held that is read."""
HOST_LEASE = timedelta(minutes=10)
"""How long a site is held whose pages are visited: longer than a batch of visits takes."""
PAGES_PER_HOST = 3
"""Pages of one site that are visited in one go."""
READ_AT_ONCE = 500
"""Rows that are read at a time of those that are due."""
DUE_ROWS_SCANNED = 50_000
"""Due rows among which free sites are looked for: others wait to write meanwhile, a part of a second."""


def is_source_leased(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a worker has leased the source, also in a round that began after ``now``."""
    return sa.and_(
        Source.lease_until.is_not(None),
        Source.lease_until > now,
        Source.lease_until <= now + SOURCE_LEASE + CLOCK_TOLERANCE,
    )


def reading_since(now: datetime) -> datetime | None:
    """Return when the longest running reading began, or None: a lease tells when it was taken."""
    until = db.session.scalar(sa.select(sa.func.min(Source.lease_until)).where(is_source_leased(now)))
    return None if until is None else until - SOURCE_LEASE


def locked_hosts(now: datetime, manners: Politeness) -> set[str]:
    """Return the hosts that are being read."""
    asked = {manners.host(url) for url in db.session.scalars(sa.select(Source.url).where(is_source_leased(now)))}
    until = HostVisit.lease_until
    visited = sa.select(HostVisit.host).where(until > now, until <= now + HOST_LEASE + CLOCK_TOLERANCE)
    return asked.union(db.session.scalars(visited))


def lock_due_pages(
    query: sa.Select[*tuple[Any, ...]], limit: int, now: datetime, manners: Politeness
) -> list[tuple[int, str]]:
    """Return the first pages, as (row key, address), that may be visited now, and lock their hosts.

    Pages behind many that wait for a locked host are reached, and no more rows are read than needed.
    """
    with db.session.execute(query.limit(DUE_ROWS_SCANNED).execution_options(yield_per=READ_AT_ONCE)) as due:
        pages = list(islice(_limit_per_host(((key, url) for key, url in due), now, manners), limit))
    lock_hosts([url for _key, url in pages], now, manners)
    return pages


def _limit_per_host(pages: Iterable[tuple[int, str]], now: datetime, manners: Politeness) -> Iterator[tuple[int, str]]:
    """Yield the pages that may be visited now: few of one host, none of a locked one."""
    locked = locked_hosts(now, manners)
    room = Counter[str]()
    for key, url in pages:
        host = manners.host(url)
        if host and (host in locked or room[host] >= PAGES_PER_HOST):
            continue
        room[host] += 1
        yield key, url


def lock_hosts(urls: Iterable[str | None], now: datetime, manners: Politeness) -> None:
    """Lock the hosts of the addresses, in the transaction that found them free.

    A host name too long for any server has no row, for which it would be too long as well.
    """
    for host in sorted({manners.host(url) for url in urls} - {""}):
        if len(host) <= LONGEST_HOST:
            db.session.merge(HostVisit(host=host, lease_until=now + HOST_LEASE))


def release_hosts(urls: Iterable[str | None], now: datetime, manners: Politeness) -> None:
    """Release the hosts locked at ``now``, except those that somebody else has locked since."""
    hosts = {manners.host(url) for url in urls} - {""}
    if hosts:
        ours = sa.and_(HostVisit.host.in_(hosts), HostVisit.lease_until == now + HOST_LEASE)
        with write_transaction(Turn.STORE):
            db.session.execute(sa.delete(HostVisit).where(ours))


class InteractiveFetcher(Fetcher):
    """Fetches for a waiting person; used in a ``with`` block, at whose end the sites are released.

    Each site is locked from its first request on, with pauses. Raises SiteBusyError where it is locked already. Each
    request may begin with a transaction of its own, so loaded rows are expired.
    """

    def __init__(self, manners: Politeness, now: datetime, *, timeout_s: float = 30) -> None:
        super().__init__(manners.exempt, timeout_s=timeout_s)
        self.manners, self.now = manners, now
        self._urls: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        release_hosts(self._urls.values(), self.now, self.manners)

    def get(
        self,
        url: str,
        etag: str | None = None,
        last_modified: str | None = None,
        *,
        allowed: Callable[[str], None] = lambda url: None,
    ) -> FetchResponse:
        """Return the response for ``url``. Raises a FetchError as ``Fetcher.get`` does, or SiteBusyError."""
        host = self.manners.host(url)
        if host in self._urls:
            self.manners.pause(url)
        elif host:
            with write_transaction(Turn.STORE):
                if host in locked_hosts(self.now, self.manners):
                    raise SiteBusyError(url, "somebody else is asking this site")
                lock_hosts([url], self.now, self.manners)
            self._urls[host] = url
        return super().get(url, etag, last_modified, allowed=allowed)
