"""Server and worker processes end in order, are restarted, and leave no process behind."""

from __future__ import annotations

import itertools
import os
import signal
import socket
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Source, db
from hoax_tracker.operations.health_checks import newest_beat
from hoax_tracker.server import worker_process
from tests.feed_server import FeedServer, Reply
from tests.processes import is_process_running, serve_instance
from tests.repository import ROOT
from tests.waiting import DEADLINE_S, wait_until

BODY = b'{"text": "Air PDAM mati total tujuh hari di seluruh Kota Kupang"}'


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.process
@pytest.mark.needs("proc")
def test_a_worker_that_is_killed_comes_back(shipped_model: None, settings: Settings) -> None:
    with serve_instance(settings, "--workers", "1") as served:
        wait_until(served.workers, "a worker")
        first = served.workers()[0]
        os.kill(first, signal.SIGKILL)
        # One look at the processes: two of them, the killed one and then none, would pass for another worker.
        wait_until(lambda: set(served.workers()) - {first}, "another worker")
        assert [line for line in served.log() if line["event"] == "the worker ended by itself"]
        last = served.workers()[0]
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(DEADLINE_S) == 0
        assert not is_process_running(last)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_a_server_that_is_killed_leaves_nobody(shipped_model: None, settings: Settings) -> None:
    with serve_instance(settings, "--workers", "2") as served:
        wait_until(lambda: served.workers() and len(served.web()) == 2, "two web processes and a worker")
        started = [*served.workers(), *served.web()]
        served.process.kill()
        wait_until(lambda: not any(map(is_process_running, started)), "all of them ended")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_without_a_web_process_that_lives_on_the_worker_still_ends(shipped_model: None, settings: Settings) -> None:
    """A web process inherits the server's end of the pipe; stopped, it cannot close it any more."""
    with serve_instance(settings, "--workers", "1") as served:
        wait_until(lambda: served.workers() and served.web(), "a web process and a worker")
        (worker,), (web,) = served.workers(), served.web()
        os.kill(web, signal.SIGSTOP)
        try:
            served.process.kill()
            wait_until(lambda: not is_process_running(worker), "the worker ended")
            assert is_process_running(web)
        finally:
            os.kill(web, signal.SIGKILL)


def a_worker_lives() -> bool:
    lives = newest_beat(utc_now()) is not None
    db.session.rollback()  # the worker needs the database
    return lives


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_a_request_that_began_before_the_end_is_answered(shipped_model: None, settings: Settings) -> None:
    with ExitStack() as held:
        served = held.enter_context(serve_instance(settings, "--workers", "1"))
        # Before, it only ends once it has imported everything; the web process does not wait that long for a body.
        wait_until(a_worker_lives, "the worker's first round")
        slow = held.enter_context(socket.create_connection(("127.0.0.1", served.port)))
        head = f"POST /api/v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n"
        slow.sendall(f"{head}Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n".encode())
        # Asked for the body, so the request is in the hands of the app.
        assert slow.recv(100).startswith(b"HTTP/1.1 100")
        slow.sendall(BODY[:10])
        (worker,), web = served.workers(), served.web()
        served.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_process_running(worker), "the worker ended, which was told at the same time")
        slow.sendall(BODY[10:])
        slow.settimeout(DEADLINE_S)
        assert slow.recv(100).startswith(b"HTTP/1.1 200")
        assert served.process.wait(DEADLINE_S) == 0
        assert not any(map(is_process_running, web))


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_a_second_signal_hurries(shipped_model: None, settings: Settings, server: FeedServer, now: datetime) -> None:
    with write_transaction():
        db.session.add(Source(name="w", url=server.answer("/feed", Reply(b"", delay_s=25)), created_at=now))
    allow = {"HOAX_TRACKER_FETCH_ALLOW": f"127.0.0.1:{server.port}"}
    with serve_instance(settings, "--workers", "1", **allow) as served:
        wait_until(lambda: server.count("/feed"), "the worker reads")
        (worker,) = served.workers()
        served.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not served.web(), "the web process ended")
        assert is_process_running(worker), "its round is not over"
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(DEADLINE_S)
        assert not is_process_running(worker)
    db.session.rollback()
    assert db.session.scalars(sa.select(Source.last_fetch_at)).one() is None, "its round was cut off"


def test_all_of_it_ends_before_a_service_manager_loses_patience() -> None:
    from hoax_tracker.server import run as server

    assert max(worker_process.ENDS_WITHIN_S, server.GRACEFUL_S) + 5 < 45, "TimeoutStopSec in docs/running.md"
    assert "TimeoutStopSec=45" in (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.process
def test_the_pause_before_the_next_start_grows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A worker that cannot start (no database here) is not started again and again without a rest."""
    monkeypatch.setenv("HOAX_TRACKER_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    now = 0.0
    monkeypatch.setattr(worker_process, "monotonic", lambda: now)
    one, starts = worker_process.WorkerProcess(), []
    monkeypatch.setattr(one, "_start", lambda at: (starts.append(at), worker_process.WorkerProcess._start(one, at)))
    for _ in range(4):
        one.look_after()
        process = one._process
        assert process is not None
        process.kill()
        process.wait(DEADLINE_S)
        one.look_after()  # finds it dead
        while one._process is None:
            now += 0.5
            one.look_after()
    one.wait()
    assert [later - before for before, later in itertools.pairwise(starts)] == [1, 2, 4, 8]
