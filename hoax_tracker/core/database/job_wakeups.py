"""Wake a job of the worker in the transaction of the row that asks for it, so that nobody waits for the next round.

On PostgreSQL the wake-up is a job of Procrastinate, stored with the row and gone with it on a rollback; committing it
notifies the workers. On SQLite the embedded runner looks at the rows in its next round. A lost wake-up costs that
delay, never work: what rows say is due stays the truth.
"""

from __future__ import annotations

import enum

import sqlalchemy as sa

from hoax_tracker.models import db

PEOPLE_QUEUE, PEOPLE_PRIORITY = "people", 10
DEFER = sa.text(
    "select procrastinate_defer_jobs_v1(array("
    " select row(cast(:queue as text), name, :priority, name, null, '{}'::jsonb, null)::procrastinate_job_to_defer_v1"
    " from unnest(cast(:names as text[])) as woken (name)"
    " where not exists (select 1 from procrastinate_jobs"
    "  where task_name = woken.name and status = 'todo' and xmin = pg_current_xact_id()::xid)))"
)


class WokenJob(enum.StrEnum):
    """Jobs that a row wakes, by their names in ``worker/jobs.py``."""

    REPORTS = "residents' reports"
    OFFICERS_ASK = "what officers asked"
    PUBLISHED_PAGES = "new claims and published pages"
    PASSWORD_LINKS = "links for passwords"  # nosec B105  # noqa: S105 - no password
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
