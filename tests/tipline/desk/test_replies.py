"""Officers write in a conversation from the claim's page: fixed questions at once, their own words by two people."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.claims.recusal import note_accusations
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import (
    AuditEvent,
    Chat,
    ChatReply,
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Decision,
    DecisionKind,
    Notice,
    NoticeKind,
    Officer,
    Report,
    ReportAddition,
    RoleName,
    db,
)
from hoax_tracker.notifications.chats import enqueue_reply
from hoax_tracker.organisation.named_units import NamedUnits
from hoax_tracker.tipline.messages import WindowClosed
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET, UNRELATED
from tests.crowded import count_statements
from tests.tipline.conftest import MARIA, Phone
from tests.tipline.desk.conftest import Desk
from tests.tipline.test_tickets import report

WORDS = "Kami sudah menanyakannya kepada syahbandar. Kapal berangkat seperti biasa."


@pytest.fixture(autouse=True)
def one_clock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what waits for a second person be settled on the phone's clock."""
    monkeypatch.setattr("hoax_tracker.authority.views.utc_now", lambda: desk.phone.clock[0])


def settle(desk: Desk, person: Officer, act: str = "setujui") -> tuple[int, str]:
    """Settle the only reply that waits, as somebody who opened the list; return the status and what is shown."""
    browser = desk.sign_in(person)
    page = browser.get("/petugas/menunggu").text
    path = re.search(r"/petugas/menunggu/\d+/", page)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    if path is None:
        return 404, page
    data = {"seen": seen[1] if seen else "", "reason": "Belum tepat"}
    answer = factories.submit_form(browser, f"{path[0]}{act}", "/petugas/menunggu", **data)
    return answer.status_code, browser.get("/petugas/menunggu").text if answer.status_code == 303 else answer.text


def test_a_fixed_question_goes_out_at_once_and_its_answer_reaches_the_report(desk: Desk, answerer: Officer) -> None:
    status, page = desk.act(answerer, "tanya", pertanyaan="gambar")
    assert status == 200
    assert "Pertanyaan terkirim." in page
    (question,) = desk.phone.wait()
    assert question.text.startswith("Dari petugas Dinas Kesehatan, tentang laporan Anda “Katanya kapal feri")
    assert "Ada foto, tangkapan layar, atau pengumumannya? Kirim ke sini." in question.text
    desk.phone.channel.media["m1"] = shots.encode_picture(shots.Image.new("RGB", (60, 60), "red"))
    assert desk.phone.ask(kind="image", media_id="m1").text.startswith("Sudah ditambahkan ke laporan Anda.")
    assert db.session.scalars(sa.select(ReportAddition)).one().picture is not None
    db.session.rollback()
    page = desk.read(answerer)
    assert "Ada foto, tangkapan layar" in page
    assert "(terkirim)" in page
    assert "Dengan gambar: buka di aduannya." in page
    told = db.session.scalars(sa.select(Notice.officer_id).where(Notice.kind == NoticeKind.REPLIED)).all()
    assert answerer.id in told


@pytest.mark.parametrize(
    ("said", "added"),
    [("tidak", "tidak"), ("ya", "ya"), ("5", "Jawaban pelapor: 5"), ("2024", "Jawaban pelapor: 2024")],
)
def test_a_short_answer_to_an_officer_is_one(desk: Desk, answerer: Officer, said: str, added: str) -> None:
    desk.phone.ask(MARKET, forwarded=True)
    desk.act(answerer, "tanya", pertanyaan="waktu")
    desk.phone.wait()
    assert desk.phone.ask(said).text.startswith("Sudah ditambahkan ke laporan Anda.")
    assert db.session.scalars(sa.select(ReportAddition.text)).all() == [added]


def test_who_confirms_reads_what_the_words_answer(desk: Desk, answerer: Officer, approver: Officer) -> None:
    desk.phone.ask("Kejadiannya di pelabuhan Tenau tadi pagi")
    desk.act(answerer, "balas", text="Benar.")
    page = desk.sign_in(approver).get("/petugas/menunggu").text
    assert UNRELATED[:60] in page
    assert "Kejadiannya di pelabuhan Tenau tadi pagi" in page


