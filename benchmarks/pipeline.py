"""Entries a second from feed bytes to stored and flagged rows, beside ``feedparser.parse`` alone on the same bytes."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import feedparser

from benchmarks.feeds import make_feeds
from benchmarks.instance import instance

FEEDS, ENTRIES = 40, 50


def measure() -> dict[str, float]:
    """Return entries a second of both, and the ratio; parsing runs before and after, the faster run counts."""
    from hoax_tracker import pipeline
    from hoax_tracker.clock import utc_now

    bodies = make_feeds(FEEDS, ENTRIES)
    before = parse_alone(bodies)
    with instance() as (app, folder):
        paths = write(bodies, folder)
        pipeline.run_files(paths[:1], app.extensions["settings"], utc_now())  # models and imports are loaded
        started = perf_counter()
        run = pipeline.run_files(paths[1:], app.extensions["settings"], utc_now())
        seconds = perf_counter() - started
    alone = max(before, parse_alone(bodies))
    rate = run.outcome.new / seconds
    return {
        "pipeline_entries_per_s": round(rate, 1),
        "feedparser_entries_per_s": round(alone, 1),
        "ratio": round(rate / alone, 3),
        "entries": run.outcome.new,
        "flagged": run.flagged,
    }


def parse_alone(bodies: list[bytes]) -> float:
    """Return entries a second of feedparser alone, at its defaults."""
    started = perf_counter()
    count = sum(len(feedparser.parse(body).entries) for body in bodies)
    return count / (perf_counter() - started)


def write(bodies: list[bytes], folder: Path) -> list[Path]:
    """Write the feeds as files."""
    paths = [folder / f"feed-{number}.xml" for number in range(len(bodies))]
    for path, body in zip(paths, bodies, strict=True):
        path.write_bytes(body)
    return paths
