"""Entries a second of processor time from a server to flagged rows, beside feedparser and the ``reader`` library.

All three get the same feeds. ``reader`` (``pip install reader``) fetches, parses and stores, as our first part
does; the relevant entries are then linked, assessed and grouped, which it does not.
"""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from time import process_time

import feedparser

from benchmarks.feeds import make_feeds
from benchmarks.instance import temporary_instance
from benchmarks.served import serve_feeds

FEEDS, ENTRIES, WARM_UP_FEEDS = 100, 50, 2


def measure_pipeline() -> dict[str, float]:
    """Return entries a second of each in processor time, and the ratios.

    What stands beside runs before and after; the faster counts.
    """
    bodies, warm = make_feeds(FEEDS, ENTRIES), make_feeds(WARM_UP_FEEDS, ENTRIES, seed=8)
    with serve_feeds(bodies) as base, serve_feeds(warm) as other:
        beside = [measure_others(bodies, base)]
        ours = measure_our_pipeline(base, other)
        beside.append(measure_others(bodies, base))
    best = {name: max(one[name] for one in beside) for name in beside[0]}
    found = {name: round(value, 1) for name, value in (ours | best).items()}
    rates = {name.removesuffix("_entries_per_s"): rate for name, rate in best.items()}
    ratios = {f"to_{name}": round(ours["pipeline_entries_per_s"] / rate, 3) for name, rate in rates.items()}
    ratios |= {f"stored_to_{name}": round(ours["stored_entries_per_s"] / rate, 3) for name, rate in rates.items()}
    return found | ratios


def measure_our_pipeline(base: str, other: str) -> dict[str, float]:
    """Read feeds as a worker does, models and imports loaded by some feeds before; then once more, unchanged."""
    from hoax_tracker import pipeline
    from hoax_tracker.clock import utc_now
    from hoax_tracker.ingest import service

    allow = ",".join(address.removeprefix("http://") for address in (base, other))
    with temporary_instance(FETCH_ALLOW=allow) as (app, _folder):
        settings = app.extensions["settings"]
        add_sources(other, WARM_UP_FEEDS)
        pipeline.run_due_sources(settings, utc_now())
        add_sources(base, FEEDS)
        outcome, started = service.IngestOutcome(), process_time()
        pipeline.read_sources(service.due_sources, settings, utc_now(), pipeline.no_progress, outcome)
        stored = process_time() - started
        flagged = pipeline.flag_pending_items(utc_now())
        seconds, spent = process_time() - started, process_time()
        again = pipeline.run_all_sources(settings, utc_now())
        spent = process_time() - spent
    if outcome.failed or again.outcome.failed or again.outcome.entries or outcome.new < FEEDS * ENTRIES * 0.9:
        raise RuntimeError(f"not read as expected: {outcome}, {again}")
    return {
        "pipeline_entries_per_s": outcome.entries / seconds,
        "stored_entries_per_s": outcome.entries / stored,
        "entries": outcome.entries,
        "flagged": flagged,
        "unchanged_cpu_ms_per_feed": 1000 * spent / again.outcome.sources,
    }


def add_sources(base: str, count: int, first: int = 0) -> None:
    """Make the feeds of a server sources that are due."""
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.models import Source, db

    with write_transaction():
        for number in range(first, first + count):
            db.session.add(Source(name=f"{base}/{number}", url=f"{base}/{number}", created_at=utc_now()))


def measure_others(bodies: list[bytes], base: str) -> dict[str, float]:
    """Return entries a second of feedparser alone, at its defaults and without sanitising, and of reader."""
    found = {
        "feedparser_entries_per_s": measure_feedparser(bodies),
        "feedparser_bare_entries_per_s": measure_feedparser(bodies, sanitize_html=False, resolve_relative_uris=False),
    }
    if importlib.util.find_spec("reader"):
        found["reader_entries_per_s"] = measure_reader(base)
    return found


def measure_feedparser(bodies: list[bytes], **options: bool) -> float:
    """Return entries a second of feedparser alone."""
    started = process_time()
    count = sum(len(feedparser.parse(body, **options).entries) for body in bodies)
    return count / (process_time() - started)


def measure_reader(base: str) -> float:
    """Return entries a second of ``reader.update_feeds``."""
    from reader import make_reader

    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(str(Path(folder, "reader.sqlite")))
        for number in range(FEEDS):
            reader.add_feed(f"{base}/{number}")
        started = process_time()
        reader.update_feeds()
        seconds = process_time() - started
        count = reader.get_entry_counts().total
        reader.close()
    return (count or 0) / seconds
