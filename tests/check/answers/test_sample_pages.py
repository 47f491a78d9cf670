"""What residents typed at the demo, answered by the demo's own pages: the label, the page, what is the same and not."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import unescape

import pytest
from flask.testing import FlaskClient

from hoax_tracker.check.answers.answer_label import answer_label
from hoax_tracker.check.answers.service import CheckAnswer, answer_message
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import (
    CheckDecision,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Officer,
    Verdict,
    db,
)
from tests import factories
from tests.check.conftest import judged

FIELDS = ("title", "summary", "claim_quote")
FORWARD = "Selamat pagi bapak mama semua. Tadi ada yang kirim di grup arisan, saya bagi saja apa adanya. "
LAST = " Kalau ada yang tahu, tolong kabari. Jangan lupa iuran arisan bulan ini dan kunci balai yang masih di rumah. "


@pytest.fixture
def pages(officer: Officer, approver: Officer, now: datetime) -> dict[str, int]:
    """The sample pages by their keys; one of them was withdrawn."""
    rows = json.loads(data_file_path("samples/clarifications.json").read_text(encoding="utf-8"))["clarifications"]
    ids: dict[str, int] = {}
    for row in rows:
        fields = {name: row[name] for name in FIELDS} | {"slug": row["key"], "verdict": Verdict(row["verdict"])}
        page = factories.make_clarification(officer, approver, **fields)
        ids[row["key"]] = page.id
        if reason := row.get("retraction", {}).get("reason"):
            withdraw(page, reason, now)
    db.session.commit()
    return ids


def withdraw(page: Clarification, reason: str, now: datetime) -> None:
    """Withdraw a page, with the reason."""
    page.status = ClarificationStatus.RETRACTED
    db.session.add(
        ClarificationRevision(
            clarification_id=page.id,
            number=2,
            kind=ClarificationStatus.RETRACTED,
            note=reason,
            content={"title": page.title},
            author_id=page.author_id,
            approver_id=page.approver_id,
            made_at=now,
            confirmation_id=page.confirmation_id,
        )
    )


def shown_keys(answer: CheckAnswer, pages: dict[str, int]) -> list[str]:
    """The keys of the pages that an answer shows, in order."""
    keys = {number: key for key, number in pages.items()}
    return [keys[match.clarification.id] for match in answer.matches]


def read_page(client: FlaskClient, text: str) -> str:
    """The words of the answer's page, in one line."""
    page = client.post("/cek", data={"teks": text}).get_data(as_text=True)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("tarif air naik?", "tarif-air"),
        ("tarif aer naek ko?", "tarif-air"),
        ("aer pdam naek brp?", "tarif-air"),
        ("Dong bilang aer PDAM mau naek tiga kali lipat, botul ko?", "tarif-air"),
        ("PDAM menaikkan tarif air tiga kali lipat mulai bulan depan", "tarif-air"),
        ("PDAM umumkan tarif air naik 12 persen untuk industri", "tarif-air"),
        ("Rumah tangga bayar retribusi sampah Rp10.000 sampai Rp20.000", "retribusi-sampah"),
        ("Tarif air rumah tangga tidak naik", "tarif-air"),
        ("pajak bumi bangunan naik ko?", "pbb-naik"),
        ("PBB naik 300 persen tahun ini ya?", "pbb-naik"),
        ("retribusi sampah naek brapa?", "retribusi-sampah"),
        ("pdam tarif baru, naik ko sonde?", "tarif-air"),
    ],
)
def test_a_page_that_has_the_words_of_a_message_is_shown_to_compare(
    pages: dict[str, int], now: datetime, text: str, key: str
) -> None:
    answer = answer_message(text, now)
    assert answer.decision is CheckDecision.POSSIBLE
    assert shown_keys(answer, pages)[0] == key
    assert not answer_label(answer).is_same


