"""Leases on sources: a worker leases sources for a while, and another worker takes them once a lease expires.

Sources of one host are not leased to two workers at once, so a site gets only one of our requests at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.core.fetch import Politeness, SiteBusyError
from hoax_tracker.core.fetch.site_locks import SOURCE_LEASE, is_source_leased, locked_hosts
from hoax_tracker.models import Source, SourceKind, db


@dataclass(frozen=True)
class LeasedSource:
    """The values of a source that a reading thread needs: no database row crosses a thread.

    ``was_read`` means that the source was read successfully since its last edit. A page in place of its entries then
    means that the page changed.
    """

    source_id: int
    url: str
    etag: str | None
    last_modified: str | None
    kind: SourceKind = SourceKind.FEED
    was_read: bool = False


def due_sources(now: datetime) -> sa.Select[Source]:
    """Return the query for sources that should be read now and that no other worker has leased.

    A clock that was set back must not silence a source until the old time comes again. Therefore a source that was read
    "in the future" is due, and a lease that ends later than any lease can is ignored.
    """
    return (
        sa.select(Source)
        .where(
            Source.is_active,
            Source.url.is_not(None),
            sa.or_(Source.next_fetch_at.is_(None), Source.next_fetch_at <= now, Source.last_fetch_at > now),
            ~is_source_leased(now),
        )
        .order_by(Source.next_fetch_at.nulls_first(), Source.id)
    )


def lease_sources(
    query: sa.Select[Source], now: datetime, manners: Politeness | None = None, but: AbstractSet[int] = frozenset()
) -> list[LeasedSource]:
    """Lease the sources of a query in a separate transaction: all, or as many as ``manners`` allows.

    Sources with ids in ``but`` are left alone. Pages are leased in the same turn, so that each lease sees the others.
    """
    with write_transaction(Turn.STORE):
        if manners is not None:
            query = query.where(Source.id.in_(_choose_source_ids(query, now, manners, but)))
        # A source that somebody is changing at this moment is passed over, not waited for.
        sources = list(db.session.scalars(query.with_for_update(skip_locked=True)))
        for source in sources:
            source.lease_until = now + SOURCE_LEASE
        return [_describe_lease(source) for source in sources]


def _describe_lease(source: Source) -> LeasedSource:
    """Return the values of a source that a reading thread needs."""
    read_at, edited_at = source.last_success_at, source.edited_at
    was_read = read_at is not None and (edited_at is None or edited_at < read_at)
    return LeasedSource(source.id, source.url or "", source.etag, source.last_modified, source.kind, was_read)


def lease_source_now(source_id: int, now: datetime, manners: Politeness) -> list[LeasedSource]:
    """Lease one source that a person wants to have read now.

    Raises SiteBusyError where its site is already being asked. A source that is read on schedule then becomes due, so
    that it is read as soon as the site is free.
    """
    leased = lease_sources(sa.select(Source).where(Source.id == source_id, ~is_source_leased(now)), now, manners)
    if leased:
        return leased
    with write_transaction(Turn.STORE):
        source = db.session.get_one(Source, source_id)
        words = _("Situs sumber ini sedang dibaca. Coba lagi sebentar lagi.")
        if source.is_active:
            source.next_fetch_at = now
            words = _("Situs sumber ini sedang dibaca. Sumber ini dibaca segera sesudahnya, tanpa perlu ditekan lagi.")
        url = source.url or ""
    raise SiteBusyError(url, "being asked already", user_message=words)


def _choose_source_ids(
    query: sa.Select[Source], now: datetime, manners: Politeness, but: AbstractSet[int]
) -> list[int]:
    """Return the ids of the first sources whose hosts are not being asked."""
    locked = locked_hosts(now, manners)
    room = Counter[str]()
    ids: list[int] = []
    for source_id, url in db.session.execute(query.with_only_columns(Source.id, Source.url)):
        host = manners.host(url)
        if source_id in but or (host and (host in locked or room[host] >= manners.per_host)):
            continue
        room[host] += 1
        ids.append(source_id)
        if len(ids) == manners.batch:
            break
    return ids