def test_whoever_brought_a_report_to_their_unit_reads_no_conversation_about_it(
    desk: Desk, answerer: Officer, officer: Officer
) -> None:
    other = factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, unit_id=factories.load_unit("pdam").id)
    decision = Decision(
        claim_id=desk.claim_id,
        other_claim_id=other.id,
        officer_id=answerer.id,
        kind=DecisionKind.MERGE,
        reason="",
        decided_at=desk.phone.clock[0],
    )
    db.session.add(decision)
    db.session.flush()
    appearance = db.session.scalars(sa.select(ClaimAppearance).where(ClaimAppearance.report_id == desk.report_id)).one()
    move = {"appearance_id": appearance.id, "from_claim_id": other.id, "to_claim_id": desk.claim_id}
    db.session.add(ClaimMove(decision_id=decision.id, **move))
    db.session.commit()
    assert "Belum ada percakapan" in desk.read(answerer)
    assert "Telegram, aduan" in desk.read(officer)


def test_the_same_question_is_asked_once(desk: Desk, answerer: Officer) -> None:
    desk.act(answerer, "tanya", pertanyaan="tempat")
    assert 'value="tempat"' not in desk.read(answerer)
    status, page = desk.act(answerer, "tanya", pertanyaan="tempat")
    assert status == 409
    assert "Itu sudah pernah ditanyakan" in page
    assert len(desk.phone.wait()) == 1


def test_the_page_shows_what_was_said_about_the_claim_and_never_who(desk: Desk, answerer: Officer) -> None:
    desk.phone.ask("Tetangga saya bilang gedung pasar baru itu dikorupsi camat", forwarded=True)
    page = desk.read(answerer)
    assert "Telegram, aduan" in page
    assert "Katanya kapal feri tujuan Rote dibatalkan" in page
    assert "dikorupsi" not in page
    assert MARIA not in page
    assert desk.ticket not in page


def test_an_officers_words_wait_for_a_second_person(desk: Desk, answerer: Officer, approver: Officer) -> None:
    status, page = desk.act(answerer, "balas", text=WORDS)
    assert status == 200
    assert "Balasan menunggu orang kedua." in page
    assert desk.phone.wait() == []
    assert settle(desk, answerer)[0] != 303
    status, page = settle(desk, approver)
    assert status == 303
    assert "Disetujui dan berlaku: Balasan kepada pelapor, Klaim" in page
    (reply,) = desk.phone.wait()
    assert reply.text.startswith("Dari petugas Dinas Kesehatan, tentang laporan Anda")
    assert WORDS in reply.text
    assert "dinkes@" not in reply.text
    assert desk.phone.ask("terima kasih, saya sudah di pelabuhan sekarang").text.startswith("Sudah ditambahkan")
    actions = set(db.session.scalars(sa.select(AuditEvent.action)))
    assert {"proposal_made", "proposal_confirmed"} <= actions


def test_words_that_are_refused_or_withdrawn_reach_nobody(desk: Desk, answerer: Officer, approver: Officer) -> None:
    desk.act(answerer, "balas", text=WORDS)
    assert settle(desk, approver, "tolak")[0] == 303
    desk.act(answerer, "balas", text=WORDS)
    waiting = re.search(r'name="usulan" value="(\d+)"', desk.read(answerer))
    assert waiting is not None
    assert "Balasan ditarik." in desk.act(answerer, "tarik", usulan=waiting[1])[1]
    assert desk.phone.wait() == []


def test_one_reply_waits_at_a_time_and_an_empty_one_is_refused(desk: Desk, answerer: Officer) -> None:
    status, page = desk.act(answerer, "balas", text="  ")
    assert (status, "Tulis balasannya." in page) == (422, True)
    desk.act(answerer, "balas", text=WORDS)
    status, page = desk.act(answerer, "balas", text="Yang lain lagi")
    assert status == 409
    assert "masih menunggu orang kedua" in page


def test_the_branch_of_the_accused_unit_neither_reads_writes_nor_confirms(
    desk: Desk, answerer: Officer, officer: Officer
) -> None:
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, RoleName.APPROVER, unit_code="pdam")
    desk.act(answerer, "balas", text=WORDS)
    claim = db.session.get_one(Claim, desk.claim_id)
    note_accusations(claim, NamedUnits(frozenset({accused.unit_id})), desk.phone.clock[0])
    db.session.commit()
    for act, sent in (("tanya", {"pertanyaan": "tempat"}), ("balas", {"text": WORDS}), ("blokir", {"lama": "7"})):
        assert desk.act(accused, act, **sent)[0] == 403
    assert desk.sign_in(accused).get(desk.address).status_code == 403
    status, page = settle(desk, accused)
    assert status == 404
    assert WORDS not in page
    assert desk.phone.wait() == []


