"""Peak memory of each process of ``hoax-tracker serve`` at work: feeds flagged, questions asked, reports sent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from urllib.parse import quote
from urllib.request import Request, urlopen

import sqlalchemy as sa

from benchmarks.feeds import make_feeds
from benchmarks.instance import temporary_instance
from benchmarks.pipeline import add_sources
from benchmarks.served import serve_feeds
from benchmarks.web import (
    WATER_MESSAGE,
    Line,
    build_request,
    child_process_ids,
    publish_sample,
    resident_mb,
    run_server,
)

FEEDS, ENTRIES, QUESTIONS, REPORTS = 40, 50, 200, 30
LIMIT_S = 300.0


def measure_memory() -> dict[str, float]:
    """Return the peaks in MB: the server's master, its web process, and the worker beside it."""
    bodies = make_feeds(FEEDS, ENTRIES)
    limits = {"LIMIT_FACTOR": "100000"}
    with serve_feeds(bodies) as base, temporary_instance(FETCH_ALLOW=base.removeprefix("http://"), **limits) as made:
        publish_sample()
        add_sources(base, FEEDS)
        with run_server(made[1], ["-m", "hoax_tracker", "serve", "--workers", "1"]) as (web_port, process):
            ask_public_page(web_port, [f"{WATER_MESSAGE} {number}" for number in range(QUESTIONS)])
            send_reports(web_port, [f"{WATER_MESSAGE} kata tetangga nomor {number}" for number in range(REPORTS)])
            entries = wait_until_flagged()
            peaks = {process_metric_name(pid): resident_mb(pid) for pid in child_process_ids(process.pid)}
            peaks["master_mb"] = resident_mb(process.pid)
    return {"entries": entries, "questions": QUESTIONS, "reports": REPORTS, **peaks}


def process_metric_name(pid: int) -> str:
    """Return what a child of the server is."""
    command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    return "worker_mb" if "--end-with-stdin" in command else "web_mb"


def ask_public_page(port: int, messages: Iterable[str]) -> None:
    """Ask the public page about each message."""
    line = Line(port)
    for message in messages:
        line.ask(build_request(f"/cek?q={quote(message)}"))
    line.close()


def send_reports(port: int, messages: Iterable[str]) -> None:
    """Report each message."""
    for message in messages:
        body = json.dumps({"text": message}).encode()
        report = Request(f"http://127.0.0.1:{port}/api/v1/reports", body, {"Content-Type": "application/json"})
        with urlopen(report, timeout=60) as answer:  # noqa: S310 - our own address
            if answer.status != 201:
                raise RuntimeError(f"a report was answered with {answer.status}")


def wait_until_flagged() -> int:
    """Return how many entries there are when all were assessed, and every report given to a claim."""
    from hoax_tracker.core.database.transactions import read_transaction
    from hoax_tracker.flag.service import reports_without_claim
    from hoax_tracker.models import Assessment, Item, Source, db

    end = perf_counter() + LIMIT_S
    while perf_counter() < end:
        with read_transaction():
            unread = sa.select(sa.func.count()).where(Source.last_success_at.is_(None))
            items = db.session.scalar(sa.select(sa.func.count(Item.id))) or 0
            assessed = db.session.scalar(sa.select(sa.func.count(Assessment.item_id))) or 0
            waiting = db.session.scalars(reports_without_claim()).first()
            done = not db.session.scalar(unread) and items and assessed >= items and waiting is None
            db.session.rollback()
        if done:
            return int(items)
        time.sleep(0.2)
    raise RuntimeError("the worker did not finish")
