"""Officers find rows of every kind, filtered by the address, and only what they may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker.desk_search import queries
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.models import ClaimStatus, ClarificationStatus, Officer, RoleName, Tag, Topic, Verdict, db
from tests import factories
from tests.desk_search import rows


@pytest.fixture(autouse=True)
def context(app: APIFlask) -> object:
    """Addresses are made while a page is."""
    with app.test_request_context():
        yield


def found(officer: Officer, q: str = "", **fields: object) -> dict[ResultKind, list[int]]:
    """The ids that are found, by kind."""
    sections = list_search_sections(replace(SearchQuery(q=q), **fields), officer)  # type: ignore[arg-type]
    return {section.kind: [hit.id for hit in section.hits] for section in sections}


def test_every_kind_is_found_in_other_forms_of_the_word(officer: Officer, approver: Officer) -> None:
    claim = factories.make_claim("Pasar Oeba ditutup mulai besok")
    factories.make_claim("Air mati")
    page = factories.make_clarification(officer, approver, conclusion="Tidak ada penutupan pasar.")
    draft = factories.make_clarification(officer, None, findings="Pasar ditutup?")
    report = rows.make_report(claim, "Benarkah mereka menutup pasar itu")
    asked = rows.make_question(claim, officer, "Apa faktanya?", "Kami tidak menutup pasar.")
    note = rows.make_note(claim, officer, "Kata kepala pasar: tidak ditutup")
    link = rows.make_evidence(claim, officer, "Penutupan pasar, berita acara")
    item = rows.make_item(rows.make_source(), "PASAR tutup, pedagang bingung", claim)
    loose = rows.make_item(rows.make_source("Lain"), "tertutup bagi pasar lain")
    assert found(officer, "penutupan pasar") == {
        ResultKind.CLAIM: [claim.id],
        ResultKind.CLARIFICATION: [draft.id, page.id],
        ResultKind.REPORT: [report.id],
        ResultKind.QUESTION: [asked.id],
        ResultKind.NOTE: [note.id],
        ResultKind.EVIDENCE: [link.id],
        ResultKind.ITEM: [loose.id, item.id],
    }
    assert found(officer, "penutupan pasar sekali") == {}


def test_phrases_and_starts(officer: Officer) -> None:
    near, apart = factories.make_claim("air mati lagi"), factories.make_claim("mati air, imunisasi")
    assert found(officer, '"air mati"') == {ResultKind.CLAIM: [near.id]}
    assert found(officer, "mati air") == {ResultKind.CLAIM: [apart.id, near.id]}
    assert found(officer, "imun*") == {ResultKind.CLAIM: [apart.id]}


def test_filters_leave_out_what_they_say_nothing_about(officer: Officer, approver: Officer) -> None:
    dinkes = factories.load_unit("dinkes").id
    claim = factories.make_claim("air", status=ClaimStatus.DISMISSED, topic=Topic.HEALTH, unit_id=dinkes)
    factories.make_claim("air")
    report = rows.make_report(claim, "air")
    question = rows.make_question(claim, officer, "air")
    hoax = factories.make_clarification(officer, approver, summary="air", topic=Topic.HEALTH, unit_id=dinkes)
    one, two = rows.make_source("Satu"), rows.make_source("Dua dua")
    item = rows.make_item(one, "air")
    rows.make_item(two, "air")
    note = rows.make_note(claim, officer, "air")
    claim.tags.append(Tag(name="bansos"))  # type: ignore[attr-defined]
    db.session.commit()
    of_claim = {
        ResultKind.CLAIM: [claim.id],
        ResultKind.REPORT: [report.id],
        ResultKind.QUESTION: [question.id],
        ResultKind.NOTE: [note.id],
    }
    for q in ("air", ""):
        assert found(officer, q, status=ClaimStatus.DISMISSED) == of_claim
        assert found(officer, q, label="bansos") == of_claim
        assert found(officer, q, topic=Topic.HEALTH) == of_claim | {ResultKind.CLARIFICATION: [hoax.id]}
        assert found(officer, q, unit=dinkes) == of_claim | {ResultKind.CLARIFICATION: [hoax.id]}
        assert found(officer, q, source=one.id) == {ResultKind.ITEM: [item.id]}
        assert found(officer, q, verdict=Verdict.HOAKS) == {ResultKind.CLARIFICATION: [hoax.id]}
        assert found(officer, q, verdict=Verdict.BENAR) == {}
        assert found(officer, q, page_status=ClarificationStatus.PUBLISHED) == {ResultKind.CLARIFICATION: [hoax.id]}
        assert found(officer, q, source=one.id, verdict=Verdict.HOAKS) == {}


def test_days_are_those_of_kupang(officer: Officer) -> None:
    today = rows.NOW.date()
    old = factories.make_claim("air", created_at=rows.NOW - timedelta(days=3))
    # 23 November, 16.30 UTC is half past midnight of the 24th in Kupang.
    new = factories.make_claim("air", created_at=rows.NOW.replace(hour=16, minute=30) - timedelta(days=1))
    item = rows.make_item(rows.make_source(), "air", fetched_at=rows.NOW - timedelta(days=3))
    assert found(officer, "air", since=today) == {ResultKind.CLAIM: [new.id]}
    assert found(officer, "air", until=today - timedelta(days=1)) == {
        ResultKind.CLAIM: [old.id],
        ResultKind.ITEM: [item.id],
    }


def test_pages_follow_by_id(officer: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    ids = [factories.make_claim(f"air {n}").id for n in range(5)][::-1]
    wanted, seen = SearchQuery(q="air", kind=ResultKind.CLAIM), []
    while True:
        (section,) = list_search_sections(wanted, officer)
        seen.append([hit.id for hit in section.hits])
        if section.after is None:
            break
        wanted = SearchQuery.from_args(
            {key: str(value) for key, value in wanted.of(ResultKind.CLAIM, section.after).items()}
        )
    assert seen == [ids[:2], ids[2:4], ids[4:]]


@pytest.mark.postgresql
def test_what_the_newest_rows_do_not_hold_is_found_by_the_index(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    monkeypatch.setattr(queries, "NEWEST_ROWS_SCANNED", dict.fromkeys(ResultKind, 3))
    ids = [factories.make_claim(f"{'air' if number % 2 else 'listrik'} mati").id for number in range(10)]
    wanted = SearchQuery(q="air", kind=ResultKind.CLAIM)
    assert found(officer, "air", kind=ResultKind.CLAIM) == {ResultKind.CLAIM: [ids[9], ids[7]]}
    for before, rest in ((ids[7], [ids[5], ids[3]]), (ids[3], [ids[1]]), (ids[0], [])):
        (section,) = list_search_sections(replace(wanted, before=before), officer)
        assert [hit.id for hit in section.hits] == rest
    assert found(officer, "listrik", kind=ResultKind.CLAIM) == {ResultKind.CLAIM: [ids[8], ids[6]]}
    assert found(officer, "tidak ada", kind=ResultKind.CLAIM) == {ResultKind.CLAIM: []}


@pytest.mark.postgresql
@pytest.mark.parametrize("newest", [1, 3, 4, 600])
def test_with_filters_the_same_is_found_however_many_rows_are_looked_through(
    officer: Officer, monkeypatch: pytest.MonkeyPatch, newest: int
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    monkeypatch.setattr(queries, "NEWEST_ROWS_SCANNED", dict.fromkeys(ResultKind, newest))
    monkeypatch.setattr(queries, "estimated_match_share", lambda *_: 9.0)
    topics, texts, sources = (Topic.WATER, Topic.TAX), ("air mati", "listrik mati", "air keruh"), (rows.make_source(),)
    sources += (rows.make_source("Lain"),)
    claims = [factories.make_claim(texts[n % 3], topic=topics[n % 2]) for n in range(12)]
    reports = [rows.make_report(claim, texts[n % 3]) for n, claim in enumerate(claims)]
    items = [rows.make_item(sources[n % 2], f"{texts[n % 3]} {n}", claim) for n, claim in enumerate(claims)]
    for kind, made, asked in (
        (ResultKind.CLAIM, claims, {"topic": Topic.WATER}),
        (ResultKind.REPORT, reports, {"topic": Topic.WATER}),
        (ResultKind.ITEM, items, {"source": sources[0].id}),
    ):
        held = [made[n].id for n in (8, 6, 2, 0)]
        for before, expected in ((None, held[:2]), (held[0], held[1:3]), (held[1], held[2:]), (held[3], [])):
            assert found(officer, "air", kind=kind, before=before, **asked) == {kind: expected}


@pytest.mark.parametrize("small", [0, 1, 1_000])
def test_of_a_unit_the_same_is_found_however_much_it_has(
    officer: Officer, approver: Officer, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(queries, "SMALL_UNIT_ROWS", small)
    monkeypatch.setattr(queries, "FEW_RESULTS", 2)
    dinkes = factories.load_unit("dinkes").id
    for _ in range(4):
        factories.make_claim("Air mati di unit lain")
    claims = [factories.make_claim(f"Air mati {n}", unit_id=dinkes) for n in range(3)]
    factories.make_claim("Listrik padam", unit_id=dinkes)
    page = factories.make_clarification(officer, approver, title="Air tidak mati", unit_id=dinkes)
    factories.make_clarification(officer, approver, title="Air di tempat lain")
    reports = [rows.make_report(claim, "Airnya keruh") for claim in claims]
    rows.make_report(claims[0], "Lampu mati")
    asked = rows.make_question(claims[0], officer, "Apakah air aman?")
    assert found(officer, "air", unit=dinkes) == {
        ResultKind.CLAIM: [claims[2].id, claims[1].id],
        ResultKind.CLARIFICATION: [page.id],
        ResultKind.REPORT: [reports[2].id, reports[1].id],
        ResultKind.QUESTION: [asked.id],
    }
    assert found(officer, "air", unit=dinkes, kind=ResultKind.CLAIM, before=claims[1].id) == {
        ResultKind.CLAIM: [claims[0].id]
    }


def test_who_is_accused_does_not_search_reports_for_their_writers(officer: Officer, administrator: Officer) -> None:
    accused = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    claim = factories.make_claim("pungutan", accused_unit_id=factories.load_unit("dinkes").id)
    report = rows.make_report(claim, "Saya bidan di sana, ada pungutan")
    note = rows.make_note(claim, officer, "Kader bercerita")
    piece = rows.make_evidence(claim, officer, "Rekaman kader")
    assert found(officer, "kader") == {ResultKind.NOTE: [note.id], ResultKind.EVIDENCE: [piece.id]}
    assert found(accused, "kader") == {}
    assert found(officer, "bidan") == {ResultKind.REPORT: [report.id]}
    assert found(accused, "bidan") == {}
    assert found(accused, "pungutan") == {}, "these may be the words of who reported it"
    assert found(officer, "pungutan")[ResultKind.CLAIM] == [claim.id]
    assert found(administrator, "bidan") == {ResultKind.REPORT: [report.id]}


def test_who_stands_above_the_accused_unit_does_not_search_its_reports(officer: Officer) -> None:
    head = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    claim = factories.make_claim("pungutan", accused_unit_id=factories.make_unit("puskesmas", "dinkes").id)
    report = rows.make_report(claim, "Saya bidan di sana, ada pungutan")
    assert found(officer, "bidan") == {ResultKind.REPORT: [report.id]}
    assert found(head, "bidan") == {}


def test_rejected_reports_and_contacts_are_not_found(officer: Officer) -> None:
    claim = factories.make_claim("x")
    rows.make_report(claim, "sampah", rejected_at=rows.NOW, rejected_reason="junk")
    rows.make_report(claim, "lain", contact_encrypted=b"rahasia", consent_at=rows.NOW)
    assert found(officer, "sampah") == {}
    assert found(officer, "rahasia") == {}


def test_what_was_found_is_marked_and_escaped(officer: Officer) -> None:
    factories.make_claim("<b>Air</b> mati " + "panjang " * 60 + "sampai pasar <script>ditutup</script> itu")
    (section,) = list_search_sections(SearchQuery(q="air penutupan"), officer)
    (hit,) = section.hits
    assert "&lt;b&gt;<mark>Air</mark>" in hit.title
    assert "<script>" not in hit.words
    (later,) = list_search_sections(SearchQuery(q="penutupan"), officer)[0].hits
    assert "&lt;script&gt;<mark>ditutup</mark>" in later.words
    assert later.words.startswith("…")


HARD = [
    "",
    '"',
    '""',
    '"air',
    "'",
    "air' OR '1'='1",
    "air AND",
    "NOT air",
    "NEAR(air mati)",
    "title:air",
    "{title}:air",
    "^air",
    "air*",
    "*",
    "a*",
    "-air",
    "air & | ! <-> :*",
    "\\",
    "\\'",
    "%_",
    "air\x00mati",
    "\x00",
    "x" * 10_000,
    "air " * 5_000,
    "😀🔥",
    "مدرسة مَدْرَسَة",
    "İstanbul ß ﬁ",
    "a\u0301ir",
    "\ud7ff\uffff",
    "1e5 10.000 3,5",
    "https://contoh.example/a?b=c",
    "surel@contoh.example",
]


@pytest.mark.parametrize("typed", HARD)
def test_whatever_is_typed_is_safe(officer: Officer, typed: str) -> None:
    factories.make_claim("air mati مدرسة 10.000 https://contoh.example/a?b=c surel@contoh.example")
    for kind in (None, ResultKind.CLAIM):
        list_search_sections(SearchQuery.from_args({"q": typed, "kind": kind.value if kind else ""}), officer)


@pytest.mark.parametrize(
    "typed", ["مدرسة", "10.000", "contoh.example", "surel@contoh.example", "https://contoh.example/a?b=c"]
)
def test_words_of_other_kinds_are_found(officer: Officer, typed: str) -> None:
    claim = factories.make_claim("kata مدرسة 10.000 https://contoh.example/a?b=c surel@contoh.example")
    assert found(officer, typed) == {ResultKind.CLAIM: [claim.id]}


@pytest.mark.parametrize(
    "args",
    [
        {"status": "x", "unit": "9" * 30, "source": "-1", "topic": "", "kind": "y"},
        {"unit": "²", "since": "2026-13-40", "until": "0001-01-01", "before": "x"},
        {"since": "9999-12-31", "verdict": "'", "page_status": "🔥", "before": "0"},
    ],
)
def test_what_the_address_asks_wrongly_is_left_out(args: dict[str, str]) -> None:
    assert SearchQuery.from_args(args) == SearchQuery()