def test_an_officer_of_another_unit_reads_no_conversation(desk: Desk, officer: Officer) -> None:
    other = factories.make_officer(
        "bappeda@kupang.example", RoleName.OFFICER, unit_code=factories.make_unit("bappeda", "diskominfo").code
    )
    assert desk.sign_in(other).get(desk.address).status_code == 403
    assert desk.sign_in(officer).get(desk.address).status_code == 200


def test_after_the_window_nobody_writes_and_telegram_has_none(desk: Desk, answerer: Officer, approver: Officer) -> None:
    desk.act(answerer, "balas", text=WORDS)
    desk.phone.clock[0] += timedelta(days=3)
    assert "Boleh dibalas" in desk.read(answerer)
    db.session.execute(sa.update(Chat).values(channel="whatsapp"))
    db.session.commit()
    page = desk.read(answerer)
    assert "Lewat 24 jam sejak pesan terakhir" in page
    assert 'name="text"' not in page
    assert desk.act(answerer, "tanya", pertanyaan="tempat")[0] == 409
    status, page = settle(desk, approver)
    assert status == 409
    assert "Lewat 24 jam" in page


def test_within_the_window_the_page_says_how_long(desk: Desk, answerer: Officer) -> None:
    db.session.execute(sa.update(Chat).values(channel="whatsapp"))
    db.session.commit()
    desk.phone.clock[0] += timedelta(minutes=48)
    assert "Boleh dibalas 23 jam lagi" in desk.read(answerer)


def test_a_question_whose_window_closed_on_the_way_waits_for_the_next_message(desk: Desk, answerer: Officer) -> None:
    desk.act(answerer, "tanya", pertanyaan="tempat")
    desk.phone.channel.faults.append(WindowClosed("24 hours"))
    assert desk.phone.wait() == []
    assert "(terkirim bila warga menulis lagi)" in desk.read(answerer)


def test_who_asked_for_silence_or_was_erased_is_not_written_to(desk: Desk, answerer: Officer) -> None:
    desk.phone.ask("berhenti")
    assert "Warga ini meminta tidak dikabari lagi." in desk.read(answerer)
    desk.phone.press(desk.phone.ask("hapus data saya"), "Hapus semuanya")
    assert "Belum ada percakapan" in desk.read(answerer)


def test_nobody_writes_into_an_answer_that_is_being_made(desk: Desk, answerer: Officer) -> None:
    db.session.execute(sa.update(Chat).values(held_until=desk.phone.clock[0] + timedelta(seconds=30)))
    db.session.commit()
    status, page = desk.act(answerer, "tanya", pertanyaan="tempat")
    assert status == 409
    assert "Coba lagi sebentar." in page


def test_the_database_refuses_an_officers_words_without_a_second_person(desk: Desk, settings: Settings) -> None:
    chat = db.session.scalars(sa.select(Chat)).one()
    body = {"text": WORDS, "choices": [], "card_url": "", "link": ""}
    with pytest.raises(sa.exc.DatabaseError, match="no second person"):
        enqueue_reply(chat, f"officer:{desk.report_id}:1", body, desk.phone.clock[0])
    db.session.rollback()
    keys = db.session.scalars(sa.select(ChatReply.key)).all()
    assert not [key for key in keys if key.startswith("officer:")]


def test_many_conversations_cost_no_more_statements_than_one(desk: Desk, answerer: Officer, settings: Settings) -> None:
    browser = desk.sign_in(answerer)
    browser.get(desk.address)  # what is read once
    sent = []
    for number in range(3):
        db.session.remove()
        with count_statements() as statements:
            page = browser.get(desk.address).text
        sent.append(
            sum("FROM chat" in one or "FROM report" in one or "proposal.subject IN" in one for one in statements)
        )
        assert page.count('class="leaf" id="p') == number + 1
        other = Phone(settings, desk.phone.clock, f"wa.{number}")
        other.ask("halo")
        report(other, MARKET)
        newest = db.session.scalars(sa.select(Report).order_by(Report.id.desc())).first()
        assert newest is not None
        db.session.add(ClaimAppearance(claim_id=desk.claim_id, report_id=newest.id, seen_at=desk.phone.clock[0]))
        db.session.commit()
    assert len(set(sent)) == 1


def test_the_claims_page_leads_to_its_conversations(desk: Desk, answerer: Officer) -> None:
    page = desk.sign_in(answerer).get(f"/petugas/klaim/{desk.claim_id}").text
    assert f'href="{desk.address}"' in page


def test_english_conversations_are_asked_in_english(desk: Desk, answerer: Officer) -> None:
    desk.phone.ask("english")
    desk.act(answerer, "tanya", pertanyaan="tempat")
    (question,) = desk.phone.wait()
    assert question.text.startswith("From an officer of")
