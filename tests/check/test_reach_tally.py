"""What shows a clarification is counted by day, whatever answers it; robots, officers and one busy reader are not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check import counting as module
from hoax_tracker.check.counting import (
    MOST_OF_A_VISITOR,
    ReachCount,
    ReachKind,
    ReachTally,
    add_reach,
    is_robot,
    reach_tally,
)
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Clarification, ClarificationReach, ClarificationStatus, Officer, db
from hoax_tracker.server.run import end_counting
from tests import databases
from tests.browser import Browser
from tests.check.conftest import MESSAGE, UNRELATED, Publish, judged, kept
from tests.processes import serve_instance
from tests.waiting import wait_until

PAGE = "/klarifikasi/klarifikasi-1"
PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"
SignIn = Callable[[Officer], FlaskClient]


class Counts(NamedTuple):
    """The sums of all days of all clarifications."""

    views: int = 0
    short_visits: int = 0
    answers: int = 0
    comparisons: int = 0


class ManyPhones(Browser):
    """Each request comes from another address, unless it names one."""

    def open(self, *args: Any, **named: Any) -> Any:
        self.asked = getattr(self, "asked", 0) + 1
        self.environ_base["REMOTE_ADDR"] = f"198.51.{self.asked // 250}.{self.asked % 250}"
        return super().open(*args, **named)


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """Phones."""
    browser = ManyPhones(app, app.response_class)
    browser.environ_base["HTTP_USER_AGENT"] = PHONE
    return browser


def read_counts() -> Counts:
    """What stands in the table."""
    columns = [sa.func.coalesce(sa.func.sum(getattr(ClarificationReach, name)), 0) for name in Counts._fields]
    return kept(lambda: Counts(*db.session.execute(sa.select(*columns)).one()))


def counts() -> Counts:
    """What stands in the table once what waits is written."""
    reach_tally().write()
    return read_counts()


@pytest.mark.usefixtures("one_minute")
def test_a_page_is_counted_whoever_answers_it(publish: Publish, client: FlaskClient) -> None:
    publish()
    etag = client.get(PAGE).headers["ETag"]  # Flask renders it, then answers from memory; then it is answered before
    for _ in range(4):
        assert client.get(PAGE).status_code == 200
    assert counts() == Counts(views=5)
    answers = [client.get(PAGE, headers={"If-None-Match": etag}).status_code for _ in range(3)]
    assert answers == [304] * 3
    assert counts() == Counts(views=8), "who has the page in the browser reads it again"
    client.get(f"{PAGE}?fbclid=x")
    client.get(f"{PAGE}?bahasa=en")
    assert counts() == Counts(views=10), "also at an address that is not kept"


def test_a_page_rendered_for_a_reader_who_has_it_is_counted_once(publish: Publish, client: FlaskClient) -> None:
    publish()
    etag = client.get(PAGE).headers["ETag"]
    client.application.extensions.pop("kept_pages")
    assert client.get(f"{PAGE}?x=1", headers={"If-None-Match": etag}).status_code in (200, 304)
    assert counts() == Counts(views=2)


@pytest.mark.usefixtures("one_minute")
def test_robots_and_browsers_that_read_ahead_are_not_counted(publish: Publish, client: FlaskClient) -> None:
    publish()
    client.get(PAGE)
    for path in (PAGE, "/k/1", f"{PAGE}?x=1"):
        for _ in range(3):
            client.head(path)
            client.get(path, headers={"Sec-Purpose": "prefetch"})
            client.get(path, headers={"Sec-Purpose": "prefetch;prerender"})
            client.get(path, headers={"Purpose": "prefetch"})
            client.get(path, headers={"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
            client.get(path, headers={"User-Agent": ""})
    assert counts() == Counts(views=1)


@pytest.mark.parametrize(
    ("user_agent", "robot"),
    [
        (PHONE, False),
        ("Mozilla/5.0 (Linux; Android 10; CUBOT_X30) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/470]", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Safari Line/14.9", False),
        ("Opera/9.80 (J2ME/MIDP; Opera Mini/9.80; U; id) Presto/2.5.25", False),
        ("", True),
        ("WhatsApp/2.24.20.89 A", True),
        ("TelegramBot (like TwitterBot)", True),
        ("facebookexternalhit/1.1", True),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", True),
        ("curl/8.5.0", True),
        ("python-requests/2.32", True),
    ],
)
def test_what_names_itself_a_robot_is_one(user_agent: str, robot: bool) -> None:
    assert is_robot(user_agent) is robot


def test_an_officer_who_looks_at_the_page_is_no_reader(publish: Publish, officer: Officer, sign_in: SignIn) -> None:
    publish()
    browser = sign_in(officer)
    for _ in range(3):
        assert browser.get(PAGE).status_code == 200
        assert browser.get("/k/1").status_code == 302
    assert counts() == Counts()


def test_a_withdrawn_page_is_read_by_nobody(publish: Publish, client: FlaskClient) -> None:
    db.session.get_one(Clarification, publish()).status = ClarificationStatus.RETRACTED
    db.session.commit()
    for _ in range(3):
        assert "ditarik" in client.get(PAGE).text
        assert client.get("/k/1").status_code == 302
    assert client.get("/k/7").status_code == 404
    assert counts() == Counts()


def test_a_short_address_is_counted_and_then_its_page(publish: Publish, client: FlaskClient) -> None:
    publish()
    assert client.get("/k/1", follow_redirects=True).status_code == 200
    assert counts() == Counts(views=1, short_visits=1)


@pytest.mark.usefixtures("one_minute")
def test_an_answer_is_counted_on_each_way(publish: Publish, client: FlaskClient) -> None:
    judged(publish())
    for _ in range(4):  # the first two are thought about, the others kept
        assert client.post("/cek", data={"teks": MESSAGE}).status_code == 200
    assert counts() == Counts(answers=4)
    for _ in range(4):
        assert client.get("/cek", query_string={"q": MESSAGE}).status_code == 200
    assert counts() == Counts(answers=8)
    assert client.post("/api/v1/check", json={"text": MESSAGE}, headers={"User-Agent": "node"}).status_code == 200
    assert counts() == Counts(answers=9), "programs ask for people"
    client.post("/cek", data={"teks": MESSAGE}, headers={"User-Agent": "Googlebot"})
    client.post("/cek", data={"teks": UNRELATED})
    client.post("/cek", data={"teks": "???"})
    assert counts() == Counts(answers=9)


def test_what_is_shown_to_compare_with_is_counted_as_that(publish: Publish, client: FlaskClient) -> None:
    publish()
    client.post("/cek", data={"teks": MESSAGE.replace("tujuh", "tiga")})
    assert counts() == Counts(comparisons=1)


def test_one_connection_makes_no_page_look_read_by_a_city(publish: Publish, client: FlaskClient) -> None:
    publish()
    publish(claim_quote=UNRELATED)
    for number in range(40):
        headers = {"User-Agent": f"{PHONE} {number}"}
        client.get(PAGE, environ_overrides={"REMOTE_ADDR": "2001:db8::1"}, headers=headers)
        client.get(PAGE, environ_overrides={"REMOTE_ADDR": "2001:db8::2"}, headers=headers)  # the same network
    assert counts() == Counts(views=MOST_OF_A_VISITOR)
    client.get("/klarifikasi/klarifikasi-2", environ_overrides={"REMOTE_ADDR": "2001:db8::1"})
    client.get(PAGE, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert counts() == Counts(views=MOST_OF_A_VISITOR + 2)


def test_a_program_counts_as_the_address_it_asks_from(publish: Publish, client: FlaskClient) -> None:
    judged(publish())
    for _ in range(9):
        asked = {"text": MESSAGE}
        client.post("/api/v1/check", json=asked, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert counts() == Counts(answers=MOST_OF_A_VISITOR)


def test_the_next_day_counts_again_and_days_are_those_of_kupang(
    app: APIFlask, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, moments = {publish(): ReachKind.VIEW}, [datetime(2026, 11, 24, 15, 30, tzinfo=UTC)]  # 23.30 in Kupang
    monkeypatch.setattr(module, "utc_now", lambda: moments[0])
    for _hour in range(2):
        for _ in range(9):
            reach_tally().count(shown, "203.0.113.9")
        moments[0] += timedelta(hours=1)
    reach_tally().write()
    rows = db.session.execute(sa.select(ClarificationReach.day, ClarificationReach.views).order_by("day"))
    assert [(str(day), views) for day, views in rows] == [("2026-11-24", 2), ("2026-11-25", 2)]


def test_no_page_waits_for_who_writes_and_nothing_is_lost(
    app: APIFlask, publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    client.get(PAGE)
    lock = "lock table clarification_reach in exclusive mode" if databases.ON_POSTGRESQL else "select 1"
    with app.app_context(), db.engine.begin() as connection:  # on SQLite: BEGIN IMMEDIATE
        connection.execute(sa.text(lock))
        begun = time.perf_counter()
        reach_tally().write(patience_ms=0)
        assert [client.get(path).status_code for path in (PAGE, "/k/1")] == [200, 302]
        assert time.perf_counter() - begun < 3
    end_counting(app)
    assert read_counts() == Counts(views=2, short_visits=1), "a process that ends in order writes what waits"


def test_what_waits_is_written_by_itself(
    publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReachTally, "written_every_s", 0.05)
    publish()
    for _ in range(3):
        client.get(PAGE)
    wait_until(lambda: read_counts() == Counts(views=3), "all are written")


def test_a_disk_that_takes_nothing_breaks_no_page(
    publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    read_only = "set transaction read only" if databases.ON_POSTGRESQL else "pragma query_only=on"
    add_to_row = module.add_to_row

    def add_to_disk(*row: Any) -> None:
        db.session.execute(sa.text(read_only))
        add_to_row(*row)

    with monkeypatch.context() as broken:
        broken.setattr(module, "add_to_row", add_to_disk)
        assert client.get(PAGE).status_code == 200
        reach_tally().write()
    db.engine.dispose()
    assert read_counts() == Counts()
    assert client.get(PAGE).status_code == 200
    assert counts() == Counts(views=1), "what could not be written then is lost"


def test_counts_of_two_writers_add_up(publish: Publish) -> None:
    key, today = publish(), datetime(2026, 11, 24, tzinfo=UTC).date()
    add_reach({ReachCount(today, key, ReachKind.VIEW): 2, ReachCount(today, key, ReachKind.ANSWER): 1})
    add_reach({ReachCount(today, key, ReachKind.VIEW): 3, ReachCount(today - timedelta(1), key, ReachKind.VIEW): 4})
    assert read_counts() == Counts(views=9, answers=1)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.database
@pytest.mark.needs("proc")
def test_a_killed_process_loses_seconds_and_the_other_one_nothing(settings: Settings, publish: Publish) -> None:
    """Two web processes count the same page; one is killed after a writing, and what both wrote stays."""
    publish()
    db.session.remove()
    with serve_instance(settings, "--workers", "2", "--no-worker") as served:

        def read_page() -> None:
            assert served.get(PAGE, **{"User-Agent": PHONE})[0] == 200

        def both_have_written() -> bool:
            """Each counts twice what this one visitor reads, whichever of them answers."""
            read_page()
            return read_counts().views == 2 * MOST_OF_A_VISITOR

        wait_until(both_have_written, "both have written")
        for pid in served.web():
            os.kill(pid, signal.SIGKILL)
        wait_until(served.answers, "new processes answer")
        assert read_counts().views == 2 * MOST_OF_A_VISITOR
        read_page()
    assert read_counts().views == 2 * MOST_OF_A_VISITOR + 1, "processes that end in order write first"
