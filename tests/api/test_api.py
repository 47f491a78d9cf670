"""The JSON API: exactly the documented shapes, and every error as a problem document."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from classifiers.matcher.details import Difference
from hoax_tracker.app import create_app
from hoax_tracker.check.answers.service import CheckAnswer, answer_message
from hoax_tracker.check.counting import question_tally
from hoax_tracker.check.reports.submission import find_report_by_ticket
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import decrypt_contact
from hoax_tracker.models import CheckDecision, CheckQuery, ClaimStatus, Officer, Report, db
from tests import factories
from tests.factories import count_rows

MESSAGE = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
UNRELATED = "Katanya kapal feri tujuan Rote dibatalkan sampai ombak tenang, penumpang tidur di pelabuhan Bolok"
CONTACT = "tanam-4711@surel.example"


@pytest.fixture
def limited(settings: Settings) -> Iterator[FlaskClient]:
    """The same instance with room for one check and one report."""
    app = create_app(replace(settings, checks_per_minute=1, reports_per_hour=1))
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem document of a response."""
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = response.get_json()
    assert {"type", "title", "status", "instance"} <= set(body)
    assert body["status"] == status
    return body


def test_check_answers_in_the_agreed_shape(
    officer: Officer, approver: Officer, client: FlaskClient, settings: Settings, now: datetime
) -> None:
    factories.make_clarification(officer, approver, claim_quote=MESSAGE, slug="air", published_at=now)
    response = client.post("/api/v1/check", json={"text": MESSAGE})
    assert response.status_code == 200
    body = response.get_json()
    assert set(body) == {"decision", "matches", "under_review", "channels"}
    assert (body["decision"], body["under_review"]) == ("match", None)
    (match,) = body["matches"]
    assert set(match) == {"probability", "clarification", "judged_wording"}
    assert match["judged_wording"]
    assert 0.5 < match["probability"] <= 1
    assert match["clarification"] == {
        "url": f"{settings.base_url}/klarifikasi/air",
        "title": "Air PDAM tetap mengalir di seluruh kota",
        "verdict": "hoaks",
        "summary": "Tidak ada pipa induk yang pecah.",
        "published_at": "2026-11-24T08:05:00+00:00",
    }
    assert response.headers["Cache-Control"] == "no-store"


