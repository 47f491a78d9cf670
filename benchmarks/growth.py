"""What one more item costs with 10,000 and with 1,000,000 items stored: read, stored, assessed, given to a claim."""

from __future__ import annotations

from statistics import median
from time import process_time
from typing import Any

import sqlalchemy as sa

from benchmarks.feeds import make_feeds
from benchmarks.instance import temporary_instance
from benchmarks.pipeline import add_sources
from benchmarks.seed import seed_instance
from benchmarks.served import serve_feeds

ITEM_COUNTS = (10_000, 1_000_000)
FEEDS, ENTRIES, ROUNDS = 10, 50, 5


def measure_growth() -> dict[str, Any]:
    """Return milliseconds of processor time an item at both sizes, the middle of some rounds, and the ratio.

    One item in ten is a claim's and one in a hundred has a clarification, as in benchmarks/seed.py. ``index_ms``: what
    the worker does about the files of the match index after each round; they are written before the first.
    """
    found = {count: measure_at_size(count) for count in ITEM_COUNTS}
    few, many = (found[count] for count in ITEM_COUNTS)
    ratio = {name: round(many[name] / few[name], 2) for name in few}
    return {**{str(count): values for count, values in found.items()}, "ratio": ratio}


def measure_at_size(count: int) -> dict[str, float]:
    """Return the cost with so many items stored, the first round left out: it loads models and opens the index."""
    from hoax_tracker.match_index import current_match_index

    bodies = make_feeds(FEEDS * (ROUNDS + 1), ENTRIES)
    with serve_feeds(bodies) as base, temporary_instance(FETCH_ALLOW=base.removeprefix("http://")) as (app, _folder):
        seed_instance(count, count // 10, count // 100)
        current_match_index().keep(after=0)
        rounds = [measure_round(app.extensions["settings"], base, number) for number in range(ROUNDS + 1)]
    return {name: round(median(one[name] for one in rounds[1:]), 3) for name in rounds[0]}


def measure_round(settings: Any, base: str, number: int) -> dict[str, float]:
    """Read some new feeds; return milliseconds of processor time an item."""
    from hoax_tracker import pipeline
    from hoax_tracker.clock import utc_now
    from hoax_tracker.ingest import service
    from hoax_tracker.match_index import current_match_index
    from hoax_tracker.models import Source

    add_sources(base, FEEDS, first=number * FEEDS)
    outcome, now = service.IngestOutcome(), utc_now()
    own = sa.select(Source).where(Source.url.startswith(base), Source.last_fetch_at.is_(None))
    started = process_time()
    pipeline.read_sources(lambda _: own, settings, now, pipeline.no_progress, outcome)
    stored = process_time()
    pipeline.flag_pending_items(now)
    flagged = process_time()
    current_match_index().keep()
    ended = process_time()
    return {
        "store_ms": 1000 * (stored - started) / outcome.new,
        "flag_ms": 1000 * (flagged - stored) / outcome.new,
        "index_ms": 1000 * (ended - flagged) / outcome.new,
        "all_ms": 1000 * (ended - started) / outcome.new,
    }
