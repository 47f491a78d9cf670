"""Reading due sources: leased, fetched, parsed, stored, and rescheduled together with the last stored entries.

Due sources are a query on rows, so a stopped process loses nothing: its lease expires and another takes over.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait as wait_for
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.authority import proposals
from hoax_tracker.core.database.fault_messages import database_error_class
from hoax_tracker.core.database.transactions import next_batch, read_transaction as reading_only, write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchResponse, HttpStatusError, Politeness
from hoax_tracker.core.fetch.site_locks import SOURCE_LEASE
from hoax_tracker.errors import HoaxTrackerError, NotFoundError, ReadOnlyError, StorageFullError
from hoax_tracker.ingest.parsers import FEED_SIZE_LIMIT_BYTES, Feed, FeedError, feed_too_large_error, parse_feed
from hoax_tracker.ingest.parsers.entry import URL_LIMIT
from hoax_tracker.ingest.sources import schedule
from hoax_tracker.ingest.sources.fact_checkers import SOURCES
from hoax_tracker.ingest.sources.schedule import (
    LeasedSource,
    describe_layout_change,
    due_sources,
    lease_source_now,
    lease_sources,
)
from hoax_tracker.ingest.spreadsheets.whatsapp import is_chat_file
from hoax_tracker.ingest.storage.deduplication import sha256_hex
from hoax_tracker.ingest.storage.revisions import note_source_unchanged
from hoax_tracker.ingest.storage.store import STORED_AT_ONCE, Batch, StoredBatch
from hoax_tracker.ingest.websub import READ_INTERVAL_WITH_HUB, is_hub_sending, update_hub_subscription
from hoax_tracker.items.claim_text import record_changed_fact_checks
from hoax_tracker.models import Item, Source, SourceKind, db

log = logging.getLogger(__name__)

PROBLEMS_KEPT = 20
PARSED_AT_ONCE = 2
"""Feeds that threads parse at once. More would be parsed no sooner, because parsing takes turns with the interpreter's
lock, and each takes many times its size meanwhile."""
_PARSING = threading.BoundedSemaphore(PARSED_AT_ONCE)
READ_AT_ONCE_S = 15.0
"""Seconds for each answer while a person waits: a page and the feed that it names fit into what a proxy waits."""
__all__ = [
    "READ_AT_ONCE_S",
    "SOURCE_LEASE",
    "IngestOutcome",
    "LeasedSource",
    "Politeness",
    "SourceReading",
    "due_sources",
    "ingest_sources",
    "lease_source_now",
    "lease_sources",
    "read_at_once",
]


@dataclass(frozen=True)
class SourceReading:
    """The result of reading one source: a feed, "not modified" (both None), or an error message.

    ``headers`` are the response's, names in lower case; ``is_gone``: the server says that the source is gone for good.
    """

    source_id: int
    feed: Feed | None = None
    fetched: FetchResponse | None = None
    error: str | None = None
    found_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_gone: bool = False


@dataclass
class IngestOutcome:
    """The result of a run; ``failed`` holds (source name, error message)."""

    sources: int = 0
    entries: int = 0
    new: int = 0
    duplicates: int = 0
    edited: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, reading: SourceReading, stored: StoredBatch) -> None:
        """Add the result of one source."""
        self.sources += 1
        self.entries += len(reading.feed.entries) if reading.feed else 0
        self.new += len(stored.new)
        self.duplicates += stored.duplicates
        self.edited += stored.edited
        if reading.error:
            self.failed.append((name, reading.error))


def _read_sources_in_parallel(
    targets: Sequence[LeasedSource], fetcher: Fetcher, now: datetime, manners: Politeness
) -> Iterator[SourceReading]:
    """Fetch and parse sources in parallel, those of one host one by one; yield each result when ready.

    Few results are ahead of the consumer, so that unstored ones stay small.
    """
    waiting = list(_group_by_host(targets, manners))[::-1]
    if not waiting:
        return
    with ThreadPoolExecutor(min(manners.threads, len(waiting))) as pool:
        running: set[Future[list[SourceReading]]] = set()
        while waiting or running:
            while waiting and len(running) < 2 * manners.threads:
                # Each in a context of its own, so that its lines in the log carry the id of what asked for it.
                running.add(pool.submit(copy_context().run, _read_host_sources, waiting.pop(), fetcher, now, manners))
            done, running = wait_for(running, return_when=FIRST_COMPLETED)
            for chain in done:
                yield from chain.result()


def _group_by_host(targets: Sequence[LeasedSource], manners: Politeness) -> Iterator[list[LeasedSource]]:
    groups: dict[str, list[LeasedSource]] = {}
    for target in targets:
        host = manners.host(target.url)
        if host:
            groups.setdefault(host, []).append(target)
        else:
            yield [target]
    yield from groups.values()


def _read_host_sources(
    targets: Sequence[LeasedSource], fetcher: Fetcher, now: datetime, manners: Politeness
) -> list[SourceReading]:
    """Read the sources of one host with pauses in between."""
    readings = []
    for place, target in enumerate(targets):
        if place:
            manners.pause(target.url)
        readings.append(_fetch_and_parse_source(target, fetcher, now, manners))
    return readings


def _fetch_and_parse_source(
    target: LeasedSource, fetcher: Fetcher, now: datetime, manners: Politeness
) -> SourceReading:
    """Fetch and parse one source. Any failure becomes an error message: one bad feed never stops the others."""
    try:
        fetched = fetcher.get(target.url, etag=target.etag, last_modified=target.last_modified)
        if fetched.not_modified:
            moved = fetched.permanent_url
            return SourceReading(target.source_id, fetched=fetched, found_url=moved, headers=fetched.headers)
        return _parse_fetched_source(target, fetched, fetcher, now, manners)
    except HttpStatusError as error:
        gone = error.http_status == HTTPStatus.GONE
        return SourceReading(
            target.source_id, error=_describe_reading_error(error), headers=error.headers, is_gone=gone
        )
    except HoaxTrackerError as error:
        return SourceReading(target.source_id, error=_describe_reading_error(error))
    except Exception as error:
        log.exception("source %s could not be read", target.source_id)
        return SourceReading(target.source_id, error=f"{type(error).__name__}: {error}")


def _describe_reading_error(error: HoaxTrackerError) -> str:
    """Return the error message for the source's page, with the technical detail."""
    return f"{error.user_message} ({error})"


