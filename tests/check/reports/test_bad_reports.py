"""Bad report forms are stored whole or explained, never fetched and never lost."""

from __future__ import annotations

import socket
from collections import Counter
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.check.answers.service import MESSAGE_LENGTH_LIMIT
from hoax_tracker.check.reports.submission import TICKET_LETTERS, require_report_url
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import decrypt_contact
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import ClaimAppearance, Report, db
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET, AppWith, kept
from tests.check.reports.test_screenshots import pictures, step_with
from tests.check.views.test_reports import the_report, ticket_of, walk

NIK = "5371014507900123"


@pytest.mark.parametrize(
    "text",
    [
        "سيتم قطع المياه عن المدينة كلها غدا",
        "水停了，全城停水七天",
        "a\u200bi\u200br m\u200ba\u200bt\u200bi total seminggu",
        "\u202eenoyreve rof retaw on",
        "AWAS!!! 🙏🙏 air mati 7️⃣ hari 😱",
        "<script>alert('air mati')</script>",
        "{{ 7 * 7 }} %s ${air} '; drop table report; --",
    ],
)
def test_whatever_it_is_written_in_it_is_kept_as_it_came(client: FlaskClient, text: str) -> None:
    ticket = ticket_of(walk(client, text))
    assert the_report().text == text
    page = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    assert "Aduan Anda sudah masuk." in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("text", ["\u200b\u200b\u200d", "\u202e\u202c", "🙏", "٣", "…", "\ufeff", "asdfgh", "a"])
def test_what_says_nothing_is_asked_for_words(client: FlaskClient, text: str) -> None:
    response = walk(client, text)
    assert response.status_code == 422
    assert "Kami tidak menemukan pesan di sini. Tuliskan isi pesannya" in response.get_data(as_text=True)


def test_the_longest_message_is_a_report(client: FlaskClient) -> None:
    longest = (f"{MARKET}\n" + "teruskan\n" * 20_000)[: MESSAGE_LENGTH_LIMIT - 1] + "x"
    ticket_of(walk(client, longest))
    assert the_report().text == longest


@pytest.mark.parametrize("link", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "https://10.0.0.1/"])
@pytest.mark.usefixtures("shipped_model")
def test_a_link_to_a_private_address_is_kept_and_never_opened(
    app: APIFlask, client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("something was connected to")

    ticket_of(walk(client, f"{MARKET} {link}", tautan=link))
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    if db.engine.dialect.name == "sqlite":  # the other one is reached over the network itself
        monkeypatch.setattr(socket.socket, "connect", refused)
    pipeline.assign_waiting_reports(now)
    assert the_report().url is not None
    assert kept(lambda: db.session.scalar(sa.select(sa.func.count(ClaimAppearance.id)))) == 1


def test_the_number_of_another_person_is_masked_wherever_it_stands(client: FlaskClient, settings: Settings) -> None:
    text = f"{MARKET}. Yang mengaku bernama Yohana, NIK {NIK}, no HP 0812-3456-7890"
    ticket_of(walk(client, text, kontak="0812 3456 7890", setuju="ya"))
    row = the_report()
    assert NIK not in row.text
    assert "5371••••••••••••" in row.text
    assert row.contact_encrypted
    assert decrypt_contact(row.contact_encrypted, settings.contact_key) == "0812 3456 7890"


@pytest.mark.parametrize(
    ("link", "kept_as"),
    [
        (f"bansos.example/cek?nik={NIK}&kota=kupang", "https://bansos.example/cek?nik=5371••••••••••••&kota=kupang"),
        (f"https://bansos.example/NIK/{NIK}", "https://bansos.example/NIK/5371••••••••••••"),
        (f"https://bansos.example/?no_ktp={NIK}", "https://bansos.example/?no_ktp=5371••••••••••••"),
        # The number of a post, which tells it from others.
        (f"https://kiriman.example/?story={NIK}", f"https://kiriman.example/?story={NIK}"),
    ],
)
def test_a_link_that_names_a_person_by_number_is_masked(app: APIFlask, link: str, kept_as: str) -> None:
    assert require_report_url(link) == kept_as


def test_an_identity_number_is_no_telephone(client: FlaskClient) -> None:
    response = walk(client, kontak=NIK, setuju="ya")
    assert response.status_code == 422
    assert "satu nomor WhatsApp" in response.get_data(as_text=True)


@pytest.mark.parametrize("kind", ["noise", "one pixel"])
def test_a_picture_of_nothing_is_no_reason_to_refuse(client: FlaskClient, kind: str) -> None:
    data = shots.draw_noise() if kind == "noise" else shots.encode_picture(shots.Image.new("L", (1, 1)))
    assert step_with(client, data).status_code == 200
    assert len(pictures()) == 1


@pytest.mark.parametrize("name", shots.BOMBS)
def test_a_bomb_is_refused_and_no_answer_is_lost(client: FlaskClient, name: str) -> None:
    response = step_with(client, shots.BOMBS[name]())
    assert response.status_code == 422
    assert "terlalu luas" in response.get_data(as_text=True)
    assert MARKET in response.get_data(as_text=True)
    assert pictures() == []


@pytest.mark.slow
@pytest.mark.usefixtures("one_moment")
@pytest.mark.usefixtures("app")
def test_a_thousand_a_minute_from_one_address(client_with: AppWith) -> None:
    client = client_with(reports_per_hour=10)
    sent = {"langkah": "3", "teks": MARKET, "ke": "kirim"}
    sent["csrf_token"] = factories.csrf_token_in(client.post("/lapor", data=sent | {"ke": "3"}).get_data(as_text=True))
    codes = Counter(client.post("/lapor", data=sent).status_code for _ in range(1_000))
    assert codes == {303: 10, 429: 990}
    assert kept(lambda: db.session.scalar(sa.select(sa.func.count(Report.id)))) == 10
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert client.post("/lapor", data=sent).status_code == 303, "others are not held up"


def test_a_flood_of_guesses_finds_no_ticket(client: FlaskClient) -> None:
    ticket = ticket_of(walk(client))
    near = [ticket[:-1] + letter for letter in TICKET_LETTERS if letter != ticket[-1]]
    assert {client.get(f"/lapor/{one}").status_code for one in near} == {404}
    assert {client.post("/tiket", data={"nomor": one}).status_code for one in near} == {422}
    for way in ("hapus", "salinan.json"):
        assert client.get(f"/lapor/{near[0]}/{way}").status_code == 404
    assert kept(lambda: db.session.scalar(sa.select(sa.func.count(Report.id)))) == 1


def test_a_fault_is_said_without_the_words_that_were_sent() -> None:
    with pytest.raises(InvalidInputError) as fault:
        require_report_url(f"tanam {NIK}")
    assert NIK not in str(fault.value)
