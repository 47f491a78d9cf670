"""The worker on PostgreSQL: the jobs of ``jobs.py`` as jobs of Procrastinate, over any number of hosts.

A clock over all hosts stores a job for each kind of work that is due, and rows wake theirs when they are stored
(core/database/job_wakeups.py). What a job does is decided by the rows, so a job that is lost, doubled or late costs
nothing but time. A worker has two lanes: one for what people wait for, and one that also does the long work.

- A kind of work that fails is tried again after pauses, as one job that stays visible until it succeeds.
- A job whose worker was killed goes back into the queue once that worker's heartbeat is old (``rescue_stalled_jobs``).
- What every host does for itself is run by the embedded runner in a thread; it also writes the heartbeat.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database import job_wakeups
from hoax_tracker.core.database.job_wakeups import PEOPLE_QUEUE
from hoax_tracker.core.database.postgresql import postgresql_engine_options
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.structured_logging import bind_request_id, log_fields, new_request_id
from hoax_tracker.models import db
from hoax_tracker.worker import embedded
from hoax_tracker.worker.jobs import JOBS, ROUND, Job, Priority, SignOfLife, StoppedEarlyError

if TYPE_CHECKING:
    from procrastinate import App, JobContext, PsycopgConnector
    from procrastinate.jobs import Job as FetchedJob
    from procrastinate.retry import BaseRetryStrategy

log = logging.getLogger(__name__)

BACKLOG_QUEUE = "backlog"
QUEUES = {Priority.PEOPLE: PEOPLE_QUEUE, Priority.BACKLOG: BACKLOG_QUEUE}
PEOPLE_AT_ONCE = 3
"""Jobs that people wait for and that one worker runs at once: a slow mail server holds up no report."""
POLL_S, HEARTBEAT_S, STALLED_AFTER_S, RESCUE_EVERY_S = 1.0, 4.0, 12.0, 5.0
"""A killed worker's job is back in the queue within STALLED_AFTER_S + RESCUE_EVERY_S, in hand POLL_S later."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 20, 300
"""After the first failure, and at most between two tries; the pause doubles in between, where nobody waits."""
TICKS = {ROUND.total_seconds(): f"* * * * * */{ROUND.seconds}", timedelta(days=1).total_seconds(): "0 18 * * *"}
"""When work is due, by how often: the daily work at two in the morning in Kupang, or when a worker starts after it."""
MOST_OVERDUE_S = 24 * 60 * 60
CLOCK_STEP_S = 60
FIRST_LANE_PAUSE_S = 1.0
"""Before a lane that failed starts again; the pause doubles up to that between two rounds."""
STOP_LOOKED_FOR_S = 0.2


def run_worker(settings: Settings, stop: threading.Event) -> None:
    """Work until ``stop`` is set. Where the database cannot be reached, try again after a pause."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    host = threading.Thread(target=contextvars.copy_context().run, args=(_run_host_jobs, app, settings, stop))
    host.start()
    while not stop.is_set():
        try:
            asyncio.run(run_lanes(app, settings, stop))
        except Exception:
            log.exception("the queue of jobs failed", extra=log_fields(next_in_s=embedded.ROUND_PAUSE_S))
            stop.wait(embedded.ROUND_PAUSE_S)
    host.join()


def _run_host_jobs(app: Flask, settings: Settings, stop: threading.Event) -> None:
    """Run what every host does for itself."""
    with app.app_context():
        embedded.run_worker(settings, stop, jobs=[job for job in JOBS if job.is_per_host])


async def run_lanes(
    app: Flask,
    settings: Settings,
    stop: threading.Event,
    jobs: Sequence[Job] = JOBS,
    ticks: Mapping[float, str] = TICKS,
) -> None:
    """Run the lanes until ``stop`` is set or the clock was set; jobs that run are finished."""
    from procrastinate import PsycopgConnector

    with app.app_context():
        options = connection_options()
        _forget_removed_work(jobs)
    connector = PsycopgConnector(kwargs=options, min_size=1, max_size=4, timeout=10)
    worker_ids: dict[App, int] = {}
    ticking = build_job_app(connector, app, settings, stop, jobs, ticks, worker_ids)
    plain = build_job_app(connector, app, settings, stop, jobs, worker_ids=worker_ids)
    async with ticking.open_async():
        lanes = [
            asyncio.create_task(run_lane(ticking, [PEOPLE_QUEUE], PEOPLE_AT_ONCE)),
            asyncio.create_task(run_lane(plain, [PEOPLE_QUEUE, BACKLOG_QUEUE], 1)),
        ]
        beating = asyncio.create_task(beat_until_jobs_end(ticking, worker_ids))
        try:
            await watch_over_jobs(ticking, stop)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            beating.cancel()


def connection_options() -> dict[str, Any]:
    """Return how the engine of this app connects, for connections of Procrastinate's own."""
    url = db.engine.url
    _arguments, options = db.engine.dialect.create_connect_args(url)
    options.pop("context", None)  # how SQLAlchemy writes and reads values
    return {**options, **postgresql_engine_options(url)["connect_args"]}


