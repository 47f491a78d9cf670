"""What a search of ``/v1alpha1/claims:search`` costs at 10,000 clarifications: ``python -m benchmarks searches``.

The way of ``benchmarks.answers``: a server with one worker, asked one search after the other over the network. Searches
are as programs send them: a claim of a dozen words, a headline of five, two words; each another one, ten results each.
``cpu`` is what the worker computes, ``clock`` what the client waits. p95 of ``cpu`` is to stay under 80 ms.
"""

from __future__ import annotations

import time
from urllib.parse import urlencode

import numpy as np

from benchmarks.answers import AIM_MS, CLAIMS, CLARIFICATIONS, WARM_UP_MESSAGES, computed_ms, time_percentile
from benchmarks.index import make_messages, write_index_files
from benchmarks.instance import temporary_instance
from benchmarks.seed import seed_instance
from benchmarks.web import Line, build_request, child_process_ids, run_server, wait_for_index
from hoax_tracker.match_index import INDEX_FOLDER, current_match_index
from hoax_tracker.models import db

SEARCH_LENGTHS = (12, 5, 2)


def measure_searches() -> dict[str, float]:
    """Return the milliseconds, median and p95, of searches that came one after the other."""
    with temporary_instance(LIMIT_FACTOR="100000") as (app, folder), app.app_context():
        seed_instance(items=20_000, claims=CLAIMS, clarifications=CLARIFICATIONS)
        count = write_index_files(folder / INDEX_FOLDER)
        current_match_index().keep()
        db.session.remove()
        with run_server(folder, ["-m", "hoax_tracker", "serve", "--workers", "1", "--no-worker"]) as (port, process):
            wait_for_index(folder)
            worker = max(child_process_ids(process.pid), key=computed_ms)
            times = np.array([time_one_search(port, worker, words) for words in make_searches()][WARM_UP_MESSAGES:])
    figures = dict(zip(("clock", "cpu"), times.T, strict=True))
    milliseconds = {
        f"{name}_{rank}_ms": time_percentile(of_name, rank)
        for name, of_name in figures.items()
        for rank in ("median", "p95")
    }
    return {"clarifications": count, "searches": len(times)} | milliseconds | {"aim_p95_ms": AIM_MS}


def make_searches() -> list[str]:
    """Return searches of several lengths, cut from messages."""
    return [
        " ".join(text.split()[: SEARCH_LENGTHS[place % len(SEARCH_LENGTHS)]])
        for place, text in enumerate(make_messages())
    ]


def time_one_search(port: int, worker: int, words: str) -> tuple[float, float]:
    """Search once; return milliseconds by the clock and of the worker."""
    line, request = Line(port), build_request(f"/v1alpha1/claims:search?{urlencode({'query': words})}")
    begun, before = time.perf_counter(), computed_ms(worker)
    line.ask(request)
    waited, computed = (time.perf_counter() - begun) * 1000, computed_ms(worker) - before
    line.close()
    return waited, computed
