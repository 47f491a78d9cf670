"""Pages answered before Flask have the same bytes and headers, are logged as any request, and are never stale."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask import request_started
from flask.testing import FlaskClient

from hoax_tracker.check.cache import page_cache
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.web import security_headers
from hoax_tracker.models import Clarification, ClarificationStatus, Officer, db
from tests import databases, factories
from tests.test_concurrency import another
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("one_minute")

PATH = "/klarifikasi/air"
ALONE = pytest.mark.sqlite
"""PostgreSQL marks what the whole cluster commits, other tests too: there a page may be drawn once more."""


@pytest.fixture
def page(officer: Officer, approver: Officer) -> int:
    """A public clarification."""
    row = factories.make_clarification(officer, approver, slug="air").id
    db.session.rollback()
    return row


@pytest.fixture
def through_flask(app: APIFlask) -> Iterator[list[str]]:
    """The paths that Flask was asked for."""
    paths: list[str] = []

    def note(_app: APIFlask, **_: object) -> None:
        from flask import request

        paths.append(request.full_path)

    with request_started.connected_to(note, app):
        yield paths


@ALONE
@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("path", ["/", PATH, "/klarifikasi/", "/klarifikasi/?hal=1", "/luring"])
def test_the_second_answer_is_the_first_without_flask(
    client: FlaskClient, through_flask: list[str], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = client.get(path)
    caplog.set_level(logging.INFO, logger="hoax_tracker.core.web.request_log")
    again = client.get(path)
    assert len(through_flask) == 1
    assert again.data == first.data
    assert again.status_code == 200
    own = "X-Request-ID"
    assert [one for one in again.headers if one[0] != own] == [one for one in first.headers if one[0] != own]
    assert again.headers[own] != first.headers[own]
    assert again.headers["Content-Security-Policy"]
    (line,) = [record for record in caplog.records if record.message == "request"]
    said = line.facts  # type: ignore[attr-defined]
    assert (said["method"], said["status"]) == ("GET", 200)
    assert said["route"] == {PATH: "/klarifikasi/<slug>", "/klarifikasi/?hal=1": "/klarifikasi/"}.get(path, path)


@pytest.mark.usefixtures("page")
def test_it_is_counted(client: FlaskClient) -> None:
    for _ in range(3):
        client.get(PATH)
    text = client.get("/metrics").get_data(as_text=True)
    assert 'hoax_tracker_requests_total{method="GET",route="/klarifikasi/<slug>",status="2xx"} 3.0' in text


@ALONE
@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_it_is_told_so(client: FlaskClient, through_flask: list[str], form: str) -> None:
    first = client.get(PATH)
    again = client.get(PATH, headers={"If-None-Match": form.format(first.headers["ETag"])})
    assert len(through_flask) == 1
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert "Content-Type" not in again.headers
    assert "Content-Security-Policy" not in again.headers, "it is with the page that the reader has"
    assert client.get(PATH, headers={"If-None-Match": '"other"'}).status_code == 200
    assert len(through_flask) == 1


@pytest.mark.usefixtures("page")
def test_whoever_may_be_somebody_is_left_to_flask(client: FlaskClient, through_flask: list[str]) -> None:
    client.get(PATH)
    client.set_cookie("sesi", "x")
    client.get(PATH)
    client.delete_cookie("sesi")
    assert client.head(PATH).status_code == 200
    assert client.get(f"{PATH}?utm=1").status_code == 200
    assert client.post(PATH).status_code in (400, 405)
    assert len(through_flask) == 5


@ALONE
@pytest.mark.usefixtures("page")
def test_languages_and_hosts_are_kept_apart(client: FlaskClient, through_flask: list[str]) -> None:
    assert 'lang="id"' in client.get("/").text
    client.set_cookie("bahasa", "en")
    for _ in range(2):
        assert 'lang="en"' in client.get("/").text
    client.delete_cookie("bahasa")
    assert 'lang="id"' in client.get("/").text
    client.get("/", headers={"Host": "lain.example"})
    client.get("/", base_url="https://localhost")
    assert len(through_flask) == 4


@ALONE
def test_a_change_counts_at_the_next_request(
    app: APIFlask, client: FlaskClient, page: int, through_flask: list[str]
) -> None:
    for _ in range(2):
        assert client.get(PATH).status_code == 200
    assert len(through_flask) == 1
    with another(app) as call:
        call(retitle, page, "Judul dari proses lain")
    assert "Judul dari proses lain" in client.get(PATH).text
    assert "Judul dari proses lain" in client.get(PATH).text
    assert len(through_flask) == 2
    with another(app) as call:
        call(retract, page)
    assert "Judul dari proses lain" not in client.get("/").text
    assert "ditarik" in client.get(PATH).text


@pytest.mark.postgresql
def test_on_postgresql_a_change_counts_and_what_is_kept_is_served(
    app: APIFlask, client: FlaskClient, page: int, through_flask: list[str]
) -> None:
    for asked in range(1, 51):
        client.get(PATH)
        if len(through_flask) < asked:
            break
    assert len(through_flask) < asked
    with another(app) as call:
        call(retitle, page, "Judul dari proses lain")
    assert "Judul dari proses lain" in client.get(PATH).text
    with another(app) as call:
        call(retract, page)
    assert "ditarik" in client.get(PATH).text


def retitle(key: int, title: str) -> None:
    """Correct a page."""
    with write_transaction():
        row = db.session.get_one(Clarification, key)
        row.title, row.version = title, row.version + 1


def retract(key: int) -> None:
    """Withdraw a page."""
    with write_transaction():
        row = db.session.get_one(Clarification, key)
        row.status, row.version = ClarificationStatus.RETRACTED, row.version + 1


@pytest.mark.usefixtures("page")
def test_memory_is_bounded(app: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "CACHED_PAGES", 3)
    for number in range(1, 9):
        client.get(f"/klarifikasi/?hal={number}")
    assert len(app.wsgi_app._app._answers) == 3  # type: ignore[attr-defined]


def read() -> None:
    """Read a row in a transaction of its own."""
    db.session.scalar(sa.select(Clarification.title))
    db.session.rollback()


def is_the_same_after(found: page_cache.ChangeMarker, act: Callable[[], None]) -> bool:
    """Whether an act leaves the mark as it was, on PostgreSQL in one of many tries: others commit there, too."""
    tries = 100 if databases.ON_POSTGRESQL else 1
    return any(found.mark() == (act(), found.mark())[1] for _ in range(tries))


def test_a_mark_differs_after_a_commit_and_only_then(app: APIFlask, page: int) -> None:
    found = page_cache.change_marker_for(db.engine)
    assert found is not None
    try:
        first = found.mark()
        assert first is not None
        assert is_the_same_after(found, lambda: None), "looking changes nothing"
        before = found.mark()
        with another(app) as call:
            call(retitle, page, "Judul lain")
        assert found.mark() not in (first, before)
        assert is_the_same_after(found, read), "nor does reading"
    finally:
        found.close()
    assert found.mark() is None


@pytest.mark.postgresql
def test_a_transaction_that_ends_late_is_not_missed(app: APIFlask, client: FlaskClient, page: int) -> None:
    late = db.engine.connect()
    late.execute(sa.update(Clarification).values(title="Yang terlambat", version=Clarification.version + 1))
    with another(app) as call:
        call(lambda: db.session.execute(sa.text("select 1")))
    assert "Yang terlambat" not in client.get(PATH).text
    assert "Yang terlambat" not in client.get(PATH).text
    late.commit()
    late.close()
    assert "Yang terlambat" in client.get(PATH).text


@pytest.mark.usefixtures("page")
def test_a_page_is_another_one_under_another_policy(
    app: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = {"If-None-Match": client.get(PATH).headers["ETag"]}
    assert client.get(PATH, headers=tag).status_code == 304
    monkeypatch.setattr(security_headers, "SECURITY_HEADERS_BYTES", b"another policy")
    app.extensions["kept_pages"]._pages.clear()
    app.wsgi_app._app._answers.clear()  # type: ignore[attr-defined]
    again = client.get(PATH, headers=tag)
    assert again.status_code == 200
    assert again.headers["Content-Security-Policy"]


class Gate:
    """A lock that tells how many came to it."""

    def __init__(self) -> None:
        self._lock, self.came = threading.Lock(), 0

    def __enter__(self) -> None:
        self.came += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@pytest.mark.postgresql
def test_who_comes_while_another_asks_gets_an_answer_that_was_asked_for_later(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, gate, asked = page_cache.PostgresqlChangeMarker(db.engine), Gate(), list[int]()
    began, go_on = threading.Event(), threading.Event()

    def ask() -> int:
        asked.append(len(asked) + 1)
        began.set()
        assert go_on.wait(30)
        return asked[-1]

    monkeypatch.setattr(found, "_lock", gate)
    monkeypatch.setattr(found, "_ask", ask)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(found.mark)
        assert began.wait(30)
        others = [pool.submit(found.mark) for _ in range(3)]
        wait_until(lambda: gate.came == 4, "all to have come")
        go_on.set()
        assert first.result(30) == 1
        assert [one.result(30) for one in others] == [2, 2, 2]
    assert asked == [1, 2]


@pytest.mark.postgresql
def test_a_server_that_went_away_is_asked_again(app: APIFlask) -> None:
    found = page_cache.change_marker_for(db.engine)
    assert found is not None
    first = found.mark()
    pid = sa.text(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_current_snapshot%' "
        "and pid <> pg_backend_pid() and datname = current_database()"
    )
    with db.engine.begin() as connection:
        assert connection.scalars(pid).all() == [True]
    assert found.mark() is None
    assert found.mark() is not None
    assert first is not None
    found.close()