@pytest.mark.parametrize(
    "text",
    [
        "harga beras naik?",
        "parkir naik?",
        "air mati di oebobo?",
        "tarif bemo naik?",
        "tiket feri ke sabu naik dua kali lipat",
        "lowongan guru di Sikumana?",
        "besok ada pawai di jembatan Selam?",
    ],
)
def test_one_or_two_common_words_show_no_page(pages: dict[str, int], now: datetime, text: str) -> None:
    assert answer_message(text, now).decision is CheckDecision.NONE


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            "Jembatan Liliba RETAK jangan lewat. Tarif pdam naik 300 persen bulan depan untuk semua pelanggan. "
            "Bazar murah di Oesapa hari Sabtu. KTP hangus mulai bulan depan",
            {"jembatan-liliba", "tarif-air", "ktp-chip"},
        ),
        (
            "tarif pdam naik 300 persen bulan depan untuk SEMUA pelanggan, su diteken walikota. "
            "Terus jembatan liliba retak, jangan lewat",
            {"tarif-air", "jembatan-liliba"},
        ),
        (
            "semua SD dan SMP libur 14 hari karena DBD. Eskalator mau dipasang dari LLBK ke Fontein. Rapat RT Jumat. "
            "Puskesmas Oepoi pindah tiga bulan ke gedung serbaguna kelurahan",
            {"libur-dbd", "eskalator", "puskesmas-oepoi"},
        ),
    ],
)
def test_several_claims_are_each_answered_and_none_stands_for_the_whole(
    pages: dict[str, int], now: datetime, text: str, keys: set[str]
) -> None:
    answer = answer_message(text, now)
    assert set(shown_keys(answer, pages)) == keys
    assert answer.decision is CheckDecision.POSSIBLE
    assert not answer_label(answer).is_same


@pytest.mark.parametrize(
    ("key", "around"),
    [
        ("jembatan-liliba", "Itu kata grup sebelah."),
        ("tarif-air", "Tetangga bilang itu tidak benar."),
        ("libur-dbd", "Di Kabupaten Kupang libur satu bulan."),
        ("puskesmas-oepoi", "Pasien harus bayar 50 ribu."),
    ],
)
def test_a_long_forward_is_told_that_the_claim_stands_in_it(
    pages: dict[str, int], client: FlaskClient, now: datetime, key: str, around: str
) -> None:
    quote = db.session.get_one(Clarification, pages[key]).claim_quote
    text = FORWARD * 10 + quote + f" {around} " + LAST * 10
    answer = answer_message(text, now)
    assert (answer.decision, shown_keys(answer, pages)[0]) == (CheckDecision.POSSIBLE, key)
    assert (answer_label(answer).words, answer_label(answer).is_same) == ("Memuat kabar yang diperiksa kota", False)
    told = read_page(client, text)
    assert "Satu bagian pesan Anda, kata demi kata" in told
    assert "Bagian lainnya tidak diperiksa" in told


def test_a_claim_that_a_page_answers_stands_in_a_forward_as_well_as_its_quote(
    pages: dict[str, int], now: datetime
) -> None:
    reported = "dong mau kas naik tarif PDAM 300 persen, surat su diteken, cek di kantor lurah"
    judged(pages["tarif-air"], reported)
    answer = answer_message(FORWARD + reported + LAST, now)
    assert answer.decision is CheckDecision.POSSIBLE
    assert answer_label(answer).words == "Memuat kabar yang diperiksa kota"


def test_an_amount_added_to_a_confirmed_claim_is_named(pages: dict[str, int], client: FlaskClient) -> None:
    quote = db.session.get_one(Clarification, pages["puskesmas-oepoi"]).claim_quote
    told = read_page(client, f"{quote}. Pasien harus bayar 50 ribu")
    assert "Hanya pesan Anda yang menyebut 50 ribu" in told
    assert "Sama, sudah diperiksa kota" not in told


