"""The worker on PostgreSQL: jobs are stored with the rows that ask for them, run once, and survive a killed worker."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from procrastinate import App, PsycopgConnector
from procrastinate.periodic import PeriodicDeferrer

from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database import job_wakeups
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import ClaimAppearance, Source, db
from hoax_tracker.operations import health_checks
from hoax_tracker.operations.health_checks import list_job_counts, retry_failed_jobs
from hoax_tracker.worker import job_queue
from hoax_tracker.worker.jobs import JOBS, ROUND, Job, Priority
from tests.factories import count_rows
from tests.feed_server import FeedServer, Reply
from tests.waiting import DEADLINE_S, wait_until, wait_until_or_ended

EVERY_SECOND = {ROUND.total_seconds(): "* * * * * *"}
REPORT = "Beredar kabar air PDAM Kota Kupang beracun, jangan diminum sebelum diumumkan wali kota"

TAKE_NEWEST = "update procrastinate_jobs set status = 'doing' where id = (select max(id) from procrastinate_jobs)"
FETCH_WAITS = (
    "select 1 from pg_stat_activity where datname = current_database()"
    " and wait_event_type = 'Lock' and query like '%procrastinate_fetch_job%'"
)
FAIL_ALL_TICKS_BUT_ONE = """
    update procrastinate_jobs set attempts = 1, scheduled_at = now() + interval '4 minutes'
    where id < (select max(id) from procrastinate_jobs)
"""
LISTENS = "select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
BEATING = """
    select count(*) from procrastinate_workers
    where last_heartbeat > now() - interval '30 minutes' and id in (select worker_id from procrastinate_jobs)
"""
AGE_JOBS = "update procrastinate_events set at = now() - make_interval(mins => :minutes) where type = 'deferred'"
STORE_FAILURES = """
    insert into procrastinate_jobs (queue_name, task_name, status)
    select 'people', name, 'failed' from unnest(array['learning', 'removed work', 'the round']) as name
"""
STORE_DAILY_TICK = """
    insert into procrastinate_jobs (queue_name, task_name, args, scheduled_at)
    values ('people', 'the round', '{"every": 86400.0}', now() + interval '4 minutes')
"""
TICKS_LEFT = "select args ->> 'every', args ->> 'fault' from procrastinate_jobs where status = 'todo' order by id"
SET_CLOCK_BACK = (
    "update procrastinate_jobs set scheduled_at = now() + interval '1 day' where task_name = 'letters'",
    "update procrastinate_jobs set scheduled_at = now() + interval '5 minutes' where task_name = 'pushes'",
    "insert into procrastinate_workers (last_heartbeat) values (now() + interval '1 day')",
)


def ask_elsewhere(query: str) -> list[Any]:
    """Return the rows of a query, on a connection of its own."""
    with db.engine.connect() as connection:
        return list(connection.execute(sa.text(query)).all())


def ask(query: str, **values: object) -> list[Any]:
    """Return the rows of a query as they are now, whoever wrote them."""
    db.session.rollback()
    with read_transaction():
        rows = list(db.session.execute(sa.text(query), values).all())
        db.session.rollback()
    return rows


def stored_jobs() -> list[str]:
    """Return the names of the jobs in the queue, oldest first."""
    return [name for (name,) in ask("select task_name from procrastinate_jobs order by id")]


@contextmanager
def running_worker(app: APIFlask, settings: Settings, jobs: Sequence[Job]) -> Iterator[threading.Event]:
    """Run a worker's lanes in a thread during the block, or until the event is set; its clock stands still."""
    stop = threading.Event()
    ended: Future[None] = Future()

    def work() -> None:
        try:
            ended.set_result(asyncio.run(job_queue.run_lanes(app, settings, stop, jobs, {})))
        except Exception as error:  # noqa: BLE001 - raised in the test's thread
            ended.set_exception(error)

    worker = threading.Thread(target=contextvars.Context().run, args=(work,))
    worker.start()
    try:
        yield stop
    finally:
        stop.set()
        worker.join(DEADLINE_S)
        ended.result(0)