def _parse_in_turn(fetched: FetchResponse, now: datetime) -> Feed:
    """Parse a response once few others are being parsed. Raises FeedError."""
    with _PARSING:
        return parse_feed(fetched.body, fetched.url, fetched.content_type, now=now)


def _parse_fetched_source(
    target: LeasedSource, fetched: FetchResponse, fetcher: Fetcher, now: datetime, manners: Politeness
) -> SourceReading:
    """Parse a response; for a web page that names its feed, read that and remember its address."""
    found_url, changed = fetched.permanent_url, ""
    try:
        feed = _parse_in_turn(fetched, now)
    except FeedError as error:
        changed = describe_layout_change(target, error)
        if not error.links:
            message = f"{changed} {error.user_message}".strip()
            raise FeedError(error.url, error.reason, user_message=message) from error
        feed_url = error.links[0]
        if manners.host(feed_url) == manners.host(target.url):
            manners.pause(feed_url)
        fetched = fetcher.get(feed_url)
        feed = _parse_in_turn(fetched, now)
        if changed:
            feed = replace(feed, problems=(changed, *feed.problems))
            fetched = replace(fetched, etag=None, last_modified=None)  # they are the feed's, the page is asked again
        else:
            found_url = feed_url
    bare = replace(fetched, body=b"")  # what was parsed need not be held until it is stored
    return SourceReading(target.source_id, feed, bare, None, found_url, fetched.headers)


def store_reading(reading: SourceReading, now: datetime, outcome: IngestOutcome) -> None:
    """Store a reading, some entries a transaction, and reschedule the source with the last of them.

    If the process stops in between, the source counts as unread, and the next reading finds the rest new.
    """
    batch, stored, at_once = None, StoredBatch((), 0), STORED_AT_ONCE
    while batch is None or not batch.is_stored:
        with write_transaction(None, in_batches=True):
            source = db.session.get(Source, reading.source_id)
            if source is None:
                return
            _propose_review_kind(source, reading, now)
            batch = batch or Batch(source.id, reading.feed.entries if reading.feed else (), now)
            begun = perf_counter()  # the lock is ours
            part = batch.store(at_once)
            stored += part
            if source.is_fact_checker and (part.new or part.edited):
                record_changed_fact_checks(source, sa.or_(Item.fetched_at == now, Item.edited_at == now))
            if batch.is_stored:
                record_progress(source, reading, stored, now)
            name = source.name
        at_once = next_batch(at_once, perf_counter() - begun, STORED_AT_ONCE)
    outcome.add(name, reading, stored)  # only now it is stored: a full disk shows at the end of the transaction