@pytest.mark.parametrize(
    ("text", "told", "not_told"),
    [
        (
            "semua SD di Kabupaten Kupang libur 14 hari karena DBD",
            "Pesan Anda Kabupaten Kupang , yang diperiksa Kota Kupang",
            "sekolahnya berbeda",
        ),
        ("tarif pdam turun 300 persen bulan depan", "Pesan Anda turun , yang diperiksa naik", "Sama, sudah"),
        ("PBB Kota Kupang turun lima kali lipat tahun ini", "Pesan Anda turun , yang diperiksa naik", "Sama, sudah"),
        ("puskesmas oepoi pindah ke penfui selama tiga bulan", "Hanya pesan Anda yang menyebut penfui", "Sama, sudah"),
        ("hotel buang limbah racun di oesapa, jang makan ikan", "racun", "Hanya pesan Anda yang menyebut"),
        ("Semua SD libur 14 hari karena DBD", "Belum pasti sama", "sekolahnya berbeda"),
        ("Jembatan Liliba tidak retak, foto itu foto lama", "Pesan Anda menyangkal: retak", "kata yang sama: retak"),
        ("Tidak benar jembatan Liliba retak", "Pesan Anda menyangkal: retak", "kata yang sama"),
        ("sonde ada eskalator di fontein, itu satire", "Pesan Anda menyangkal: eskalator", "kata yang sama: eskalator"),
        ("Tarif air rumah tangga tidak naik", "Pesan Anda menyangkal: naik", "Sejalan"),
        ("Satpol PP bilang tidak ada razia kos malam ini", "Pesan Anda menyangkal: razia", "Sejalan"),
        ("Jembatan Liliba retak, mobil tidak boleh lewat", "kata yang sama: retak", "menyangkal"),
    ],
)
def test_what_is_the_same_and_what_differs_is_named(
    pages: dict[str, int], client: FlaskClient, text: str, told: str, not_told: str
) -> None:
    page = read_page(client, text)
    assert told in page
    assert not_told not in page


@pytest.mark.parametrize(
    "text",
    [
        "Jalan Frans Seda ditutup",
        "Jalan Frans Seda ditutup karena galian pipa",
        "besok frans seda tutup gara2 pipa pdam ko?",
    ],
)
def test_a_message_near_a_withdrawn_page_is_pointed_to_it(
    pages: dict[str, int], client: FlaskClient, now: datetime, text: str
) -> None:
    answer = answer_message(text, now)
    assert (answer.decision, answer.withdrawal) == (CheckDecision.NONE, None)
    told = read_page(client, text)
    assert told.index("Belum ada klarifikasi untuk pesan ini") < told.index("lalu menarik jawabannya")
    assert "satu lajur Jalan Frans Seda benar ditutup" in told
    api = client.post("/api/v1/check", json={"text": text}).get_json()
    assert "satu lajur Jalan Frans Seda benar ditutup" in api["near_withdrawn"]["reason"]
    assert api["near_withdrawn"]["url"].endswith("/klarifikasi/frans-seda")
    assert "withdrawn" not in api


@pytest.mark.parametrize("text", ["Jalan El Tari ditutup", "kapal feri tujuan Rote dibatalkan sampai ombak tenang"])
def test_other_messages_are_pointed_to_no_withdrawn_page(pages: dict[str, int], now: datetime, text: str) -> None:
    assert answer_message(text, now).near_withdrawal is None


def test_the_facts_of_several_claims_stand_first(pages: dict[str, int], client: FlaskClient) -> None:
    told = read_page(
        client, "KTP hangus mulai bulan depan. Dan tarif pdam naik 300 persen bulan depan untuk semua pelanggan"
    )
    assert "Pesan ini memuat 2 kabar" in told
    facts = [told.index("KTP elektronik yang Anda pegang"), told.index("Tarif air untuk rumah tangga kecil")]
    assert max(facts) < told.index("Yang beredar:")


def test_a_name_added_to_a_claim_is_not_passed_over_under_the_label_same(
    pages: dict[str, int], client: FlaskClient
) -> None:
    quote = db.session.get_one(Clarification, pages["penculik-tdm"]).claim_quote
    told = read_page(client, f"{quote} Hati-hati di Kabupaten Kupang")
    assert "Hanya pesan Anda yang menyebut Kabupaten Kupang" in told
    assert "tidak ada yang berbeda" not in told
