"""A message agrees with the city only where it repeats the fact; a hoax in the city's voice never does."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest

from classifiers.matcher.stance import Stance
from hoax_tracker.check.answers.highlights import repeats_fact
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.models import Clarification, Verdict, db
from tests.check.conftest import Found, Publish, judged

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


def test_what_the_city_confirmed_is_the_claim_and_not_only_the_fact(publish: Publish) -> None:
    page = publish_page(
        publish,
        verdict=Verdict.BENAR,
        title="Puskesmas Oepoi pindah ke gedung serbaguna kelurahan selama tiga minggu",
        claim_quote="puskesmas oepoi pindah dolo ke gedung serbaguna kelurahan, 3 minggu, atap mau ganti",
    )
    assert not repeats_fact(page.title, page)


def test_no_stance_of_the_model_makes_a_hoax_agree(publish: Publish, found: Found, now: datetime) -> None:
    publish(**BRIDGE)
    for stance in get_args(Stance):
        found(stance=stance)
        for text in (BRIDGE["claim_quote"], "Jembatan Liliba retak, jangan lewat, dari Penfui putar Jalur 40"):
            assert not any(match.repeats_fact for match in answer_message(text, now).matches)


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
    agreeing = [row["id"] for row in messages if answer_agrees(row["text"], now)]
    assert len(agreeing) <= 1, agreeing
    assert sum(repeats_fact(fact, row) for row, fact in facts) >= 40, "the rule is not one that never agrees"
    assert sum(answer_agrees(fact, now) for _row, fact in facts) >= 25


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