def _propose_review_kind(source: Source, reading: SourceReading, now: datetime) -> None:
    """Propose a source that brings reviews when it is first read as a fact-checker's, in the current transaction.

    Later it would be a feed that frees itself from being looked at. Until a second person confirms it, its entries are
    read as any other's: whoever adds a feed does not put its words beside the city's.
    """
    is_plain = source.kind in (SourceKind.FEED, SourceKind.FILE) and source.last_success_at is None
    if not (is_plain and reading.feed is not None and reading.feed.kind is SourceKind.CLAIM_REVIEW):
        return
    before, subject = SOURCES.read_values(source), SOURCES.subject(source.id)
    if proposals.find_open(SOURCES.name, subject) is None:
        values = before | {"is_fact_checker": True}
        proposals.propose(SOURCES.name, subject, values, by=None, now=now, before=before, waiting=None)


def _store_reading_or_error(reading: SourceReading, now: datetime, outcome: IngestOutcome) -> None:
    """Store a reading, or the error that prevented it: one source never stops the others."""
    try:
        store_reading(reading, now, outcome)
    except Exception as error:  # of whatever kind
        db.session.rollback()
        log.exception("source %s could not be stored", reading.source_id)
        words = [
            _storage_error_message(error),
            _("Isinya belum dapat disimpan. Tidak ada yang hilang: dibaca lagi nanti."),
        ]
        message = f"{' '.join(filter(None, words))} (could not be stored: {type(error).__name__})"
        failed = SourceReading(reading.source_id, error=message)
        try:
            store_reading(failed, now, outcome)
        except Exception:  # as on a disk that stays full: the lease runs out, and the source is read again
            log.exception("source %s could not be told so", reading.source_id)
            with reading_only():
                name = db.session.scalar(sa.select(Source.name).where(Source.id == reading.source_id))
                db.session.rollback()
            outcome.add(name or "", failed, StoredBatch((), 0))


def _storage_error_message(error: Exception) -> str:
    """Return the message for a storage fault an administrator can mend; "" for any other."""
    kind = database_error_class(error)
    if kind is StorageFullError:
        return str(_("Ruang penyimpanan server penuh."))
    return str(_("Server ini sedang hanya dapat dibaca.")) if kind is ReadOnlyError else ""


def record_progress(source: Source, reading: SourceReading, stored: StoredBatch, now: datetime) -> None:
    """Record the outcome of a reading and the next due time (ingest/sources/schedule.py)."""
    # What is looked up comes first: each look-up would write what was changed of the source until then.
    if not reading.error:
        if reading.feed is None:
            note_source_unchanged(source.id, now)
        elif source.url is not None:
            update_hub_subscription(source, reading.feed, reading.headers.get("link", ""), now)
    sent = not reading.error and is_hub_sending(source.id, now)
    counts = bool(reading.error) and schedule.counts_towards_pause(source, now)
    source.last_fetch_at, source.lease_until = now, None
    chance = random.random()  # noqa: S311 - spreads readings, keeps no secret
    if reading.error:
        source.failures += 1 if counts else 0
        source.last_error = reading.error
        wait = schedule.wait_after_failure(source.interval_minutes, source.failures, reading.headers, now, chance)
        too_often = counts and source.failures >= schedule.FAILURES_BEFORE_PAUSE
        if source.is_active and (reading.is_gone or too_often):
            schedule.pause_failing_source(source, reading, now)
    else:
        source.failures, source.last_error, source.last_success_at = 0, None, now
        if reading.feed is not None:
            source.problems = list(reading.feed.problems[:PROBLEMS_KEPT])
        _update_address_and_validators(source, reading)
        brought = bool(stored.new or stored.edited)
        source.pace_minutes = schedule.next_pace_minutes(source.interval_minutes, source.pace_minutes, brought=brought)
        wait = schedule.wait_after_success(source.pace_minutes, reading.headers, now, chance)
        if sent:
            wait = max(wait, READ_INTERVAL_WITH_HUB)
    source.next_fetch_at = now + wait


