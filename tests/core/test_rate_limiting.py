"""Limits are shared by all workers, in the database or Redis, and store no address."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask import current_app
from redis import Redis

from hoax_tracker.app import create_app
from hoax_tracker.clock import utc_now
from hoax_tracker.core import rate_limiting
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.rate_limiting import FOLDER, NAME, PATIENCE_S, Limit, network_of_address, purge_counters
from hoax_tracker.errors import RateLimitedError, ServiceBusyError
from hoax_tracker.models import RateLimit, db
from tests import databases, factories, services
from tests.browser import open_app
from tests.chrome import serve_app
from tests.waiting import DEADLINE_S, wait_until

HOUR = timedelta(hours=1)
REDIS = pytest.param("redis", marks=pytest.mark.needs("redis"))
# As the fixture ``patient`` does it here: the command, in a process that waits to count, however busy the machine is.
PATIENT = f"""
from hoax_tracker import cli
from hoax_tracker.check import rate_limits
from hoax_tracker.core import rate_limiting
rate_limiting.REDIS_TIMEOUT_S = rate_limiting.PATIENCE_S = {DEADLINE_S}
rate_limits.FORGIVEN_AFTER_MS = 1000 * {DEADLINE_S:.0f}
cli.main()
"""


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a Redis that a busy machine keeps waiting: what it does not answer in time, the table counts."""
    monkeypatch.setattr(rate_limiting, "REDIS_TIMEOUT_S", DEADLINE_S)


