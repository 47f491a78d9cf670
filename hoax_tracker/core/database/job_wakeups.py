"""Wake a job of the worker in the transaction of the row that asks for it, so that nobody waits for the next round.

On PostgreSQL the wake-up is a job of Procrastinate, stored with the row and gone with it on a rollback; committing it
notifies the workers. On SQLite the embedded runner looks at the rows in its next round. A lost wake-up costs that
delay, never work: what rows say is due stays the truth.

Here stands all that the program asks of Procrastinate's tables by itself, each with what its interface lacks. The
tables and functions are those of its version 3.10, which a migration made: a newer one needs a migration of its own.
"""

from __future__ import annotations

import enum

import sqlalchemy as sa

from hoax_tracker.models import db

PEOPLE_QUEUE, PEOPLE_PRIORITY = "people", 10
# To store a job on a connection of ours is possible, but not to ask whether this very transaction stored one.
DEFER = sa.text(
    "select procrastinate_defer_jobs_v1(array("
    " select row(cast(:queue as text), name, :priority, name, null, '{}'::jsonb, null)::procrastinate_job_to_defer_v1"
    " from unnest(cast(:names as text[])) as woken (name)"
    " where not exists (select 1 from procrastinate_jobs"
    "  where task_name = woken.name and status = 'todo' and xmin = pg_current_xact_id()::xid)))"
)
# A lock on the queue refuses a second job, with an error that ends the transaction; this leaves out what is there.
STORE_DUE_JOBS = sa.text(
    "select procrastinate_defer_jobs_v1(array("
    " select row(due.queue, due.name, due.priority, due.lock, null, '{}'::jsonb, null)::procrastinate_job_to_defer_v1"
    " from unnest(cast(:queues as text[]), cast(:names as text[]), cast(:priorities as int[]), cast(:locks as text[]))"
    " as due (queue, name, priority, lock)"
    " where not exists (select 1 from procrastinate_jobs where task_name = due.name and status = 'todo')))"
)
# Jobs are deleted one by one, by their ids, or by age whatever they are: not all of one kind of work.
_OF_WORK = "delete from procrastinate_jobs where task_name = :name"
TAKE_ALONG = sa.text(f"{_OF_WORK} and status = 'todo' and attempts = 0 and id <> :id")
TAKE_TICKS_ALONG = sa.text(
    f"{_OF_WORK} and status in ('todo', 'failed') and id <> :id and cast(args ->> 'every' as float) = :every"
)
FORGET_FAILURES = sa.text(f"{_OF_WORK} and status = 'failed'")
FORGET_REMOVED_WORK = sa.text(
    "delete from procrastinate_jobs where status = 'failed' and task_name <> all(cast(:names as text[]))"
)
# A job cannot say why it failed, nor can what it was stored with be changed.
RECORD_FAULT = sa.text(
    "update procrastinate_jobs set args = args || jsonb_build_object('fault', cast(:fault as text)) where id = :id"
)
# A worker that others took for dead cannot be registered under its own id.
REGISTER_AGAIN = "insert into procrastinate_workers (id) overriding system value values (%(id)s) on conflict do nothing"
# Stalled jobs are listed without a lock: two hosts would retry the same one, and the second may be running by then.
RESCUE = """
    with stalled as (
        select id, attempts from procrastinate_jobs where status = 'doing' and worker_id is null
        for update skip locked
    )
    select procrastinate_retry_job_v2(
        id, now() + least(%(longest)s, %(first)s * (power(2, least(attempts, 20)) - 1)) * interval '1 second',
        null, null, null
    ) from stalled
"""
# Times that a clock set back left in the future. A worker that lives soon writes its heartbeat anew.
BACK_TO_NOW = (
    "update procrastinate_jobs set scheduled_at = now()"
    " where status = 'todo' and scheduled_at > now() + (%(longest)s + 60) * interval '1 second'",
    "update procrastinate_workers set last_heartbeat = now()"
    " where last_heartbeat > now() + %(stalled)s * interval '1 second'",
)
# Jobs are listed whole, of every age; and neither how long one waits nor one that pauses is asked for or ended there.
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


class WokenJob(enum.StrEnum):
    """Jobs that a row wakes, by their names in ``worker/jobs.py``."""

    REPORTS = "residents' reports"
    OFFICERS_ASK = "what officers asked"
    PUBLISHED_PAGES = "new claims and published pages"
    PASSWORD_LINKS = "links for passwords"  # noqa: S105 - no password
    LETTERS = "letters"
    PUSHES = "pushes"
    WEBHOOKS = "webhooks"
    CHATS = "chats"


def wake_job(*jobs: WokenJob) -> None:
    """Wake one or more jobs when the current transaction commits.

    Every transaction stores a wake-up of its own, with no lock on the queue: that would let two residents who report at
    the same moment wait for each other. The first job that runs takes the others along (worker/job_queue.py).
    """
    if db.engine.dialect.name == "postgresql":
        values = {"queue": PEOPLE_QUEUE, "names": [job.value for job in jobs], "priority": PEOPLE_PRIORITY}
        db.session.execute(DEFER, values)


def is_job_table(name: str) -> bool:
    """Tell whether a table or index is one of Procrastinate's, which our models do not describe."""
    return "procrastinate_" in name
