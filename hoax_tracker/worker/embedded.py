"""The embedded runner: wake up, run the jobs that are due one after the other, sleep. No work is kept in a queue.

It runs all jobs where the database is SQLite. On PostgreSQL each worker runs with it what every host does for itself;
the rest is run by ``job_queue.py``. A killed worker loses nothing: the next one reads the same rows. SIGTERM and SIGINT
let it finish what it is at.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import perf_counter

from flask import Flask, current_app

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.schema_version import is_outgrown
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.structured_logging import bind_request_id, log_fields, new_request_id
from hoax_tracker.models import db
from hoax_tracker.operations.health_checks import Heartbeat
from hoax_tracker.worker.jobs import JOBS, ROUND, Job, SignOfLife, StoppedEarlyError

log = logging.getLogger(__name__)

ROUND_PAUSE_S = ROUND.total_seconds()
PROMPT_PAUSE_S = 0.5
"""Between two looks at what people wait for in a conversation: one query on an index."""
ROUND_JOBS = tuple(job for job in JOBS if job.every == ROUND)
WHOLE_ROUND = "the round"


def run_worker(
    settings: Settings, stop: threading.Event, pause_s: float = ROUND_PAUSE_S, jobs: Sequence[Job] = JOBS
) -> None:
    """Work until ``stop`` is set. A failed round is logged, and the next one starts as usual.

    It sets ``stop`` itself where a newer program has changed the tables so that this one cannot go on.
    """
    done_at: dict[str, datetime] = {}
    heart = Heartbeat()
    while not stop.is_set():
        now = utc_now()
        with bind_request_id(new_request_id()):
            try:
                if _must_stop_for_newer_program():
                    stop.set()
                    break
                heart.beat()
                due = _list_due_jobs(jobs, done_at, now)
                failed = run_round(settings, now, heart, stop, due)
                done_at |= {job.name: now for job in due if job.name not in failed or not job.is_retried}
                heart.round_ended(failed)
            except StoppedEarlyError:
                break
            except Exception:
                log.exception("a round of the worker failed", extra=log_fields(next_in_s=pause_s))
                db.session.rollback()
                _write_heartbeat_safely(lambda: heart.round_ended([WHOLE_ROUND]))
            finally:
                db.session.remove()
        stop.wait(pause_s)
    _write_heartbeat_safely(heart.end)


def run_whole_worker(settings: Settings, stop: threading.Event) -> None:
    """Work until ``stop`` is set, beside a thread for what people wait for as in a conversation."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    prompt = threading.Thread(target=run_prompt_jobs, args=(app, settings, stop))
    prompt.start()
    try:
        run_worker(settings, stop)
    finally:
        stop.set()
        prompt.join()


def run_prompt_jobs(app: Flask, settings: Settings, stop: threading.Event, pause_s: float = PROMPT_PAUSE_S) -> None:
    """Run the prompt jobs again and again until ``stop`` is set. What fails is logged, and tried again."""
    jobs = [job for job in JOBS if job.is_prompt]
    with app.app_context():
        while not stop.is_set():
            failed: list[str] = []
            for job in jobs:
                with bind_request_id(new_request_id()), _isolated_job(job.name, failed):
                    job.run(settings, utc_now(), SignOfLife(lambda: None, stop))
            db.session.remove()
            stop.wait(ROUND_PAUSE_S if failed else pause_s)


def _must_stop_for_newer_program() -> bool:
    """Tell whether a newer program has migrated the database so that this one cannot go on; the log says it."""
    with read_transaction():
        if not is_outgrown():
            return False
    log.error("stopped: a newer program migrated the database, and this one cannot work beside it: install that one")
    return True


def _list_due_jobs(jobs: Sequence[Job], done_at: Mapping[str, datetime], now: datetime) -> list[Job]:
    """Return the jobs that are due: those of every round, and rarer ones. A clock set back puts none off."""
    return [
        job
        for job in jobs
        if job.every <= ROUND or (done := done_at.get(job.name)) is None or abs(now - done) >= job.every
    ]


def _write_heartbeat_safely(write: Callable[[], None]) -> None:
    """Write a heartbeat. A database that cannot be written must not change how the worker ends."""
    try:
        write()
    except Exception:
        log.exception("the worker's sign of life could not be written")


def run_round(
    settings: Settings, now: datetime, heart: Heartbeat, stop: threading.Event, jobs: Sequence[Job] = ROUND_JOBS
) -> list[str]:
    """Run the jobs, and return the names of those that failed.

    Each is isolated from the others: a failure is logged, counts as a failed round on the system's page, and is tried
    again in the next round. When told to stop, the round stops between two batches of flagging or of pages, where all
    rows are consistent.
    """
    failed: list[str] = []
    began, alive = perf_counter(), SignOfLife(heart.beat, stop)
    for job in jobs:
        with _isolated_job(job.name, failed):
            # To the minute: a site is held from the time it is asked, and a round may be long.
            job.run(settings, now + timedelta(minutes=int(perf_counter() - began) // 60), alive)
    return failed


@contextmanager
def _isolated_job(name: str, failed: list[str]) -> Iterator[None]:
    """Let the rest of a round continue where one job fails."""
    try:
        yield
    except StoppedEarlyError:
        raise
    except Exception:
        log.exception("work that failed is left for the next round", extra=log_fields(work=name))
        db.session.rollback()
        failed.append(name)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, so that running work finishes. A second signal kills it."""
    stop = threading.Event()

    def set_aside(*_: object) -> None:
        """Set the event in a separate thread.

        The signal may have come in the middle of our own ``stop.wait``.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=stop.set).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_aside)
    return stop
