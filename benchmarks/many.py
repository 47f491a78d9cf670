"""A worker with a thousand sources, each 200 ms away: how long a round takes, and how much memory.

First everything is new, then one source in ten has something new and the others answer 304, as on any day.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import IO, Any, cast

from benchmarks.feeds import make_feeds
from benchmarks.instance import temporary_instance
from benchmarks.pipeline import add_sources
from benchmarks.served import serve_feeds

SOURCES, ENTRIES, WAIT_S = 1000, 10, 0.2


def measure_many_sources() -> dict[str, dict[str, float]]:
    """Return seconds and peak MB of a worker's process for both rounds."""
    before = make_feeds(SOURCES, ENTRIES)
    fresh = make_feeds(SOURCES // 10, 1, seed=9)
    after = [
        add_newest_entry(body, fresh[place // 10]) if place % 10 == 0 else body for place, body in enumerate(before)
    ]
    found = {}
    with serve_feeds(before, WAIT_S, after=after) as base:
        address = base.removeprefix("http://")
        with temporary_instance(FETCH_ALLOW=address) as (_app, _folder):
            add_sources(base, SOURCES)
            os.environ["HOAX_TRACKER_FETCH_ALLOW"] = address
            for name in ("all new", "one in ten"):
                found[name] = run_worker_once()
    return found


def add_newest_entry(body: bytes, other: bytes) -> bytes:
    """Return a feed with the entry of another at its head."""
    start, end = other.index(b"<item>"), other.index(b"</item>") + len(b"</item>")
    place = body.index(b"<item>")
    return body[:place] + other[start:end].replace(b"media", b"baru") + body[place:]


def run_worker_once() -> dict[str, float]:
    """Read all sources in a process of its own."""
    command = [sys.executable, "-m", "hoax_tracker", "ingest", "--all", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    with cast(IO[bytes], process.stdout) as pipe:
        run: dict[str, Any] = json.loads(pipe.read())
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if run["failed"] or run["sources"] != SOURCES:
        raise RuntimeError(f"not read as expected: {run['failed'][:3]}")
    cpu = used.ru_utime + used.ru_stime
    return {
        "seconds": run["seconds"],
        "reading_s": run["reading_seconds"],
        "cpu_s": round(cpu, 1),
        "peak_mb": round(used.ru_maxrss / 1024, 1),
        "new": run["new"],
        "known": run["duplicates"],
    }
