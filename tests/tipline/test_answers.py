"""What a resident reads: one reply for a batch, the fact first, and something to do next in every case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from hoax_tracker.models import ClaimStatus, Verdict, db
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET, MESSAGE, UNRELATED
from tests.tipline.conftest import Phone

Page = Callable[..., int]
FACT = "Air PDAM tidak mati tujuh hari"


def test_first_contact_says_in_two_lines_who_answers_and_what_is_kept(stranger: Phone) -> None:
    reply = stranger.ask("Selamat pagi kaka")
    who, kept, _ways = reply.text.split("\n\n")
    assert "mesin penjawab PPID Kota Kupang, bukan orang" in who
    assert "30 hari" in kept
    assert "hapus data saya" in kept
    assert "berhenti" in kept
    assert [one.title for one in reply.choices] == ["Cara memeriksa", "English"]


def test_news_at_first_contact_is_answered_before_the_two_lines(stranger: Phone, page: Page) -> None:
    page(title=FACT, slug="air")
    lines = stranger.ask(MESSAGE, forwarded=True).text.split("\n\n")
    assert lines[0] == FACT
    assert "mesin penjawab" in lines[4]
    assert "30 hari" in lines[5]


@pytest.mark.needs("fonts")
def test_judged_news_is_answered_with_fact_verdict_source_link_and_card(phone: Phone, page: Page) -> None:
    page(title=FACT, slug="air")
    reply = phone.ask(MESSAGE, forwarded=True)
    lines = reply.text.split("\n\n")
    assert lines[0] == FACT
    assert lines[1].startswith("Yang beredar, “Mulai Senin besok air PDAM")
    assert lines[1].endswith("”: Hoaks.")
    assert lines[2].startswith("Menurut ")
    assert lines[3] == "Jangan teruskan kabar itu; bagikan faktanya."
    assert "/k/" in reply.link
    assert "/klarifikasi/air.jpg" in reply.card_url
    assert [one.title for one in reply.choices] == ["Ya, ini", "Bukan itu"]
    assert lines[-1] == "Balas: 1 Ya, ini · 2 Bukan itu"


def test_news_of_which_nothing_is_known_is_reported_with_one_button(phone: Phone) -> None:
    reply = phone.ask(UNRELATED, forwarded=True)
    assert reply.text.startswith("Belum ada klarifikasi. Itu tidak berarti benar, dan tidak berarti salah.")
    assert [one.title for one in reply.choices] == ["Laporkan"]


@pytest.mark.parametrize(
    ("text", "is_question"),
    [
        ("kapan pendaftaran KTP keliling?", True),
        ("berapa biaya urus KTP", True),
        ("pendaftaran bansos dibuka kapan, sebarkan ke grup", False),
        ("daftar bansos kapan? klik bansos-kupang.example/daftar", False),
        ("besok air mati, benarkah?", False),
    ],
)
def test_who_asks_about_a_service_is_not_told_to_pass_nothing_on(phone: Phone, text: str, is_question: bool) -> None:
    said = phone.ask(text).text
    assert ("Kantornya yang menjawab" in said) is is_question
    assert ("Tahan dulu, jangan teruskan." in said) is not is_question


def test_three_forwarded_messages_get_one_reply_with_the_refuted_first(phone: Phone, page: Page) -> None:
    page(title=FACT, slug="air")
    phone.forward(UNRELATED, MESSAGE)
    phone.send("betul ko?")
    (reply,) = phone.wait()
    lines = reply.text.split("\n\n")
    assert lines[0].startswith(f"1. {FACT}")
    assert "Yang beredar: Hoaks" in lines[0]
    assert lines[1] == "2. Belum diperiksa. Itu tidak berarti benar."
    assert "Nomor 2 jangan diteruskan dulu." in lines
    assert [one.title for one in reply.choices] == ["Laporkan nomor 2"]
    assert phone.ask("1").text.startswith(FACT)


def test_a_batch_waits_for_its_last_message(phone: Phone) -> None:
    phone.forward(UNRELATED)
    phone.clock[0] += timedelta(seconds=1)
    phone.forward(MARKET)
    assert phone.wait(timedelta(seconds=1)) == []
    (reply,) = phone.wait()
    assert reply.text.startswith("1. ")


def test_what_is_delivered_twice_is_answered_once(phone: Phone) -> None:
    for _ in range(3):
        phone.send(UNRELATED, message_id="twice")
    assert len(phone.wait()) == 1
    phone.send(UNRELATED, message_id="twice")
    assert phone.wait() == []


def test_up_to_three_words_are_a_search_with_numbered_choices(phone: Phone, page: Page) -> None:
    page(title="Tarif air rumah tangga tidak berubah pada 2027", slug="tarif", claim_quote="tarif air naik dua kali")
    page(title="Denda terlambat bayar air tetap lima ribu rupiah", slug="denda", claim_quote="denda air jadi besar")
    reply = phone.ask("tarif air?")
    if "Yang mana?" not in reply.text:
        reply = phone.ask("air")
    assert "Balas dengan angka, atau 0 bila bukan semuanya." in reply.text
    assert [one.title[:2] for one in reply.choices] == ["1.", "2."]
    assert all(len(one.title) <= 20 for one in reply.choices)
    chosen = phone.ask("2")
    assert chosen.text.split("\n\n")[0] in reply.text
    assert "Kabar yang diperiksa kota" in chosen.text


def test_nought_means_none_of_the_choices(phone: Phone, page: Page) -> None:
    page(title="Tarif air rumah tangga tidak berubah", slug="tarif", claim_quote="tarif air naik")
    page(title="Denda terlambat bayar air tetap", slug="denda", claim_quote="denda air jadi besar")
    phone.ask("air")
    reply = phone.ask("0")
    assert reply.text.startswith("Berarti belum ada klarifikasi untuk pesan Anda.")
    assert [one.title for one in reply.choices] == ["Laporkan"]


def test_benar_is_not_said_of_a_page_that_was_only_chosen(phone: Phone, page: Page) -> None:
    page(title="Pasar Oeba tutup satu hari", slug="pasar", claim_quote="pasar tutup", verdict=Verdict.BENAR)
    assert "Benar" not in phone.ask("pasar").text


def test_unknown_recordings_are_declined_with_what_to_do_instead(phone: Phone) -> None:
    reply = phone.ask(kind="audio", media_id="voice", often_forwarded=True)
    assert reply.text.startswith("Rekaman ini belum kami kenal, dan kami tidak mendengarkannya.")
    assert "Tulis isinya satu kalimat saja" in reply.text


def test_reactions_get_no_reply(phone: Phone) -> None:
    phone.send("👍", kind="reaction")
    assert phone.wait() == []


def test_help_language_and_thanks(phone: Phone) -> None:
    assert "laporkan" in phone.ask("bantuan").text
    assert phone.ask("English").text.startswith("All right, we answer in English.")
    assert phone.ask(UNRELATED).text.startswith("There is no clarification")
    assert phone.ask("makasih kaka").text.startswith("You are welcome.")
    assert phone.ask("bahasa indonesia").text.startswith("Baik, kami menjawab dalam bahasa Indonesia.")


@pytest.mark.needs("tesseract")
@pytest.mark.slow
def test_a_screenshot_is_read_answered_and_kept_nowhere(phone: Phone, page: Page) -> None:
    page(title=FACT, slug="air")
    phone.channel.media["shot"] = shots.draw_screenshot(MESSAGE)
    assert phone.ask(kind="image", media_id="shot", forwarded=True).text.startswith(FACT)


def test_a_picture_that_cannot_be_had_is_declined_and_its_caption_answered(phone: Phone) -> None:
    assert "Tulis kalimat yang ada di gambar itu" in phone.ask(kind="image", media_id="gone", forwarded=True).text
    captioned = phone.ask(UNRELATED, kind="image", media_id="gone", forwarded=True)
    assert captioned.text.startswith("Belum ada klarifikasi.")


def test_a_claim_under_examination_tells_since_when_and_how_to_be_told(phone: Phone) -> None:
    claim = factories.make_claim(UNRELATED, status=ClaimStatus.INVESTIGATING, examined_since=phone.clock[0])
    reply = phone.ask(UNRELATED, forwarded=True)
    assert "Petugas sedang memeriksa pesan seperti ini, sejak 24 November 2026." in reply.text
    assert [one.title for one in reply.choices] == ["Kabari saya", "Saya juga terima"]
    assert phone.press(reply, "Saya juga terima").text == "Tercatat: Anda juga menerimanya. Terima kasih."
    db.session.refresh(claim)
    assert claim.sightings == 1
    assert phone.press(reply, "Kabari saya").text.startswith("Sudah kami terima.")