def test_the_migration_brings_the_schema_that_this_procrastinate_needs() -> None:
    """A newer schema: write a migration with the new files, and name the newest here."""
    files = sorted(file.name for file in resources.files("procrastinate.sql.migrations").iterdir())
    assert [name for name in files if name.endswith(".sql")][
        -1
    ] == "03.04.00_50_post_add_retry_failed_job_procedure.sql"


def test_rows_wake_jobs_that_exist_and_that_people_wait_for() -> None:
    by_name = {job.name: job for job in JOBS}
    for name in WokenJob:
        job = by_name[name]
        assert (job_queue.QUEUES[job.priority], job.priority) == (job_wakeups.PEOPLE_QUEUE, job_wakeups.PEOPLE_PRIORITY)
        assert job.lock == name
        assert not job.is_per_host


def test_a_killed_workers_job_is_taken_up_within_half_a_minute() -> None:
    longest_s = job_queue.STALLED_AFTER_S + job_queue.RESCUE_EVERY_S + job_queue.STOP_LOOKED_FOR_S + job_queue.POLL_S
    assert longest_s < 30
    assert job_queue.HEARTBEAT_S * 2 < job_queue.STALLED_AFTER_S


def test_pauses_grow_and_end_but_not_where_people_wait() -> None:
    pauses = [job_queue.retry_pause_s(attempts, Priority.BACKLOG) for attempts in range(8)]
    assert pauses == [20, 40, 80, 160, 300, 300, 300, 300]
    assert job_queue.retry_pause_s(10_000, Priority.BACKLOG) == 300
    assert {job_queue.retry_pause_s(attempts, Priority.PEOPLE) for attempts in (0, 7, 10_000)} == {20}


@pytest.mark.sqlite
def test_on_sqlite_a_wake_up_stores_nothing(app: APIFlask) -> None:
    with write_transaction():
        wake_job(WokenJob.REPORTS)
    assert not health_checks.has_job_queue()
    assert list_job_counts() == []


@pytest.mark.postgresql
def test_a_job_is_stored_with_its_row_and_gone_with_it(app: APIFlask, settings: Settings, now: datetime) -> None:
    def refuse() -> None:
        raise RuntimeError("refused")

    with pytest.raises(RuntimeError):
        submit_report(REPORT, None, None, None, False, now, settings, admit=refuse)
    assert stored_jobs() == []
    submit_report(REPORT, None, None, None, False, now, settings)
    assert stored_jobs() == [WokenJob.REPORTS]


@pytest.mark.postgresql
def test_a_transaction_wakes_a_job_once_and_waits_for_no_other(app: APIFlask) -> None:
    with db.engine.connect() as other, other.begin():
        values = {"queue": "people", "names": ["letters"], "priority": 10}
        other.execute(job_wakeups.DEFER, values)
        with write_transaction(None, patience_ms=1000):
            wake_job(WokenJob.LETTERS)
            wake_job(WokenJob.LETTERS)
            wake_job(WokenJob.PUSHES)
    assert sorted(stored_jobs()) == ["letters", "letters", "pushes"]


@pytest.mark.postgresql
@pytest.mark.usefixtures("shipped_model")
def test_a_report_reaches_the_queue_without_any_round(app: APIFlask, settings: Settings, now: datetime) -> None:
    """Nothing is stored by the clock here: only the report's own job can bring it to its claim."""
    with running_worker(app, settings, JOBS):
        submit_report(REPORT, None, None, None, False, now, settings)
        wait_until(lambda: ask("select 1 from claim_appearance"), "the report joins a claim")
        wait_until(lambda: stored_jobs() == [], "the job is gone")
    assert count_rows(ClaimAppearance) == 1


