"""Taking over: an officer reads in place of the machine for a time, said once, undone by itself or by a tap."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.claims.recusal import note_accusations
from hoax_tracker.models import AuditEvent, Chat, Claim, Officer, Report, ReportAddition, RoleName, db
from hoax_tracker.organisation.named_units import NamedUnits
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET
from tests.tipline.desk.conftest import Desk


def take_over(desk: Desk, officer: Officer, hours: int = 4) -> tuple[int, str]:
    return desk.act(officer, "ambil", jam=str(hours))


def added_words() -> list[str]:
    """What was added to the report, in order."""
    words = list(db.session.scalars(sa.select(ReportAddition.text).order_by(ReportAddition.id)))
    db.session.rollback()
    return words


def test_the_person_is_told_once_and_what_they_write_reaches_the_report(desk: Desk, answerer: Officer) -> None:
    status, page = take_over(desk, answerer)
    assert (status, "Anda yang membaca sekarang" in page) == (200, True)
    assert "Petugas yang membaca, sampai" in page
    (word,) = desk.phone.wait()
    assert word.text.startswith("Petugas Dinas Kesehatan membaca percakapan ini sampai ")
    desk.phone.forward(MARKET)
    desk.phone.send("ini yang saya terima kemarin")
    desk.phone.send("👍")
    assert desk.phone.wait() == []
    desk.phone.channel.media["m1"] = shots.encode_picture(shots.Image.new("RGB", (60, 60), "red"))
    desk.phone.send(kind="image", media_id="m1")
    assert desk.phone.wait() == []
    assert added_words() == [f"{MARKET}\nini yang saya terima kemarin", "Gambar dari pelapor."]
    assert "ini yang saya terima kemarin" in desk.read(answerer)


def test_a_conversation_takes_more_than_a_report_otherwise_does(desk: Desk, answerer: Officer) -> None:
    take_over(desk, answerer)
    desk.phone.wait()
    for number in range(8):
        desk.phone.send(f"Keterangan yang ke-{number}")
        assert desk.phone.wait() == []
    assert len(added_words()) == 8


def test_what_no_officer_can_hear_is_declined(desk: Desk, answerer: Officer) -> None:
    take_over(desk, answerer)
    desk.phone.wait()
    assert desk.phone.ask(kind="audio", media_id="voice").text.startswith("Rekaman ini belum kami kenal")
    desk.phone.send("Isinya: kapal tidak jadi berangkat")
    assert desk.phone.wait() == []


def test_the_machine_answers_again_by_itself_and_at_a_tap(desk: Desk, answerer: Officer, officer: Officer) -> None:
    take_over(desk, answerer, 1)
    desk.phone.wait(timedelta(hours=1, minutes=1))
    assert desk.phone.ask("halo").text
    take_over(desk, answerer, 24)
    desk.phone.wait()
    assert "Mesin menjawab lagi." in desk.act(officer, "kembalikan")[1]
    assert desk.phone.ask("halo").text
    assert desk.act(officer, "kembalikan")[0] == 409
    query = sa.select(AuditEvent.action).where(AuditEvent.action.in_(("chat_taken_over", "chat_given_back")))
    assert db.session.scalars(query.order_by(AuditEvent.id)).all() == [
        "chat_taken_over", "chat_taken_over", "chat_given_back",
    ]  # fmt: skip


def test_erasure_and_silence_work_at_any_time(desk: Desk, answerer: Officer) -> None:
    take_over(desk, answerer)
    desk.phone.wait()
    assert desk.phone.ask("hapus data saya").text.startswith("Yang dihapus: seluruh percakapan ini")
    assert desk.phone.ask("1").text.startswith("Semua data Anda di sini sudah dihapus.")
    assert db.session.scalars(sa.select(Chat)).all() == []
    assert db.session.scalars(sa.select(Report)).all() == []


def test_two_officers_take_over_once_and_for_a_day_at_most(desk: Desk, answerer: Officer, officer: Officer) -> None:
    assert take_over(desk, answerer, 25)[0] == 422
    take_over(desk, answerer)
    status, page = take_over(desk, officer)
    assert (status, "sudah diambil alih petugas" in page) == (409, True)
    assert len(desk.phone.wait()) == 1


def test_who_may_not_be_written_to_is_not_taken_over(desk: Desk, answerer: Officer) -> None:
    desk.phone.ask("berhenti")
    assert take_over(desk, answerer)[0] == 409
    assert "Ambil alih percakapan ini" not in desk.read(answerer)


@pytest.mark.parametrize("act", ["ambil", "kembalikan"])
def test_nobody_of_the_accused_branch_takes_over(desk: Desk, answerer: Officer, act: str) -> None:
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    claim = db.session.get_one(Claim, desk.claim_id)
    note_accusations(claim, NamedUnits(frozenset({accused.unit_id})), desk.phone.clock[0])
    db.session.commit()
    assert desk.act(accused, act, jam="4")[0] == 403
    assert desk.phone.wait() == []