@pytest.fixture(params=["here", REDIS])
def where(request: pytest.FixtureRequest, settings: Settings, patient: None) -> Iterator[None]:
    """An open context of an app that counts beside its database, then of one that counts in Redis."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    if url:
        Redis.from_url(url).flushall()
    with open_app(replace(settings, redis_url=url)):
        yield


def use(who: str, now: datetime, name: str = "report", in_total: int | None = None) -> None:
    with write_transaction(None):
        Limit(name, 3, HOUR, in_total).use(who, now)


def counters() -> dict[str, int]:
    """What stands beside the database (SQLite: in a file of its own), by key."""
    path = current_app.extensions["settings"].data_folder / FOLDER / NAME
    if databases.ON_POSTGRESQL:
        db.session.rollback()
        return {row.key: row.count for row in db.session.scalars(sa.select(RateLimit))}
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as file:
        return dict(file.execute("select key, count from spent"))


@pytest.mark.usefixtures("where")
def test_the_fourth_in_a_window_is_refused_and_told_how_long_to_wait(now: datetime) -> None:
    for _ in range(3):
        use("10.0.0.1", now)
    with pytest.raises(RateLimitedError) as caught:
        use("10.0.0.1", now)
    assert 0 < caught.value.retry_after_s <= 3600


@pytest.mark.usefixtures("where")
def test_others_and_other_acts_and_later_windows_are_free(now: datetime) -> None:
    for _ in range(3):
        use("10.0.0.1", now)
    use("10.0.0.2", now)
    use("10.0.0.1", now, "check")
    use("10.0.0.1", now + HOUR)


@pytest.mark.usefixtures("where")
@pytest.mark.process
def test_a_flood_from_many_addresses_meets_the_limit_in_total(now: datetime) -> None:
    for number in range(5):
        use(f"10.0.0.{number}", now, in_total=5)
    with pytest.raises(ServiceBusyError):
        use("10.0.0.9", now, in_total=5)
    use("10.0.0.9", now + HOUR, in_total=5)


@pytest.mark.usefixtures("where")
def test_what_is_refused_counts_nowhere(now: datetime) -> None:
    for _ in range(3):
        use("10.0.0.1", now, in_total=5)
    for _ in range(6):  # refused by its own limit: the others still have two
        with pytest.raises(RateLimitedError):
            use("10.0.0.1", now, in_total=5)
    for _ in range(2):
        use("10.0.0.2", now, in_total=5)
    for _ in range(4):  # refused in total: this address still has all of its own
        with pytest.raises(ServiceBusyError):
            use("10.0.0.3", now, in_total=5)
    use("10.0.0.3", now, in_total=6)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_customer_of_a_provider_is_one_whatever_address_they_take(address: str, counted: str) -> None:
    assert network_of_address(address) == counted


@pytest.mark.usefixtures("where")
def test_the_addresses_of_one_customer_share_a_limit(now: datetime) -> None:
    for number in range(3):
        use(f"2001:db8:1:2::{number}", now)
    with pytest.raises(RateLimitedError):
        use("2001:db8:1:2:aaaa::1", now)
    use("2001:db8:1:3::1", now)


def test_no_address_is_stored_and_old_counters_go(app: APIFlask, now: datetime) -> None:
    use("10.0.0.1", now)
    use("10.0.0.2", now + 3 * HOUR)
    (key,) = counters()
    assert "10.0.0" not in key


@pytest.mark.sqlite
def test_what_nobody_spends_again_is_purged(app: APIFlask, now: datetime) -> None:
    use("10.0.0.1", now)
    with write_transaction():
        purge_counters(now)
        assert len(counters()) == 1
        purge_counters(now + 2 * HOUR)
    assert counters() == {}


@pytest.mark.sqlite
def test_a_file_that_is_damaged_is_begun_anew(app: APIFlask, settings: Settings, now: datetime) -> None:
    folder = settings.data_folder / FOLDER
    for garbage in (b"not a database" * 999, b""):
        folder.mkdir(exist_ok=True)
        (folder / NAME).write_bytes(garbage)
        for _ in range(3):
            use("10.0.0.1", now)
        with pytest.raises(RateLimitedError):
            use("10.0.0.1", now)
        app.extensions["file_counter"].close()
        shutil.rmtree(folder)


@pytest.mark.sqlite
def test_where_the_file_cannot_be_written_in_time_a_use_passes(
    app: APIFlask, settings: Settings, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    use("10.0.0.1", now)
    with closing(sqlite3.connect(settings.data_folder / FOLDER / NAME, isolation_level=None)) as other:
        other.execute("begin immediate")
        begun = time.monotonic()
        for _ in range(5):
            use("10.0.0.1", now)
        assert time.monotonic() - begun < 5 * (PATIENCE_S + 1)
        other.execute("rollback")
    assert "not counted" in caplog.text
    assert list(counters().values()) == [1]
    shutil.rmtree(settings.data_folder / FOLDER)
    (settings.data_folder / FOLDER).write_text("no folder")
    use("10.0.0.1", now)


@pytest.mark.usefixtures("patient")
def test_redis_holds_no_address_and_forgets_by_itself(settings: Settings, redis_url: str, now: datetime) -> None:
    with open_app(replace(settings, redis_url=redis_url)), Redis.from_url(redis_url) as redis:
        redis.flushall()
        use("10.0.0.1", now, in_total=5)
        keys = redis.keys()
        assert len(keys) == 2
        assert all(b"10.0.0" not in key and 0 < redis.ttl(key) <= 3600 for key in keys)
        assert counters() == {}, "counted twice"


@pytest.mark.usefixtures("patient")
@pytest.mark.process
@pytest.mark.needs("redis")
def test_a_redis_that_is_away_is_replaced_by_the_table_until_it_is_back(
    settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rate_limiting, "REDIS_RETRY_AFTER_S", 0.0)
    port = services.free_port()
    with services.run_redis(port) as url:
        Redis.from_url(url).config_set("requirepass", "secret")
        app = create_app(replace(settings, redis_url=url.replace("//", "//:secret@")))
        with app.app_context():
            use("10.0.0.1", now)
            assert counters() == {}
    with app.app_context():
        for _ in range(3):
            use("10.0.0.1", now)
        with pytest.raises(RateLimitedError):
            use("10.0.0.1", now)
        assert list(counters().values()) == [3]
    with services.run_redis(port) as url, app.app_context():
        use("10.0.0.2", now)
        assert len(Redis.from_url(url).keys()) == 1
        assert len(counters()) == 1
        db.session.remove()
        db.engine.dispose()
        app.extensions["redis_counter"].close()
    assert "Redis does not answer" in caplog.text
    assert "secret" not in caplog.text


def test_a_redis_that_hangs_is_asked_once_in_a_while(
    settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limiting, "REDIS_RETRY_AFTER_S", 1000.0)
    asked = []
    with silent_server(asked.append) as port, open_app(replace(settings, redis_url=f"redis://127.0.0.1:{port}")):
        for number in range(4):
            use(f"10.0.0.{number}", now)
        assert len(counters()) == 4
        wait_until(lambda: asked, "the server to have taken the call")
    assert len(asked) == 1


@contextmanager
def silent_server(on_call: Callable[[int], None]) -> Iterator[int]:
    """Yield the port of a server that takes calls and never answers; each is told to ``on_call``."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return
                on_call(len(taken))

        thread = threading.Thread(target=take)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for one in taken:
        one.close()


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.parametrize("counts_in", ["database", REDIS])
@pytest.mark.process
def test_exactly_as_many_pass_as_are_allowed_over_several_workers(
    settings: Settings, counts_in: str, request: pytest.FixtureRequest
) -> None:
    more = {"REDIS_URL": request.getfixturevalue("redis_url")} if counts_in == "redis" else {}
    with serving(settings.data_folder, **more) as port:
        minute = utc_now().replace(second=0, microsecond=0)
        passed = flood(port, 75)
        if utc_now().replace(second=0, microsecond=0) == minute:
            assert passed == {200: 30, 429: 45}
        else:  # the flood met the ends of two minutes, and each let 30 pass at most
            assert 30 <= passed[200] <= 60


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[int]:
    """Run ``serve`` with three workers until the block ends; yields its port."""
    port = services.free_port()
    command = [sys.executable, "-c", PATIENT, "serve", "--port", str(port), "--workers", "3", "--no-worker"]
    process = subprocess.Popen(command, env=databases.command_environment(folder, **more), stderr=subprocess.PIPE)
    try:
        services.wait_for_port(port)
        flood(port, 9, "GET", "/healthz")
        assert not re.search(r"\d", server_named_at(port)), "the version of the server is nobody's business"
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=DEADLINE_S)


