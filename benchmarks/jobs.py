"""The worker's jobs on PostgreSQL: how soon a report is in a claim, and how soon a killed worker's job is taken up.

python -m tests.services python -m benchmarks jobs
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from benchmarks.instance import temporary_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apiflask import APIFlask

REPORTS, KILLS = 20, 2
WORDS = (
    "air PDAM Kota Kupang beracun",
    "bantuan sosial dibagi di kantor wali kota",
    "sekolah libur 14 hari karena wabah",
)


def measure_jobs() -> dict[str, float]:
    """Return seconds from a report to its claim, and from a worker's kill until another has its job."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with temporary_instance(FETCH_ALLOW=address) as (app, _folder):
            with running_worker():
                waits = [time_report(app, number) for number in range(REPORTS)]
            kills = [time_takeover(silent, number) for number in range(KILLS)]
    return {
        "report_to_claim_median_s": round(statistics.median(waits), 2),
        "report_to_claim_longest_s": round(max(waits), 2),
        "killed_workers_job_taken_up_median_s": round(statistics.median(kills), 1),
        "killed_workers_job_taken_up_longest_s": round(max(kills), 1),
    }


@contextmanager
def running_worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker that has begun to look for jobs."""
    newest = rows("select coalesce(max(id), 0) from procrastinate_workers")[0][0]
    process = subprocess.Popen([sys.executable, "-m", "hoax_tracker", "worker"], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: count(f"procrastinate_workers where id > {newest}"))
        yield process
    finally:
        process.terminate()
        process.wait()


def time_report(app: APIFlask, number: int) -> float:
    """Store a report and return the seconds until it is in a claim."""
    from hoax_tracker.check.reports.submission import submit_report
    from hoax_tracker.clock import utc_now

    before, settings = count("claim_appearance"), app.extensions["settings"]
    began = time.monotonic()
    text = f"Beredar kabar {WORDS[number % len(WORDS)]}, nomor {number}"
    submit_report(text, None, None, None, False, utc_now(), settings)
    wait_for(lambda: count("claim_appearance") > before)
    return time.monotonic() - began


def time_takeover(silent: socket.socket, number: int) -> float:
    """Kill a worker that reads a feed; return the seconds until the other one has its job."""
    reading = "procrastinate_jobs where task_name = 'sources' and status = 'doing'"
    with running_worker() as first:
        add_source(f"http://127.0.0.1:{silent.getsockname()[1]}/{number}")
        kept_open, _address = silent.accept()
        [(job_id, holder)] = rows(f"select id, worker_id from {reading}")[:1]  # noqa: S608 - our own words
        with running_worker(), kept_open:
            first.kill()
            began = time.monotonic()
            wait_for(lambda: not count(f"procrastinate_jobs where id = {job_id} and worker_id = {holder}"))
            return time.monotonic() - began


def add_source(url: str) -> None:
    """Add a source that is due, and is the only one."""
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.models import Source, db

    with write_transaction():
        db.session.execute(sa.update(Source).values(is_active=False))
        db.session.add(Source(name=url, url=url, created_at=utc_now()))


def count(rows_of: str) -> int:
    """Return the number of rows of a table, with its conditions."""
    return int(rows(f"select count(*) from {rows_of}")[0][0])  # noqa: S608 - our own words


def rows(query: str) -> list[Any]:
    """Return the rows of a query as they are now."""
    from hoax_tracker.models import db

    with db.engine.connect() as connection:
        return list(connection.execute(sa.text(query)))


def wait_for(condition: Any) -> None:
    """Wait until the condition holds."""
    while not condition():
        time.sleep(0.05)