def test_details_that_differ_are_named(
    officer: Officer, approver: Officer, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differing(text: str, now: datetime) -> CheckAnswer:
        given = answer_message(text, now)
        best = replace(given.matches[0], differs=(Difference("duration", "tujuh hari", "tiga hari"),))
        return replace(given, decision=CheckDecision.POSSIBLE, matches=(best,))

    factories.make_clarification(officer, approver, claim_quote=MESSAGE)
    monkeypatch.setattr("hoax_tracker.api.views.answer_message", differing)
    body = client.post("/api/v1/check", json={"text": MESSAGE}).get_json()
    assert set(body) == {"decision", "matches", "under_review", "channels"}
    assert body["decision"] == "possible"
    assert body["matches"][0]["differs"] == [{"kind": "duration", "yours": "tujuh hari", "theirs": "tiga hari"}]


def test_none_and_under_review(app: APIFlask, client: FlaskClient, now: datetime) -> None:
    for text in (UNRELATED, "🙏", "a", "https://berita.example/x"):
        body = client.post("/api/v1/check", json={"text": text}).get_json()
        assert body == {"decision": "none", "matches": [], "under_review": None, "channels": []}
    factories.make_claim(MESSAGE, title="Rahasia", status=ClaimStatus.INVESTIGATING, examined_since=now)
    body = client.post("/api/v1/check", json={"text": MESSAGE}).get_json()
    waiting = {"since": "2026-11-24T08:05:00+00:00"}
    assert body == {"decision": "none", "matches": [], "under_review": waiting, "channels": []}


def test_a_check_is_counted(client: FlaskClient) -> None:
    client.post("/api/v1/check", json={"text": UNRELATED})
    question_tally().write()
    assert db.session.scalar(sa.select(sa.func.sum(CheckQuery.count))) == 1


def test_a_report_gets_its_ticket(client: FlaskClient, settings: Settings) -> None:
    sent = {"text": MESSAGE, "url": "https://berita.example/air", "contact": CONTACT}
    response = client.post("/api/v1/reports", json=sent)
    assert response.status_code == 201
    body = response.get_json()
    assert set(body) == {"ticket", "status_url"}
    assert body["status_url"] == f"{settings.base_url}/lapor/{body['ticket']}"
    found = find_report_by_ticket(body["ticket"])
    assert found is not None
    row = found[1]
    assert (row.text, row.url) == (MESSAGE, "https://berita.example/air")
    assert row.contact_encrypted is not None
    assert decrypt_contact(row.contact_encrypted, settings.contact_key) == CONTACT
    assert row.consent_at is not None
    assert CONTACT not in response.get_data(as_text=True)


def test_a_report_sent_again_with_its_key_is_one_report(client: FlaskClient) -> None:
    def send(text: str = MESSAGE, **headers: str) -> str:
        response = client.post("/api/v1/reports", json={"text": text, "contact": CONTACT}, headers=headers)
        assert response.status_code == 201
        return str(response.get_json()["ticket"])

    first, other = {"Idempotency-Key": str(uuid.uuid4())}, {"Idempotency-Key": str(uuid.uuid4())}
    ticket = send(**first)
    assert send(**first) == ticket
    assert len({ticket, send(**other), send(UNRELATED, **first), send(), send()}) == 5
    assert count_rows(Report) == 5


@pytest.mark.parametrize("key", ["1", "a" * 65, "kunci dengan spasi yang panjang"])
def test_a_key_that_others_could_guess_is_refused(client: FlaskClient, key: str) -> None:
    body = problem(client.post("/api/v1/reports", json={"text": MESSAGE}, headers={"Idempotency-Key": key}), 422)
    assert "Idempotency-Key" in str(body)
    assert db.session.scalars(sa.select(Report)).all() == []


@pytest.mark.parametrize("more", [{}, {"url": None, "contact": None}, {"url": "", "contact": ""}])
def test_a_report_may_be_only_its_text(client: FlaskClient, more: dict[str, Any]) -> None:
    assert client.post("/api/v1/reports", json={"text": MESSAGE} | more).status_code == 201
    row = db.session.scalars(sa.select(Report)).one()
    assert (row.url, row.contact_encrypted, row.consent_at) == (None, None, None)


@pytest.mark.parametrize("path", ["/api/v1/check", "/api/v1/reports"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": ""}, "text"),
        ({"text": "a" * 100_001}, "text"),
        ({"text": MESSAGE, "officer": 1}, "officer"),
        ([MESSAGE], "_schema"),
        (MESSAGE, "_schema"),
    ],
)
def test_what_does_not_fit_is_named(client: FlaskClient, path: str, body: Any, field: str) -> None:
    found = problem(client.post(path, json=body), 422)
    assert [fault["field"] for fault in found["errors"]] == [field]
    assert found["instance"] == path


@pytest.mark.parametrize(
    "data",
    [
        "{bad",
        b"\xff\xfe\x00",
        '{"text":' + "[" * 100_000,
        '{"text": "a',
        "\x00",
        '{"text": NaN NaN}',
        '{"text": %s}' % ("9" * 4_301),
    ],
)
def test_bad_json_is_a_problem(client: FlaskClient, data: str | bytes) -> None:
    problem(client.post("/api/v1/check", data=data, content_type="application/json"), 400)


def test_other_faults_are_problems_too(client: FlaskClient) -> None:
    problem(client.post("/api/v1/check", data={"text": MESSAGE}), 415)
    problem(client.post("/api/v1/check", data="x" * 3_000_000, content_type="application/json"), 413)
    assert problem(client.get("/api/v1/check"), 405)
    problem(client.get("/api/v1/tidak-ada"), 404)
    problem(client.post("/api/v1/reports", json={"text": MESSAGE, "url": "x y"}), 422)
    problem(client.post("/api/v1/reports", json={"text": MESSAGE, "contact": "maria"}), 422)


WORDLESS = ["0", "🙏", "🙏🙏", "… !!", " \n", "٣", "7️⃣", "\u200b", "±1"]
WORDS = ["a", "aaa", "水停了", "مياه", "𝗔𝗶𝗿", "é", "air mati\n" * 3, "\n\n7 hari", "https://berita.example/1"]


@pytest.mark.parametrize("text", WORDLESS + WORDS)
@pytest.mark.usefixtures("shipped_model")
def test_a_report_is_taken_as_the_description_says(
    client: FlaskClient, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    schemas = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    fits = re.search(schemas["ReportIn"]["properties"]["text"]["pattern"], text) is not None
    assert fits == (text in WORDS)
    assert "pattern" not in schemas["CheckIn"]["properties"]["text"]
    assert client.post("/api/v1/reports", json={"text": text}).status_code == (201 if fits else 422)
    assert "joined no claim" not in caplog.text
    assert client.post("/api/v1/check", json={"text": text}).status_code == 200


def test_letters_that_no_encoding_holds_break_nothing(client: FlaskClient) -> None:
    text = MESSAGE + "\ud800\x00"
    assert client.post("/api/v1/check", json={"text": text}).status_code == 200
    assert client.post("/api/v1/reports", json={"text": text, "contact": CONTACT + "\ud800"}).status_code == 201


@pytest.mark.usefixtures("one_moment")
def test_limits_are_told(limited: FlaskClient) -> None:
    for path in ("/api/v1/check", "/api/v1/reports"):
        assert limited.post(path, json={"text": MESSAGE}).status_code in (200, 201)
        response = limited.post(path, json={"text": MESSAGE})
        problem(response, 429)
        assert int(response.headers["Retry-After"]) >= 1