@pytest.mark.postgresql
def test_a_job_takes_along_those_that_were_stored_before_it(app: APIFlask, settings: Settings) -> None:
    runs: list[datetime] = []
    for _ in range(20):
        with write_transaction(None):
            wake_job(WokenJob.LETTERS)
    letters = Job(WokenJob.LETTERS, lambda _, now, __: runs.append(now), Priority.PEOPLE)
    with running_worker(app, settings, [letters]):
        wait_until(lambda: stored_jobs() == [], "all jobs are done")
    assert len(runs) == 1


@pytest.mark.postgresql
def test_a_clock_over_three_workers_ticks_once_and_no_work_runs_twice_at_once(
    app: APIFlask, settings: Settings
) -> None:
    runs: list[datetime] = []
    running, overlaps = threading.Lock(), list[str]()

    def count(_settings: Settings, now: datetime, _alive: object) -> None:
        if not running.acquire(blocking=False):
            overlaps.append("two at once")
            return
        runs.append(now)
        running.release()

    jobs = [Job("counting", count)]
    asyncio.run(tick_on_three_workers(app, settings, jobs))
    assert stored_jobs() == ["the round"] * 6
    with (
        running_worker(app, settings, jobs),
        running_worker(app, settings, jobs),
        running_worker(app, settings, jobs),
    ):
        wait_until(lambda: stored_jobs() == [], "everything is done")
    assert 1 <= len(runs) <= 6
    assert overlaps == []


async def tick_on_three_workers(app: APIFlask, settings: Settings, jobs: Sequence[Job]) -> None:
    """Let the clocks of three workers reach the same six moments, one after the other, all at once."""
    connector = PsycopgConnector(kwargs=job_queue.connection_options(), min_size=1, max_size=3)
    apps = [job_queue.build_job_app(connector, app, settings, threading.Event(), jobs, EVERY_SECOND) for _ in range(3)]
    clocks = [PeriodicDeferrer(queue_app.periodic_registry) for queue_app in apps]
    async with apps[0].open_async():
        for moment in range(1_795_852_757, 1_795_852_763):
            ticks = [
                clock.defer_jobs([(task, moment) for task in clock.registry.periodic_tasks.values()])
                for clock in clocks
            ]
            await asyncio.gather(*ticks)


@pytest.mark.postgresql
def test_two_wake_ups_that_commit_in_reverse_order_stop_no_lane(app: APIFlask, settings: Settings) -> None:
    """The newer is being taken, unseen yet, when the older appears: the query chooses it, and the index refuses."""
    with write_transaction(None):
        wake_job(WokenJob.LETTERS)
    with write_transaction(None):
        db.session.execute(job_wakeups.DEFER, {"queue": "people", "names": ["letters"], "priority": 10})
    assert asyncio.run(fetch_while_another_takes_the_newer(app, settings)) is None
    assert sorted(ask("select status from procrastinate_jobs")) == [("doing",), ("todo",)]


async def fetch_while_another_takes_the_newer(app: APIFlask, settings: Settings) -> object:
    """Fetch a job while another's taking of the newest one is not committed yet; commit it then."""
    connector = PsycopgConnector(kwargs=job_queue.connection_options(), min_size=1, max_size=2)
    queue_app = job_queue.build_job_app(connector, app, settings, threading.Event(), JOBS)
    async with queue_app.open_async():
        with db.engine.connect() as other, other.begin():
            other.execute(sa.text(TAKE_NEWEST))
            worker_id = await queue_app.job_manager.register_worker()
            fetching = asyncio.create_task(queue_app.job_manager.fetch_job([job_wakeups.PEOPLE_QUEUE], worker_id))
            await asyncio.to_thread(wait_until, lambda: ask_elsewhere(FETCH_WAITS), "the fetching waits")
        return await fetching


@pytest.mark.postgresql
def test_a_lane_that_others_took_for_dead_goes_on(app: APIFlask, settings: Settings) -> None:
    with write_transaction(None):
        wake_job(WokenJob.LETTERS)
    first, second = asyncio.run(fetch_unregistered(app, settings))
    assert (first, second.task_name) == (None, "letters")


