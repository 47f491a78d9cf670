"""``GET /api/v1/channels``, and the same facts in the answer to a message."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

PATH = "/api/v1/channels"
LISTED = {"value": "kupangkota.go.id", "owner": "Pemerintah Kota Kupang"}


pytestmark = pytest.mark.usefixtures("city")
"""The shipped list holds the city's domain only."""


def facts(client: FlaskClient, value: str) -> Any:
    response = client.get(PATH, query_string={"value": value})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return response.get_json()["items"]


def test_it_tells_how_a_link_stands_to_the_list(client: FlaskClient) -> None:
    (fact,) = facts(client, "Daftar di https://kupangkota.go.id@evil.example/x")
    assert fact == {
        "kind": "link",
        "written": "https://kupangkota.go.id@evil.example/x",
        "value": "evil.example",
        "status": "lookalike",
        "listed": LISTED,
    }
    assert [fact["status"] for fact in facts(client, "ppid.kupangkota.go.id")] == ["official"]
    assert [fact["status"] for fact in facts(client, "bit.ly/kupangkota")] == ["shortened"]


def test_of_an_empty_kind_nothing_is_said(client: FlaskClient) -> None:
    assert facts(client, "0812-0000-0001 rek BRI 1234567890 @pemkotkupang instagram.com/pemkotkupang") == []


def test_the_answer_to_a_message_has_the_same_facts(client: FlaskClient) -> None:
    text = "Bantuan cair, daftar di bansos-kupang.example/daftar"
    body = client.post("/api/v1/check", json={"text": text}).get_json()
    assert body["channels"] == facts(client, text)
    assert [fact["status"] for fact in body["channels"]] == ["not_listed"]


@pytest.mark.parametrize("query", ["", "?value=", f"?value={'a' * 501}"])
def test_what_cannot_be_asked_is_refused(client: FlaskClient, query: str) -> None:
    response = client.get(PATH + query)
    assert response.status_code == 422
    assert response.get_json()["errors"][0]["field"] == "value"
    assert response.get_json()["instance"] == PATH


def test_others_scripts_may_ask(client: FlaskClient) -> None:
    response = client.get(PATH, query_string={"value": "bit.ly/x"}, headers={"Origin": "https://x.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
