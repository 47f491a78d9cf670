"""The pipeline: one run from ingest to flag. The stages meet here and in rows.

1. Due sources are leased, fetched (many at once, one host's one by one), parsed, and stored (ingest).
2. Items that the active model has not assessed are assessed in batches, by all workers side by side (flag). Where a
   feed only begins a story that may be about the city, its page is read first (ingest/pages/full_text.py).
3. What is about the city joins the claim it repeats, and what is flagged opens a new one, for the officers' queue: one
   worker at a time, in the order of publication (flag).
4. Pages that claims lead to get snapshots when first seen, and are visited again later (ingest/pages/snapshots.py).

A process stopped anywhere leaves only whole rows, and the next run continues from them.
"""

from __future__ import annotations

import gc
import logging
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from hoax_tracker.check.objections import notify_objectors
from hoax_tracker.check.reports.status_mail import notify_reporters
from hoax_tracker.claims import priority
from hoax_tracker.core import memory
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database import statistics_cache
from hoax_tracker.core.database.transactions import (
    FEWEST_AT_ONCE,
    Turn,
    next_batch,
    read_transaction,
    try_turn,
    write_transaction,
)
from hoax_tracker.core.fetch import Fetcher, Politeness
from hoax_tracker.errors import ModelUnusableError
from hoax_tracker.flag import flagger_month, item_assessment, public_questions, service as flag
from hoax_tracker.flag.claim_grouping import ClaimGrouper, preload_grouping, read_ahead
from hoax_tracker.flag.item_assessment import AssessedBatch
from hoax_tracker.flag.model import model_files, registry
from hoax_tracker.ingest import service as ingest, websub
from hoax_tracker.ingest.pages import full_text, snapshots
from hoax_tracker.ingest.service import IngestOutcome
from hoax_tracker.ingest.sources import listing, statistics
from hoax_tracker.insight.figures import desk_summary
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Item, Report, Source, db
from hoax_tracker.review import public_questions as demand

log = logging.getLogger(__name__)

FLAG_S = 60.0
"""Seconds that a worker assesses at a time: a new model has everything before it, and feeds and letters wait."""
ASSESSED_FIRST = 100
"""Items that are assessed in the first transaction; on SQLite then as many as the machine does in a short one."""
REPORT_PATIENCE_MS = 120_000
"""A report waits that long for its turn. PostgreSQL gives it in the order in which it was asked for."""
READ_BESIDE_OTHERS = 64
"""Sources that a worker leases at once where there may be others: two for each of its threads."""
PAGES_S = 30
"""Seconds after which a run asks for no more pages: what waits is read in the next."""

Progress = Callable[[str, int, int], None]
SourceQuery = Callable[[datetime], sa.Select[Source]]
"""From a moment to the query for the sources that should be read then."""


@dataclass(frozen=True)
class PipelineRun:
    """The result of a run, as ``ingest --json`` prints it."""

    outcome: IngestOutcome
    flagged: int
    seconds: float
    reading_seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the stable interface of ``hoax-tracker ingest --json``."""
        return {
            "sources": self.outcome.sources,
            "entries": self.outcome.entries,
            "new": self.outcome.new,
            "duplicates": self.outcome.duplicates,
            "edited": self.outcome.edited,
            "flagged": self.flagged,
            "failed": [{"source": name, "error": error} for name, error in self.outcome.failed],
            "seconds": round(self.seconds, 3),
            "reading_seconds": round(self.reading_seconds, 3),
        }


def no_progress(_step: str, _done: int, _total: int) -> None:
    """Show nothing."""


def _build_fetcher(settings: Settings) -> Fetcher:
    """Return the guarded client with the settings' allowed addresses."""
    return Fetcher(allow=settings.fetch_allow, timeout_s=30)


def run_due_sources(
    settings: Settings, now: datetime, progress: Progress = no_progress, flag_s: float = math.inf
) -> PipelineRun:
    """Read the due sources and assess new items within that many seconds; the next run does the rest."""
    return run_pipeline(ingest.due_sources, [], settings, now, progress, flag_s)