async def fetch_unregistered(app: APIFlask, settings: Settings) -> tuple[Any, Any]:
    """Fetch twice as a worker whose row another deleted as stalled."""
    connector = PsycopgConnector(kwargs=job_queue.connection_options(), min_size=1, max_size=2)
    queue_app = job_queue.build_job_app(connector, app, settings, threading.Event(), JOBS)
    async with queue_app.open_async():
        manager = queue_app.job_manager
        worker_id = await manager.register_worker()
        await manager.unregister_worker(worker_id)
        queues = [job_wakeups.PEOPLE_QUEUE]
        return await manager.fetch_job(queues, worker_id), await manager.fetch_job(queues, worker_id)


@pytest.mark.postgresql
def test_a_lane_that_fails_starts_again_and_the_other_goes_on(
    app: APIFlask, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The long job runs in the lane that is whole; the other fails twice and then does what people wait for."""
    run_once, faults = job_queue.run_lane_until_it_ends, [OSError("no connection"), None]
    is_let_go, runs = threading.Event(), list[str]()

    async def fail_twice(queue_app: App, queues: Sequence[str], at_once: int) -> None:
        if job_queue.BACKLOG_QUEUE not in queues and faults:
            if fault := faults.pop(0):
                raise fault
            return
        await run_once(queue_app, queues, at_once)

    def wait_to_be_let_go(*_about: object) -> None:
        runs.append("hubs begun")
        assert is_let_go.wait(DEADLINE_S)
        runs.append("hubs done")

    monkeypatch.setattr(job_queue, "run_lane_until_it_ends", fail_twice)
    monkeypatch.setattr(job_queue, "FIRST_LANE_PAUSE_S", 0.01)
    letters = Job(WokenJob.LETTERS, lambda *_: runs.append("letters"), Priority.PEOPLE)
    hubs = Job("hubs", wait_to_be_let_go)
    with running_worker(app, settings, [letters, hubs]):
        job_queue.store_due_jobs([hubs])
        wait_until(lambda: runs == ["hubs begun"], "the long job runs")
        with write_transaction(None):
            wake_job(WokenJob.LETTERS)
        wait_until(lambda: "letters" in runs, "the lane that failed works again")
        is_let_go.set()
        wait_until(lambda: stored_jobs() == [], "the long job was done")
    assert runs == ["hubs begun", "letters", "hubs done"]
    assert "a lane of the worker failed" in caplog.text
    assert "a lane of the worker ended" in caplog.text


@pytest.mark.postgresql
def test_a_clock_set_back_holds_up_no_job_and_no_killed_workers_job(app: APIFlask, settings: Settings) -> None:
    """What lay a pause ahead lies a day ahead; a killed worker's heartbeat too, until it counts from now on."""
    with write_transaction(None):
        wake_job(WokenJob.LETTERS, WokenJob.PUSHES)
        for query in SET_CLOCK_BACK:
            db.session.execute(sa.text(query))
    asyncio.run(rescue_once(app, settings))
    assert ask("select task_name from procrastinate_jobs where scheduled_at <= now()") == [("letters",)]
    assert ask("select 1 from procrastinate_jobs where scheduled_at > now()") == [(1,)]
    assert len(ask("select 1 from procrastinate_workers where last_heartbeat <= now()")) == 1


async def rescue_once(app: APIFlask, settings: Settings) -> None:
    """Look for killed workers' jobs once."""
    connector = PsycopgConnector(kwargs=job_queue.connection_options(), min_size=1, max_size=1)
    queue_app = job_queue.build_job_app(connector, app, settings, threading.Event(), JOBS)
    async with queue_app.open_async():
        await job_queue.rescue_stalled_jobs(queue_app)


@pytest.mark.postgresql
def test_a_worker_that_stops_stays_alive_until_its_jobs_have_ended(
    app: APIFlask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once told to stop, its heartbeat is set far back: only a new one keeps others from taking its job."""
    is_let_go, is_running = threading.Event(), threading.Event()

    def wait_to_be_let_go(*_about: object) -> None:
        is_running.set()
        assert is_let_go.wait(DEADLINE_S)

    def stop_and_wait() -> None:
        stop.set()
        wait_until(lambda: not ask(LISTENS), "the lanes stop")
        with write_transaction(None):
            db.session.execute(sa.text("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'"))
        wait_until(lambda: ask(BEATING) == [(1,)], "the lane whose job runs is alive")

    monkeypatch.setattr(job_queue, "HEARTBEAT_S", 0.1)
    hubs = Job("hubs", wait_to_be_let_go)
    with running_worker(app, settings, [hubs]) as stop:
        job_queue.store_due_jobs([hubs])
        assert is_running.wait(DEADLINE_S)
        try:
            stop_and_wait()
        finally:
            is_let_go.set()
    assert stored_jobs() == []


@pytest.mark.postgresql
def test_what_fails_pauses_stays_visible_and_can_be_retried(
    app: APIFlask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    is_broken = threading.Event()
    is_broken.set()
    tries: list[datetime] = []

    def work(_settings: Settings, now: datetime, _alive: object) -> None:
        tries.append(now)
        if is_broken.is_set():
            raise ValueError("a secret that no page shows")

    def failed_once() -> bool:
        return any(counts.failed for counts in list_jobs())

    broken_job = Job("hubs", work)
    with running_worker(app, settings, [broken_job]):
        job_queue.store_due_jobs([broken_job])
        wait_until(failed_once, "the job failed")
        for _ in range(3):
            job_queue.store_due_jobs([broken_job])
        [counts] = [counts for counts in list_jobs() if counts.name == "hubs"]
        assert (counts.waiting, counts.running, counts.failed, counts.tries) == (0, 0, 1, 1)
        assert counts.fault == "ValueError"
        assert counts.next_try_at is not None
        assert counts.oldest_at is not None
        assert counts.next_try_at > counts.oldest_at
        assert len(tries) == 1, "no other is stored while it pauses"
        is_broken.clear()
        with write_transaction(None):
            assert retry_failed_jobs("letters") == 0
            assert retry_failed_jobs("hubs") == 1
        wait_until(lambda: len(tries) >= 2 and not failed_once(), "it was done")


def list_jobs() -> list[health_checks.JobCounts]:
    """Return what stands in the queue now."""
    db.session.rollback()
    counts = list_job_counts()
    db.session.rollback()
    return counts


@pytest.mark.postgresql
def test_a_tick_that_fails_is_logged_and_takes_those_before_it_along(
    app: APIFlask, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Five ticks failed; the sixth fails too, and is left alone. A tick of the daily work is another."""
    is_broken, store = threading.Event(), job_queue.store_due_jobs
    is_broken.set()

    def fail_or_store(jobs: Sequence[Job]) -> None:
        if is_broken.is_set():
            raise ValueError("no room")
        store(jobs)

    monkeypatch.setattr(job_queue, "store_due_jobs", fail_or_store)
    hubs = Job("hubs", lambda *_: None)
    asyncio.run(tick_on_three_workers(app, settings, [hubs]))
    with write_transaction(None):
        db.session.execute(sa.text(FAIL_ALL_TICKS_BUT_ONE))
        db.session.execute(sa.text(STORE_DAILY_TICK))
    with running_worker(app, settings, [hubs]):
        wait_until(lambda: ask(TICKS_LEFT) == [("20.0", "ValueError"), ("86400.0", None)], "one tick of each is left")
        is_broken.clear()
        with write_transaction(None):
            assert retry_failed_jobs() == 1
        wait_until(lambda: ask(TICKS_LEFT) == [("86400.0", None)], "the tick was done")
    assert "work that failed is tried again later" in caplog.text


@pytest.mark.postgresql
def test_what_is_not_tried_again_by_itself_stays_until_it_succeeds(app: APIFlask, settings: Settings) -> None:
    outcomes: list[Exception] = [ValueError("first")]

    def work(*_about: object) -> None:
        if outcomes:
            raise outcomes.pop()

    job = Job("learning", work, is_retried=False)
    with running_worker(app, settings, [job]):
        job_queue.store_due_jobs([job])
        wait_until(lambda: [counts.failed for counts in list_jobs()] == [1], "it failed")
        job_queue.store_due_jobs([job])
        wait_until(lambda: list_jobs() == [], "a success clears the failure")


@pytest.mark.postgresql
def test_failed_work_that_no_longer_exists_is_forgotten_when_a_worker_starts(app: APIFlask, settings: Settings) -> None:
    with write_transaction(None):
        db.session.execute(sa.text(STORE_FAILURES))
    with running_worker(app, settings, [Job("learning", lambda *_: None)]):
        wait_until(lambda: stored_jobs() == ["learning", "the round"], "what was removed is forgotten")


@pytest.mark.postgresql
def test_failed_jobs_are_counted_once_when_retried(app: APIFlask) -> None:
    """Those that stay failed until the next day, and those that pause."""
    with write_transaction(None):
        db.session.execute(sa.text(STORE_FAILURES))
        db.session.execute(
            sa.text("update procrastinate_jobs set status = 'todo', attempts = 1 where task_name = 'the round'")
        )
        assert retry_failed_jobs("learning") == 1
        assert retry_failed_jobs() == 3


@pytest.mark.postgresql
def test_jobs_that_nobody_runs_are_trouble_after_a_quarter_of_an_hour(app: APIFlask, settings: Settings) -> None:
    """A worker's heartbeat alone says nothing about its lanes. A job that failed pauses, and is told otherwise."""
    with write_transaction(None):
        wake_job(WokenJob.LETTERS, WokenJob.PUSHES, WokenJob.WEBHOOKS)
        db.session.execute(sa.text(AGE_JOBS), {"minutes": 14})
    assert health_checks.waiting_jobs() == health_checks.OK
    with write_transaction(None):
        db.session.execute(sa.text("update procrastinate_jobs set attempts = 1 where task_name = 'pushes'"))
        db.session.execute(sa.text("update procrastinate_jobs set status = 'doing' where task_name = 'webhooks'"))
        db.session.execute(sa.text(AGE_JOBS), {"minutes": 16})
    with app.test_request_context(headers={"Accept-Language": "id"}):
        result = health_checks.failing_jobs()
        assert result.said == "waiting for more than 15 minutes: letters"
        assert str(result.words).startswith("menunggu lebih dari 15 menit: ")


@pytest.mark.process
@pytest.mark.postgresql
def test_the_job_of_a_killed_worker_comes_back(
    worker: Callable[[], subprocess.Popen[str]], server: FeedServer, now: datetime
) -> None:
    with write_transaction():
        url = server.answer("/feed", Reply(b"<rss/>", delay_s=DEADLINE_S))
        db.session.add(Source(name="w", url=url, created_at=now))
    first = worker()
    wait_until_or_ended(lambda: server.count("/feed") == 1, first, "the feed asked for")
    [(job_id, worker_id)] = ask("select id, worker_id from procrastinate_jobs where task_name = 'sources'")[:1]
    os.kill(first.pid, signal.SIGKILL)
    first.wait(DEADLINE_S)
    second = worker()

    def is_taken_up() -> bool:
        rows = ask("select attempts from procrastinate_jobs where id = :id", id=job_id)
        return rows == [] or rows[0].attempts > 0

    wait_until_or_ended(is_taken_up, second, "the job was taken up")
    assert ask("select 1 from procrastinate_workers where id = :id", id=worker_id) == []
