"""How long a resident waits for the answer to a message of 60 words: ``python -m benchmarks answers``.

The whole way of the box: the form is posted to a server with one worker that is held to one core, with 10,000
clarifications published and 12,000 claims known. Each message is another one, so nothing is answered from what is kept.
``clock`` is what the client waits; ``cpu`` is what the worker computes for it, which other work of the machine does not
lengthen. p95 is to stay under 80 ms. ``answers_few``: the same with a fifth of the rows.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.index import make_messages, write_index_files
from benchmarks.instance import temporary_instance
from benchmarks.seed import seed_instance
from benchmarks.web import Line, build_request, child_process_ids, run_server, wait_for_index
from hoax_tracker.match_index import INDEX_FOLDER, current_match_index
from hoax_tracker.models import db

CLARIFICATIONS, CLAIMS = 10_000, 12_000
WARM_UP_MESSAGES = 20
AIM_MS = 80


def measure_answer_times(clarifications: int = CLARIFICATIONS, claims: int = CLAIMS) -> dict[str, float]:
    """Return the milliseconds, median, mean and p95, of messages that came one after the other."""
    with (
        temporary_instance(LIMIT_FACTOR="100000") as (app, folder),
        app.app_context(),
    ):
        seed_instance(items=2 * claims, claims=claims, clarifications=clarifications)
        count = write_index_files(folder / INDEX_FOLDER)
        current_match_index().keep()
        db.session.remove()
        with run_server(folder, ["-m", "hoax_tracker", "serve", "--workers", "1", "--no-worker"]) as (port, process):
            wait_for_index(folder)
            worker = max(child_process_ids(process.pid), key=computed_ms)  # not the master, which answers nothing
            for thread in Path(f"/proc/{worker}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {0})
            times = np.array([time_one_answer(port, worker, text) for text in make_messages()][WARM_UP_MESSAGES:])
    figures = dict(zip(("clock", "cpu"), times.T, strict=True))
    found = {f"{name}_{at}_ms": time_percentile(one, at) for name, one in figures.items() for at in ("median", "p95")}
    found["cpu_mean_ms"] = round(float(figures["cpu"].mean()), 1)
    return {"clarifications": count, "messages": len(times)} | found | {"aim_p95_ms": AIM_MS}


def measure_few_pages() -> dict[str, float]:
    """Return the same with a fifth of the rows, to compare two programs within minutes."""
    return measure_answer_times(CLARIFICATIONS // 5, CLAIMS // 5)


def time_percentile(times: np.ndarray[tuple[int], np.dtype[np.float64]], at: str) -> float:
    """Return the median, or what 95 of 100 stay under."""
    return round(float(np.percentile(times, {"median": 50, "p95": 95}[at])), 1)


def time_one_answer(port: int, worker: int, text: str) -> tuple[float, float]:
    """Post a message; return milliseconds by the clock and of the worker."""
    line, request = Line(port), build_request("/cek", form=text)
    begun, before = time.perf_counter(), computed_ms(worker)
    line.ask(request)
    taken, computed = (time.perf_counter() - begun) * 1000, computed_ms(worker) - before
    line.close()
    return taken, computed


def computed_ms(pid: int) -> float:
    """Return the milliseconds that a process has computed (Linux: the clock of another process, as its C library)."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e6
