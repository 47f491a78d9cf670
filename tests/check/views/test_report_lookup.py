"""The report form looks first: it shows the answer that exists, and takes the report all the same."""

from __future__ import annotations

import re
from html import unescape

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.views import reports
from hoax_tracker.models import CheckQuery, ClaimStatus, Report, Verdict
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, RETOLD, UNRELATED, AppWith, Publish, kept
from tests.factories import count_rows

FIRST_STEP = {"langkah": "1", "ke": "2"}


def open_second_step(client: FlaskClient, text: str, **fields: str) -> str:
    """Send the first step with a message; return the page that follows."""
    response = client.post("/lapor", data={**FIRST_STEP, "teks": text, **fields})
    assert response.status_code == 200
    return unescape(response.get_data(as_text=True))


def test_a_message_with_an_answer_is_shown_it_and_may_be_reported_anyway(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air PDAM tetap mengalir", slug="air")
    page = open_second_step(client, MESSAGE, tempat="WhatsApp", kontak="a@b.example", setuju="ya")
    assert "Sebelum Anda melapor" in page
    assert "Air PDAM tetap mengalir" in page
    assert 'href="/klarifikasi/air"' in page
    assert "Di mana Anda melihatnya?" not in page
    for hidden in ('name="tempat" value="WhatsApp"', 'name="kontak" value="a@b.example"', 'name="setuju" value="ya"'):
        assert hidden in page
    onward = open_second_step(client, MESSAGE, diperiksa="ya", tempat="WhatsApp")
    assert "Di mana Anda melihatnya?" in onward
    assert 'value="WhatsApp" checked' in onward
    assert kept(lambda: count_rows(Report)) == 0


def test_the_answer_can_be_read_in_the_other_language_before_reporting(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air PDAM tetap mengalir", slug="air")
    page = open_second_step(client, MESSAGE, tempat="WhatsApp")
    form = re.search(r'<form action="(/lapor\?bahasa=en)" method="post">.*?</form>', page, re.DOTALL)
    assert form is not None
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    assert (sent["teks"], sent["tempat"], sent["ke"]) == (MESSAGE, "WhatsApp", "2")
    english = client.post(form[1], data=sent).get_data(as_text=True)
    assert "Before you report" in english
    assert "Air PDAM tetap mengalir" in english


def test_what_is_only_like_it_is_no_certain_answer_and_true_is_never_stamped(
    publish: Publish, client: FlaskClient
) -> None:
    publish(title="Air memang mati", verdict=Verdict.BENAR)
    page = open_second_step(client, RETOLD)
    assert "Mungkin kabar ini sudah dijawab." in page
    assert "Kabar yang diperiksa kota:" in page
    assert "is-true" not in page


def test_what_has_no_answer_goes_on_at_once(app: APIFlask, publish: Publish, client: FlaskClient) -> None:
    publish()
    factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING)
    for text in (UNRELATED, MARKET, "https://berita.example/1"):
        assert "Di mana Anda melihatnya?" in open_second_step(client, text)


def test_who_comes_from_an_answer_sees_it_once(publish: Publish, client: FlaskClient) -> None:
    publish()
    answer = client.post("/cek", data={"teks": MESSAGE}).get_data(as_text=True)
    assert 'name="diperiksa" value="ya"' in answer
    handed_over = client.post("/lapor", data={"teks": MESSAGE, "diperiksa": "ya"}).get_data(as_text=True)
    assert "Di mana Anda melihatnya?" in handed_over


def test_the_look_is_no_question_and_stops_at_the_limit(publish: Publish, client_with: AppWith) -> None:
    publish()
    client = client_with(checks_per_minute=1)
    assert "Sebelum Anda melapor" in open_second_step(client, MESSAGE)
    assert "Di mana Anda melihatnya?" in open_second_step(client, MESSAGE), "over the limit the report goes on"
    assert kept(lambda: count_rows(CheckQuery)) == 0


def test_later_steps_do_not_look(publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    publish()

    def refused(*_: object) -> None:
        raise AssertionError("looked up")

    monkeypatch.setattr(reports, "answer_message", refused)
    third = client.post("/lapor", data={"langkah": "2", "ke": "3", "teks": MESSAGE}).get_data(as_text=True)
    assert "Ke mana kami mengabari Anda?" in third
