"""Notes: who reads and writes them, whom they mention, and that no text is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimLock,
    Note,
    Notice,
    NoticeKind,
    Officer,
    OutgoingMail,
    RoleName,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.collaboration import notes
from hoax_tracker.review.decisions import merge, undo
from tests import factories
from tests.mail_server import turn_mail_on

SignIn = Callable[[Officer], FlaskClient]


def person(email: str, name: str, unit_code: str = "dinkes") -> Officer:
    """An officer with that name."""
    made = factories.make_officer(email, RoleName.OFFICER, unit_code=unit_code)
    made.name = name
    db.session.commit()
    return made


def told_by(claim: Claim, text: str, officer: Officer, now: datetime) -> list[str]:
    """Write a note and return whom it told."""
    return notes.write_note(claim.id, text, officer=officer, now=now).told


def test_a_mention_is_told_in_the_app_and_by_mail(app: APIFlask, claim: Claim, officer: Officer, now: datetime) -> None:
    turn_mail_on(app)
    maria = person("maria@kupang.example", "Maria Goreti Seran")
    assert told_by(claim, "Tolong lihat, @Maria Goreti: benar?", officer, now) == ["Maria Goreti Seran"]
    [notice] = notices.list_unseen_notices(maria)
    assert (notice.kind, notice.claim_id) == (NoticeKind.MENTIONED, claim.id)
    assert notices.mail_unseen_notices(now + timedelta(minutes=9)) == 0, "who looks at once needs no letter"
    assert notices.mail_unseen_notices(now + timedelta(minutes=11)) == 1
    assert db.session.scalars(sa.select(OutgoingMail)).one().key.startswith(f"notices:{maria.id}:")
    assert notices.list_unseen_notices(officer) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@maria", ["Maria Bala"]),
        ("(@Maria), @MARIA: dua kali", ["Maria Bala"]),
        ("@yseran dan @Maria Bala", ["Yohanis Seran", "Maria Bala"]),
        ("@seran", ["Yohanis Seran"]),
        ("akun @infokupang dan a@maria.example, a@maria", []),
        ("@", []),
        ("@petugas saya sendiri", []),
        ("@Maria\nBala", ["Maria Bala"]),
        ("tanpa siapa pun", []),
    ],
)
def test_names_as_people_write_them(claim: Claim, officer: Officer, now: datetime, text: str, names: list[str]) -> None:
    person("m.bala@kupang.example", "Maria Bala")
    person("yseran@kupang.example", "Yohanis Seran")
    assert told_by(claim, text, officer, now) == names


def test_a_name_that_several_have_is_asked_back(claim: Claim, officer: Officer, now: datetime) -> None:
    person("a@kupang.example", "Maria Bala")
    person("b@kupang.example", "Maria Seran")
    person("c@kupang.example", "Maria")
    assert told_by(claim, "@Maria tolong", officer, now) == ["Maria"], "one whose whole name it is"
    person("d@kupang.example", "Dewi Lay")
    person("e@kupang.example", "Dewi Ndoen")
    with pytest.raises(InvalidInputError) as unclear:
        told_by(claim, "@dewi tolong", officer, now)
    assert "@Dewi Lay (Dinkes), @Dewi Ndoen (Dinkes)" in str(unclear.value.user_message)
    gone = db.session.scalars(sa.select(Officer).where(Officer.name == "Dewi Lay")).one()
    gone.active = False
    db.session.commit()
    assert told_by(claim, "@dewi tolong", officer, now) == ["Dewi Ndoen"]


def test_the_accused_neither_read_nor_write_nor_are_mentioned(
    claim: Claim, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    nurse = person("bidan@kupang.example", "Bidan Karangan")
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    with pytest.raises(InvalidInputError) as refused:
        told_by(claim, "Menurut saya @Bidan Karangan tahu", officer, now)
    assert "tidak dapat disebut" in str(refused.value.user_message)
    with pytest.raises(NotAllowedError):
        told_by(claim, "Saya tidak bersalah", nurse, now)
    told_by(claim, "Saksinya seorang kader", officer, now)
    path = f"/petugas/klaim/{claim.id}"
    assert "Saksinya seorang kader" in sign_in(officer).get(path).get_data(as_text=True)
    accused = sign_in(nurse)
    assert "Saksinya seorang kader" not in accused.get(path).get_data(as_text=True)
    assert "Saksinya" not in accused.get("/petugas/cari/?q=saksinya").get_data(as_text=True).split("</form>", 1)[1]
    sent = factories.submit_form(accused, f"{path}/catatan", path, text="Bantahan saya")
    assert sent.status_code == 403
    assert "Bantahan saya" in sent.get_data(as_text=True)


def test_the_accused_state_what_they_know_to_those_who_decide(
    claim: Claim, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    nurse = person("bidan@kupang.example", "Bidan Karangan")
    path = f"/petugas/klaim/{claim.id}"
    assert factories.submit_form(sign_in(nurse), f"{path}/keterangan", path, text="Halo").status_code == 403
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    told_by(claim, "Saksinya seorang kader", officer, now)
    accused = sign_in(nurse)
    assert 'href="#keterangan"' in accused.get(path).get_data(as_text=True)
    assert factories.submit_form(accused, f"{path}/keterangan", path, text=" ").status_code == 422
    for _twice in range(2):
        sent = factories.submit_form(accused, f"{path}/keterangan", path, text="Vaksinnya <b>gratis</b>.")
        assert (sent.status_code, sent.location) == (303, f"{path}#klaim")
    assert "Saksinya" not in accused.get(path).get_data(as_text=True)
    [notice] = notices.list_unseen_notices(officer)
    assert notice.note.text == "Vaksinnya <b>gratis</b>."
    shown = sign_in(officer).get(path).get_data(as_text=True)
    assert "Vaksinnya &lt;b&gt;gratis&lt;/b&gt;." in shown
    assert 'href="#keterangan"' not in shown


def test_a_unit_accused_after_the_mention_does_not_read_the_note_in_its_notice(
    claim: Claim, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    nurse = person("bidan@kupang.example", "Bidan Karangan")
    told_by(claim, "@Bidan Karangan: kader melapor", officer, now)
    browser = sign_in(nurse)
    assert "kader melapor" in browser.get("/petugas/untuk-anda").get_data(as_text=True)
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    assert "kader melapor" not in browser.get("/petugas/untuk-anda").get_data(as_text=True)


def test_html_is_text_and_lines_stay_lines(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    typed = "<script>alert(1)</script>\r\n<b>dua</b>\x00"
    sent = factories.submit_form(browser, f"{path}/catatan", path, text=typed)
    note = db.session.scalars(sa.select(Note)).one()
    assert (sent.status_code, sent.location) == (303, f"{path}#catatan-{note.id}")
    assert note.text == "<script>alert(1)</script>\n<b>dua</b>"
    page = browser.get(path).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\n&lt;b&gt;dua&lt;/b&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("text", ["", " \n ", "panjang " * 501])
def test_what_cannot_be_kept_is_shown_back(claim: Claim, officer: Officer, sign_in: SignIn, text: str) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    sent = factories.submit_form(browser, f"{path}/catatan", path, text=text)
    assert sent.status_code == 422
    assert f"\n{text}</textarea>" in sent.get_data(as_text=True)
    assert 'id="catatan-salah"' in sent.get_data(as_text=True)
    assert db.session.scalars(sa.select(Note)).all() == []


def test_two_officers_write_at_once_and_neither_is_in_the_way(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    other = person("lain@kupang.example", "Petugas Lain")
    browsers, path = [sign_in(officer), sign_in(other)], f"/petugas/klaim/{claim.id}"
    pages = [browser.get(path).get_data(as_text=True) for browser in browsers]
    for number, (browser, page) in enumerate(zip(browsers, pages, strict=True)):
        data = {"csrf_token": factories.csrf_token_in(page), "text": f"Catatan {number}"}
        assert browser.post(f"{path}/catatan", data=data).status_code == 303
    shown = browsers[0].get(path).get_data(as_text=True)
    assert shown.index("Catatan 0") < shown.index("Catatan 1")
    db.session.expire_all()
    assert claim.version == 1, "a decision that somebody prepares is still theirs to send"
    assert db.session.scalars(sa.select(ClaimLock)).all() == []


def test_sent_twice_is_one_note(claim: Claim, officer: Officer, now: datetime) -> None:
    maria = person("maria@kupang.example", "Maria Seran")
    first = notes.write_note(claim.id, "@maria sama", officer=officer, now=now)
    again = notes.write_note(claim.id, "@maria sama ", officer=officer, now=now + timedelta(seconds=20))
    assert again == first
    assert len(notices.list_unseen_notices(maria)) == 1
    assert (
        notes.write_note(claim.id, "@maria sama", officer=officer, now=now + timedelta(hours=1)).note_id
        != first.note_id
    )


def test_only_its_writer_deletes_a_note_and_the_word_of_it_goes_too(
    claim: Claim, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    maria = person("maria@kupang.example", "Maria Seran")
    key = notes.write_note(claim.id, "@maria nomor salah 0812", officer=officer, now=now).note_id
    path, other = f"/petugas/klaim/{claim.id}", sign_in(maria)
    assert factories.submit_form(other, f"/petugas/catatan/{key}/hapus", path).status_code == 403
    assert factories.submit_form(sign_in(officer), f"/petugas/catatan/{key}/hapus", path).status_code == 303
    assert [db.session.scalars(sa.select(table)).all() for table in (Note, Notice)] == [[], []]
    acts = sa.select(AuditEvent).where(AuditEvent.action != "signed_in")
    events = db.session.scalars(acts.order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == ["note_written", "note_deleted"]
    assert "0812" not in str([event.detail for event in events])
    assert factories.submit_form(other, f"/petugas/catatan/{key}/hapus", path).status_code == 404


def test_notes_go_with_a_merge_and_come_back(claim: Claim, officer: Officer, now: datetime) -> None:
    into = factories.make_claim("Air PDAM mati")
    told_by(claim, "Catatan lama", officer, now)
    done = merge.merge_claims(claim.id, 1, into.id, officer=officer, now=now)
    assert [one.text for one in notes.list_claim_notes(into.id)] == ["Catatan lama"]
    with pytest.raises(InvalidInputError, match="merged"):
        told_by(claim, "Ke klaim yang salah", officer, now)
    undo.undo_decision(done.decision_id, officer=officer, now=now)
    assert [one.text for one in notes.list_claim_notes(claim.id)] == ["Catatan lama"]
    assert notes.list_claim_notes(into.id) == []


def test_an_approver_who_decides_nothing_may_note(claim: Claim, approver: Officer, sign_in: SignIn) -> None:
    browser, path = sign_in(approver), f"/petugas/klaim/{claim.id}"
    assert factories.submit_form(browser, f"{path}/catatan", path, text="Sumbernya kurang").status_code == 303
    assert "Sumbernya kurang" in browser.get(path).get_data(as_text=True)
