"""A message agrees with the city only where it repeats the fact; a hoax in the city's voice never does."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from apiflask import APIFlask
from flask_babel import force_locale

from classifiers.matcher.stance import Stance
from hoax_tracker.check.answers.emergency import find_help_beside
from hoax_tracker.check.answers.highlights import repeats_fact
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.check.sharing.card_facts import channel_text, share_text
from hoax_tracker.models import Clarification, Verdict, db
from tests.check.conftest import Found, Publish, judged
from tests.shared_app import change_settings

VOICES = Path(__file__).parent / "hoax_voices"
BRIDGE = {
    "title": "Jembatan Liliba tidak retak; foto badan jalan terbelah itu foto lama sesudah badai",
    "claim_quote": "Jembatan Liliba RETAK dan terbelah pagi ini, mobil dilarang lewat, putar Jalur 40. Liat foto.",
    "summary": "Beredar pesan bahwa Jembatan Liliba retak. Jembatan diperiksa dan boleh dilewati semua kendaraan.",
}


def publish_page(publish: Publish, **fields: object) -> Clarification:
    """Publish a page and return it."""
    return db.session.get_one(Clarification, publish(**fields))


@pytest.mark.parametrize(
    "text",
    [
        BRIDGE["title"],
        "Info penting, teruskan: Jembatan Liliba tidak retak! Foto badan jalan terbelah itu foto lama sesudah badai 🙏",
        "Menurut PPID: foto badan jalan terbelah itu foto lama sesudah badai.",
        "Jembatan diperiksa dan boleh dilewati semua kendaraan",
        "Klarifikasi resmi Perumda Air Minum Kota Kupang. Jembatan diperiksa dan boleh dilewati semua kendaraan",
    ],
)
def test_a_sentence_of_the_page_agrees(publish: Publish, text: str) -> None:
    assert repeats_fact(text, publish_page(publish, **BRIDGE))


@pytest.mark.parametrize(
    "text",
    [
        "Jembatan Liliba retak, jangan lewat",
        "Jembatan Liliba retak, putar jalur 40",
        "Jembatan Liliba tidak retak, tapi jangan lewat dulu",
        "Jembatan Liliba tidak retak, BPBD bilang tunggu roboh saja",
        "Jembatan Liliba tidak retak? Jembatan diperiksa dan boleh dilewati semua kendaraan",
        "Beredar pesan bahwa Jembatan Liliba retak",
        "Beredar pesan bahwa Jembatan Liliba retak. Jembatan diperiksa dan boleh dilewati semua kendaraan",
        "Pengumuman Dinas PUPR: badan jalan terbelah, semua kendaraan putar Jalur 40",
        f"{BRIDGE['title']} ❌",
        f"{BRIDGE['title']} خطأ",
        f"{BRIDGE['title']}. " * 60 + "Semua bohong, jembatan mau roboh",
        "Itu tidak benar",
        "",
    ],
)
def test_anything_more_or_less_does_not_agree(publish: Publish, text: str) -> None:
    assert not repeats_fact(text, publish_page(publish, **BRIDGE))


MOVE = {
    "verdict": Verdict.BENAR,
    "title": "Puskesmas Oepoi pindah sementara ke gedung serbaguna kelurahan selama tiga minggu",
    "claim_quote": "puskesmas oepoi pindah dolo ke gedung serbaguna kelurahan, 3 minggu, atap mau ganti",
    "summary": "Atap ruang periksa diganti; jam buka, dokter, dan jenis pelayanan tetap sama.",
}
PARK = {
    "title": "Taman Nostalgia tetap milik kota dan terbuka untuk umum",
    "claim_quote": "Pemkot Kupang jual Taman Nostalgia ke pengusaha Surabaya, dong su teken suratnya, "
    "mulai Januari warga sonde bisa masuk",
    "summary": "Taman Nostalgia tidak dijual. Sertifikatnya masih atas nama Pemerintah Kota dan taman tetap dibuka.",
}
JOBS = {
    "verdict": Verdict.PENIPUAN,
    "title": "Tidak ada lowongan 200 petugas kebersihan berstatus PPPK tanpa tes",
    "claim_quote": "LOKER 200 orang petugas kebersihan DLHK, langsung PPPK tanpa tes. Bayar administrasi 350 ribu.",
    "summary": "Orang yang menawarkan pekerjaan dengan uang administrasi Rp350.000 bukan utusan Pemerintah Kota. "
    "Sudah ada korban.",
}

TRUCKS = {
    "title": "Truk sampah tetap mengangkut di Maulafa setiap Selasa dan Jumat",
    "claim_quote": "Sampah di Maulafa tidak diangkut satu bulan, bakar sendiri, TPA Alak penuh",
    "summary": "TPA Alak masih menampung. Jadwal angkut di Maulafa tidak berubah.",
}
"""Of the sentences of the summary none is most of the claim; both together are."""


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (TRUCKS, TRUCKS["summary"]),
        (TRUCKS, f"{TRUCKS['title']}\n\n{TRUCKS['summary']}"),
        (MOVE, MOVE["title"]),
        (MOVE, f"Info penting dari Pemerintah Kota Kupang: {str(MOVE['title']).upper()}!"),
        (MOVE, MOVE["summary"]),
        (MOVE, f"{MOVE['title']}. {MOVE['summary']}"),
        (PARK, PARK["title"]),
        (PARK, PARK["summary"]),
        (PARK, "Taman Nostalgia tidak dijual."),
        (JOBS, JOBS["summary"]),
    ],
)
def test_the_whole_title_the_summary_and_its_first_sentence_agree(
    publish: Publish, now: datetime, page: dict[str, object], text: str
) -> None:
    assert repeats_fact(text, publish_page(publish, **page))
    assert answer_agrees(text, now)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (MOVE, MOVE["claim_quote"]),
        (MOVE, "Puskesmas Oepoi pindah ke gedung serbaguna kelurahan selama tiga minggu"),
        (MOVE, "Puskesmas Oepoi pindah sementara ke gedung serbaguna kelurahan selama tiga bulan"),
        (MOVE, "Puskesmas Oesapa pindah sementara ke gedung serbaguna kelurahan selama tiga minggu"),
        (MOVE, f"{MOVE['title']}. Semua pasien bayar 50 ribu"),
        (MOVE, f"Dinas Kesehatan: {MOVE['title']}, bawa KTP asli dan uang administrasi"),
        (MOVE, f"Tidak benar {MOVE['title']}"),
        (MOVE, f"{MOVE['title']}, itu hoaks"),
        (MOVE, f"{MOVE['title']}? {MOVE['summary']}"),
        (MOVE, f"Menurut Dinas Kesehatan jam buka, dokter, dan jenis pelayanan tidak tetap sama. {MOVE['title']}"),
        (TRUCKS, f"{TRUCKS['summary']} {TRUCKS['claim_quote']}"),
        (PARK, PARK["claim_quote"]),
        (PARK, "Taman Nostalgia dijual. Sertifikatnya masih atas nama Pemerintah Kota"),
        (PARK, "Taman Nostalgia tidak dijual tetapi disewakan ke pengusaha Surabaya"),
        (PARK, "Taman Nostalgia tidak terbuka untuk umum"),
        (PARK, "Klarifikasi resmi Pemkot: Taman Nostalgia tidak dijual. Mulai Januari warga sonde bisa masuk."),
        (PARK, "Fakta: Taman Nostalgia tidak dijual lagi karena sudah laku"),
        (JOBS, "Sudah ada korban"),
        (JOBS, f"{JOBS['title']}. Pendaftaran resmi lewat dompet digital, bayar 350 ribu"),
        (JOBS, "Orang yang menawarkan pekerjaan dengan uang administrasi Rp350.000 utusan Pemerintah Kota."),
    ],
)
def test_a_hoax_near_a_title_does_not_agree(
    publish: Publish, now: datetime, page: dict[str, object], text: str
) -> None:
    assert not repeats_fact(text, publish_page(publish, **page))
    assert not answer_agrees(text, now)


def forwarded(text: str) -> str:
    """Return a text as WhatsApp copies a forwarded message."""
    return f"[25/11/26 08.43] Mama Ina: Diteruskan: {text}"


SHARED = [BRIDGE | {"verdict": Verdict.MENYESATKAN}, MOVE, PARK, JOBS]


@pytest.mark.parametrize("page", SHARED)
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_citys_own_share_text_agrees(
    publish: Publish, now: datetime, page: dict[str, object], language: str
) -> None:
    row = publish_page(publish, **page)
    with force_locale(language):
        texts = [share_text(row), channel_text(row)]
    for text in (*texts, forwarded(texts[0]), texts[0].upper(), texts[0].replace("\n", "  ")):
        answer = answer_message(text, now)
        assert answer.agrees, text
        assert answer.ban is None
        assert find_help_beside(answer, text) is None


def test_a_title_above_the_address_of_its_page_agrees(publish: Publish, now: datetime) -> None:
    row = publish_page(publish, **PARK)
    address = share_text(row).splitlines()[-1]
    assert answer_agrees(f"{row.title}\n{address}", now)
    assert not answer_agrees(f"{row.title}\n{address}0", now)
    assert not answer_agrees(f"{row.title}\nhttps://kupang-bantuan.example/k/1", now)


def test_the_share_text_of_an_example_agrees_with_and_without_its_line(
    app: APIFlask, publish: Publish, now: datetime
) -> None:
    row = publish_page(publish, **PARK)
    plain = share_text(row)
    change_settings(app, demo=True)
    example = share_text(row)
    assert "CONTOH" in example
    assert all(answer_agrees(text, now) for text in (example, plain))


@pytest.mark.parametrize("page", SHARED)
def test_an_address_of_the_city_makes_no_hoax_the_citys(
    publish: Publish, now: datetime, page: dict[str, object]
) -> None:
    row = publish_page(publish, **page)
    shared = share_text(row)
    address = shared.splitlines()[-1]
    quoted = next(line for line in shared.splitlines() if str(page["claim_quote"])[:20] in line)
    for text in (
        f"{page['claim_quote']}\n{address}",
        f"{quoted}\n{address}",
        f"Putusan: Benar. Menurut Pemerintah Kota Kupang: {page['claim_quote']}\n{address}",
        shared.replace(address, "https://kupang-bantuan.example/daftar"),
        shared.replace(address, f"{address}\nhttps://kupang-bantuan.example/daftar"),
        shared.replace(address, f"{address}0"),
        shared.replace(f"{page['title']}\n", "", 1),
        f"{shared}\nSemua itu bohong",
        f"{shared} ❌",
        f"{shared}{' ' * 4000}Semua itu bohong",
        f"{shared}\nBetul ko?",
        f"{shared}\nTapi tetap hindari tempat itu",
        f"Pemkot bohong lagi. {shared}",
        shared.replace("tidak ", "", 1) if "tidak " in shared else f"Tidak {shared}",
    ):
        assert not answer_agrees(text, now), text


def test_no_stance_of_the_model_makes_a_hoax_agree(publish: Publish, found: Found, now: datetime) -> None:
    publish(**BRIDGE)
    for stance in get_args(Stance):
        found(stance=stance)
        for text in (BRIDGE["claim_quote"], "Jembatan Liliba retak, jangan lewat, dari Penfui putar Jalur 40"):
            assert not any(match.repeats_fact for match in answer_message(text, now).matches)


@pytest.mark.slow
def test_a_hoax_in_the_voice_of_a_warning_or_an_official_is_not_called_the_citys(
    publish: Publish, now: datetime
) -> None:
    """200 messages, written before they were first asked, and the 50 facts of the same pages."""
    pages = [json.loads(line) for line in (VOICES / "pages.jsonl").read_text(encoding="utf-8").splitlines()]
    with (VOICES / "messages.csv").open(encoding="utf-8", newline="") as file:
        messages = list(csv.DictReader(file))
    assert len(messages) == 200
    facts = []
    for page in pages:
        fields = {name: page[name] for name in ("title", "summary")}
        row = publish_page(publish, claim_quote=page["claim"], verdict=Verdict[page["verdict"]], **fields)
        facts += [(row, f"Info dari PPID: {fact}") for fact in fields.values()]
    shared = {share_text(row) for row, _fact in facts}
    assert [text for text in shared if not answer_agrees(text, now)] == []
    agreeing = [row["id"] for row in messages if answer_agrees(row["text"], now)]
    assert len(agreeing) <= 1, agreeing
    assert sum(repeats_fact(fact, row) for row, fact in facts) >= 40, "the rule is not one that never agrees"
    assert sum(answer_agrees(fact, now) for _row, fact in facts) >= 25
    assert sum(answer_agrees(part, now) for row in {row for row, _ in facts} for part in (row.title, row.summary)) >= 48


def answer_agrees(text: str, now: datetime) -> bool:
    """Whether the answer says that the message agrees with the city."""
    return any(match.repeats_fact for match in answer_message(text, now).matches)


CALL = {
    "title": "Petugas Dukcapil menelepon warga untuk mengaktifkan KTP digital",
    "claim_quote": "Halo ibu bapak, kami dari Dukcapil. Sebutkan kode yang masuk supaya KTP digital aktif.",
    "summary": "Itu tidak benar.",
    "verdict": Verdict.PENIPUAN,
}
GUARD = {
    "title": "Pasien tanpa kartu vaksin ditolak di RSUD",
    "claim_quote": "RSUD S.K. Lerik tolak semua pasien yang tidak punya kartu vaksin, ibu hamil juga",
    "summary": "RSUD melayani semua pasien. Kabar itu dibuat untuk menakuti warga.",
}


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (CALL | {"claim_quote": CALL["title"]}, CALL["title"]),
        (
            CALL | {"claim_quote": "Petugas Dukcapil telepon warga, minta data untuk aktifkan KTP digital"},
            CALL["title"],
        ),
        (CALL | {"wordings": [CALL["title"]]}, CALL["title"]),
        (CALL | {"wordings": [CALL["title"]]}, f"Info: {CALL['title']}! Itu tidak benar."),
        (
            CALL | {"claim_quote": "Petugas Dukcapil telepon warga aktifkan KTP digital"},
            f"Menurut PPID: {CALL['title']}",
        ),
        (GUARD, GUARD["title"]),
        (
            GUARD | {"title": "Pasien yang tidak punya kartu vaksin ditolak RSUD"},
            "Pasien yang tidak punya kartu vaksin ditolak RSUD",
        ),
    ],
)
def test_a_title_that_repeats_the_claim_is_no_fact(publish: Publish, page: dict[str, object], text: str) -> None:
    assert not repeats_fact(text, publish_page(publish, **page))


@pytest.mark.parametrize(
    "judged_words", [CALL["title"], "Dong bilang petugas dukcapil telpon warga mau aktifkan KTP digital, benar ko?"]
)
def test_a_title_that_repeats_a_claim_judged_with_the_page_is_no_fact(publish: Publish, judged_words: str) -> None:
    page = publish_page(publish, **CALL)
    judged(page.id, str(judged_words))
    assert not repeats_fact(str(CALL["title"]), page)


def test_the_facts_of_a_page_about_a_call_still_agree(publish: Publish) -> None:
    summary = "Dukcapil tidak pernah menelepon warga. Semua layanan ada di loket kecamatan."
    page = publish_page(publish, **CALL | {"claim_quote": CALL["title"], "summary": summary})
    assert repeats_fact("Dukcapil tidak pernah menelepon warga", page)
    assert repeats_fact(f"Menurut PPID: {summary}", page)
    assert not repeats_fact(f"{CALL['title']}. {summary}", page)
