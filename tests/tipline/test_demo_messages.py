"""What a stranger wrote to the demo's page and chat: one rule for both, and no word that is not known.

Each message is asked on the page and in the chat, on the clarifications of the demo.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import Topic, Verdict, db
from tests import factories
from tests.tipline.conftest import Phone

Page = Callable[..., int]
Ask = Callable[..., str]
POINTING = re.compile(r"\b(?:kabar|pesan|berita) (?:itu|ini)\b|\b(?:that|this) (?:news|message)\b", re.IGNORECASE)
FIELDS = ("title", "summary", "claim_quote", "findings", "conclusion")


@pytest.fixture
def city(city: None, page: Page) -> None:
    """The clarifications of the demo, with the city's reference data."""
    rows = json.loads(data_file_path("samples/clarifications.json").read_text(encoding="utf-8"))["clarifications"]
    for row in rows:
        fields: dict[str, Any] = {name: row[name] for name in FIELDS}
        fields |= {"verdict": Verdict(row["verdict"]), "topic": Topic(row["topic"])}
        page(slug=row["key"], unit_id=factories.load_unit(row["unit"]).id, **fields)
    db.session.rollback()


@pytest.fixture
def ask(city: None, client: FlaskClient) -> Ask:
    """Return a function that asks on the page, and returns the words of the answer's sheet."""

    def go(text: str, language: str = "id") -> str:
        page = client.post(f"/cek?bahasa={language}", data={"teks": text}).get_data(as_text=True)
        main = page[page.index("<main") : page.index("</main")]
        words = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", main, flags=re.DOTALL)))
        return " ".join(words.split())

    return go


@pytest.mark.parametrize(
    "text", ["puskesmas oepoi tutup selamanya", "Puskesmas Oepoi buka 24 jam", "Puskesmas Oepoi pindah 3 bulan"]
)
def test_a_confirmed_page_confirms_no_other_rumour(ask: Ask, phone: Phone, text: str) -> None:
    page, chat = ask(text), phone.ask(text).text
    sheet = page[: page.index("Laporkan pesan ini")]
    for answer in (sheet, chat):
        assert "Puskesmas Oepoi pindah sementara" in answer
        assert not POINTING.search(answer.replace("Kabar yang", ""))
        assert "Atap ruang periksa diganti" not in answer
        assert ("lamanya berbeda" in answer) == ("3 bulan" in text)
        assert ("24 jam, yang diperiksa" in answer) is False


@pytest.mark.parametrize("text", ["apakah benar?", "benarkah ini?", "benar", "benarkah ini", "is it true or fake?"])
def test_a_question_that_names_nothing_is_shown_no_page(ask: Ask, phone: Phone, text: str) -> None:
    page, chat = ask(text), phone.ask(text).text
    assert page.startswith("Pesan mana yang Anda maksud?")
    assert chat.startswith("Pesan mana yang Anda maksud?")
    assert "Laporkan" not in page + chat


@pytest.mark.parametrize("text", ["sampah 100 ribu", "eskalator ke fontein"])
def test_a_search_is_not_stamped_the_same(ask: Ask, phone: Phone, text: str) -> None:
    page, chat = ask(text), phone.ask(text).text
    assert page.startswith("Belum pasti sama")
    assert "Sama, sudah diperiksa" not in page + chat


@pytest.mark.parametrize(
    "text",
    ["Dana PBB Kota Kupang naik lima kali lipat, kata Sekjen PBB", "Sekjen PBB: PBB Kota Kupang naik lima kali lipat"],
)
def test_the_united_nations_are_no_tax(ask: Ask, phone: Phone, text: str) -> None:
    assert "Sama, sudah diperiksa" not in ask(text)
    assert "Jangan teruskan kabar itu" not in phone.ask(text).text


def test_an_office_that_the_message_does_not_name_does_not_differ(ask: Ask, phone: Phone) -> None:
    text = "loker PPPK tanpa tes, bayar 350 ribu"
    for answer in (ask(text), phone.ask(text).text):
        assert "bkppd" not in answer
        assert "kantornya berbeda" not in answer
    other = ask("LOKER 200 orang petugas kebersihan Dishub, langsung PPPK tanpa tes. Bayar administrasi 350 ribu")
    assert "Pesan Anda Dishub , yang diperiksa DLHK" in other


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("dapat BLT wali kota Rp600.000, daftar lewat tautan ini", ["rupiah", "Bantuan Langsung Tunai"]),
        ("tarif pdam naik untuk industri, masukkan rupiah", ["industri", "masukkan", "rupiah"]),
        ("Puskesmas Oepoi jam buka berubah", ["jam", "buka"]),
    ],
)
def test_what_is_called_the_same_stands_in_the_quoted_claim(ask: Ask, text: str, never: list[str]) -> None:
    page = ask(text)
    same = page[page.index(" Sama ") : page.index(" Berbeda ")]
    assert not [word for word in never if word in same.split() or word in same.replace(",", "").split("; ")]
    assert "Bantuan Langsung Tunai" not in page


