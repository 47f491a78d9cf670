"""Blocking: by an officer, for a reason and a time, told once, undoable; what is the resident's own stays open."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.models import AuditEvent, Chat, Officer, Report, db
from tests.check.conftest import MARKET
from tests.tipline.desk.conftest import Desk


def block(desk: Desk, officer: Officer, reason: str = "kasar", days: int = 7) -> tuple[int, str]:
    return desk.act(officer, "blokir", reason=reason, lama=str(days))


def test_a_blocked_person_is_told_once_and_then_hears_nothing(desk: Desk, answerer: Officer) -> None:
    status, page = block(desk, answerer)
    assert (status, "Percakapan diblokir; warga diberi tahu sekali." in page) == (200, True)
    (word,) = desk.phone.wait()
    assert word.text.startswith(
        "Petugas Dinas Kesehatan menghentikan jawaban di percakapan ini sampai 1 Desember 2026."
    )
    assert "Pesannya berisi hinaan atau ancaman kepada petugas." in word.text
    assert "/lapor" in word.link
    desk.phone.forward(MARKET, MARKET)
    desk.phone.send("halo")
    assert desk.phone.wait() == []


def test_a_block_ends_by_itself_and_by_an_officer(desk: Desk, answerer: Officer, officer: Officer) -> None:
    block(desk, answerer, days=1)
    desk.phone.wait(timedelta(days=1, minutes=1))
    assert desk.phone.ask("halo").text
    block(desk, answerer, days=30)
    desk.phone.wait()
    assert "Blokir dibuka." in desk.act(officer, "buka")[1]
    assert desk.phone.ask("halo").text
    query = sa.select(AuditEvent.action, AuditEvent.detail).where(AuditEvent.action.like("chat_%locked"))
    events = db.session.execute(query.order_by(AuditEvent.id)).all()
    assert [action for action, _detail in events] == ["chat_blocked", "chat_blocked", "chat_unblocked"]
    assert [detail["reason"] for _action, detail in events] == ["kasar"] * 3


def test_a_blocked_person_still_has_their_data_erased(desk: Desk, answerer: Officer) -> None:
    block(desk, answerer)
    desk.phone.wait()
    desk.phone.press(desk.phone.ask("hapus data saya"), "Hapus semuanya")
    assert db.session.scalars(sa.select(Chat)).all() == []
    assert db.session.scalars(sa.select(Report)).all() == []


@pytest.mark.parametrize(("reason", "days"), [("", 7), ("karena", 7), ("kasar", 365), ("kasar", 0)])
def test_a_block_needs_a_reason_of_the_list_and_a_time(desk: Desk, answerer: Officer, reason: str, days: int) -> None:
    status, page = block(desk, answerer, reason, days)
    assert (status, "Pilih alasan dan lamanya." in page) == (422, True)
    assert desk.phone.wait() == []


def test_two_officers_block_once(desk: Desk, answerer: Officer, officer: Officer) -> None:
    block(desk, answerer)
    assert block(desk, officer)[0] == 409
    assert len(desk.phone.wait()) == 1
    page = desk.read(officer)
    assert "Diblokir sampai" in page
    assert "Percakapan ini diblokir. Buka dulu blokirnya." in page


def test_a_block_goes_with_the_person_to_their_new_number(desk: Desk, answerer: Officer) -> None:
    block(desk, answerer)
    desk.phone.wait()
    desk.phone.send(kind="identity_changed", new_sender="wa.baru")
    desk.phone.wait()
    desk.phone.sender = "wa.baru"
    desk.phone.send("halo")
    assert desk.phone.wait() == []
