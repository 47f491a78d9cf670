"""Pages have one language: English on request, otherwise Indonesian, including messages of libraries."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.models import ClarificationStatus, Officer, RoleName, Verdict, db
from tests import factories

Reader = Callable[[str], FlaskClient]

MESSAGE = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah"
UNRELATED = "Katanya kapal feri tujuan Rote dibatalkan sampai ombak tenang, penumpang tidur di pelabuhan Bolok"
# Words that no sentence of the other language holds; proper names stay as they are.
INDONESIAN = re.compile(
    r"\b(yang|tidak|belum|pesan|pesannya|untuk|adalah|kami|anda|sudah|dari|dengan|klaim|aduan|putusan|kirim|tulis|lihat|"
    r"nomor|halaman|rujukan|sejak|antrean|masuk|kelola|isian|terbit|menurut)\b",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"\b(the|this|that|is|are|not|must|required|invalid|field|value|choice|password|please|error|of|you|your|missing)\b",
    re.IGNORECASE,
)
# What is in a language of its own, and what was typed.
MARKED = re.compile(r'<(\w+)[^>]*\slang="\w+"[^>]*>.*?</\1>', re.DOTALL)
NOT_TEXT = re.compile(r"<(script|textarea|title)\b.*?</\1>|<p class=\"wrote\">.*?</p>", re.DOTALL)


def said(response: TestResponse) -> str:
    """What a page says in its own language: its text, and the attributes that are read aloud."""
    page = response.get_data(as_text=True)
    body = MARKED.sub(" ", NOT_TEXT.sub(" ", page[page.index("<body") :]))
    aloud = re.findall(r'(?:aria-label|placeholder|data-on)="([^"]*)"', body)
    return " ".join(unescape(" ".join([re.sub(r"<[^>]+>", " ", body), *aloud])).split())


def assert_english(response: TestResponse) -> None:
    """The page is English, and says so."""
    assert '<html lang="en">' in response.get_data(as_text=True)
    text = said(response)
    assert not INDONESIAN.findall(text), text
    assert ENGLISH.search(text), text


def assert_indonesian(response: TestResponse) -> None:
    """The page is Indonesian, and says so."""
    assert '<html lang="id">' in response.get_data(as_text=True)
    text = said(response)
    assert not ENGLISH.findall(text), text
    assert INDONESIAN.search(text), text


@pytest.fixture
def reader(app: APIFlask) -> Reader:
    """Return a function that opens a browser whose reader chose a language by its link."""

    def go(language: str) -> FlaskClient:
        client = app.test_client()
        assert client.get(f"/bahasa/{language}?next=/").status_code == 302
        return client

    return go


@pytest.fixture
def published(officer: Officer, approver: Officer) -> None:
    """One page of each kind: in force and withdrawn."""
    factories.make_clarification(officer, approver, claim_quote=MESSAGE, slug="air")
    factories.make_clarification(
        officer, approver, claim_quote="Pasar Oeba tutup", slug="pasar", status=ClarificationStatus.RETRACTED
    )


CHECK = {"en": assert_english, "id": assert_indonesian}
PAGES = ["/", "/cek", "/klarifikasi/", "/klarifikasi/?q=air", "/klarifikasi/?q=tiada", "/klarifikasi/air"]
PAGES += [
    "/klarifikasi/pasar",
    "/lapor",
    "/tiket",
    "/tentang",
    "/statistik",
    "/petugas/masuk",
    "/tidak-ada",
    "/klarifikasi/tiada",
]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("path", PAGES)
def test_public_pages_speak_the_readers_language(reader: Reader, language: str, path: str) -> None:
    CHECK[language](reader(language).get(path))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize(
    "text", [MESSAGE, MESSAGE[:45], UNRELATED, "https://situs.example/kabar", "!!!", "x " * 60_000]
)
def test_answers_speak_the_readers_language(reader: Reader, language: str, text: str) -> None:
    CHECK[language](reader(language).post("/cek", data={"teks": text}))


@pytest.mark.usefixtures("published")
def test_what_officers_wrote_is_marked_as_indonesian(reader: Reader) -> None:
    page = reader("en").get("/klarifikasi/air").get_data(as_text=True)
    assert '<h1 id="fakta" lang="id">Air PDAM tetap mengalir' in page
    assert '<q lang="id">Mulai Senin' in page
    assert 'lang="id"' not in reader("id").get("/klarifikasi/air").get_data(as_text=True).split("<body")[1]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("path", ["/", "/klarifikasi/", "/klarifikasi/air", "/klarifikasi/pasar", f"/cek?q={MESSAGE}"])
def test_above_the_citys_text_it_is_said_once_that_it_is_indonesian(reader: Reader, path: str) -> None:
    page = reader("en").get(path).get_data(as_text=True).partition("<main")[2]
    before, note, after = page.partition("official text below is in Indonesian")
    assert note
    assert note not in after
    assert 'lang="id"' not in before
    assert 'lang="id"' in after
    assert "berbahasa Indonesia" not in reader("id").get(path).get_data(as_text=True)


@pytest.mark.usefixtures("published")
def test_the_title_of_a_page_is_in_the_language_it_says(reader: Reader) -> None:
    assert '<title lang="id">Air PDAM' in reader("en").get("/klarifikasi/air").get_data(as_text=True)
    assert "<title>Air PDAM" in reader("id").get("/klarifikasi/air").get_data(as_text=True)


@pytest.mark.usefixtures("published")
def test_dates_and_numbers_follow_the_language(reader: Reader) -> None:
    assert "24 November 2026, 16:05 WITA" in said(reader("en").get("/klarifikasi/air"))
    assert "24 November 2026, 16.05 WITA" in said(reader("id").get("/klarifikasi/air"))


@pytest.mark.usefixtures("published")
def test_what_machines_read_stays_indonesian(reader: Reader) -> None:
    """Search engines and feed readers get one language, which the documents declare."""
    for path in ("/feed.atom", "/klarifikasi/air"):
        page = reader("en").get(path).get_data(as_text=True)
        assert re.search(r'label="Hoaks"|"alternateName": "Hoaks"', page)


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_report_form_and_its_faults(reader: Reader, language: str) -> None:
    client = reader(language)
    check = CHECK[language]
    check(client.post("/lapor", data={"langkah": "1", "ke": "2"}))
    second = client.post("/lapor", data={"langkah": "1", "ke": "2", "teks": MESSAGE})
    check(second)
    check(client.post("/lapor", data={"langkah": "2", "ke": "3", "teks": MESSAGE, "tautan": "bukan tautan"}))
    third = client.post("/lapor", data={"langkah": "2", "ke": "3", "teks": MESSAGE})
    check(third)
    given = {"langkah": "3", "ke": "kirim", "teks": MESSAGE}
    check(client.post("/lapor", data=given))
    token = factories.csrf_token_in(third.get_data(as_text=True))
    check(client.post("/lapor", data={**given, "csrf_token": token, "kontak": "a@b.example"}))
    ticket = client.post("/lapor", data={**given, "csrf_token": token}, follow_redirects=True)
    check(ticket)
    for number in ("", "salah", "AAAA-BBBB-CCCC-DDDD-EEEE"):
        check(client.post("/tiket", data={"nomor": number}))


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize(
    "sent", [{}, {"email": "bukan email", "password": ""}, {"email": "a@kupang.example", "password": "salah"}]
)
def test_signing_in_wrongly(reader: Reader, language: str, sent: dict[str, str]) -> None:
    CHECK[language](factories.submit_form(reader(language), "/petugas/masuk", **sent))
    CHECK[language](reader(language).post("/petugas/masuk", data=sent))


DESK = ["/petugas/", "/petugas/klaim/1", "/petugas/klarifikasi/", "/petugas/klarifikasi/1", "/petugas/klarifikasi/3"]
DESK += ["/petugas/klarifikasi/3/sunting", "/petugas/klarifikasi/1/koreksi", "/petugas/sumber/"]
FORMS = [
    "/petugas/sumber/baru",
    "/petugas/sumber/impor",
    "/petugas/sumber/tabel",
    "/petugas/kelola/petugas/baru",
    "/petugas/kelola/unit/baru",
]
FORMS += ["/petugas/kelola/program/baru", "/petugas/kelola/petugas/1"]
LISTS = ["/petugas/kelola/", "/petugas/kelola/petugas", "/petugas/kelola/topik", "/petugas/kelola/wilayah"]


@pytest.mark.slow
@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("language", ["en", "id"])
def test_the_desk_and_its_empty_forms(reader: Reader, language: str) -> None:
    person = factories.make_officer("semua@kupang.example", *(set(RoleName) - {RoleName.AUDITOR}))
    factories.make_claim(MESSAGE)
    factories.make_clarification(person, None, verdict=Verdict.BENAR)
    db.session.rollback()
    browser, check = reader(language), CHECK[language]
    factories.submit_form(browser, "/petugas/masuk", email=person.email, password=factories.PASSWORD)
    for path in [*DESK, *LISTS, *FORMS]:
        page = browser.get(path)
        assert page.status_code == 200, path
        check(page)
    for path in FORMS:
        check(factories.submit_form(browser, path))
    for path in ["/petugas/klaim/1/tutup", "/petugas/klaim/1/teruskan", "/petugas/klaim/1/tautkan"]:
        check(factories.submit_form(browser, path, "/petugas/klaim/1", version="1"))
    check(factories.submit_form(browser, "/petugas/klarifikasi/3/sunting", act="ajukan", version="1"))
    check(browser.post("/petugas/klaim/1/tutup", data={}))