def run_all_sources(settings: Settings, now: datetime, progress: Progress = no_progress) -> PipelineRun:
    """Read every active source now."""
    active = sa.select(Source).where(Source.is_active, Source.url.is_not(None))
    return run_pipeline(lambda _: active, [], settings, now, progress)


def run_one_source(source: Source, settings: Settings, now: datetime, progress: Progress = no_progress) -> PipelineRun:
    """Read one source now. Raises SiteBusyError at once where its site is being read."""
    started, outcome, manners = perf_counter(), IngestOutcome(), Politeness(settings.fetch_allow)
    targets = ingest.lease_source_now(source.id, now, manners)
    for _ in ingest.ingest_sources(targets, _build_fetcher(settings), now, outcome, manners):
        progress("read", outcome.sources, len(targets))
    return fetch_full_texts(_finish_run(outcome, started, now, progress), settings, now, progress)


def run_from_files(
    paths: Sequence[Path], settings: Settings, now: datetime, progress: Progress = no_progress
) -> PipelineRun:
    """Read feeds from files."""
    return run_pipeline(None, paths, settings, now, progress)


def run_pipeline(
    wanted: SourceQuery | None,
    paths: Sequence[Path],
    settings: Settings,
    now: datetime,
    progress: Progress,
    flag_s: float = math.inf,
) -> PipelineRun:
    """Read the chosen sources and files, then assess new items."""
    started, outcome = perf_counter(), IngestOutcome()
    if wanted is not None:
        read_sources(wanted, settings, now, progress, outcome)
    for number, path in enumerate(paths, 1):
        ingest.read_feed_file(path, now, outcome)
        progress("read", number, len(paths))
    done = _finish_run(outcome, started, now, progress, flag_s)
    return done if wanted is None else fetch_full_texts(done, settings, now, progress)


