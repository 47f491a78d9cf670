"""The queue: most urgent first, filtered by its address, in pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker.models import Claim, ClaimStatus, ClarificationStatus, Officer, Topic, db
from hoax_tracker.review.queue import queue as queue_module
from hoax_tracker.review.queue.counters import count_waiting
from hoax_tracker.review.queue.queue import QueueFilters, load_claim_queue
from hoax_tracker.worker.daily_digest import count_pending_work
from tests import factories


def titles(filters: QueueFilters, now: datetime) -> list[tuple[str, list[str]]]:
    """The groups with the titles of their claims."""
    found = load_claim_queue(filters, factories.load_unit(), now)
    return [(group.title, [row.claim.title for row in group.rows]) for group in found.groups]


def put(title: str, now: datetime, hours: float, priority: float = 0.5, **fields: object) -> None:
    """A claim due in so many hours."""
    factories.make_claim(title=title, due_at=now + timedelta(hours=hours), priority=priority, **fields)


def test_what_is_late_comes_first_each_part_by_priority(app: APIFlask, now: datetime) -> None:
    put("besok penting", now, 30, 0.9)
    put("hari ini biasa", now, 1, 0.2)
    put("hari ini penting", now, 5, 0.8)
    put("terlambat sedikit", now, -1, 0.9)
    put("terlambat lama", now, -9, 0.1)
    put("selesai", now, -9, 0.9, status=ClaimStatus.DISMISSED)
    put("dijawab", now, -9, 0.9, status=ClaimStatus.CLARIFIED)
    put("diperiksa", now, 2, 0.5, status=ClaimStatus.INVESTIGATING)
    assert titles(QueueFilters(), now) == [
        ("Terlambat", ["terlambat sedikit", "terlambat lama"]),
        ("Hari ini", ["hari ini penting", "diperiksa", "hari ini biasa"]),
        ("Sesudah hari ini", ["besok penting"]),
    ]
    found = load_claim_queue(QueueFilters(), factories.load_unit(), now)
    assert (found.waiting, found.late, found.total) == (6, 2, 6)
    assert found.first is not None
    assert found.first is found.groups[0].rows[0].claim


def test_what_awaits_approval_is_late_for_nobody_and_never_first(
    app: APIFlask, officer: Officer, approver: Officer, now: datetime
) -> None:
    put("menunggu penyetuju", now, -30, 0.9, status=ClaimStatus.INVESTIGATING)
    put("baru terlambat", now, -1, 0.1)
    awaiting, late = db.session.scalars(db.select(Claim).order_by(Claim.id)).all()
    page = factories.make_clarification(officer, None, status=ClarificationStatus.AWAITING_APPROVAL)
    page.claims.append(awaiting)
    db.session.commit()
    assert titles(QueueFilters(), now) == [
        ("Terlambat", ["baru terlambat"]),
        ("Menunggu persetujuan", ["menunggu penyetuju"]),
    ]
    shown = load_claim_queue(QueueFilters(), factories.load_unit(), now)
    assert (shown.waiting, shown.late, shown.first) == (2, 1, late)
    assert count_waiting(officer, now).late == 1
    assert (count_pending_work(officer, now).late, count_pending_work(approver, now).to_confirm) == (1, 0)
    late.status = ClaimStatus.DISMISSED
    db.session.commit()
    assert load_claim_queue(QueueFilters(), factories.load_unit(), now).first is None


def test_a_returned_draft_is_late_again(app: APIFlask, officer: Officer, now: datetime) -> None:
    put("dikembalikan", now, -30, 0.9, status=ClaimStatus.INVESTIGATING)
    page = factories.make_clarification(officer, None, returned_reason="Tambah rujukan.")
    page.claims.extend(db.session.scalars(db.select(Claim)))
    db.session.commit()
    assert titles(QueueFilters(), now) == [("Terlambat", ["dikembalikan"])]


def test_filters(app: APIFlask, now: datetime) -> None:
    put("air", now, 1, topic=Topic.WATER, unit_id=factories.load_unit("pdam").id)
    put("pajak 100%", now, 1, topic=Topic.TAX, unit_id=factories.load_unit().id)
    put("tutup", now, 1, status=ClaimStatus.DISMISSED)
    assert titles(QueueFilters(topic=Topic.TAX), now) == [("Hari ini", ["pajak 100%"])]
    assert titles(QueueFilters(unit=factories.load_unit("pdam").id), now) == [("Hari ini", ["air"])]
    assert titles(QueueFilters(status=ClaimStatus.DISMISSED), now) == [("Ditutup tanpa klarifikasi", ["tutup"])]
    assert titles(QueueFilters(q="PAJAK 100%"), now) == [("Hari ini", ["pajak 100%"])]
    assert titles(QueueFilters(q="dipajak"), now) == [("Hari ini", ["pajak 100%"])], "in all forms, as on the page Cari"
    assert titles(QueueFilters(q="%"), now) == []
    assert titles(QueueFilters(q="tidak ada"), now) == []
    assert load_claim_queue(QueueFilters(q="tidak ada"), factories.load_unit(), now).ours == 1


def test_pages(app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "CLAIMS_PER_PAGE", 2)
    for number in range(5):
        put(f"k{number}", now, 1, 0.9 - number / 10)
    first = load_claim_queue(QueueFilters(), factories.load_unit(), now)
    assert (first.rest, first.groups[0].count) == (3, 5)
    assert titles(QueueFilters(page=3), now) == [("Hari ini", ["k4"])]
    assert titles(QueueFilters(page=9), now) == []


@pytest.mark.parametrize(
    ("args", "filters"),
    [
        ({}, QueueFilters()),
        ({"status": "hoaks", "topic": "x", "unit": "-1", "page": "0"}, QueueFilters()),
        ({"unit": "²", "page": "9999999999"}, QueueFilters()),
        ({"status": "new", "topic": "water", "unit": "3", "q": " a ", "page": "2", "label": " Minta  UANG"},
         QueueFilters(ClaimStatus.NEW, Topic.WATER, 3, "a", 2, "minta uang")),
    ],
)  # fmt: skip
def test_what_an_address_asks_wrongly_is_left_out(args: dict[str, str], filters: QueueFilters) -> None:
    assert QueueFilters.from_args(args) == filters


def test_after_closing_what_is_not_late_the_late_one_is_opened(app: APIFlask, now: datetime) -> None:
    put("terlambat penting", now, -1, 0.9)
    put("terlambat biasa", now, -1, 0.1)
    put("hari ini", now, 1, 0.5)
    put("besok", now, 40, 0.5)
    found = load_claim_queue(QueueFilters(), factories.load_unit(), now)
    first, second, today, later = [row.claim.id for group in found.groups for row in group.rows]
    assert [found.after_closing(one) for one in (first, second, today, later)] == [second, today, first, first]
    assert [found.after(one) for one in (first, second, today, later)] == [second, today, later, first]
