"""The desk's summary: every number is that of the list to which it leads."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.charts.lines import Series, draw_lines, draw_spark, grid_top
from hoax_tracker.desk_search.filters import ResultKind, SearchQuery
from hoax_tracker.desk_search.queries import list_search_sections
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
    Officer,
    Report,
    Source,
    db,
)
from hoax_tracker.review.queue.queue import QueueFilters, load_claim_queue
from tests import factories

SignIn = Callable[[Officer], FlaskClient]
NOW = factories.NOW
PAGE = "/petugas/ringkasan"


@pytest.fixture
def busy_desk(officer: Officer, approver: Officer) -> None:
    """A desk with something of everything: late and due claims in two units, one without, and others of other days."""
    pdam, dinkes = factories.load_unit("pdam").id, factories.load_unit("dinkes").id
    hour, day = timedelta(hours=1), timedelta(days=1)
    for number in range(3):
        factories.make_claim(f"Air {number}", unit_id=pdam, due_at=NOW - hour)
    factories.make_claim("Air nanti", unit_id=pdam, due_at=NOW + 9 * day, status=ClaimStatus.INVESTIGATING)
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


def queue_total(officer: Officer, **args: object) -> int:
    """How many claims the queue lists for a link."""
    filters = QueueFilters.from_args({name: str(value) for name, value in args.items()})
    queue = load_claim_queue(filters, officer.unit_id, NOW)
    assert queue.total == sum(len(group.rows) for group in queue.groups)
    return queue.total


def test_claims_are_those_that_the_queue_lists(summary: DeskSummary, officer: Officer) -> None:
    assert (summary.waiting, summary.late, summary.due_today, summary.awaiting) == (7, 4, 1, 1)
    parts = [queue_total(officer, part=part) for part in ("late", "today", "awaiting")]
    assert [queue_total(officer), *parts] == [7, 4, 1, 1]


def test_units_are_those_that_the_queue_lists(summary: DeskSummary, officer: Officer) -> None:
    assert [(unit.name, unit.waiting, unit.late) for unit in summary.units] == [("PDAM", 4, 3), ("Dinkes", 2, 0)]
    assert summary.units_late == 1
    for unit in summary.units:
        assert queue_total(officer, unit=unit.unit_id) == unit.waiting
        assert queue_total(officer, unit=unit.unit_id, part="late") == unit.late


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
    claim.accused_unit_id = factories.load_unit("pdam").id
    db.session.commit()
    member = factories.make_officer("air@kupang.example", unit_code="pdam")
    assert [load_desk_summary(person, NOW).reports.today for person in (officer, member)] == [1, 0]


def test_the_usual_is_a_day_of_the_four_weeks_before(summary: DeskSummary) -> None:
    assert (summary.questions.today, summary.questions.usual) == (7, 1.0)
    assert summary.claims.usual == pytest.approx(4 / 28)
    assert summary.reports.usual == pytest.approx(1 / 28)


def test_the_week_counts_claims_once_and_nothing_undone(summary: DeskSummary) -> None:
    assert [day.came for day in summary.week] == [0, 0, 0, 0, 1, 1, 4]
    assert [day.decided for day in summary.week] == [0, 0, 0, 0, 0, 0, 1]
    assert summary.week[-1].day == NOW.date()


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
        "part=menunggu": ("klarifikasi menunggu persetujuan", "Menunggu persetujuan"),
        "/petugas/ditanyakan/": ("hal ditanyakan warga", "1 hal ditanyakan warga dan belum ada klaimnya"),
        "state=failing": ("1 dari 2 sumber gagal dibaca", "Gagal"),
        "/petugas/naik/": ("1 hal sedang naik", "1 hal sedang naik"),
    }
    for address, (here, there) in said.items():
        assert here in page
        link = next(href for href in re.findall(r'href="([^"]+)"', page) if address in href)
        assert there in browser.get(link.replace("&amp;", "&")).get_data(as_text=True), address
    assert '<a class="go" href="/petugas/untuk-anda">hal untuk Anda</a>' in page


def test_an_empty_desk_says_so(officer: Officer, sign_in: SignIn) -> None:
    page = sign_in(officer).get(PAGE).get_data(as_text=True)
    for words in ("Tidak ada klaim yang menunggu", "Tidak ada yang naik di luar kebiasaan", "Semua sumber terbaca"):
        assert words in page


# The lines


def test_two_lines_are_drawn_on_one_scale_from_zero() -> None:
    chart = draw_lines((Series("masuk", (0, 10, 20)), Series("diputuskan", (5, 5, 19))), ("a", "b", "c"), "")
    assert [point.y for point in chart.lines[0].points] == [84.0, 53.0, 22.0]
    assert [number for _height, number in chart.grid] == [0, 10, 20]
    first, second = chart.lines
    assert second.name_y - first.name_y >= 14, "names of lines that end close to each other do not overlap"
    assert [point.x for point in first.points] == [9.0, 44.5, 80.0]


@pytest.mark.parametrize(("highest", "top"), [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (21, 40), (41, 100)])
def test_the_grid_ends_at_an_even_number(highest: float, top: int) -> None:
    assert grid_top(highest) == top


def test_small_lines_share_a_scale() -> None:
    assert draw_spark([0, 4], 8, "").path == "M4.0 36.0L146.0 20.0"
    assert draw_spark([0, 0], 0, "").end.y == 36.0
