"""What stands in the queue of the worker's jobs on PostgreSQL: waiting, running and failed, by kind of work.

On SQLite nothing is queued: what failed in the last round stands with the worker's heartbeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.models import db

JOB_COUNTS = sa.text("""
    select task_name as name,
        count(*) filter (where status = 'todo' and attempts = 0) as waiting,
        count(*) filter (where status = 'doing') as running,
        count(*) filter (where status = 'failed' or (status = 'todo' and attempts > 0)) as failed,
        coalesce(max(attempts) filter (where status in ('todo', 'failed')), 0) as tries,
        coalesce(max(args ->> 'fault') filter (where status in ('todo', 'failed')), '') as fault,
        min((select min(at) from procrastinate_events where job_id = job.id)) as oldest_at,
        min(scheduled_at) filter (where status = 'todo' and attempts > 0) as next_try_at
    from procrastinate_jobs as job
    where status in ('todo', 'doing', 'failed')
    group by task_name order by task_name
""")
WAITING_LONG = sa.text("""
    select distinct task_name from procrastinate_jobs as job
    where status = 'todo' and attempts = 0
    and (select min(at) from procrastinate_events where job_id = job.id) < now() - make_interval(mins => :minutes)
    order by task_name
""")
RETRY_FAILED = sa.text("""
    select procrastinate_retry_job_v2(id, now(), null, null, null) from procrastinate_jobs
    where status = 'failed' and task_name = coalesce(:name, task_name)
""")
RETRY_PAUSED = sa.text("""
    update procrastinate_jobs set scheduled_at = now()
    where status = 'todo' and attempts > 0 and task_name = coalesce(:name, task_name) returning id
""")


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
    return [JobCounts(**row) for row in db.session.execute(JOB_COUNTS).mappings()] if has_job_queue() else []


def list_long_waiting_work(minutes: int) -> list[str]:
    """Return the kinds of work of which a job that was never tried waits longer than that; none on SQLite."""
    return list(db.session.scalars(WAITING_LONG, {"minutes": minutes})) if has_job_queue() else []


def retry_failed_jobs(name: str | None = None) -> int:
    """Let failed jobs run now, of one kind or of all, in the current transaction; return how many."""
    paused = db.session.execute(RETRY_PAUSED, {"name": name}).all()  # before the others pause, too
    return len(paused) + len(db.session.execute(RETRY_FAILED, {"name": name}).all())
