"""The schedule of readings: when a source is read next, by which worker, and when it pauses.

- New entries bring the wait back to the interval that an administrator chose; readings without any stretch it, to four
  times that.
- ``Cache-Control: max-age`` and ``Retry-After`` of the server are respected, up to a day.
- Failures lengthen the wait each time, up to a day. After two weeks of them, or where the server says that the feed is
  gone for good (410), the source pauses automatically and administrators are told. A page that no longer holds what it
  held before has a message of its own.
- Every wait is stretched by up to a tenth, at random: otherwise sources that were added together would always be read
  together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import ceil
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.core.fetch import Politeness, SiteBusyError
from hoax_tracker.core.fetch.site_locks import SOURCE_LEASE, is_source_leased, locked_hosts
from hoax_tracker.ingest.parsers.entry import FeedError
from hoax_tracker.models import NoticeKind, Source, SourceKind, db
from hoax_tracker.notifications import notices


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


LONGEST_READ_WAIT = timedelta(hours=24)
STRETCH_FACTOR = 1.25
MAX_STRETCH_FACTOR = 4
JITTER = 0.1
FAILURES_BEFORE_PAUSE = 20
"""With the waits of ``wait_after_failure`` about two weeks at thirty minutes."""

_MAX_AGE = re.compile(r"(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,10}")


def next_pace_minutes(interval_minutes: int, pace_minutes: int | None, *, brought: bool) -> int:
    """Return the wait in minutes after a successful reading; ``brought``: it found something new."""
    if brought or pace_minutes is None:
        return interval_minutes
    slowest = max(
        interval_minutes, min(interval_minutes * MAX_STRETCH_FACTOR, int(LONGEST_READ_WAIT.total_seconds() // 60))
    )
    return min(slowest, ceil(max(pace_minutes, interval_minutes) * STRETCH_FACTOR))


def wait_after_success(pace_minutes: int, headers: Mapping[str, str], now: datetime, chance: float) -> timedelta:
    """Return the wait after a success; ``headers`` have names in lower case, ``chance`` is in 0..1."""
    wait = timedelta(minutes=pace_minutes) * (1 + JITTER * chance)
    return max(wait, server_requested_wait(headers, now))


def wait_after_failure(
    interval_minutes: int, failures: int, headers: Mapping[str, str], now: datetime, chance: float
) -> timedelta:
    """Return the wait after that many failures in a row."""
    wait = timedelta(minutes=interval_minutes << min(failures, 10)) * (1 + JITTER * chance)
    return min(LONGEST_READ_WAIT, max(wait, server_requested_wait(headers, now)))


def server_requested_wait(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return the wait that the server asks for, at most a day; zero where it asks for none."""
    asked = [_read_retry_after(headers.get("retry-after", ""), now)]
    control = headers.get("cache-control", "").lower()
    if "no-cache" not in control and "no-store" not in control:
        asked += [timedelta(seconds=int(seconds)) for seconds in _MAX_AGE.findall(control)]
    return min(LONGEST_READ_WAIT, max(asked))


def _read_retry_after(value: str, now: datetime) -> timedelta:
    """Return the wait in a Retry-After header, in seconds or as a date; zero where it is in the past."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(timedelta(0), moment - now)
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)


if TYPE_CHECKING:
    from hoax_tracker.ingest.service import SourceReading

RECENT_SUCCESS = timedelta(days=2)
"""Every source that can be read is read within a day."""


def counts_towards_pause(source: Source, now: datetime) -> bool:
    """Tell whether one more failure counts towards the automatic pause of a source.

    It does not where no other source was read lately: the fault is then likely ours, for example a machine without
    network. When the network is back, each source has half of its tries left.
    """
    if source.failures < FAILURES_BEFORE_PAUSE // 2:
        return True
    others = sa.select(Source.id).where(Source.is_active, Source.url.is_not(None), Source.id != source.id).limit(1)
    is_alone = db.session.scalar(others) is None
    return is_alone or db.session.scalar(others.where(Source.last_success_at > now - RECENT_SUCCESS)) is not None


def pause_failing_source(source: Source, reading: SourceReading, now: datetime) -> None:
    """Stop reading a source and tell the administrators why, in the current transaction. Its items stay."""
    with force_locale("id"):
        reason = (
            _("Situsnya menyatakan sumber ini sudah tidak ada lagi.")
            if reading.is_gone
            else _("Gagal dibaca %(count)s kali berturut-turut.", count=source.failures)
        )
    source.is_active, source.paused_at, source.paused_because = False, now, reason
    administrators, words = notices.list_administrators(), f"{source.name}: {reason}"
    notices.notify_officers(administrators, NoticeKind.SOURCE_PAUSED, now, source_id=source.id, text=words)
    detail = {"name": source.name, "failures": source.failures, "gone": reading.is_gone}
    audit_log.record_event("source_paused", f"source:{source.id}", officer=None, now=now, detail=detail)


_KINDS_READ_FROM_PAGES = (SourceKind.CLAIM_REVIEW, SourceKind.TELEGRAM)


def describe_layout_change(target: LeasedSource, error: FeedError) -> str:
    """Describe what a page shows in place of what was read there before, or "" where there is no such page.

    A page that has always named its feed may name another one.
    """
    held_entries = target.kind in _KINDS_READ_FROM_PAGES
    if not (target.was_read and error.found and (held_entries or not error.links)):
        return ""
    words = _("Tata letaknya berubah: dulu terbaca sebagai %(kind)s, kini %(found)s.")
    change = words % {"kind": target.kind.label, "found": error.found}
    link = error.links[0] if error.links else ""
    return " ".join(filter(None, (change, link and _("Yang dibaca kini feed yang disebutnya: %(link)s", link=link))))