def fetch_full_texts(done: PipelineRun, settings: Settings, now: datetime, progress: Progress) -> PipelineRun:
    """Read the pages of teasers and assess them; what takes longer is left to the next run.

    Mail, reports and feeds wait meanwhile, and after a change of model there can be thousands of pages.
    """
    started, read, flagged = perf_counter(), 0, done.flagged
    before = done.seconds  # sites are held from the moment when they are asked, not from when the run began
    while (remaining_s := PAGES_S - (perf_counter() - started)) > 0:
        moment = now + timedelta(minutes=int(before + perf_counter() - started) // 60)
        page_count = fetch_story_pages(settings, moment, lambda: progress("page", 0, 0), remaining_s)
        if not page_count:
            break
        read += page_count
        progress("pages", read, read)
        flagged += flag_pending_items(now, progress, PAGES_S - (perf_counter() - started))
    return replace(done, flagged=flagged)


def fetch_story_pages(settings: Settings, now: datetime, alive: Callable[[], None], seconds: float) -> int:
    """Read pages of teasers; return how many items became ready for assessment. The demo's pages do not exist."""
    if settings.demo:
        return 0
    return full_text.fetch_linked_pages(
        Fetcher(settings.fetch_allow, timeout_s=full_text.PAGE_TIMEOUT_S), now, alive, seconds
    )


def _finish_run(
    outcome: IngestOutcome, started: float, now: datetime, progress: Progress, flag_s: float = math.inf
) -> PipelineRun:
    """Assess new items, and return the result of the run."""
    read = perf_counter() - started
    flagged = flag_pending_items(now, progress, flag_s)
    return PipelineRun(outcome, flagged, perf_counter() - started, read)


def read_sources(
    wanted: SourceQuery, settings: Settings, now: datetime, progress: Progress, outcome: IngestOutcome
) -> None:
    """Read the chosen sources in portions that finish before their leases expire."""
    manners, fetcher = _politeness_beside_others(settings), _build_fetcher(settings)
    started, moment, read = perf_counter(), now, set[int]()
    while targets := ingest.lease_sources(wanted(moment), moment, manners, read):
        read |= {target.source_id for target in targets}
        for _ in ingest.ingest_sources(targets, fetcher, moment, outcome, manners):
            progress("read", outcome.sources, len(read))
        minutes = int(perf_counter() - started) // 60
        moment = now + timedelta(minutes=minutes)
    memory.return_freed_memory()


def _politeness_beside_others(settings: Settings) -> Politeness:
    """Return the limits of a worker that reads many sources: on PostgreSQL it leaves some for others to read."""
    manners = Politeness(settings.fetch_allow)
    return replace(manners, batch=READ_BESIDE_OTHERS) if db.engine.dialect.name == "postgresql" else manners


def flag_pending_items(now: datetime, progress: Progress = no_progress, seconds: float = math.inf) -> int:
    """Assess what the active model has not assessed, and group what is about the city; return how many were flagged.

    After ``seconds`` no further batch begins. Workers assess side by side, and one of them groups at a time: whoever
    finds another at it assesses on, and only the last waits. Residents' reports go before each batch.
    """
    flagged = done = newest_report = 0
    end = perf_counter() + seconds
    preload_grouping()
    assess_at_once, group_at_once = min(item_assessment.ASSESSMENT_BATCH, ASSESSED_FIRST), FEWEST_AT_ONCE
    while True:
        is_listed = extend_assessment_queue(now)
        begun, batch = perf_counter(), assess_batch(now, assess_at_once)
        assess_at_once = next_batch(assess_at_once, perf_counter() - begun, item_assessment.ASSESSMENT_BATCH)
        newest_report = _assign_newer_reports(newest_report, now)
        begun, grouped = perf_counter(), group_batch(now, group_at_once, wait=not batch.items)
        group_at_once = next_batch(group_at_once, perf_counter() - begun, flag.GROUPED_AT_ONCE)
        flagged, done = flagged + batch.flagged, done + batch.items
        freeze_loaded_objects()
        progress("flag", done, done)
        if (is_listed and not batch.items and not grouped) or perf_counter() >= end:
            break
    if done:
        memory.return_freed_memory()
    return flagged


def extend_assessment_queue(now: datetime) -> bool:
    """Queue one more slice of what the active model has not assessed; return whether all of it is queued."""
    with read_transaction():
        version = model_files.find_active_version()
        is_listed = version is not None and version.is_listed
        db.session.rollback()
    if is_listed:
        return True
    with write_transaction(Turn.STORE):
        used = registry.require_usable_version(now)
        assessment_queue.extend_queue(used)
        return used.is_listed


def assess_batch(now: datetime, at_once: int) -> AssessedBatch:
    """Assess a batch in a transaction of its own."""
    with write_transaction(None, in_batches=True):
        return item_assessment.assess_next_items(registry.require_usable_version(now), now, at_once)


def group_batch(now: datetime, at_once: int, *, wait: bool) -> int:
    """Group a batch in a transaction of its own; return how many items it had.

    None where another worker groups, unless told to ``wait``: then what comes after that worker's batch is read
    meanwhile.
    """
    with write_transaction(None, in_batches=True):
        if try_turn(Turn.FLAG):
            return flag.group_next_items(ClaimGrouper().begin(now), now, at_once)
    if not wait:
        return 0
    with read_transaction():
        texts = flag.list_ungrouped_texts(after=at_once, limit=at_once)
        db.session.rollback()
    read_ahead(texts)
    with write_transaction(Turn.FLAG, in_batches=True):
        return flag.group_next_items(ClaimGrouper().begin(now), now, at_once)


@cache
def freeze_loaded_objects() -> None:
    """Exempt loaded models from garbage collection, once a process.

    Word lists and models are some hundred thousand permanent objects; walking them again and again costs a twentieth of
    a batch.
    """
    gc.collect()
    gc.freeze()


def assign_report_to_claim(report_id: int, now: datetime) -> None:
    """Assess a resident's report and add it to the claim it joins or opens."""
    preload_grouping()
    with write_transaction(Turn.FLAG, patience_ms=REPORT_PATIENCE_MS):
        report = db.session.get(Report, report_id)
        if report is not None:
            flag.assess_report(report, registry.require_usable_version(now), ClaimGrouper().begin(now), now)


def assign_item_to_claim(item_id: int, now: datetime) -> int:
    """Add a recorded item to the claim it joins or opens, flagged or not; return the claim's id."""
    preload_grouping()
    with write_transaction(Turn.FLAG):
        item = db.session.get_one(Item, item_id)
        return flag.assess_manual_entry(item, registry.require_usable_version(now), ClaimGrouper().begin(now), now).id


def _open_asked_claim(demand_id: int, now: datetime) -> None:
    """Open the claim that an officer requested from residents' questions."""
    with write_transaction(Turn.FLAG):
        version = registry.require_usable_version(now)
        demand.open_asked(
            demand_id, lambda text, since: public_questions.open_claim_from_question(text, since, version, now), now
        )


def assign_waiting_reports(now: datetime) -> int:
    """Assign waiting reports to claims; return how many."""
    return _do_for_each("report", flag.reports_without_claim(), assign_report_to_claim, now)


def _assign_newer_reports(after: int, now: datetime) -> int:
    """Assign the reports stored after that one to claims; return the id of the newest, from which to go on.

    What fails is logged, and left to the reports' own job: items go on meanwhile.
    """
    with read_transaction():
        newest = db.session.scalar(sa.select(sa.func.max(Report.id))) or 0
        db.session.rollback()
    if newest > after:
        with suppress(Exception):
            _do_for_each("report", flag.reports_without_claim(after), assign_report_to_claim, now)
    return newest


def do_what_officers_asked(now: datetime) -> int:
    """Assign recorded items and open requested claims; return how many.

    The web process only stores the requests: loading the model would take seconds there, and much of its memory.
    """
    recorded = _do_for_each("item", flag.recorded_without_claim(), assign_item_to_claim, now)
    return recorded + _do_for_each("demand", demand.asked_for(), _open_asked_claim, now)


def _do_for_each(what: str, waiting: sa.Select[int], do: Callable[[int, datetime], object], now: datetime) -> int:
    """Run an act for each waiting row; return how many there are.

    A failing row does not block the others: it is retried in the next round, and its error is raised at the end.
    """
    failed: Exception | None = None
    ids = db.session.scalars(waiting).all()
    for row_id in ids:
        try:
            do(row_id, now)
        except ModelUnusableError:
            raise
        except Exception as error:
            db.session.rollback()
            log.exception("%s %s is stored but joined no claim yet", what, row_id)
            failed = error
    if failed is not None:
        raise failed
    return len(ids)


def snapshot_pages(settings: Settings, now: datetime, alive: Callable[[], None]) -> int:
    """Take and compare snapshots of pages that claims lead to; return how many were visited (none in the demo)."""
    if settings.demo:
        return 0
    return snapshots.snapshot_due_pages(Fetcher(settings.fetch_allow, timeout_s=snapshots.PAGE_TIMEOUT_S), now, alive)


def renew_subscriptions(settings: Settings, now: datetime) -> int:
    """Subscribe to hubs; return how many. Hubs can deliver only to an instance with a public address."""
    if settings.demo or not settings.secure:
        return 0
    return websub.request_subscriptions(
        Fetcher(settings.fetch_allow, timeout_s=snapshots.PAGE_TIMEOUT_S), settings, now
    )


def notify_reporters_of_progress(settings: Settings, now: datetime) -> int:
    """Queue mail to whose report or objection moved on, whichever stage moved it; return how many letters."""
    return notify_reporters(settings, now) + notify_objectors(settings, now)


def refresh_priorities() -> int:
    """Raise waiting claims that residents asked about since; return how many."""
    counted = 0
    while priority.is_any_priority_outdated():
        with write_transaction(Turn.FLAG):
            counted += priority.refresh_priority_batch()
    return counted


def refresh_cached_figures(settings: Settings, now: datetime) -> int:
    """Recount cached statistics when due; return how many figures were stored."""
    if not statistics_cache.is_recount_due(now):
        return 0
    db.session.rollback()  # counting takes long, and whoever writes would wait
    with read_transaction():
        figures = {
            listing.LISTING_CACHE_KEY: listing.count_items_by_source(),
            statistics.RESULTS_CACHE_KEY: statistics.results_for_cache(now),
            **flagger_month.count_months_for_cache(now),
            desk_summary.CACHE_KEY: desk_summary.count_current_figures(settings, now),
        }
        model = {statistics_cache.MODEL_FIGURE_NAME: statistics_cache.model_in_use()}
    db.session.rollback()
    statistics_cache.save_figures(figures | model, now)
    return len(figures)
