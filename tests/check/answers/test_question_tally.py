"""Questions are counted without residents waiting for writers: at once, soon, or when the process ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.question_log import CountedQuestion
from hoax_tracker.check.answers.question_tally import (
    MOST_A_DAY,
    AskedToday,
    QuestionTally,
    Visitor,
    question_tally,
)
from hoax_tracker.core.rate_limiting import connection_limit
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
    monkeypatch.setattr("hoax_tracker.check.answers.question_tally.MOST_A_DAY", 3)
    assert send(client) == 200  # the first one reads the match index
    with write_lock(app):
        begun = time.perf_counter()
        statuses = [send(client) for _ in range(3)]
        assert time.perf_counter() - begun < 3 * SOON_S
        assert statuses == [200] * 3
    assert count() == 1
    question_tally().write()
    assert count() == (4 if send is ask_by_api else 3), "a program asks for many people, a visitor for a few"


@pytest.mark.sqlite  # on PostgreSQL counting waits for nobody but who counts
def test_the_limit_of_an_address_holds_while_somebody_writes(app: APIFlask, client_with: AppWith) -> None:
    client = client_with(checks_per_minute=2)
    with write_lock(app):
        assert sorted(paste_another(client, number) for number in range(4)) in ([200, 200, 429, 429], [200] * 3 + [429])


def paste_another(client: FlaskClient, number: int) -> int:
    return client.post("/cek", data={"teks": f"{UNRELATED} {WORDS[number]}"}).status_code


def test_without_a_writer_it_is_counted_at_once(client: FlaskClient) -> None:
    paste(client)
    assert count() == 1


def test_what_waits_is_counted_by_itself(
    app: APIFlask, client: FlaskClient, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuestionTally, "written_every_s", 0.05)
    publish()
    with write_lock(app):
        paste(client)
    for number in range(6):  # the last ones are answered from what is kept
        client.get("/cek", query_string={"q": MESSAGE}, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})
    wait_until(lambda: count() == 7, "all are counted")


def test_a_web_process_that_ends_counts_what_waits(app: APIFlask, client: FlaskClient) -> None:
    with write_lock(app):
        paste(client)
    end_counting(app)
    assert count() == 1


def test_a_process_that_ended_before_it_began_counts_nothing() -> None:
    end_counting(None)


def test_one_connection_counts_no_more_than_it_may_ask(app: APIFlask) -> None:
    tally = QuestionTally(app, 2)
    for number, who in enumerate(("203.0.113.1",) * 5 + ("203.0.113.2",)):
        tally.count_again(ASKED, Visitor(who, f"phone {number}"), NOW)
    assert tally._waiting.total() == 3
    tally.drop()


def test_a_flood_of_addresses_fills_no_memory(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limit, "MOST_REMEMBERED", 3)
    tally = QuestionTally(app, 1)
    for number in range(9):
        tally.count_again(ASKED, Visitor(f"203.0.113.{number}", ""), NOW)
    assert tally._waiting.total() == 3
    tally.count_again(ASKED, Visitor("203.0.113.99", ""), NOW + timedelta(minutes=1))
    assert tally._waiting.total() == 4
    tally.drop()


PHONE = Visitor("203.0.113.1", "Mozilla/5.0 (Android)")


def count_asked(asked_today: AskedToday, visitor: Visitor, asked: CountedQuestion = ASKED) -> int:
    """Ask thirty times and tell how often it counted."""
    return sum(asked_today.may_count(visitor, asked) for _ in range(30))


def test_a_wave_of_phones_that_look_alike_counts_up_to_a_bound_a_day() -> None:
    asked_today, tomorrow = AskedToday(), ASKED._replace(day=ASKED.day + timedelta(days=1))
    other_phone, next_door = replace(PHONE, browser="Mozilla/5.0 (iPhone)"), replace(PHONE, address="203.0.113.2")
    for visitor in (PHONE, other_phone, next_door):
        assert count_asked(asked_today, visitor) == MOST_A_DAY == 2
    assert asked_today.may_count(PHONE, ASKED._replace(digest="another"))
    assert asked_today.may_count(PHONE, ASKED._replace(decision=CheckDecision.MATCH)), "it was answered meanwhile"
    assert count_asked(asked_today, PHONE, tomorrow) == MOST_A_DAY


def test_one_home_has_many_ipv6_addresses_and_counts_as_one_visitor() -> None:
    asked_today = AskedToday()
    homes = [replace(PHONE, address=f"2001:db8:1:2::{number}") for number in range(1, 31)]
    assert sum(asked_today.may_count(home, ASKED) for home in homes) == MOST_A_DAY


def test_a_flood_of_visitors_fills_no_memory_and_is_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoax_tracker.check.answers.question_tally.MOST_REMEMBERED", 3)
    asked_today = AskedToday()
    assert all(asked_today.may_count(Visitor(f"203.0.113.{number}", ""), ASKED) for number in range(9))
    assert len(asked_today._asked) == 3


def test_what_is_remembered_tells_neither_who_nor_what(app: APIFlask) -> None:
    asked_today = AskedToday()
    asked_today.may_count(PHONE, ASKED)
    assert [type(key) for key in asked_today._asked] == [int]


def test_a_flood_of_questions_fills_no_memory(
    app: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuestionTally, "most_waiting", 2)
    with write_lock(app):
        for number in range(4):
            paste_another(client, number)
    question_tally().write()
    assert count() == 2
