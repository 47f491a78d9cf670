"""What stands in the queue of the worker's jobs on PostgreSQL: waiting, running and failed, by kind of work.

On SQLite nothing is queued: what failed in the last round stands with the worker's heartbeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hoax_tracker.core.database import job_wakeups
from hoax_tracker.models import db


@dataclass(frozen=True)
class JobCounts:
    """The jobs of one kind of work, by its name in ``worker/jobs.py``.

    A failed one pauses until ``next_try_at``, or waits for somebody to retry it. ``fault`` is the error's type.
    """

    name: str
    waiting: int
    running: int
    failed: int
    tries: int
    fault: str
    oldest_at: datetime | None
    next_try_at: datetime | None


def has_job_queue() -> bool:
    """Tell whether the worker's jobs stand in a queue: on PostgreSQL."""
    return db.engine.dialect.name == "postgresql"


def list_job_counts() -> list[JobCounts]:
    """Return the kinds of work of which a job waits, runs or failed; none on SQLite."""
    return (
        [JobCounts(**row) for row in db.session.execute(job_wakeups.JOB_COUNTS).mappings()] if has_job_queue() else []
    )


def list_long_waiting_work(minutes: int) -> list[str]:
    """Return the kinds of work of which a job that was never tried waits longer than that; none on SQLite."""
    return list(db.session.scalars(job_wakeups.WAITING_LONG, {"minutes": minutes})) if has_job_queue() else []


def retry_failed_jobs(name: str | None = None) -> int:
    """Let failed jobs run now, of one kind or of all, in the current transaction; return how many."""
    paused = db.session.execute(job_wakeups.RETRY_PAUSED, {"name": name}).all()  # before the others pause, too
    return len(paused) + len(db.session.execute(job_wakeups.RETRY_FAILED, {"name": name}).all())
