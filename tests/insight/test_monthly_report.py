"""The monthly report: its numbers and words from the golden month, computed by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.figures.month_figures import settle_months
from hoax_tracker.insight.figures.public_numbers import measure_response_times
from hoax_tracker.insight.reports.content import Cell, ReportContent, content_from_json, describe_share_in_time
from hoax_tracker.insight.reports.drafts import make_due_drafts, write_report
from hoax_tracker.insight.reports.largest_claims import published_count
from hoax_tracker.insight.reports.tables import PRESENT_UNIT_NOTE, UNSETTLED_NOTE
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Item,
    MonthlyReport,
    MonthlyStatistics,
    Officer,
    Question,
    Report,
    Source,
    SourceKind,
    Topic,
    db,
)
from hoax_tracker.privacy.small_counts import publish_count
from tests import factories
from tests.crowded import count_statements
from tests.insight.golden_month import NOW, add_report, change_page, make_golden_month

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
DUE = datetime(2026, 10, 14, 2, tzinfo=UTC)
EARLY = DUE - timedelta(days=1)
FIRST_WORKING_DAY = datetime(2026, 11, 2, 0, tzinfo=UTC)  # a Monday, 8 o'clock in Kupang
SECRET = "Pak Yohanis mencuri"


def add_late_claims(officer: Officer) -> None:
    """Five late claims of October, one for each thing it may wait for and one more, and four that were not late."""
    waiting = {"status": ClaimStatus.INVESTIGATING, "topic": Topic.HEALTH, "due_at": DUE, "priority": 0.9}
    pdam, dinkes = (factories.load_unit(code).id for code in ("pdam", "dinkes"))
    untouched = [factories.make_claim(f"{SECRET} {number}", due_at=DUE, priority=0.8) for number in range(2)]
    asked = factories.make_claim(f"{SECRET} asked", unit_id=pdam, **waiting)
    begun = factories.make_claim(f"{SECRET} begun", unit_id=pdam, **waiting)
    drafted = factories.make_claim(f"{SECRET} drafted", unit_id=dinkes, **waiting)
    decide(asked, officer, DecisionKind.INVESTIGATE, EARLY)
    decide(begun, officer, DecisionKind.INVESTIGATE, EARLY)
    people = {"asked_by_id": officer.id, "unit_id": pdam, "claim_id": asked.id}
    db.session.add(Question(text="Benarkah?", asked_at=EARLY, due_at=DUE, **people))
    draft = factories.make_clarification(officer, None, claims=[drafted], topic=Topic.HEALTH)
    draft.status, draft.submitted_at = ClarificationStatus.AWAITING_APPROVAL, EARLY
    in_time = factories.make_claim("Ditutup", status=ClaimStatus.DISMISSED, due_at=DUE)
    decide(in_time, officer, DecisionKind.DISMISS, EARLY)
    factories.make_claim("September", due_at=datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    factories.make_claim("November", due_at=datetime(2026, 10, 31, 16, tzinfo=UTC))
    assert untouched[0].id < asked.id
    db.session.commit()


def add_items(claim: Claim, kind: SourceKind, site: str, count: int = 9) -> None:
    """Let items of a source hold the claim; the first one opens it."""
    source = Source(name=f"{kind} {site}", kind=kind, url=f"{site}/feed", created_at=NOW)
    db.session.add(source)
    db.session.flush()
    for number in range(count):
        item = Item(source_id=source.id, entry_key=str(number), content_key=str(number), title="x", text="x",
                    url=f"{site}/{number}", fetched_at=DUE)  # fmt: skip
        db.session.add(item)
        db.session.flush()
        seen = DUE + timedelta(hours=number)
        db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=seen, opens=number == 0))
    db.session.commit()


def decide(
    claim: Claim, officer: Officer, kind: DecisionKind, decided_at: datetime, undoes: Decision | None = None
) -> Decision:
    """Record a decision, or that one was undone."""
    row = Decision(claim_id=claim.id, officer_id=officer.id, kind=kind, decided_at=decided_at, undoes=undoes)
    db.session.add(row)
    db.session.commit()
    return row


@pytest.fixture
def october(officer: Officer, approver: Officer, settings: Settings) -> ReportContent:
    """The report on the golden month, made after it was settled."""
    make_golden_month(officer, approver)
    for claim in db.session.query(Claim):
        claim.due_at = NOW + timedelta(days=9)  # the golden month is about answers, not about late ones
    db.session.commit()
    add_late_claims(officer)
    settle_months(settings, NOW)
    return write_report(OCTOBER, settings, NOW)


def rows_of(content: ReportContent, key: str) -> list[tuple[Cell, ...]]:
    """The rows of a table."""
    return list(next(table for table in content.tables if table.key == key).rows)


def test_the_numbers_are_those_of_the_golden_month(october: ReportContent) -> None:
    # 19 reports are shown as 20, 15 answered ones as 15; September has one report, which is hidden.
    assert rows_of(october, "bulan") == [
        ("September 2026", "kurang dari 5", "kurang dari 5", 0, 0, 0),
        ("Oktober 2026", 20, 15, 6, 1, 1),
    ]
    # Of 2, 4, 9, 30 and 48 hours half came within the third, nine tenths within the fifth.
    assert rows_of(october, "lama") == [("September 2026", "–", "–"), ("Oktober 2026", 9.0, 48.0)]
    assert rows_of(october, "putusan") == [("Benar", 1), ("Menyesatkan", 1), ("Hoaks", 2), ("Penipuan", 2)]
    assert [row[1:] for row in rows_of(october, "topik")] == [
        (10, "kurang dari 5", 1),  # water: 8
        (5, "kurang dari 5", 1),  # taxes: 5
        ("kurang dari 5", "kurang dari 5", 3),  # aid: 3
        ("kurang dari 5", "kurang dari 5", 1),  # the market: none
    ]
    assert rows_of(october, "kecamatan") == [("Kelapa Lima", 5, 1)]
    assert [row[2:] for row in rows_of(october, "koreksi")] == [
        ("Ditarik", "Bantuan itu ada."),
        ("Dikoreksi", "Tanggalnya keliru."),
    ]


def test_late_claims_are_counted_by_unit_and_by_what_they_waited_for(october: ReportContent) -> None:
    assert sorted(rows_of(october, "alasan-terlambat")) == [
        ("Belum ada petugas yang mulai memeriksa", 2),
        ("Menunggu jawaban perangkat daerah", 1),
        ("Rancangan klarifikasi menunggu persetujuan", 1),
        ("Sudah mulai diperiksa, belum selesai", 1),
    ]
    units = {row[0]: (row[1], row[4]) for row in rows_of(october, "perangkat-daerah")}
    assert units == {"Dinkes": (3, 1), "Diskominfo": (2, 0), "PDAM": (1, 2), "Belum diteruskan": (0, 2)}
    late = rows_of(october, "terlambat")
    assert [row[3] for row in late] == ["14 Okt 2026, 10.00"] * 5
    assert late[0][2] == "PDAM", "the most urgent first"


@pytest.mark.parametrize("kind", [DecisionKind.DISMISS, DecisionKind.LINK, DecisionKind.INVESTIGATE])
def test_an_undone_decision_was_none(officer: Officer, settings: Settings, kind: DecisionKind) -> None:
    claim = factories.make_claim(due_at=DUE)
    decision = decide(claim, officer, kind, EARLY)
    before = rows_of(write_report(OCTOBER, settings, NOW), "alasan-terlambat")
    begun = [("Sudah mulai diperiksa, belum selesai", 1)] if kind is DecisionKind.INVESTIGATE else []
    assert before == begun
    decide(claim, officer, DecisionKind.UNDO, EARLY + timedelta(minutes=1), decision)
    content = write_report(OCTOBER, settings, NOW)
    assert rows_of(content, "alasan-terlambat") == [("Belum ada petugas yang mulai memeriksa", 1)]
    noted = [table.key for table in content.tables if PRESENT_UNIT_NOTE in table.note]
    assert noted == ["perangkat-daerah", "terlambat"]


def test_the_largest_claims_are_those_that_appeared_most(october: ReportContent) -> None:
    rows = rows_of(october, "terbesar")
    # Water 8 reports, taxes 5, health 3 and no page, three about aid with one report each.
    assert [(row[1], row[4]) for row in rows[:3]] == [
        ("Air tetap mengalir di Kelapa  Lima", 10),
        ("Fakta", 5),
        ("Kabar dari warga tentang kesehatan", "kurang dari 5"),
    ]
    assert rows[0][5] == "Hoaks, klarifikasi nomor 1"
    assert rows[2][5] == "Sedang diperiksa"
    assert len(rows) == 6


def test_words_of_residents_stand_nowhere_but_those_of_sources_do(october: ReportContent, settings: Settings) -> None:
    assert SECRET not in str(october.as_json())
    claim = factories.make_claim("Pasar dibakar", status=ClaimStatus.NEW, due_at=DUE)
    add_items(claim, SourceKind.FEED, "https://kabar.example", 11)
    largest = rows_of(write_report(OCTOBER, settings, NOW), "terbesar")[0]
    assert largest[1:] == ("Pasar dibakar", "Air bersih", 11, "kurang dari 5", "Belum diperiksa petugas")


PRIVATE = [kind for kind in SourceKind if kind.value not in ("feed", "google_news", "claim_review")]


@pytest.mark.parametrize(
    ("kind", "site"),
    [
        *((kind, "https://situs.example") for kind in PRIVATE),
        (SourceKind.FEED, "https://facebook.com/warga"),
        (SourceKind.FEED, "https://situs.example/~warga"),
        (SourceKind.GOOGLE_NEWS, "https://kompasiana.com/warga"),
    ],
)
def test_an_item_in_the_words_of_a_private_person_shows_its_topic(
    officer: Officer, settings: Settings, kind: SourceKind, site: str
) -> None:
    claim = factories.make_claim(SECRET, due_at=DUE)
    add_items(claim, kind, site)
    content = write_report(OCTOBER, settings, NOW)
    assert SECRET not in str(content.as_json())
    shown = [rows_of(content, key)[0][1] for key in ("terbesar", "terlambat")]
    assert shown == ["Kabar dari warga tentang air bersih"] * 2


@pytest.mark.parametrize("kind", [SourceKind.FEED, SourceKind.GOOGLE_NEWS, SourceKind.CLAIM_REVIEW])
def test_a_newsroom_s_title_stands_without_names(officer: Officer, settings: Settings, kind: SourceKind) -> None:
    named, nothing_left = (factories.make_claim(text, due_at=DUE) for text in (SECRET, "@yohanis"))
    add_items(named, kind, "https://kabar.example")
    add_items(nothing_left, kind, "https://berita.example")
    content = write_report(OCTOBER, settings, NOW)
    for key in ("terbesar", "terlambat"):
        titles = [row[1] for row in rows_of(content, key)]
        assert titles == ["Pak mencuri", "Kabar dari warga tentang air bersih"]


def test_the_order_tells_no_hidden_number(officer: Officer, settings: Settings) -> None:
    """Whatever is hidden or rounded away, the older claim stands first."""
    reports = (1, 4, 3, 6, 7, 5)
    claims = [factories.make_claim(f"Klaim {count}", due_at=NOW) for count in reports]
    for claim, count in zip(claims, reports, strict=True):
        for number in range(count):
            add_report(claim, DUE + timedelta(minutes=number))
    add_items(claims[1], SourceKind.MANUAL, "https://situs.example", 1)
    rows = rows_of(write_report(OCTOBER, settings, NOW), "terbesar")
    assert [(row[0], row[3], row[4]) for row in rows] == [
        *((f"#{claim.id}", 0, 5) for claim in claims[3:]),
        (f"#{claims[1].id}", 1, "kurang dari 5"),
        (f"#{claims[0].id}", 0, "kurang dari 5"),
        (f"#{claims[2].id}", 0, "kurang dari 5"),
    ]


def test_the_database_rounds_as_the_program_does(officer: Officer) -> None:
    counts = range(30)
    rounded = db.session.execute(sa.select(*(published_count(sa.literal(count)) for count in counts))).one()
    assert list(rounded) == [publish_count(count) or 0 for count in counts]


def test_the_sentences_say_what_rose_and_what_was_late(october: ReportContent) -> None:
    sentences = list(october.sentences)
    assert sentences[:2] == [
        "Pada Oktober 2026 masuk sekitar 20 aduan warga dan terbit 6 klarifikasi.",
        "Dibanding September 2026: aduan naik dari kurang dari 5 menjadi sekitar 20; "
        "klarifikasi naik dari 0 menjadi 6.",
    ]
    assert "Dari sekitar 20 aduan, sekitar 15 sudah dijawab klarifikasi (75 %)." in sentences
    assert (
        "Separuh jawaban terbit dalam 9,0 jam, sembilan dari sepuluh dalam 48,0 jam sejak aduan pertama; "
        "sedikitnya separuh memenuhi target 24 jam."
    ) in sentences  # 2, 4 and 9 of the five
    assert "1 dari 6 pesan yang dijawab ternyata benar." in sentences
    assert "Bulan itu 6 klarifikasi, 1 koreksi, dan 1 penarikan." in sentences
    assert (
        "5 klaim melewati batas waktunya; terbanyak karena belum ada petugas yang mulai memeriksa (2)."
    ) in sentences
    assert "Warga memeriksa sekitar 20 pesan; sekitar 10 di antaranya belum ada klarifikasinya." in sentences


def test_no_percentage_tells_how_few_answers_there_were() -> None:
    """Of five to nine answers, those with the same published hours read the same."""

    def describe(hours: list[float]) -> str:
        times = measure_response_times(hours)
        assert times is not None
        return describe_share_in_time(hours, times, 24)

    shares = {describe([9.0] * few + [48.0] * late) for few, late in ((3, 2), (3, 3), (4, 2), (4, 4), (5, 4))}
    assert shares == {"sedikitnya separuh"}
    assert {describe([9.0] * few + [48.0] * late) for few, late in ((2, 3), (1, 8))} == {"kurang dari separuh"}
    assert {describe([9.0] * few) for few in range(5, 10)} == {"sedikitnya sembilan dari sepuluh"}
    assert describe([9.0] * 7 + [48.0] * 3) == "70 %"


def test_two_versions_leave_no_difference_by_topic_or_place(
    officer: Officer, approver: Officer, settings: Settings
) -> None:
    """What came last would be what the second version tells more."""
    make_golden_month(officer, approver)
    settle_months(settings, datetime(2026, 10, 9, tzinfo=UTC))  # up to September
    first = write_report(OCTOBER, settings, FIRST_WORKING_DAY)
    assert rows_of(first, "bulan")[-1][:2] == ("Oktober 2026", 20)
    assert rows_of(first, "topik") == rows_of(first, "kecamatan") == []
    assert not [sentence for sentence in first.sentences if "topik" in sentence]
    for table in first.tables:
        assert (table.note == UNSETTLED_NOTE) == (table.key in ("topik", "kecamatan"))
    settle_months(settings, NOW)
    second = write_report(OCTOBER, settings, NOW)
    assert rows_of(second, "topik")
    assert rows_of(second, "kecamatan")
    db.session.query(MonthlyStatistics).filter_by(month=date(2026, 9, 1)).delete()
    db.session.commit()
    assert {row[2] for row in rows_of(write_report(OCTOBER, settings, NOW), "topik")} == {"–"}


def test_an_empty_month_reads_sensibly(officer: Officer, settings: Settings) -> None:
    content = write_report(OCTOBER, settings, NOW)
    assert content.sentences[0] == "Pada Oktober 2026 masuk kurang dari 5 aduan warga dan tidak ada yang terbit."
    assert content.sentences[1].endswith("aduan tetap kurang dari 5; klarifikasi tetap 0.")
    assert "Tidak ada klaim yang melewati batas waktunya." in content.sentences
    assert all(table.note for table in content.tables)
    assert rows_of(content, "terbesar") == rows_of(content, "terlambat") == rows_of(content, "putusan") == []


def test_what_is_kept_is_what_was_written(october: ReportContent) -> None:
    assert content_from_json(october.as_json()) == october


def test_a_kept_report_never_changes(officer: Officer, approver: Officer, settings: Settings) -> None:
    make_golden_month(officer, approver)
    assert make_due_drafts(settings, FIRST_WORKING_DAY) == 1
    kept = db.session.query(MonthlyReport).one().content
    claim = db.session.query(Claim).filter_by(topic=Topic.WATER).one()
    add_report(claim, datetime(2026, 10, 9, tzinfo=UTC))
    change_page(claim.clarifications[0], ClarificationStatus.RETRACTED, datetime(2026, 10, 30, tzinfo=UTC))
    db.session.query(Report).filter(Report.text.contains("Lasiana")).update({"is_junk": True})
    db.session.query(Clarification).update({"title": "Lain"})
    db.session.commit()
    assert make_due_drafts(settings, NOW) == 0
    assert db.session.query(MonthlyReport).one().content == kept


def test_it_is_made_on_the_first_working_day_once(officer: Officer, approver: Officer, settings: Settings) -> None:
    make_golden_month(officer, approver)
    sunday = datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert make_due_drafts(settings, sunday) == 0
    assert make_due_drafts(settings, FIRST_WORKING_DAY) == 1
    assert make_due_drafts(settings, FIRST_WORKING_DAY) == 0
    report = db.session.query(MonthlyReport).one()
    assert (report.month, report.version, report.sent_at) == (OCTOBER, 1, None)
    # Nobody worked for months: none is left out.
    assert make_due_drafts(settings, datetime(2027, 2, 3, tzinfo=UTC)) == 3
    months = [row.month for row in db.session.query(MonthlyReport).order_by(MonthlyReport.month)]
    assert months == [OCTOBER, NOVEMBER, date(2026, 12, 1), date(2027, 1, 1)]


def test_an_instance_made_this_month_has_no_month_to_report_on(officer: Officer, settings: Settings) -> None:
    assert make_due_drafts(settings, NOW) == 0
    assert db.session.query(MonthlyReport).count() == 0


def test_settled_months_are_not_counted_again(october: ReportContent, settings: Settings) -> None:
    with count_statements() as before:
        write_report(OCTOBER, settings, NOW)
    for number in range(30):
        claim = factories.make_claim(f"Klaim {number}", due_at=DUE)
        add_report(claim, datetime(2026, 10, 9, number % 24, tzinfo=UTC))
    db.session.remove()
    with count_statements() as after:
        write_report(OCTOBER, settings, NOW)
    assert len(after) <= len(before) <= 20
    assert not [statement for statement in after if "report.text" in statement], "no text of the month is read"
