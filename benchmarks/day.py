"""Resident memory of the web process and the worker through the work of a day, hour by hour, without its pauses.

``python -m benchmarks day``: each hour brings twelve feeds of fifty new entries, 120 questions, each another one, and
ten reports; 14,400 entries a day are several times what a city's sources bring. Lists are in MB, after each hour;
``grown``: the mean of the last six hours to that of six to twelve.
"""

from __future__ import annotations

from itertools import islice
from statistics import mean

from benchmarks.feeds import iterate_feed_texts, make_feeds
from benchmarks.instance import temporary_instance
from benchmarks.memory import ask_public_page, process_metric_name, send_reports, wait_until_flagged
from benchmarks.pipeline import add_sources
from benchmarks.served import serve_feeds
from benchmarks.web import child_process_ids, publish_sample, resident_mb, run_server

HOURS, FEEDS, ENTRIES, REPORTS = 24, 12, 50, 10
QUESTIONS = 120


def measure_day() -> dict[str, float | list[float]]:
    """Return how many entries were read, and the memory of each process after each hour."""
    bodies = make_feeds(HOURS * FEEDS, ENTRIES, seed=24)
    texts = iterate_feed_texts(seed=25, words=40)
    memory: dict[str, list[float]] = {"web_mb": [], "worker_mb": []}
    limits = {"LIMIT_FACTOR": "100000"}
    with serve_feeds(bodies) as base, temporary_instance(FETCH_ALLOW=base.removeprefix("http://"), **limits) as made:
        publish_sample()
        with run_server(made[1], ["-m", "hoax_tracker", "serve", "--workers", "1"]) as (web_port, process):
            for hour in range(HOURS):
                add_sources(base, FEEDS, first=hour * FEEDS)
                ask_public_page(web_port, [text for _title, text in islice(texts, QUESTIONS)])
                send_reports(web_port, [text for _title, text in islice(texts, REPORTS)])
                entries = wait_until_flagged()
                for pid in child_process_ids(process.pid):
                    memory[process_metric_name(pid)].append(resident_mb(pid, now=True))
    grown = {f"{name}_grown": round(mean(rows[-6:]) / mean(rows[6:12]), 3) for name, rows in memory.items()}
    return {"entries": entries} | memory | grown