def _forget_removed_work(jobs: Sequence[Job]) -> None:
    """Delete the failed jobs of a kind of work that no longer exists: nothing would ever succeed it."""
    with write_transaction(None):
        names = [embedded.WHOLE_ROUND, *(str(job.name) for job in jobs)]
        db.session.execute(job_wakeups.FORGET_REMOVED_WORK, {"names": names})
    db.session.remove()


async def run_lane(queue_app: App, queues: Sequence[str], at_once: int) -> None:
    """Run the jobs of these queues, the most urgent first, until cancelled. A lane that fails starts again by itself.

    A lane also ends without an error, where a task beside it failed; and an error while it stops hides that it was
    cancelled, so that this is asked.
    """
    task = asyncio.current_task()
    pause_s = FIRST_LANE_PAUSE_S
    while not (task and task.cancelling()):
        began = time.monotonic()
        try:
            await run_lane_until_it_ends(queue_app, queues, at_once)
            log.error("a lane of the worker ended", extra=log_fields(queues=list(queues), next_in_s=pause_s))
        except Exception:
            log.exception("a lane of the worker failed", extra=log_fields(queues=list(queues), next_in_s=pause_s))
        if not (task and task.cancelling()):
            await asyncio.sleep(pause_s)
        ran_long = time.monotonic() - began > LONGEST_PAUSE_S
        pause_s = FIRST_LANE_PAUSE_S if ran_long else min(2 * pause_s, embedded.ROUND_PAUSE_S)


async def run_lane_until_it_ends(queue_app: App, queues: Sequence[str], at_once: int) -> None:
    """Run the jobs of these queues until cancelled, or until something beside them fails."""
    await queue_app.run_worker_async(
        queues=queues,
        concurrency=at_once,
        fetch_job_polling_interval=POLL_S,
        update_heartbeat_interval=HEARTBEAT_S,
        stalled_worker_timeout=STALLED_AFTER_S,
        delete_jobs="successful",
        install_signal_handlers=False,
    )


async def beat_until_jobs_end(queue_app: App, worker_ids: Mapping[App, int]) -> None:
    """Write the heartbeat of this process's lanes until cancelled.

    Procrastinate writes none while a lane waits for its last jobs: another worker would take them and run them, too.
    """
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        try:
            for worker_id in list(worker_ids.values()):
                await queue_app.job_manager.update_heartbeat(worker_id)
        except Exception:
            log.exception("the heartbeat of the lanes could not be written", extra=log_fields(next_in_s=HEARTBEAT_S))


async def watch_over_jobs(queue_app: App, stop: threading.Event) -> None:
    """Rescue the jobs of killed workers; return when told to stop, or where the clock was set.

    Procrastinate's clock counts on from the last time it saw: a clock set back would silence it until then.
    """
    drift, rescued = time.time() - time.monotonic(), 0.0
    while not stop.is_set() and abs(time.time() - time.monotonic() - drift) < CLOCK_STEP_S:
        if time.monotonic() - rescued >= RESCUE_EVERY_S:
            rescued = time.monotonic()
            try:
                await rescue_stalled_jobs(queue_app)
            except Exception:
                log.exception("killed workers' jobs are looked for again", extra=log_fields(next_in_s=RESCUE_EVERY_S))
        await asyncio.sleep(STOP_LOOKED_FOR_S)


async def rescue_stalled_jobs(queue_app: App) -> None:
    """Put the jobs of workers without a heartbeat back into the queue.

    A job that kills its workers waits longer each time. What was to wait for a time that the clock no longer reaches
    does not.
    """
    times = {"longest": LONGEST_PAUSE_S, "stalled": STALLED_AFTER_S}
    for query in job_wakeups.BACK_TO_NOW:
        await queue_app.connector.execute_query_async(query, **times)
    await queue_app.job_manager.prune_stalled_workers(STALLED_AFTER_S)
    await queue_app.connector.execute_query_all_async(job_wakeups.RESCUE, first=FIRST_PAUSE_S, longest=LONGEST_PAUSE_S)


def build_job_app(
    connector: PsycopgConnector,
    app: Flask,
    settings: Settings,
    stop: threading.Event,
    jobs: Sequence[Job],
    ticks: Mapping[float, str] = MappingProxyType({}),
    worker_ids: dict[App, int] | None = None,
) -> App:
    """Return Procrastinate's app with a task for each job that is not the host's own.

    ``ticks``: cron expressions by seconds; at each the jobs due that often are stored, once over all workers. The id
    that the app works under is noted in ``worker_ids``.
    """
    from procrastinate import App

    queue_app = App(connector=connector, periodic_defaults={"max_delay": MOST_OVERDUE_S})
    _manage_jobs(queue_app, {} if worker_ids is None else worker_ids)
    shared = [job for job in jobs if not job.is_per_host]
    for job in shared:
        _add_task(queue_app, job, app, settings, stop)

    @queue_app.task(
        name=embedded.WHOLE_ROUND,
        queue=PEOPLE_QUEUE,
        priority=Priority.PEOPLE,
        retry=_back_off(Priority.BACKLOG),
        pass_context=True,
    )
    def store_jobs(context: JobContext, /, every: float, **_about: Any) -> None:
        with app.app_context(), _record_fault(embedded.WHOLE_ROUND, context.job.id or 0):
            due = [job for job in shared if job.every.total_seconds() == every]
            _store_due_jobs_once(due, every, context.job.id or 0)

    for every, cron in ticks.items():
        queue_app.periodic(cron=cron, periodic_id=f"{every:.0f}", task_kwargs={"every": every})(store_jobs)
    return queue_app


