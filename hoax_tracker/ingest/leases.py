"""Who reads what: a worker takes sources for a while, and what it does not bring back is taken by the next one.

No two sources of one host are given out at once beyond one worker's turn, so a site sees one request of ours at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa

from hoax_tracker.clock import SET_BACK
from hoax_tracker.database import Turn, writing
from hoax_tracker.models import HostVisit, Source, SourceKind, db

LEASE = timedelta(minutes=5)
VISIT = timedelta(minutes=10)
"""How long a site is held whose pages are visited: longer than a batch of visits takes."""


@dataclass(frozen=True)
class Manners:
    """How sources are asked.

    ``exempt`` holds (host, port) of servers that are ours, and need no sparing. ``batch`` sources are leased at once,
    ``per_host`` of one host: with the time limit of a request and ``threads`` they are read before the lease runs out.
    """

    exempt: AbstractSet[tuple[str, int]] = frozenset()
    pause_s: float = 1.0
    threads: int = 32
    batch: int = 192
    per_host: int = 6

    def host(self, url: str | None) -> str:
        """Return the host that must be spared, empty where it need not be."""
        try:
            parts = urlsplit(url or "")
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return ""
        return "" if (host, port) in self.exempt else host


@dataclass(frozen=True)
class Target:
    """What a thread needs to know of a source: no database row crosses a thread."""

    source_id: int
    url: str
    etag: str | None
    last_modified: str | None
    kind: SourceKind = SourceKind.FEED


def due_sources(now: datetime) -> sa.Select[Source]:
    """Return the query for sources that should be read now and that no other worker holds.

    A clock that was set back must not silence a source until the old time comes again: what was read "in the future"
    is due, and a lease that ends much later than any lease can is none.
    """
    return (
        sa.select(Source)
        .where(
            Source.is_active,
            Source.url.is_not(None),
            sa.or_(Source.next_fetch_at.is_(None), Source.next_fetch_at <= now, Source.last_fetch_at > now),
            ~is_leased(now),
        )
        .order_by(Source.next_fetch_at.nulls_first(), Source.id)
    )


def is_leased(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a worker holds the source, one whose round began later than ours (``now``) too."""
    return sa.and_(
        Source.lease_until.is_not(None), Source.lease_until > now, Source.lease_until <= now + LEASE + SET_BACK
    )


def lease(
    query: sa.Select[Source], now: datetime, manners: Manners | None = None, but: AbstractSet[int] = frozenset()
) -> list[Target]:
    """Take sources of a query for a while, in a transaction of its own: all, or as many as ``manners`` allows.

    ``but`` are ids that are left alone. Pages are leased in the same turn: neither misses what the other is taking.
    """
    with writing(Turn.STORE):
        if manners is not None:
            query = query.where(Source.id.in_(chosen(query, now, manners, but)))
        # A source that somebody is changing at this moment is passed over, not waited for.
        sources = list(db.session.scalars(query.with_for_update(skip_locked=True)))
        for source in sources:
            source.lease_until = now + LEASE
        return [Target(one.id, one.url or "", one.etag, one.last_modified, one.kind) for one in sources]


def held_hosts(now: datetime, manners: Manners) -> set[str]:
    """Return the hosts that a worker is asking for feeds or pages."""
    asked = {manners.host(url) for url in db.session.scalars(sa.select(Source.url).where(is_leased(now)))}
    until = HostVisit.lease_until
    visited = sa.select(HostVisit.host).where(until > now, until <= now + VISIT + SET_BACK)
    return asked.union(db.session.scalars(visited))


def chosen(query: sa.Select[Source], now: datetime, manners: Manners, but: AbstractSet[int]) -> list[int]:
    """Return the ids of the first sources whose hosts nobody is asking."""
    held = held_hosts(now, manners)
    room = Counter[str]()
    ids: list[int] = []
    for source_id, url in db.session.execute(query.with_only_columns(Source.id, Source.url)):
        host = manners.host(url)
        if source_id in but or (host and (host in held or room[host] >= manners.per_host)):
            continue
        room[host] += 1
        ids.append(source_id)
        if len(ids) == manners.batch:
            break
    return ids
