"""The page of the morning: its order, whose it is, and every number is that of the list to which it leads."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.claims.priority import PriorityParts
from hoax_tracker.clarify import service as clarify
from hoax_tracker.core.charts import draw_spark
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.insight.figures.desk_summary import DeskSummary, load_desk_summary
from hoax_tracker.models import (
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Demand,
    NoticeKind,
    Officer,
    Report,
    RoleName,
    Source,
    Topic,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.review.queue.queue import ORDER_WORDS
from tests import factories

SignIn = Callable[[Officer], FlaskClient]
NOW = factories.NOW
PAGE = "/petugas/untuk-anda"


@pytest.fixture
def busy_desk(officer: Officer, approver: Officer) -> None:
    """A desk with something of everything: late and due claims in two units, one without, and others of other days."""
    pdam, dinkes = factories.load_unit("pdam").id, factories.load_unit("dinkes").id
    hour, day = timedelta(hours=1), timedelta(days=1)
    for number in range(3):
        factories.make_claim(f"Air {number}", unit_id=pdam, due_at=NOW - hour)
    factories.make_claim("Air nanti", unit_id=pdam, due_at=NOW + 3650 * day, status=ClaimStatus.INVESTIGATING)
    factories.make_claim("Sehat", unit_id=dinkes, due_at=NOW + hour, created_at=NOW - 2 * day)
    factories.make_claim("Tanpa unit", due_at=NOW - hour, created_at=NOW - 8 * day)
    awaiting = factories.make_claim("Hampir", unit_id=dinkes, due_at=NOW - hour, created_at=NOW - day)
    closed = factories.make_claim("Selesai", status=ClaimStatus.DISMISSED, unit_id=pdam, created_at=NOW - 10 * day)
    draft = factories.make_clarification(
        officer, None, status=ClarificationStatus.AWAITING_APPROVAL, submitted_at=NOW, claims=[awaiting]
    )
    assert draft.id
    for claim in (closed, closed):
        db.session.add(Decision(claim_id=claim.id, officer_id=officer.id, kind=DecisionKind.DISMISS, decided_at=NOW))
    undone = Decision(claim_id=awaiting.id, officer_id=officer.id, kind=DecisionKind.DISMISS, decided_at=NOW)
    db.session.add(undone)
    db.session.flush()
    db.session.add(Decision(claim_id=awaiting.id, officer_id=officer.id, kind=DecisionKind.UNDO, decided_at=NOW,
                            undoes_id=undone.id))  # fmt: skip
    received: dict[str, Any] = {"text": "Dari grup"}
    db.session.add(Report(ticket_digest="a", received_at=NOW, **received))
    db.session.add(Report(ticket_digest="b", received_at=NOW - 3 * day, **received))
    received_and_rejected = received | {"rejected_at": NOW, "rejected_reason": "Bukan kabar"}
    db.session.add(Report(ticket_digest="c", received_at=NOW, **received_and_rejected))
    db.session.flush()
    for report in db.session.scalars(sa.select(Report)).all():
        db.session.add(ClaimAppearance(claim_id=awaiting.id, report_id=report.id, seen_at=report.received_at))
    for name, failures in (("Gagal", 3), ("Terbaca", 0)):
        db.session.add(Source(name=name, url=f"https://{name}.example/", failures=failures, created_at=NOW))
    today = {"first_day": NOW.date(), "last_day": NOW.date()}
    db.session.add_all([Demand(text="a", **today), Demand(text="b", set_aside_at=NOW, **today)])
    db.session.add(CheckQuery(day=NOW.date(), digest="a", text="a", decision=CheckDecision.NONE, count=7))
    db.session.add(CheckQuery(day=NOW.date() - day, digest="a", text="a", decision=CheckDecision.NONE, count=28))
    db.session.commit()


@pytest.fixture
def summary(busy_desk: None, officer: Officer) -> DeskSummary:
    return load_desk_summary(officer, NOW)


@pytest.mark.parametrize(("kind", "count"), [(ResultKind.CLAIM, 4), (ResultKind.REPORT, 1)])
def test_what_came_today_is_what_the_search_lists(
    app: APIFlask, summary: DeskSummary, officer: Officer, kind: ResultKind, count: int
) -> None:
    with app.test_request_context():
        [section] = list_search_sections(SearchQuery(kind=kind, since=NOW.date()), officer)
    shown = summary.claims if kind is ResultKind.CLAIM else summary.reports
    assert shown.today == len(section.hits) == count


def test_an_accused_unit_counts_no_reports_that_it_may_not_search(busy_desk: None, officer: Officer) -> None:
    claim = db.session.scalars(sa.select(Claim).where(Claim.title == "Hampir")).one()
    factories.accuse_unit(claim, factories.load_unit("pdam").id)
    db.session.commit()
    member = factories.make_officer("air@kupang.example", unit_code="pdam")
    assert [load_desk_summary(person, NOW).reports.today for person in (officer, member)] == [1, 0]


def test_the_usual_is_a_day_of_the_four_weeks_before(summary: DeskSummary) -> None:
    assert (summary.questions.today, summary.questions.usual) == (7, 1.0)
    assert summary.claims.usual == pytest.approx(4 / 28)
    assert summary.reports.usual == pytest.approx(1 / 28)


def test_the_page_leads_to_lists_that_say_the_same(
    busy_desk: None, approver: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Follow the links with a number, and read the number of their lists."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith("hoax_tracker.") and name.split(".")[1] in ("insight", "review", "clarify", "ingest"):
            monkeypatch.setattr(module, "utc_now", lambda: NOW, raising=False)
    factories.make_alarm(db.session.scalars(sa.select(Claim)).first())
    browser = sign_in(approver)
    page = browser.get(PAGE).get_data(as_text=True)
    said = {
        "part=late": ("4 terlambat", "4 klaim cocok dengan saringan."),
        "/petugas/menunggu": ("usulan menunggu orang kedua", "menunggu orang kedua"),
        "/petugas/ditanyakan/": ("hal ditanyakan warga", "1 hal ditanyakan warga dan belum ada klaimnya"),
        "state=failing": ("sumber gagal dibaca", "Gagal"),
        "kind=klaim": ("klaim masuk", "Air 0"),
    }
    for address, (here, there) in said.items():
        assert here in page
        link = next(href for href in re.findall(r'href="([^"]+)"', page.partition("<main")[2]) if address in href)
        assert there in browser.get(link.replace("&amp;", "&")).get_data(as_text=True), address
    numbers = re.findall(r'<b class="many">\d+</b><div>(<a)?', page)
    assert numbers == ["<a"] * 6, "each number opens its list"


def test_an_empty_desk_says_so(officer: Officer, sign_in: SignIn) -> None:
    page = sign_in(officer).get(PAGE).get_data(as_text=True)
    for words in ("Tidak ada yang naik di luar kebiasaan", "tidak ada yang menunggu Anda", "Semua sudah dikerjakan"):
        assert words in page


@pytest.mark.parametrize("address", ["/petugas/ringkasan", "/petugas/naik/"])
def test_bookmarks_of_former_pages_lead_here(officer: Officer, sign_in: SignIn, address: str) -> None:
    assert sign_in(officer).get(address).location == PAGE


def test_what_harms_most_rises_first_and_the_order_is_said_on_both_lists(officer: Officer, sign_in: SignIn) -> None:
    """Poisoned water with nine sightings stands above a rumour about gas with two, however old that is."""
    water, gas = (PriorityParts(1.0, 1.0, harm).as_json() for harm in (1.0, 0.5))
    for title, parts, count in (("Gas langka", gas, 2), ("Air beracun", water, 9), ("Air bau", water, 6)):
        claim = factories.make_claim(title, priority_parts=parts)
        factories.make_alarm(claim, count=count)
    browser = sign_in(officer)
    for address in (PAGE, "/petugas/"):
        page = browser.get(address).get_data(as_text=True).partition("<main")[2]
        assert str(ORDER_WORDS) in page
    page = browser.get(PAGE).get_data(as_text=True)
    places = [page.index(title) for title in ("Air beracun", "Air bau", "Gas langka")]
    assert places == sorted(places)


def test_claims_that_say_the_same_are_one_row_that_opens(officer: Officer, sign_in: SignIn) -> None:
    text = "Mulai besok air PDAM mati total tujuh hari di seluruh kota, segera tampung air"
    other = factories.make_claim(text.upper(), unit_id=factories.load_unit("dinkes").id)
    factories.make_claim(text, unit_id=factories.load_unit("pdam").id)
    factories.make_claim(text.replace("tujuh", "7"))
    browser = sign_in(officer)
    for address in (PAGE, "/petugas/"):
        page = browser.get(address).get_data(as_text=True)
        assert page.count("1 klaim yang sama dilipat di sini") == 1, "another number is another claim"
        assert f"/petugas/klaim/{other.id}" in page


def test_an_officer_of_a_unit_sees_what_is_the_units(sign_in: SignIn, officer: Officer) -> None:
    theirs = factories.make_claim("Air keruh", unit_id=factories.load_unit("pdam").id)
    others = factories.make_claim("Obat palsu", unit_id=factories.load_unit("dinkes").id)
    for claim in (theirs, others):
        factories.make_alarm(claim)
    factories.make_claim("Pajak naik", unit_id=factories.load_unit("dinkes").id)
    page = sign_in(factories.make_officer("air@kupang.example", unit_code="pdam")).get(PAGE).get_data(as_text=True)
    assert [words in page for words in ("Air keruh", "Obat palsu", "Pajak naik", "klaim masuk")] == [
        True,
        False,
        False,
        False,
    ]
    page = sign_in(officer).get(PAGE).get_data(as_text=True)
    assert [words in page for words in ("Air keruh", "Obat palsu", "Pajak naik", "klaim masuk")] == [True] * 4


def test_a_question_and_a_proposal_stand_there_once(
    sign_in: SignIn, officer: Officer, approver: Officer, now: datetime
) -> None:
    claim = factories.make_claim(unit_id=factories.load_unit().id)
    nurse = factories.make_officer("perawat@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    asked = unit_questions.ask_unit(claim.id, nurse.unit_id, "Benarkah ada yang dirawat?", officer=officer, now=now)
    page = factories.make_clarification(officer, None, title="Judul A", status=ClarificationStatus.AWAITING_APPROVAL)
    with write_transaction():
        clarify.propose_publication(page, officer, now)
    assert sign_in(nurse).get(PAGE).get_data(as_text=True).count(f'href="/petugas/pertanyaan/{asked}"') == 1
    shown = sign_in(approver).get(PAGE).get_data(as_text=True)
    assert (shown.count("Judul A"), shown.count("/petugas/menunggu?jenis=")) == (1, 0)
    assert "1 hal menunggu Anda" in shown


def test_the_heading_counts_what_the_page_lists_as_waiting(
    sign_in: SignIn, officer: Officer, approver: Officer, now: datetime
) -> None:
    factories.make_clarification(officer, None, title="Judul milik saya", status=ClarificationStatus.DRAFT)
    claim = factories.make_claim()
    with write_transaction():
        for kind in (NoticeKind.SETTLED,) * 20 + (NoticeKind.RISING, NoticeKind.CONTACT_SHOWN, NoticeKind.MENTIONED):
            notices.notify_officers([officer], kind, now, claim_id=claim.id, text=f"Kabar {kind.value}")
    page = sign_in(officer).get(PAGE).get_data(as_text=True)
    assert "2 hal menunggu Anda" in page
    waiting, _fold, news = page.partition('aria-labelledby="tulisan"')[2].partition("22 kabar untuk diketahui")
    assert "Judul milik saya" in waiting
    assert "Kabar mentioned" in waiting
    assert "Kabar settled" not in waiting
    assert [words in news for words in ("Kabar settled", "Kabar rising", "Kabar contact_shown")] == [True] * 3
    assert re.search(r'Pagi ini <em class="count">2<', page)


def test_what_is_proposed_is_one_number(sign_in: SignIn, officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, None, title="Judul A", status=ClarificationStatus.AWAITING_APPROVAL)
    with write_transaction():
        clarify.propose_publication(page, officer, now)
    shown = sign_in(approver).get(PAGE).get_data(as_text=True)
    listed = re.findall(r'<b class="many">(\d+)</b><div><a class="go" href="/petugas/menunggu">', shown)
    assert listed == ["1"]
    assert "1 hal menunggu orang kedua" in sign_in(approver).get("/petugas/menunggu").get_data(as_text=True)
    assert "usulan perubahan" not in shown


def test_what_rises_is_called_harmful_only_where_it_is(officer: Officer, sign_in: SignIn) -> None:
    factories.make_alarm(factories.make_claim("Gas langka", topic=Topic.MARKET))
    page = sign_in(officer).get(PAGE).get_data(as_text=True)
    assert "Bahaya bila keliru: biasa." in page
    assert "berbahaya" not in page.partition("<main")[2].partition("</h2>")[0]


def test_the_badge_of_a_units_officer_counts_the_units_late_claims(
    busy_desk: None, sign_in: SignIn, officer: Officer
) -> None:
    badge = r'Antrean <em class="count late">(\d+)<'
    nurse, water = (factories.make_officer(f"{code}@kupang.example", unit_code=code) for code in ("dinkes", "pdam"))
    for address in (PAGE, "/petugas/", "/petugas/akun"):
        found = [re.findall(badge, sign_in(one).get(address).get_data(as_text=True)) for one in (officer, water, nurse)]
        assert found[1] == ["3"], address
        assert found[0][0] > "3"
        assert len(found[2]) <= 1
    queue = sign_in(water).get("/petugas/").get_data(as_text=True)
    link = re.search(r'href="(/petugas/[?][^"]*part=late)">3 terlambat<', queue)
    assert link
    listed = sign_in(water).get(link[1].replace("&amp;", "&")).get_data(as_text=True)
    assert "3 klaim cocok dengan saringan." in listed


# The lines


def test_small_lines_share_a_scale() -> None:
    assert draw_spark([0, 4], 8, "").path == "M4.0 36.0L146.0 20.0"
    assert draw_spark([0, 0], 0, "").end.y == 36.0


def test_who_closes_a_claim_of_their_unit_goes_on_with_their_unit(busy_desk: None, sign_in: SignIn) -> None:
    factories.make_claim("Sehat lagi", unit_id=factories.load_unit("dinkes").id, due_at=NOW + timedelta(hours=2))
    browser = sign_in(factories.make_officer("sehat@kupang.example", RoleName.OFFICER, unit_code="dinkes"))
    page = browser.get(PAGE).get_data(as_text=True)
    links = re.findall(r'<a class="go" href="(/petugas/klaim/(\d+)[^"]*)"', page)
    assert len(links) == 3
    address, _first = links[0]
    claim = browser.get(address.replace("&amp;", "&")).get_data(as_text=True)
    afterwards = set(re.findall(r'name="following" value="(\d+)"', claim))
    assert afterwards, "closing leads on"
    assert afterwards <= {key for _address, key in links}, "the unit's own list, not everybody's"