def server_named_at(port: int) -> str:
    """Return what the server calls itself."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/healthz")
    named = line.getresponse().headers.get("Server", "")
    line.close()
    return named


def flood(port: int, count: int, method: str = "POST", path: str = "/api/v1/check") -> Counter[int]:
    """Send requests from many threads, each on a connection of its own; return how often each status came."""

    def ask(_number: int) -> int:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            line.request(method, path, '{"text": "?"}', {"Content-Type": "application/json", "Connection": "close"})
            return line.getresponse().status
        finally:
            line.close()

    with ThreadPoolExecutor(12) as pool:
        return Counter(pool.map(ask, range(count)))


def counted_as(settings: Settings, forwarded: list[str]) -> list[int]:
    """Send a check for each X-Forwarded-For value, one a minute allowed; return the answers."""
    with open_app(replace(settings, checks_per_minute=1)) as app, serve_app(app) as address:
        port, statuses = urlsplit(address).port, []
        for value in forwarded:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {"Content-Type": "application/json", "X-Forwarded-For": value, "X-Real-IP": value}
            line.request("POST", "/api/v1/check", '{"text": "?"}', headers | {"Forwarded": f"for={value}"})
            statuses.append(line.getresponse().status)
            line.close()
        return statuses


@pytest.mark.usefixtures("one_moment")
def test_without_a_proxy_nobody_can_say_where_they_come_from(settings: Settings) -> None:
    assert counted_as(settings, ["198.51.100.1", "198.51.100.2", "127.0.0.1"]) == [200, 429, 429]


@pytest.mark.usefixtures("one_moment")
def test_behind_a_proxy_only_what_the_proxy_adds_counts(settings: Settings) -> None:
    behind = replace(settings, behind_proxy=True)
    made_up = ["198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9", "203.0.113.8", "203.0.113.9, 203.0.113.7"]
    assert counted_as(behind, made_up) == [200, 429, 200, 200]


@pytest.mark.usefixtures("one_moment")
def test_the_report_form_keeps_what_was_written_when_everybody_reports(settings: Settings) -> None:
    with open_app(replace(settings, reports_per_hour_in_total=1)) as app:
        text = {"teks": "Mulai Senin air PDAM mati total tujuh hari", "langkah": "3", "ke": "kirim"}
        codes, page = [], ""
        for address in ("203.0.113.1", "203.0.113.2"):
            browser = app.test_client()
            browser.environ_base["REMOTE_ADDR"] = address
            token = factories.csrf_token_in(browser.post("/lapor", data=text | {"ke": "3"}).get_data(as_text=True))
            answer = browser.post("/lapor", data=text | {"csrf_token": token})
            codes.append(answer.status_code)
            page = answer.get_data(as_text=True)
        assert codes == [303, 429]
        assert "sangat ramai" in page
        assert "Mulai Senin air PDAM mati total tujuh hari" in page