def _update_address_and_validators(source: Source, reading: SourceReading) -> None:
    """Store validators for the next conditional request, and a permanent new address unless another source has it.

    A permanent redirect counts the second time: sites under repair send many by mistake.
    """
    if reading.fetched is not None and not reading.fetched.not_modified:
        source.etag, source.last_modified = reading.fetched.etag, reading.fetched.last_modified
    moved = reading.fetched.permanent_url if reading.fetched else None
    new_url = reading.found_url if len(reading.found_url or "") <= URL_LIMIT else None  # a longer one cannot be kept
    if moved and moved == new_url and source.moving_to != moved:
        source.moving_to = moved
        return
    source.moving_to = None
    if new_url and new_url != source.url:
        other_id = db.session.scalar(sa.select(Source.id).where(Source.url == new_url))
        if other_id is None:
            source.home_url, source.url = source.home_url or source.url, new_url


def require_source_by_name(name: str) -> Source:
    """Return the source with that name. Raises NotFoundError."""
    source = db.session.scalar(sa.select(Source).where(Source.name == name))
    if source is None:
        raise NotFoundError(f"no source named {name!r}")
    return source


def ensure_source_at_url(url: str, now: datetime) -> Source:
    """Return the source with that address, adding it unscheduled in the current transaction."""
    source = db.session.scalar(sa.select(Source).where(Source.url == url))
    if source is None:
        source = Source(name=url[:200], url=url, kind=SourceKind.FEED, is_active=False, created_at=now)
        db.session.add(source)
        db.session.flush()
    return source


def _file_source_name(path: Path) -> str:
    """Return the source name of a file: its whole path, because equal names in other folders are other feeds."""
    whole = _storable_file_name(str(path.resolve()))
    return f"file:{whole}" if len(whole) <= 195 else f"file:{sha256_hex(whole)[:20]}…{whole[-170:]}"


def _storable_file_name(name: str) -> str:
    """Return a file name, in any encoding, as text that a database accepts."""
    return name.encode("utf-8", "backslashreplace").decode()


def read_feed_file(path: Path, now: datetime, outcome: IngestOutcome) -> None:
    """Read a feed file into a source of its own. A chat is refused before its name, often a person's, is stored."""
    if is_chat_file(path):
        command = "hoax-tracker source posts FILE --name NAME"
        message = _(
            "Itu obrolan WhatsApp atau arsip. Impor di halaman Sumber, atau dengan: %(command)s", command=command
        )
        outcome.failed.append(("WhatsApp", str(message)))
        return
    name = _file_source_name(path)
    with write_transaction():
        source = db.session.scalar(sa.select(Source).where(Source.name == name))
        if source is None:  # files of one name were not told apart once
            older = f"file:{_storable_file_name(path.name)}"[:200]
            source = db.session.scalar(sa.select(Source).where(Source.name == older, Source.kind == SourceKind.FILE))
        if source is not None:
            source.name = name
        else:
            source = Source(name=name, kind=SourceKind.FILE, is_active=False, created_at=now)
            db.session.add(source)
            db.session.flush()
        source_id = source.id
    _store_reading_or_error(_parse_feed_file(path, source_id, now), now, outcome)


def _parse_feed_file(path: Path, source_id: int, now: datetime) -> SourceReading:
    """Return the content of a file. Any failure becomes an error message: one bad file never stops the others."""
    try:
        if path.stat().st_size > FEED_SIZE_LIMIT_BYTES:  # it is not read into memory first
            raise feed_too_large_error("")
        return SourceReading(source_id, parse_feed(path.read_bytes(), "", None, now=now))
    except FeedError as error:
        return SourceReading(source_id, error=_describe_reading_error(error))
    except OSError as error:
        return SourceReading(source_id, error=str(error))
    except Exception as error:
        log.exception("file %s could not be read", path.name)
        return SourceReading(source_id, error=f"{type(error).__name__}: {error}")


def ingest_sources(
    targets: Sequence[LeasedSource],
    fetcher: Fetcher,
    now: datetime,
    outcome: IngestOutcome,
    manners: Politeness | None = None,
) -> Iterator[IngestOutcome]:
    """Read leased sources and store each as it is ready; yield the outcome so far after every source."""
    for reading in _read_sources_in_parallel(targets, fetcher, now, manners or Politeness(fetcher.allow)):
        _store_reading_or_error(reading, now, outcome)
        yield outcome


def read_at_once(source_id: int, allow: frozenset[tuple[str, int]], now: datetime) -> IngestOutcome:
    """Read one source while an officer waits; the worker assesses new items in its next round.

    Raises SiteBusyError at once where another request to the source's site is under way.
    """
    outcome, manners = IngestOutcome(), Politeness(allow)
    targets = lease_source_now(source_id, now, manners)
    for _done in ingest_sources(targets, Fetcher(allow=allow, timeout_s=READ_AT_ONCE_S), now, outcome, manners):
        pass
    return outcome
