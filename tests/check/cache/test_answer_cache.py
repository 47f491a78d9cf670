"""A frequent message is decided once, counted each time, and never answered with stale or another's data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.check.answers import service
from hoax_tracker.check.cache import answer_cache as module
from hoax_tracker.check.cache.answer_cache import AnswerCache
from hoax_tracker.check.counting import QuestionTally
from hoax_tracker.check.views import check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import CheckQuery, Claim, ClaimStatus, Clarification, ClarificationStatus, db
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, UNRELATED, AppWith, Publish, kept
from tests.test_concurrency import another

Decided = list[str]
Send = Callable[[FlaskClient], TestResponse]


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch, now: datetime) -> list[datetime]:
    """The clock, which stands still unless a test moves it."""
    at = [now]
    for name in (
        "hoax_tracker.check.cache.answer_cache",
        "hoax_tracker.check.cache.page_cache",
        "hoax_tracker.check.views.check",
    ):
        monkeypatch.setattr(f"{name}.utc_now", lambda: at[0])
    return at


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Decided:
    """The messages that were thought about."""
    texts: Decided = []

    def noted(text: str, now: datetime) -> service.CheckAnswer:
        texts.append(text)
        return service.answer_message(text, now)

    monkeypatch.setattr(check, "answer_message", noted)
    return texts


def ask(client: FlaskClient, text: str = MESSAGE) -> TestResponse:
    """Paste a message."""
    return client.post("/cek", data={"teks": text})


def by_address(client: FlaskClient, text: str = MESSAGE) -> TestResponse:
    """Ask by an address, which is answered before Flask."""
    return client.get("/cek", query_string={"q": text})


def count(app: APIFlask) -> int:
    """How often anything was asked, with what waits to be counted."""
    app.extensions["tallies"][QuestionTally].write()
    return kept(lambda: db.session.scalar(sa.select(sa.func.sum(CheckQuery.count))) or 0)


@pytest.mark.parametrize("send", [ask, by_address])
def test_what_many_send_is_decided_twice_and_counted_each_time(
    app: APIFlask, publish: Publish, client: FlaskClient, decided: Decided, send: Send
) -> None:
    publish(title="Air tetap mengalir")
    answers = []
    for number in range(6):
        client.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        answers.append(send(client))
    assert len(decided) == 2
    assert {one.data for one in answers} == {answers[0].data}
    assert b"Air tetap mengalir" in answers[0].data
    for one in answers:
        assert one.status_code == 200
        assert one.headers["Cache-Control"] == ("private, no-cache" if send is ask else "no-store")
        assert "noindex" in one.headers["X-Robots-Tag"]
        assert one.headers["Referrer-Policy"] == "no-referrer"
        assert one.headers["Content-Security-Policy"]
        assert not {"ETag", "Set-Cookie"} & set(one.headers.keys())
    assert count(app) == 6


def test_another_message_another_answer(publish: Publish, client: FlaskClient, decided: Decided) -> None:
    publish(title="Air tetap mengalir")
    for _ in range(3):
        assert "Air tetap mengalir" in ask(client).text
        assert "Belum ada klarifikasi untuk pesan ini." in ask(client, UNRELATED).text
        assert "Belum ada klarifikasi untuk pesan ini." in by_address(client, UNRELATED).text
    client.get("/bahasa/en")
    assert '<html lang="en">' in ask(client).text


def test_what_one_person_sends_is_kept_nowhere(app: APIFlask, publish: Publish, client: FlaskClient) -> None:
    publish()
    ask(client, f"{UNRELATED} hubungi Maria 0812-3456-7890")
    answers: AnswerCache = app.extensions["kept_answers"]
    assert not answers._pages
    assert all(b"Maria" not in one for one in answers._once)


def test_when_the_minute_is_over_it_is_decided_anew_and_nothing_stays(
    app: APIFlask, publish: Publish, client: FlaskClient, decided: Decided, moment: list[datetime]
) -> None:
    publish()
    for _ in range(3):
        ask(client)
    moment[0] += timedelta(minutes=1)
    ask(client)
    assert len(decided) == 3
    assert not app.extensions["kept_answers"]._pages


def retract(key: int) -> None:
    """Withdraw the page."""
    row = db.session.get_one(Clarification, key)
    row.status, row.version, row.changed_at = ClarificationStatus.RETRACTED, row.version + 1, factories.NOW


@pytest.mark.parametrize("send", [ask, by_address])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_is_withdrawn_answers_nobody_any_more(
    app: APIFlask, publish: Publish, client: FlaskClient, send: Send, elsewhere: bool
) -> None:
    key = publish(title="Air tetap mengalir")
    for _ in range(3):
        assert "Air tetap mengalir" in send(client).text
    if elsewhere:
        with another(app), write_transaction():
            retract(key)
    else:
        with write_transaction():
            retract(key)
    assert "Jawaban kota sudah ditarik" in send(client).text


def test_a_claim_that_is_taken_up_is_told_at_once(app: APIFlask, client: FlaskClient) -> None:
    factories.make_claim(MARKET)
    for _ in range(3):
        assert "Belum ada klarifikasi untuk pesan ini." in by_address(client, MARKET).text
    with write_transaction():
        claim = db.session.scalars(sa.select(Claim)).one()
        claim.status, claim.examined_since = ClaimStatus.INVESTIGATING, factories.NOW
    assert "Petugas sedang memeriksa" in by_address(client, MARKET).text


def test_a_page_with_a_token_is_nobody_elses(app: APIFlask, client: FlaskClient, decided: Decided) -> None:
    factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=factories.NOW)
    tokens = set()
    for _ in range(4):
        tokens.add(factories.csrf_token_in(ask(app.test_client(), MARKET).text))
    assert len(tokens) == 4
    assert len(decided) == 4


@pytest.mark.parametrize("text", ["🙏", "https://berita.example/x", "air " * 2_000, "air " * 26_000])
def test_what_is_no_message_or_a_long_one_is_not_kept(client: FlaskClient, decided: Decided, text: str) -> None:
    for _ in range(3):
        ask(client, text)
    assert len(decided) == 3


def test_no_limit_is_spent_for_it_and_one_person_counts_no_more_for_that(
    client_with: AppWith, publish: Publish, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoax_tracker.check.counting.MOST_OF_A_VISITOR", 3)
    publish(title="Air tetap mengalir")
    client = client_with(checks_per_minute=2)
    assert [ask(client).status_code for _ in range(9)] == [200] * 9
    assert ask(client, UNRELATED).status_code == 429
    app: APIFlask = client.application  # type: ignore[assignment]
    with app.app_context():
        assert count(app) == 3, "two of the limit and two of what is kept would be four"
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    ask(client)
    with app.app_context():
        assert count(app) == 4


def test_memory_is_bounded(
    app: APIFlask, publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    monkeypatch.setattr(module, "CACHED_ANSWERS", 2)
    for number in range(4):
        for _ in range(2):
            ask(client, f"{UNRELATED} nomor {'x' * number}")
    assert len(app.extensions["kept_answers"]._pages) == 2
