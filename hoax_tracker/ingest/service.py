"""Sources are read when they are due: leased, fetched, parsed, and stored together with the source's progress.

What is due is a query on rows, so a stopped process loses nothing: its lease runs out and the next one takes over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from hoax_tracker.database import Turn, writing
from hoax_tracker.errors import HoaxTrackerError, NotFound
from hoax_tracker.fetch import Fetched, Fetcher
from hoax_tracker.ingest.feeds import Feed, FeedError, parse
from hoax_tracker.ingest.store import Stored, store_entries
from hoax_tracker.models import Source, SourceKind, db

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
THREADS = 16
PROBLEMS_KEPT = 20
SLOWEST_RETRY = timedelta(hours=24)


@dataclass(frozen=True)
class Reading:
    """What reading one source brought: a feed, "not changed" (both None), or an error in words."""

    source_id: int
    feed: Feed | None = None
    fetched: Fetched | None = None
    error: str | None = None
    found_url: str | None = None


@dataclass(frozen=True)
class Target:
    """What a thread needs to know of a source: no database row crosses a thread."""

    source_id: int
    url: str
    etag: str | None
    last_modified: str | None


@dataclass
class Outcome:
    """What a run did; ``failed`` holds (source name, error in words)."""

    sources: int = 0
    entries: int = 0
    new: int = 0
    duplicates: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def add(self, source: Source, reading: Reading, stored: Stored) -> None:
        """Count one source."""
        self.sources += 1
        self.entries += len(reading.feed.entries) if reading.feed else 0
        self.new += len(stored.new)
        self.duplicates += stored.duplicates
        if reading.error:
            self.failed.append((source.name, reading.error))


def due_sources(now: datetime) -> sa.Select[Source]:
    """Return the query for sources that should be read now and that no other worker holds.

    A clock that was set back must not silence a source until the old time comes again: what was read "in the future"
    is due, and a lease that ends later than any lease can is none.
    """
    return (
        sa.select(Source)
        .where(
            Source.is_active,
            Source.url.is_not(None),
            sa.or_(Source.next_fetch_at.is_(None), Source.next_fetch_at <= now, Source.last_fetch_at > now),
            sa.or_(Source.lease_until.is_(None), Source.lease_until <= now, Source.lease_until > now + LEASE),
        )
        .order_by(Source.next_fetch_at.nulls_first(), Source.id)
    )


def lease(query: sa.Select[Source], now: datetime) -> list[Target]:
    """Take the sources of a query for a while, in a transaction of its own."""
    with writing(None):
        # Another worker's choice is passed over, not waited for.
        sources = list(db.session.scalars(query.with_for_update(skip_locked=True)))
        for source in sources:
            source.lease_until = now + LEASE
        return [Target(one.id, one.url or "", one.etag, one.last_modified) for one in sources]


def read_all(targets: Sequence[Target], fetcher: Fetcher, now: datetime) -> Iterator[Reading]:
    """Fetch and parse many sources at once; yield each as it is done."""
    if not targets:
        return
    with ThreadPoolExecutor(min(THREADS, len(targets))) as pool:
        # Each in a context of its own, so that its lines in the log carry the id of what asked for it.
        contexts = [copy_context() for _ in targets]
        yield from pool.map(lambda context, target: context.run(read, target, fetcher, now), contexts, targets)


def read(target: Target, fetcher: Fetcher, now: datetime) -> Reading:
    """Fetch and parse one source. Any failure becomes an error in words: one bad feed never stops the others."""
    try:
        fetched = fetcher.get(target.url, etag=target.etag, last_modified=target.last_modified)
        if fetched.not_modified:
            return Reading(target.source_id, fetched=fetched)
        return parsed(target, fetched, fetcher, now)
    except HoaxTrackerError as error:
        return Reading(target.source_id, error=in_words(error))
    except Exception as error:
        log.exception("source %s could not be read", target.source_id)
        return Reading(target.source_id, error=f"{type(error).__name__}: {error}")


def in_words(error: HoaxTrackerError) -> str:
    """Return what went wrong for the officer who looks after the source, with the detail for whoever mends it."""
    return f"{error.user_message} ({error})"


def parsed(target: Target, fetched: Fetched, fetcher: Fetcher, now: datetime) -> Reading:
    """Parse what was fetched; where it is a web page that names its feed, read that instead and remember it."""
    try:
        feed = parse(fetched.body, fetched.url, fetched.content_type, now=now)
        return Reading(target.source_id, feed, fetched, found_url=fetched.permanent_url)
    except FeedError as error:
        if not error.links:
            raise
        found = error.links[0]
    fetched = fetcher.get(found)
    return Reading(
        target.source_id, parse(fetched.body, fetched.url, fetched.content_type, now=now), fetched, None, found
    )


def store(reading: Reading, now: datetime, outcome: Outcome) -> None:
    """Store what a reading brought and move the source on, in one transaction."""
    with writing(Turn.STORE):
        source = db.session.get(Source, reading.source_id)
        if source is None:
            return
        stored = store_entries(source, reading.feed.entries, now) if reading.feed else Stored((), 0)
        move_on(source, reading, now)
        outcome.add(source, reading, stored)


def move_on(source: Source, reading: Reading, now: datetime) -> None:
    """Note how the reading went and when the next one is due; failures wait longer each time, up to a day."""
    source.last_fetch_at, source.lease_until = now, None
    wait = timedelta(minutes=source.interval_minutes)
    if reading.error:
        source.failures += 1
        source.last_error = reading.error
        wait = min(SLOWEST_RETRY, wait * 2 ** min(source.failures, 10))
    else:
        source.failures, source.last_error, source.last_success_at = 0, None, now
        if reading.feed is not None:
            source.problems = list(reading.feed.problems[:PROBLEMS_KEPT])
        remember_address(source, reading)
    source.next_fetch_at = now + wait


def remember_address(source: Source, reading: Reading) -> None:
    """Keep validators for the next conditional request, and a permanent new address unless another source has it."""
    if reading.fetched is not None and not reading.fetched.not_modified:
        source.etag, source.last_modified = reading.fetched.etag, reading.fetched.last_modified
    if reading.found_url and reading.found_url != source.url:
        taken = db.session.scalar(sa.select(Source.id).where(Source.url == reading.found_url))
        if taken is None:
            source.home_url, source.url = source.home_url or source.url, reading.found_url


def source_named(name: str) -> Source:
    """Return the source with that name. Raises NotFound."""
    source = db.session.scalar(sa.select(Source).where(Source.name == name))
    if source is None:
        raise NotFound(f"no source named {name!r}")
    return source


def source_at(url: str, now: datetime) -> Source:
    """Return the source with that address, added (not scheduled) where it is new, in the current transaction."""
    source = db.session.scalar(sa.select(Source).where(Source.url == url))
    if source is None:
        source = Source(name=url[:200], url=url, kind=SourceKind.FEED, is_active=False, created_at=now)
        db.session.add(source)
        db.session.flush()
    return source


def read_file(path: Path, now: datetime, outcome: Outcome) -> None:
    """Read a feed from a file into a source of its own, named after the file."""
    name = f"file:{path.name}"
    with writing():
        source = db.session.scalar(sa.select(Source).where(Source.name == name))
        if source is None:
            source = Source(name=name, kind=SourceKind.FILE, is_active=False, created_at=now)
            db.session.add(source)
            db.session.flush()
        source_id = source.id
    try:
        feed = parse(path.read_bytes(), "", None, now=now)
        reading = Reading(source_id, feed)
    except FeedError as error:
        reading = Reading(source_id, error=in_words(error))
    except OSError as error:
        reading = Reading(source_id, error=str(error))
    store(reading, now, outcome)


def ingest(targets: Sequence[Target], fetcher: Fetcher, now: datetime, outcome: Outcome) -> Iterator[Outcome]:
    """Read leased sources and store each as it is done; yields the outcome so far after every source."""
    for reading in read_all(targets, fetcher, now):
        try:
            store(reading, now, outcome)
        except sa.exc.SQLAlchemyError as error:
            log.exception("source %s could not be stored", reading.source_id)
            store(Reading(reading.source_id, error=f"could not be stored: {type(error).__name__}"), now, outcome)
        yield outcome
