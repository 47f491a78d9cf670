"""Who reads what: a worker takes sources for a while, and what it does not bring back is taken by the next one.

No two sources of one host are given out at once beyond one worker's turn, so a site sees one request of ours at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.database.transactions import Turn, writing
from hoax_tracker.core.fetch import Manners, SiteBusy
from hoax_tracker.core.fetch.site_locks import LEASE, held_hosts, is_leased
from hoax_tracker.models import Source, SourceKind, db


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


def lease_one(source_id: int, now: datetime, manners: Manners) -> list[Target]:
    """Take one source that a person wants read now.

    Raises SiteBusy where its site is being asked for anything. A source that is read on schedule is due then, so that
    what the person wanted is done as soon as the site is free.
    """
    taken = lease(sa.select(Source).where(Source.id == source_id, ~is_leased(now)), now, manners)
    if taken:
        return taken
    with writing(Turn.STORE):
        source = db.session.get_one(Source, source_id)
        words = _("Situs sumber ini sedang dibaca. Coba lagi sebentar lagi.")
        if source.is_active:
            source.next_fetch_at = now
            words = _("Situs sumber ini sedang dibaca. Sumber ini dibaca segera sesudahnya, tanpa perlu ditekan lagi.")
        url = source.url or ""
    raise SiteBusy(url, "being asked already", user_message=words)


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
