"""What a clarification must contain, and what can be stored at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clarify.checklist import IncompleteError, build_checklist, has_claim_as_title, require_complete
from hoax_tracker.clarify.content import ClarificationContent, SourceLine, storable_part, storage_faults
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import ChannelKind, Officer, TextTemplate, Topic, Verdict, db
from hoax_tracker.organisation.channels.facts import ListedChannel, ListedChannels
from tests import factories

SignIn = Callable[[Officer], FlaskClient]

WHOLE = ClarificationContent(
    title="Air PDAM tetap mengalir di seluruh kota",
    summary="Tidak ada pipa induk yang pecah.",
    claim_quote="Mulai Senin air PDAM mati total 7 hari!!",
    verdict=Verdict.HOAKS,
    topic=Topic.WATER,
    circulated_where="",
    circulated_since=None,
    findings="Perumda menyatakan tidak ada pipa yang pecah [1].",
    conclusion="Kabar itu tidak benar.",
    unit_id=1,
    accused_unit_id=None,
    sources=(SourceLine("Jadwal", "https://pdam.example/jadwal"),),
)


def test_a_whole_one_passes(app: APIFlask) -> None:
    require_complete(WHOLE, [])
    assert storage_faults(WHOLE) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("verdict", None),
        ("title", " "),
        ("summary", ""),
        ("claim_quote", "\n"),
        ("findings", ""),
        ("conclusion", "\t"),
        ("sources", ()),
    ],
)
def test_each_part_is_needed(app: APIFlask, field: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as refused:
        require_complete(replace(WHOLE, **{field: value}), [])  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize("empty", ["", "  "])
def test_no_line_about_an_empty_field_is_met(app: APIFlask, empty: str) -> None:
    lines = build_checklist(replace(WHOLE, title=empty, summary=empty), [])
    assert [line.text for line in lines if line.met and line.field in ("title", "summary")] == []
    with pytest.raises(IncompleteError) as refused:
        require_complete(replace(WHOLE, title=empty), [])
    assert refused.value.faults == {"title": "Tulis judul."}, "once"


def test_what_the_template_wrote_is_not_written(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    gaps = "Kami bertanya kepada «siapa …» pada «tanggal …».\r\n\r\nFaktanya: «apa …» [1]."
    db.session.add(TextTemplate(topic=Topic.TAX, findings=gaps, conclusion="Jangan sebarkan."))
    db.session.add(TextTemplate(topic=Topic.WATER, findings="Data: «berapa …».", conclusion="Air «mengalir …»."))
    claim = factories.make_claim()
    begun = {"findings": gaps.replace("\r", ""), "conclusion": "Air «mengalir …»."}
    page = factories.make_clarification(officer, None, claims=[claim], title="", **begun)
    shown = sign_in(officer).get(f"/petugas/klarifikasi/{page.id}").text
    for line in ("Judul bukan isi klaim", "Hasil cek fakta ditulis", "Kesimpulan ditulis"):
        assert re.search(rf'class="unmet">\s*<b>Belum:</b>\s*{line}', shown), line
    page.findings, page.conclusion = f"{gaps} Air mengalir.", "Jangan sebarkan."
    db.session.commit()
    shown = sign_in(officer).get(f"/petugas/klarifikasi/{page.id}").text
    for line in ("Hasil cek fakta ditulis", "Kesimpulan ditulis"):
        assert re.search(rf'class="met">\s*<b>Ada:</b>\s*{line}', shown), f"{line}: a text without gaps is complete"


def test_all_that_is_missing_is_named_at_once(app: APIFlask) -> None:
    with pytest.raises(InvalidInputError) as refused:
        require_complete(replace(WHOLE, verdict=None, sources=()), [])
    assert "Pilih putusan. Tambahkan satu rujukan." in str(refused.value.user_message)


@pytest.mark.parametrize(
    "title", ["Mulai Senin air PDAM mati total 7 hari", "AIR PDAM mati total", "Gratis untuk semua"]
)
def test_the_title_is_not_the_claim(app: APIFlask, title: str) -> None:
    repeated = replace(WHOLE, title=title)
    assert has_claim_as_title(repeated, ["Vaksin gratis untuk semua"])
    with pytest.raises(InvalidInputError):
        require_complete(repeated, ["Vaksin gratis untuk semua"])


@pytest.mark.parametrize(
    ("title", "claim", "repeats"),
    [
        ("Petugas Dukcapil menelepon warga untuk mengaktifkan KTP digital",
         "Petugas Dukcapil sekarang menelepon para warga untuk mengaktifkan KTP digital. Hati-hati!", True),
        ("Satpol PP razia kos", "Malam ini Satpol PP mulai razia kos di Oebufu", True),
        ("Vaksin campak aman", "Vaksin campak tidak aman, jangan mau", False),
        ("Satpol PP tidak razia kos", "Malam ini Satpol PP razia kos di Oebufu", False),
        ("Petugas Dukcapil tidak pernah menelepon warga", "Petugas Dukcapil menelepon warga", False),
        ("Razia digelar 5 Desember", "Razia digelar 3 Desember", False),
        ("KTP digital diaktifkan di kantor", "Petugas menelepon untuk mengaktifkan KTP digital", False),
    ],
)  # fmt: skip
def test_a_title_that_says_the_claim_in_its_order_repeats_it(title: str, claim: str, repeats: bool) -> None:
    assert has_claim_as_title(replace(WHOLE, title=title, claim_quote=claim), []) is repeats


@pytest.mark.parametrize("title", ["Air PDAM tidak mati total 7 hari", "Air PDAM", "Rpdam"])
def test_a_denial_is_a_fact(title: str) -> None:
    assert has_claim_as_title(replace(WHOLE, title=title), []) is (title == "Air PDAM")


def test_a_true_claim_may_be_its_own_title(app: APIFlask) -> None:
    true = replace(WHOLE, title=WHOLE.claim_quote, verdict=Verdict.BENAR)
    require_complete(true, [])
    assert has_claim_as_title(replace(true, verdict=Verdict.SEBAGIAN_BENAR), [])


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "javascript://pdam.example/%0aalert(1)",
        "ftp://pdam.example/x",
        "pdam.example",
        "https://",
        "https://a b.example",
        "data:text/html,x",
        "http://[x",
        "",
    ],
)
def test_a_source_leads_to_a_web_page(app: APIFlask, url: str) -> None:
    assert [field for field, _message in storage_faults(replace(WHOLE, sources=(SourceLine("x", url),)))] == [
        "sources-0-url"
    ]


def test_a_field_has_its_longest(app: APIFlask) -> None:
    assert storage_faults(replace(WHOLE, title="a" * 300)) == []
    assert [field for field, _message in storage_faults(replace(WHOLE, title="a" * 301))] == ["title"]


def test_all_that_cannot_be_stored_is_named_at_once_and_the_rest_can(app: APIFlask) -> None:
    fine = SourceLine("Berita", "https://berita.example/1")
    typed = replace(
        WHOLE,
        title="a" * 301,
        summary="Ringkasan baru.",
        findings="b" * 20_001,
        sources=(SourceLine("x", "ftp://x.example"), fine, SourceLine("j" * 301, "https://x.example")),
        wordings=("k" * 301,),
    )
    faulty = [field for field, _message in storage_faults(typed)]
    assert faulty == ["title", "findings", "wordings", "sources-0-url", "sources-2-title"]
    part = storable_part(typed, WHOLE, faulty)
    assert part == replace(WHOLE, summary="Ringkasan baru.")
    assert storage_faults(part) == []


@pytest.mark.parametrize("fault", ["sources-0-url", "sources-1-title", "sources-0-dated"])
def test_stored_sources_stay_where_one_is_typed_wrong(fault: str) -> None:
    stored = replace(WHOLE, sources=(*WHOLE.sources, SourceLine("Berita", "https://berita.example/1")))
    typed = replace(stored, summary="Baru.", sources=(SourceLine("Jadwal", "htps://pdam.example/jadwal"),))
    assert storable_part(typed, stored, [fault]) == replace(stored, summary="Baru.")
    assert storable_part(typed, stored, ["title"]).sources == typed.sources


def test_personal_data_and_blanks_of_a_template_are_named_in_each_field(app: APIFlask) -> None:
    typed = replace(
        WHOLE,
        summary="Telepon 081234567890 atau surat@warga.example.",
        claim_quote="NIK 5371010101010001, hubungi 081298765432",
        findings="Menurut «nama …», pada «kapan ...».",
        conclusion="Selesai pada «kapan …».",
    )
    with pytest.raises(IncompleteError) as refused:
        require_complete(typed, [])
    faults = refused.value.faults
    assert list(faults) == ["summary", "claim_quote", "findings", "conclusion"]
    assert "081234567890, surat@warga.example" in faults["summary"]
    assert "5371010101010001, 081298765432" in faults["claim_quote"]
    assert "«nama …», «kapan ...»" in faults["findings"]
    assert "«kapan …»" in faults["conclusion"]


@pytest.mark.parametrize(
    ("field", "text", "met"),
    [
        ("claim_quote", "Hubungi Pak X di 0812-3456-7890", False),
        ("claim_quote", "Kirim ke +62 812 3456 7890", False),
        ("claim_quote", "Kirim KTP ke bantuan@kupang.example", False),
        ("findings", "NIK 5371012304850001 tidak terdaftar", False),
        ("findings", "Kantor menjawab di 0812-3456-7890", False),  # no number of the list of official channels
        ("claim_quote", "Bantuan Rp1.500.000 sejak 24-11-2026, lihat 0380 821000", True),
    ],
)
def test_nobodys_number_goes_out(app: APIFlask, field: str, text: str, met: bool) -> None:
    written = replace(WHOLE, **{field: text})  # type: ignore[arg-type]
    if met:
        require_complete(written, [])
        return
    with pytest.raises(InvalidInputError) as refused:
        require_complete(written, [])
    assert refused.value.field == field


def test_what_a_template_leaves_open_is_filled_first(app: APIFlask) -> None:
    with pytest.raises(InvalidInputError) as refused:
        require_complete(replace(WHOLE, conclusion="Air mengalir sejak «tanggal …»."), [])
    assert refused.value.field == "conclusion"
    assert "«tanggal …»" in str(refused.value.user_message)
    with pytest.raises(InvalidInputError) as refused:
        require_complete(replace(WHOLE, summary="Air mengalir sejak «tanggal ...»."), [])
    assert refused.value.field == "summary"
    require_complete(replace(WHOLE, conclusion="Kepala dinas berkata: «Air mengalir.»"), [])


@pytest.mark.parametrize("field", ["title", "summary", "findings", "conclusion"])
@pytest.mark.parametrize(
    "left",
    [
        "«dulu 5 Maret, sekarang …»",
        "«dulu 5 Maret 2025, sekarang",
        "«dulu Rp500.000, sekarang 5 Mei»",
        "«dulu 5 Maret»",
    ],
)
def test_no_old_detail_of_an_earlier_answer_is_left(app: APIFlask, field: str, left: str) -> None:
    with pytest.raises(IncompleteError) as refused:
        require_complete(replace(WHOLE, **{field: f"Dibayar {left}"}), [])  # type: ignore[arg-type]
    assert list(refused.value.faults) == [field]
    assert refused.value.faults[field].count("«") == 1
    require_complete(replace(WHOLE, **{field: "Kutipan «Dulu jalan itu mulus» lama"}), [])  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["title", "summary"])
@pytest.mark.parametrize("dots", ["…", "..."])
def test_a_quotation_may_be_shortened(app: APIFlask, field: str, dots: str) -> None:
    require_complete(replace(WHOLE, **{field: f"Pesan «Besok sekolah libur{dots}» tidak benar"}), [])  # type: ignore[arg-type]
    require_complete(replace(WHOLE, **{field: f"Pesan «{dots}sekolah {dots} libur» tidak benar"}), [])  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError) as refused:
        require_complete(replace(WHOLE, **{field: f"Air mengalir sejak «tanggal {dots}»"}), [])  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_unit_that_was_asked_answers_first(app: APIFlask) -> None:
    with pytest.raises(InvalidInputError) as refused:
        require_complete(WHOLE, [], ["PDAM"])
    assert "Tunggu jawaban PDAM" in str(refused.value.user_message)


def test_an_accused_units_silence_is_said_and_stops_nobody(app: APIFlask) -> None:
    lines = [line for line in build_checklist(WHOLE, [], silent=["Dukcapil"]) if line.field == "unit_id"]
    assert [(line.met, line.blocks) for line in lines] == [(False, False)]
    assert "Dukcapil dituduh klaim ini dan belum menjawab" in lines[0].todo
    require_complete(WHOLE, [])


@pytest.mark.parametrize("field", ["findings", "conclusion", "summary", "circulated_where"])
def test_no_persons_number_or_address_stands_anywhere(app: APIFlask, field: str) -> None:
    official: ListedChannels = {
        ChannelKind.TELEPHONE: (ListedChannel("081299900011", "PDAM"),),
        ChannelKind.DOMAIN: (ListedChannel("kupang.example", "Kota"),),
    }
    wrote = replace(WHOLE, **{field: "Hubungi Budi di 081234567890 atau budi@gmail.example."})  # type: ignore[arg-type]
    with pytest.raises(IncompleteError) as refused:
        require_complete(wrote, [], channels=official)
    assert "081234567890, budi@gmail.example" in str(refused.value.user_message)
    theirs = "Hubungi PDAM di +62 812-9990-0011 atau layanan@pdam.kupang.example."
    require_complete(replace(WHOLE, **{field: theirs}), [], channels=official)  # type: ignore[arg-type]
    with pytest.raises(IncompleteError):
        require_complete(replace(WHOLE, sources=(SourceLine("Budi 081234567890", "https://x.example/"),)), [])


@pytest.mark.parametrize("late", [False, True])
def test_it_circulates_no_later_than_it_was_seen(app: APIFlask, late: bool) -> None:
    first = date(2026, 11, 30)
    dated = replace(WHOLE, circulated_since=date(2026, 12, 1) if late else first)
    if not late:
        require_complete(dated, [], first_seen=first)
        return
    with pytest.raises(IncompleteError) as refused:
        require_complete(dated, [], first_seen=first)
    assert "sudah muncul 30 November 2026" in str(refused.value.user_message)


@pytest.mark.parametrize(
    "text", ["Itu tidak benar.", "Hal tersebut tidak benar", "Tidak benar.", "Ini hoaks", "It is false"]
)
def test_a_summary_says_what_is_not_so(app: APIFlask, text: str) -> None:
    with pytest.raises(IncompleteError) as refused:
        require_complete(replace(WHOLE, summary=text), [])
    assert list(refused.value.faults) == ["summary"]


@pytest.mark.parametrize("text", ["Ini daftar posko banjir.", "Air PDAM tetap mengalir. Itu berlaku sampai Senin."])
def test_a_summary_may_point_at_itself(app: APIFlask, text: str) -> None:
    require_complete(replace(WHOLE, summary=text), [])


@pytest.mark.parametrize("field", ["title", "summary"])
@pytest.mark.parametrize(
    "text", ["Kabar itu benar. Atap diganti.", "Tidak ada dasar bagi pesan ini", "That claim is true"]
)
def test_title_and_summary_stand_alone(app: APIFlask, field: str, text: str) -> None:
    with pytest.raises(IncompleteError) as refused:
        require_complete(replace(WHOLE, **{field: text}), [])  # type: ignore[arg-type]
    assert list(refused.value.faults) == [field]
    require_complete(replace(WHOLE, conclusion=text), [])