def test_the_citys_own_fact_is_not_held_back(ask: Ask, phone: Phone) -> None:
    for text in ("Jembatan Liliba tidak retak, aman dilewati", "Tidak benar Jembatan Liliba retak"):
        for answer in (ask(text), phone.ask(text).text):
            assert "Jangan teruskan dulu" not in answer
    assert ask("Jembatan Liliba tidak retak, aman dilewati").startswith("Sejalan dengan klarifikasi kota")
    for text in ("Jembatan Liliba tidak retak, jangan lewat", "Jembatan Liliba retak, tidak aman dilewati"):
        assert not ask(text).startswith("Sejalan")


@pytest.mark.parametrize("text", ["saya mau bunuh diri", "mau bunuh diri", "beta mau mati sa"])
def test_who_wants_to_die_is_given_a_number_first(ask: Ask, phone: Phone, text: str) -> None:
    page, chat = ask(text), phone.ask(text)
    for answer in (page, chat.text):
        assert answer.startswith("Anda tidak sendirian.")
        assert "112" in answer
        assert "119, lalu tekan 8" in answer
        assert "teruskan" not in answer
    assert "Laporkan pesan ini" not in page
    assert chat.choices == ()


def test_who_wants_to_die_is_answered_in_english_too(ask: Ask, phone: Phone) -> None:
    phone.ask("english")
    for answer in (ask("I want to kill myself", "en"), phone.ask("I want to kill myself").text):
        assert answer.startswith("You are not alone.")
        assert "119, then press 8" in answer


@pytest.mark.parametrize(
    "text", ["sampah tidak diangkut", "garbage not collected", "Sampah di gang kami tidak diangkut"]
)
def test_a_complaint_is_told_the_same_way_on_the_page_and_in_the_chat(ask: Ask, phone: Phone, text: str) -> None:
    for answer in (ask(text), phone.ask(text).text):
        assert "ditangani lewat SP4N-LAPOR" in answer
        assert "1708" in answer
        assert "Jangan teruskan" not in answer


@pytest.mark.parametrize("text", ["www.kupangkota.go.id", "benarkah ini? https://www.kupangkota.go.id"])
def test_an_official_address_is_told_first(ask: Ask, phone: Phone, text: str) -> None:
    page, chat = ask(text), phone.ask(text)
    assert page.startswith("Alamat resmi Tautan ini ada di daftar resmi kota")
    assert chat.text.startswith("Tautan ini ada di daftar resmi kota.")
    assert "Laporkan" not in page + chat.text


def test_a_bare_number_is_told_what_to_do(ask: Ask, phone: Phone) -> None:
    for answer in (ask("0812 3456 7890"), phone.ask("0812 3456 7890").text):
        assert answer.startswith("Nomor")
        assert "Jangan kirim uang" in answer
        assert "Apa yang dikirim nomor itu?" in answer


def test_one_word_is_asked_about(ask: Ask) -> None:
    assert ask("air").startswith("Apa yang Anda dengar tentang “air”?")
    assert ask("apa itu DBD").startswith("Apa yang Anda dengar tentang “dbd”?")
    assert "Laporkan" not in ask("air")


def test_the_emergency_box_names_each_once_and_nobody_without_a_number(ask: Ask) -> None:
    box = ask("tsunami").partition("Belum diperiksa")[0]
    assert "112" in box
    assert box.count("BMKG") == 1
    assert "BPBD" not in box


def test_english_answers_are_english_throughout(ask: Ask, phone: Phone) -> None:
    page = ask("Jembatan Liliba retak di Kupang", "en")
    same = page[page.index(" Same ") : page.index(" Different ")]
    assert same.strip() == "Same Jembatan Liliba ; the same words: retak"
    phone.ask("english")
    assert phone.ask("garbage not collected").text.startswith(
        "Complaints about city services are handled by SP4N-LAPOR"
    )
    assert "Which message do you mean?" in phone.ask("is this true?").text
