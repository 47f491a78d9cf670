"""What further workers are worth, and what waits for what, on PostgreSQL: ``python -m benchmarks scale``.

python -m tests.services python -m benchmarks scale

Feeds are read, assessed and grouped by one worker, then by two, in turns, each time in an instance of its own.
``two_to_one``: entries a second; ``two_to_one_cpu``: entries per processor second of the workers, which tells what
working side by side costs where the database or something else has the same processors. ``waiting``: of the looks at
the database while four work, the share at which one of them waited for a turn (core/database/transactions.py).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from itertools import islice
from time import process_time
from typing import IO, TYPE_CHECKING, cast

import sqlalchemy as sa

from benchmarks.feeds import iterate_feed_texts, make_feeds
from benchmarks.instance import temporary_instance
from benchmarks.jobs import count, measure_jobs
from benchmarks.pipeline import add_sources
from benchmarks.served import serve_feeds

if TYPE_CHECKING:
    from collections.abc import Iterator

FEEDS, ENTRIES, TURNS, MANY = 100, 50, 3, 4
LOOK_EVERY_S, IDLE_S = 0.02, 0.1
OTHER_SEED, OTHER_TEXTS = 8, 1000
WORK = "import benchmarks.scale; benchmarks.scale.work()"
WAITING = (
    "select exists (select from pg_locks where locktype = 'advisory' and not granted"
    " and database = (select oid from pg_database where datname = current_database()))"
)


def measure_scale() -> dict[str, float]:
    """Return what a second worker is worth, how often four wait, and how soon work is taken up."""
    rates: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _turn in range(TURNS):
        for workers, found in rates.items():
            entries, seconds, cpu_s, _waiting = read_feeds(workers)
            found.append((entries / seconds, entries / cpu_s))
    one, two = ([statistics.median(values) for values in zip(*rates[workers], strict=True)] for workers in (1, 2))
    *_, waiting = read_feeds(MANY)
    return {
        "one_entries_per_s": round(one[0], 1),
        "two_entries_per_s": round(two[0], 1),
        "two_to_one": round(two[0] / one[0], 2),
        "two_to_one_cpu": round(two[1] / one[1], 2),
        f"waiting_of_{MANY}": round(waiting, 3),
        **measure_jobs(),
    }


def read_feeds(workers: int) -> tuple[int, float, float, float]:
    """Let workers read all feeds; return entries, seconds, processor seconds, and the share of looks with a wait."""
    bodies = make_feeds(FEEDS, ENTRIES)
    with serve_feeds(bodies) as base, temporary_instance(FETCH_ALLOW=base.removeprefix("http://")):
        add_sources(base, FEEDS)
        with started_workers(workers) as processes, looking_at_locks() as looks:
            begun = time.monotonic()
            for process in processes:
                say(process, "go\n")
            cpu_s = sum(float(hear(process)) for process in processes)
            seconds = time.monotonic() - begun
        entries = count("item")
        left = count("unassessed_item") + count("ungrouped_item") + count("source where last_success_at is null")
    if left or entries < FEEDS * ENTRIES * 0.9:
        raise RuntimeError(f"not read as expected: {entries} entries, {left} left")
    return entries, seconds, cpu_s, statistics.mean(looks)


def work() -> None:
    """Read what is due until nothing is left, as a worker's job does; print the processor seconds."""
    from hoax_tracker import pipeline
    from hoax_tracker.app import create_app
    from hoax_tracker.clock import utc_now

    app = create_app()
    with app.app_context():
        read_as_on_any_day()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        begun = process_time()
        while anything_left():
            done = pipeline.run_due_sources(app.extensions["settings"], utc_now())
            if not done.outcome.sources and not done.flagged:
                time.sleep(IDLE_S)  # another worker reads, or groups, the last ones
        sys.stdout.write(f"{process_time() - begun}\n")


def read_as_on_any_day() -> None:
    """Load the models, and read other texts: a worker knows most words that come."""
    from hoax_tracker import pipeline
    from hoax_tracker.clock import utc_now
    from hoax_tracker.flag.model import model_files, registry
    from hoax_tracker.flag.scoring import score_and_route_texts
    from hoax_tracker.flag.unit_suggestion import UnitRouter

    pipeline.preload_grouping()
    texts = [f"{title}\n{text}" for title, text in islice(iterate_feed_texts(OTHER_SEED), OTHER_TEXTS)]
    bundle = model_files.load_version_bundle(registry.require_usable_version(utc_now()))
    score_and_route_texts(bundle, texts, UnitRouter())
    pipeline.read_ahead(texts)


def anything_left() -> bool:
    """Tell whether items wait to be assessed or grouped, or sources to be read."""
    return bool(count("unassessed_item") or count("ungrouped_item") or count("source where last_success_at is null"))


@contextmanager
def started_workers(how_many: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes that have loaded everything and wait for the word."""
    processes = [
        subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(how_many)
    ]
    try:
        for process in processes:
            hear(process)
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def looking_at_locks() -> Iterator[list[bool]]:
    """Look many times a second whether a transaction waits for a turn; yield what was seen."""
    from hoax_tracker.models import db

    looks, ended, engine = list[bool](), threading.Event(), db.engine

    def look() -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not ended.wait(LOOK_EVERY_S):
                looks.append(bool(connection.scalar(sa.text(WAITING))))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        ended.set()
        thread.join()


def say(process: subprocess.Popen[str], line: str) -> None:
    """Write to a process."""
    cast(IO[str], process.stdin).write(line)
    cast(IO[str], process.stdin).flush()


def hear(process: subprocess.Popen[str]) -> str:
    """Read a line of a process. Raises RuntimeError where it ended."""
    line = cast(IO[str], process.stdout).readline()
    if not line:
        raise RuntimeError("a worker ended early")
    return line
