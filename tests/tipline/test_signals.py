"""What chats tell the desk without who: where a claim is asked about, how it was passed on, and what came together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.question_log import group_questions
from hoax_tracker.check.counting import question_tally
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.early_warning.alarms import list_alarms, watch_for_waves
from hoax_tracker.insight.early_warning.hourly_counts import list_counted_claims
from hoax_tracker.models import AskedTogether, CheckQuery, Claim, ClaimStatus, Measure, Officer, Topic, db
from hoax_tracker.privacy.retention import purge_expired_data
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, UNRELATED
from tests.tipline.conftest import Phone

SignIn = Callable[[Officer], FlaskClient]
NewPhone = Callable[[str], Phone]


@pytest.fixture
def new_phone(app: APIFlask, settings: Settings, clock: list[datetime]) -> NewPhone:
    """Return a function that makes the phone of one more person."""
    return lambda sender: Phone(settings, clock, sender)


def examine(text: str = UNRELATED, **fields: object) -> Claim:
    """A claim that officers examine."""
    return factories.make_claim(text, status=ClaimStatus.INVESTIGATING, **fields)


def count_waiting() -> None:
    """Let the counts be written and the questions be grouped."""
    question_tally().write()
    group_questions()


def test_a_claims_page_says_where_it_was_asked_about(
    new_phone: NewPhone, client: FlaskClient, sign_in: SignIn, officer: Officer
) -> None:
    claim = examine()
    for number in range(3):
        new_phone(f"tg.{number}").ask(UNRELATED, forwarded=number > 0, often_forwarded=number == 2)
    client.post("/cek", data={"teks": UNRELATED})
    count_waiting()
    shown = sign_in(officer).get(f"/petugas/klaim/{claim.id}").text
    assert "Ditanyakan 4 kali: <b>1 di situs, 3 di Telegram</b>." in shown
    assert "2 kiriman terusan, 1 di antaranya sering diteruskan." in shown
    assert "tg.1" not in shown


def test_a_claim_that_nobody_asked_about_says_nothing_of_it(app: APIFlask, sign_in: SignIn, officer: Officer) -> None:
    claim = examine()
    assert "Ditanyakan" not in sign_in(officer).get(f"/petugas/klaim/{claim.id}").text.partition('id="klaim"')[2]


def test_who_asks_the_same_again_and_again_is_counted_as_on_the_web(new_phone: NewPhone) -> None:
    phone = new_phone("tg.1")
    for _ in range(4):
        phone.ask(UNRELATED, forwarded=True)
    question_tally().write()
    row = db.session.scalars(sa.select(CheckQuery)).one()
    assert (row.count, row.in_telegram, row.in_whatsapp, row.forwarded, row.often_forwarded) == (2, 2, 0, 2, 0)


def test_messages_that_go_from_hand_to_hand_rise_before_as_many_typed_questions(
    new_phone: NewPhone, now: datetime
) -> None:
    typed, passed_on = examine(MARKET, topic=Topic.OTHER), examine(UNRELATED, topic=Topic.OTHER)
    for number in range(6):
        phone = new_phone(f"tg.{number}")
        phone.ask(MARKET)
        phone.ask(UNRELATED, forwarded=True, often_forwarded=True)
    count_waiting()
    watch_for_waves(now + timedelta(minutes=10))
    (alarm,) = [one for one in list_alarms() if one.claim_id]
    assert (alarm.claim_id, alarm.measure, alarm.count) == (passed_on.id, Measure.FORWARDED, 12)
    assert typed.id != alarm.claim_id


def test_the_alarm_of_a_topic_lists_the_claims_whose_messages_were_passed_on(
    new_phone: NewPhone, now: datetime
) -> None:
    claim = examine()
    new_phone("tg.1").ask(UNRELATED, forwarded=True)
    count_waiting()
    alarm = factories.make_alarm(measure=Measure.FORWARDED, topic=claim.topic, last_sign_at=now)
    (counted,) = list_counted_claims([alarm])[alarm.id]
    assert (counted.claim_id, counted.count) == (claim.id, 1)


def test_what_came_together_is_suggested_as_one_story(new_phone: NewPhone, sign_in: SignIn, officer: Officer) -> None:
    claim, other = examine(UNRELATED), examine(MARKET)
    for number in range(2):
        phone = new_phone(f"tg.{number}")
        phone.forward(UNRELATED, MARKET)
        phone.wait()
        count_waiting()
        shown = sign_in(officer).get(f"/petugas/klaim/{claim.id}/narasi").text
        assert ("2 kali dikirim warga bersama klaim ini." in shown) is (number == 1)
    assert f"/petugas/klaim/{other.id}" in shown


def test_an_answered_page_counts_as_its_claim_in_what_came_together(
    new_phone: NewPhone, page: Callable[..., int], sign_in: SignIn, officer: Officer
) -> None:
    answered = factories.make_claim(MESSAGE, status=ClaimStatus.CLARIFIED)
    page(title="Air PDAM tidak mati", slug="air", claims=[answered])
    claim = examine()
    for number in range(2):
        phone = new_phone(f"tg.{number}")
        phone.forward(UNRELATED, MESSAGE)
        phone.wait()
    count_waiting()
    assert "2 kali dikirim warga" in sign_in(officer).get(f"/petugas/klaim/{claim.id}/narasi").text


def test_what_came_together_is_kept_without_who_and_as_long_as_questions(
    new_phone: NewPhone, settings: Settings
) -> None:
    phone = new_phone("tg.1")
    phone.forward(UNRELATED, MARKET, MESSAGE)
    phone.wait()
    rows = db.session.scalars(sa.select(AskedTogether)).all()
    assert [row.count for row in rows] == [1, 1, 1]
    assert not any("tg.1" in f"{row.first} {row.second}" for row in rows)
    purge_expired_data(settings, phone.clock[0] + settings.query_retention + timedelta(days=2), overdue=True)
    assert db.session.scalars(sa.select(AskedTogether)).all() == []
