"""Questions are counted without residents waiting for writers: soon, or when the process ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check import counting
from hoax_tracker.check.answers.question_log import CountedQuestion
from hoax_tracker.check.counting import MOST_OF_A_VISITOR, ConnectionLimit, QuestionTally, question_tally, visitor_limit
from hoax_tracker.models import CheckDecision, CheckQuery, db
from hoax_tracker.server.run import end_counting
from tests import databases
from tests.check.conftest import MESSAGE, UNRELATED, AppWith, Publish, kept
from tests.factories import NOW
from tests.waiting import wait_until

ASKED = CountedQuestion(date(2026, 11, 24), "digest", CheckDecision.NONE)
WORDS = ("mangga", "pisang", "jambu", "salak")
SOON_S = 1.0
"""Far below what a writer is waited for, far above what an answer takes on a busy machine."""


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is written when a test says so."""
    monkeypatch.setattr(QuestionTally, "written_every_s", 1000.0)


@contextmanager
def write_lock(app: APIFlask) -> Iterator[None]:
    """Hold what a worker holds that stores feeds, and on PostgreSQL more than any worker does."""
    lock = "lock table check_query, rate_limit in exclusive mode" if databases.ON_POSTGRESQL else "select 1"
    with app.app_context(), db.engine.begin() as connection:  # on SQLite: BEGIN IMMEDIATE
        connection.execute(sa.text(lock))
        yield


def count() -> int:
    """How many questions stand in the table."""
    return kept(lambda: db.session.scalar(sa.select(sa.func.sum(CheckQuery.count))) or 0)


def paste(client: FlaskClient) -> int:
    return client.post("/cek", data={"teks": UNRELATED}).status_code


def ask_by_api(client: FlaskClient) -> int:
    return client.post("/api/v1/check", json={"text": UNRELATED}).status_code


@pytest.mark.parametrize("send", [paste, ask_by_api])
def test_a_check_does_not_wait_for_who_writes_and_is_counted_later(
    app: APIFlask, client: FlaskClient, send: Callable[[FlaskClient], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoax_tracker.check.counting.MOST_OF_A_VISITOR", 3)
    assert send(client) == 200  # the first one reads the match index
    with write_lock(app):
        begun = time.perf_counter()
        statuses = [send(client) for _ in range(3)]
        assert time.perf_counter() - begun < 3 * SOON_S
        assert statuses == [200] * 3
    assert count() == 0
    question_tally().write()
    assert count() == 3, "as often as a visitor counts, whether a person or a program asks"


@pytest.mark.sqlite  # on PostgreSQL counting waits for nobody but who counts
def test_the_limit_of_an_address_holds_while_somebody_writes(app: APIFlask, client_with: AppWith) -> None:
    client = client_with(checks_per_minute=2)
    with write_lock(app):
        assert sorted(paste_another(client, number) for number in range(4)) in ([200, 200, 429, 429], [200] * 3 + [429])


def paste_another(client: FlaskClient, number: int) -> int:
    return client.post("/cek", data={"teks": f"{UNRELATED} {WORDS[number]}"}).status_code


def test_what_waits_is_counted_by_itself(
    app: APIFlask, client: FlaskClient, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuestionTally, "written_every_s", 0.05)
    publish()
    paste(client)
    for number in range(6):  # the last ones are answered from what is kept
        client.get("/cek", query_string={"q": MESSAGE}, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})
    wait_until(lambda: count() == 7, "all are counted")


def test_a_web_process_that_ends_counts_what_waits(app: APIFlask, client: FlaskClient) -> None:
    paste(client)
    end_counting(app)
    assert count() == 1


def test_a_process_that_ended_before_it_began_counts_nothing() -> None:
    end_counting(None)


def test_one_connection_counts_no_more_than_it_may_ask(app: APIFlask) -> None:
    tally = QuestionTally(app, 2)
    for number, who in enumerate(("203.0.113.1",) * 5 + ("203.0.113.2",)):
        tally.count_again(ASKED._replace(digest=str(number)), who, NOW)
    assert tally._waiting.total() == 3
    tally.drop()


@pytest.mark.parametrize("path", ["page", "API"])
def test_a_visitor_that_changes_its_name_is_one(client: FlaskClient, path: str) -> None:
    """One address once looked like 29 visitors and raised an alarm."""
    for number in range(29):
        headers = {"User-Agent": f"Mozilla/5.0 (Android {number})"}
        if path == "page":
            assert client.post("/cek", data={"teks": UNRELATED}, headers=headers).status_code == 200
        else:
            assert client.post("/api/v1/check", json={"text": UNRELATED}, headers=headers).status_code == 200
    question_tally().write()
    assert count() == MOST_OF_A_VISITOR


def test_a_person_and_a_program_of_one_address_are_one_visitor(client: FlaskClient) -> None:
    for _ in range(5):
        paste(client)
        ask_by_api(client)
    question_tally().write()
    assert count() == MOST_OF_A_VISITOR


def uses(limit: ConnectionLimit, who: str, thing: object = "x", now: datetime = NOW) -> int:
    """Ask thirty times and tell how often it counted."""
    return sum(limit.allows(who, now, thing) for _ in range(30))


def test_a_visitor_is_an_address_and_a_day() -> None:
    limit = visitor_limit()
    for who in ("203.0.113.1", "203.0.113.2", "2001:db8:1:2::1"):
        assert uses(limit, who) == MOST_OF_A_VISITOR == 2
    assert uses(limit, "2001:db8:1:2:3::9") == 0, "of the same home"
    assert uses(limit, "203.0.113.1", "another question") == MOST_OF_A_VISITOR
    night = datetime(2026, 11, 24, 15, 59, tzinfo=UTC)  # in Kupang a minute before midnight
    assert uses(limit, "203.0.113.1", now=night) == 0
    assert uses(limit, "203.0.113.1", now=night + timedelta(minutes=2)) == MOST_OF_A_VISITOR


def test_a_flood_of_addresses_fills_no_memory_and_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_REMEMBERED", 3)
    limit = visitor_limit()
    assert all(limit.allows(f"203.0.113.{number}", NOW, ASKED) for number in range(9))
    assert len(limit._uses) == 3
    assert uses(limit, "203.0.113.8", ASKED) == MOST_OF_A_VISITOR - 1, "the latest are remembered"


def test_what_is_remembered_tells_neither_who_nor_what() -> None:
    limit = visitor_limit()
    limit.allows("203.0.113.1", NOW, ASKED)
    assert [type(key) for key in limit._uses] == [int]


def test_a_flood_of_questions_fills_no_memory(
    app: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuestionTally, "most_waiting", 2)
    for number in range(4):
        paste_another(client, number)
    question_tally().write()
    assert count() == 2
