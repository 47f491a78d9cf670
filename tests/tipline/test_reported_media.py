"""A file that was reported in a chat leaves its digest, from which officers propose that the file is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.models import Claim, ClaimAppearance, MediaFingerprint, Officer, Report, ReportedMedia, RoleName, db
from tests import factories
from tests.check import shots
from tests.check.conftest import MESSAGE, UNRELATED, kept
from tests.tipline.conftest import Phone
from tests.tipline.test_known_media import FACT, UNKNOWN, forward_voice
from tests.tipline.test_privacy import erase
from tests.tipline.test_tickets import report

SignIn = Callable[[Officer], FlaskClient]
VOICE = b"OggS rekaman yang beredar"
SHA256 = hashlib.sha256(VOICE).hexdigest()
PROPOSE = "Usulkan dikenal"


def report_voice(phone: Phone, words: str = MESSAGE) -> str:
    """Forward a voice note, type its words, report them, and return the reply."""
    assert forward_voice(phone).startswith(UNKNOWN)
    phone.ask(words)
    return phone.ask("laporkan").text


def kept_digests() -> list[str]:
    """The digests that are kept with reports."""
    return list(db.session.scalars(sa.select(ReportedMedia.sha256).order_by(ReportedMedia.sha256)))


@pytest.fixture
def claim_id(phone: Phone, officer: Officer, approver: Officer) -> int:
    """A claim that a published page judged, with a report that came with a voice note."""
    assert "Tiket: " in report_voice(phone)
    claim = factories.make_claim(MESSAGE)
    found = db.session.scalars(sa.select(Report)).one()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=found.id, seen_at=phone.clock[0]))
    factories.make_clarification(officer, approver, title=FACT, slug="air", claim_quote=MESSAGE, claims=[claim])
    return kept(lambda: claim.id)


def propose(browser: FlaskClient, claim_id: int, sha256: str = SHA256) -> tuple[int, str]:
    """Propose on the claim's page that a reported file is known; return the status and the page."""
    page = f"/petugas/klaim/{claim_id}"
    sent = factories.submit_form(browser, f"{page}/rekaman/aduan", page, sha256=sha256)
    return sent.status_code, browser.get(page).text


@pytest.mark.usefixtures("guarded")
def test_an_officer_proposes_the_reported_file_without_having_it(
    phone: Phone, claim_id: int, officer: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    assert f"SHA-256 <code>{SHA256[:12]}…</code>, 1 aduan" in browser.get(f"/petugas/klaim/{claim_id}").text
    assert propose(browser, claim_id)[0] == 303
    assert forward_voice(phone).startswith(UNKNOWN)
    factories.confirm_waiting(acts=["recording"])
    assert forward_voice(phone).startswith(FACT)
    row = db.session.scalars(sa.select(MediaFingerprint)).one()
    assert (row.kind, row.size_bytes, row.claim_id) == ("audio", len(VOICE), claim_id)
    assert PROPOSE not in browser.get(f"/petugas/klaim/{claim_id}").text


def test_who_confirms_reads_that_nobody_at_the_office_has_the_file(
    claim_id: int, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    propose(sign_in(officer), claim_id)
    page = sign_in(approver).get("/petugas/menunggu").text
    assert "Berkas ini datang bersama 1 aduan klaim ini" in page


def test_a_file_that_no_report_of_the_claim_came_with_is_refused(
    claim_id: int, officer: Officer, sign_in: SignIn
) -> None:
    assert propose(sign_in(officer), claim_id, "0" * 64)[0] == 404


def test_the_accused_branch_sees_and_proposes_nothing(claim_id: int, sign_in: SignIn) -> None:
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    claim = db.session.get_one(Claim, claim_id)
    claim.accused_unit_id = accused.unit_id
    db.session.commit()
    status, page = propose(sign_in(accused), claim_id)
    assert status == 403
    assert SHA256[:12] not in page


def test_the_digest_goes_with_the_report(phone: Phone) -> None:
    report_voice(phone)
    assert kept_digests() == [SHA256]
    db.session.rollback()
    erase(phone)
    assert kept_digests() == []


def test_laporkan_right_after_a_voice_note_asks_for_its_words(phone: Phone) -> None:
    phone.ask(UNRELATED, forwarded=True)
    forward_voice(phone)
    assert phone.ask("laporkan").text.startswith("Untuk melaporkannya, tulis dulu isinya satu kalimat")
    assert db.session.scalars(sa.select(Report)).all() == []
    phone.ask(MESSAGE)
    phone.ask("laporkan")
    assert db.session.scalars(sa.select(Report.text)).all() == [MESSAGE]
    assert kept_digests() == [SHA256]


def test_laporkan_together_with_a_voice_note_asks_for_its_words_too(phone: Phone) -> None:
    phone.ask(UNRELATED, forwarded=True)
    phone.channel.media["voice"] = VOICE
    phone.send(kind="audio", media_id="voice", forwarded=True)
    phone.send("laporkan")
    (reply,) = phone.wait()
    assert reply.text.startswith("Untuk melaporkannya, tulis dulu isinya satu kalimat")
    assert db.session.scalars(sa.select(Report)).all() == []


def test_a_captioned_video_and_an_added_picture_leave_their_digests(phone: Phone) -> None:
    phone.channel.media["video"] = VOICE
    reply = phone.ask(UNRELATED, kind="video", media_id="video", forwarded=True)
    assert "Tiket: " in phone.press(reply, "Laporkan").text
    picture = shots.encode_picture(shots.Image.new("RGB", (60, 60), "red"))
    phone.channel.media["m1"] = picture
    phone.ask(kind="image", media_id="m1")
    assert kept_digests() == sorted([SHA256, hashlib.sha256(picture).hexdigest()])


def test_a_file_that_expired_leaves_the_report(phone: Phone) -> None:
    forward_voice(phone)
    phone.ask(MESSAGE)
    phone.channel.media.clear()
    assert "Tiket: " in phone.ask("laporkan").text
    assert kept_digests() == []


def test_words_that_are_typed_later_do_not_belong_to_the_file(phone: Phone) -> None:
    forward_voice(phone)
    phone.ask("halo")
    report(phone, MESSAGE)
    assert kept_digests() == []