def _manage_jobs(queue_app: App, worker_ids: dict[App, int]) -> None:
    """Give the app a manager of jobs that works beside others.

    It notes the id of this lane each time that it starts: the jobs of one that failed are for others to take. And it
    finds no job where another worker took one with the same lock in the same moment: Procrastinate's query chooses the
    older of two jobs with one lock, and if the newer was committed first, another worker may just be taking that one,
    which the query cannot see yet; only the index stops the older. Nor where the others took this lane for dead, whose
    process got no time for its heartbeat: it is registered again.
    """
    from procrastinate.exceptions import ConnectorException, UniqueViolation
    from procrastinate.manager import JobManager
    from psycopg.errors import ForeignKeyViolation

    class WorkerJobs(JobManager):
        async def register_worker(self) -> int:
            worker_ids[queue_app] = await super().register_worker()
            return worker_ids[queue_app]

        async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> FetchedJob | None:
            try:
                return await super().fetch_job(queues, worker_id)
            except UniqueViolation:
                return None
            except ConnectorException as error:
                if not isinstance(error.__cause__, ForeignKeyViolation):
                    raise
                await queue_app.connector.execute_query_async(job_wakeups.REGISTER_AGAIN, id=worker_id)
                return None

    queue_app.job_manager = WorkerJobs(queue_app.connector)


def _add_task(queue_app: App, job: Job, app: Flask, settings: Settings, stop: threading.Event) -> None:
    @queue_app.task(
        name=str(job.name),
        queue=QUEUES[job.priority],
        priority=job.priority,
        lock=job.lock,
        retry=_back_off(job.priority) if job.is_retried else False,
        pass_context=True,
    )
    def run(context: JobContext, /, **_about: Any) -> None:
        with app.app_context(), bind_request_id(new_request_id()):
            _run_job(job, context.job.id or 0, settings, stop)


def _run_job(job: Job, job_id: int, settings: Settings, stop: threading.Event) -> None:
    """Run a job, and take along those that were stored for the same work before it began to look at the rows."""
    with _record_fault(job.name, job_id):
        with write_transaction(None):
            db.session.execute(job_wakeups.TAKE_ALONG, {"name": job.name, "id": job_id})
        job.run(settings, utc_now(), SignOfLife(lambda: None, stop))
        with write_transaction(None):
            db.session.execute(job_wakeups.FORGET_FAILURES, {"name": job.name})


@contextmanager
def _record_fault(name: str, job_id: int) -> Iterator[None]:
    """Log what fails, and note the error's type with the job. Stopping early is no failure."""
    try:
        yield
    except StoppedEarlyError:
        pass  # the rest is due at the next tick
    except Exception as error:
        log.exception("work that failed is tried again later", extra=log_fields(work=name))
        with write_transaction(None):
            db.session.execute(job_wakeups.RECORD_FAULT, {"fault": type(error).__name__, "id": job_id})
        raise
    finally:
        db.session.remove()


def _store_due_jobs_once(jobs: Sequence[Job], every: float, job_id: int) -> None:
    """Store the jobs that are due this often, in place of all ticks before that failed or wait."""
    with write_transaction(None):
        db.session.execute(job_wakeups.TAKE_TICKS_ALONG, {"name": embedded.WHOLE_ROUND, "every": every, "id": job_id})
    store_due_jobs(jobs)


def store_due_jobs(jobs: Sequence[Job]) -> None:
    """Store a job for each kind of work that none waits for, also none that failed and pauses."""
    with write_transaction(None):
        values = {
            "queues": [QUEUES[job.priority] for job in jobs],
            "names": [str(job.name) for job in jobs],
            "priorities": [int(job.priority) for job in jobs],
            "locks": [job.lock for job in jobs],
        }
        db.session.execute(job_wakeups.STORE_DUE_JOBS, values)


def _back_off(priority: Priority) -> BaseRetryStrategy:
    """Return the rule for failed jobs: again after a pause. None is given up."""
    from procrastinate.retry import BaseRetryStrategy, RetryDecision

    class BackOff(BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision:
            return RetryDecision(retry_in={"seconds": retry_pause_s(job.attempts, priority)})

    return BackOff()


def retry_pause_s(attempts: int, priority: Priority) -> int:
    """Return the pause after that many failures before this one.

    It doubles, but for work that people wait for: a single row that fails each time would hold up all others.
    """
    if priority is Priority.PEOPLE:
        return FIRST_PAUSE_S
    return int(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(attempts, 20)))
