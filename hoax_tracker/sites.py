"""Whose turn it is at a site, over all processes and hosts: one request of ours at a time, whatever it is for.

Workers hold a site while they read its feeds (the leases of its sources) or its pages (``HostVisit``), and leave alone
what is held. A person who waits (``Caller``) holds it as well, and is told at once where somebody else does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Self, TypeVar

import sqlalchemy as sa

from hoax_tracker.clock import SET_BACK
from hoax_tracker.database import Turn, writing
from hoax_tracker.fetch import Fetched, Fetcher, Manners, SiteBusy
from hoax_tracker.fetch.addresses import LONGEST_HOST
from hoax_tracker.models import Evidence, HostVisit, LinkedPage, PageCopy, Source, db

LEASE = timedelta(minutes=5)
"""How long a source is held that is read."""
VISIT = timedelta(minutes=10)
"""How long a site is held whose pages are visited: longer than a batch of visits takes."""
OF_ONE_HOST = 3
"""Pages of one site that are visited in one go."""

Row = TypeVar("Row", LinkedPage, PageCopy, Evidence)


def is_leased(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a worker holds the source, one whose round began later than ours (``now``) too."""
    return sa.and_(
        Source.lease_until.is_not(None), Source.lease_until > now, Source.lease_until <= now + LEASE + SET_BACK
    )


def held_hosts(now: datetime, manners: Manners) -> set[str]:
    """Return the hosts that are being asked for feeds or pages."""
    asked = {manners.host(url) for url in db.session.scalars(sa.select(Source.url).where(is_leased(now)))}
    until = HostVisit.lease_until
    visited = sa.select(HostVisit.host).where(until > now, until <= now + VISIT + SET_BACK)
    return asked.union(db.session.scalars(visited))


def spared(rows: Iterable[Row], now: datetime, manners: Manners) -> Iterator[Row]:
    """Yield the rows that may be visited now: few of one host, none of a host that is being asked for anything."""
    held = held_hosts(now, manners)
    room = Counter[str]()
    for row in rows:
        host = manners.host(row.url)
        if host and (host in held or room[host] >= OF_ONE_HOST):
            continue
        room[host] += 1
        yield row


def hold(urls: Iterable[str | None], now: datetime, manners: Manners) -> None:
    """Let others leave the hosts of the addresses alone, in the transaction that found them free.

    A host whose name is too long for any server has no row, for which it would be too long as well.
    """
    for host in sorted({manners.host(url) for url in urls} - {""}):
        if len(host) <= LONGEST_HOST:
            db.session.merge(HostVisit(host=host, lease_until=now + VISIT))


def let_go(urls: Iterable[str | None], now: datetime, manners: Manners) -> None:
    """Let others ask the hosts again that were held at ``now``, but for those that somebody else holds since."""
    hosts = {manners.host(url) for url in urls} - {""}
    if hosts:
        ours = sa.and_(HostVisit.host.in_(hosts), HostVisit.lease_until == now + VISIT)
        with writing(Turn.STORE):
            db.session.execute(sa.delete(HostVisit).where(ours))


class Caller(Fetcher):
    """Fetches for a person who waits, to be used in a ``with`` block, at whose end the sites are let go.

    Each site is held from its first request on, and asked with pauses. Raises SiteBusy where somebody else asks it.
    Every request may be preceded by a transaction of its own: what was loaded before is read anew.
    """

    def __init__(self, manners: Manners, now: datetime, *, timeout_s: float = 30) -> None:
        super().__init__(manners.exempt, timeout_s=timeout_s)
        self.manners, self.now = manners, now
        self._urls: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        let_go(self._urls.values(), self.now, self.manners)

    def get(self, url: str, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        """Return what ``url`` answers. Raises a FetchError, as ``Fetcher.get`` does, or SiteBusy."""
        host = self.manners.host(url)
        if host in self._urls:
            self.manners.pause(url)
        elif host:
            with writing(Turn.STORE):
                if host in held_hosts(self.now, self.manners):
                    raise SiteBusy(url, "somebody else is asking this site")
                hold([url], self.now, self.manners)
            self._urls[host] = url
        return super().get(url, etag, last_modified)
