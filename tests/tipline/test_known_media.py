"""A voice note, video or picture that two officers know is answered with its claim's page; any other is declined."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from hoax_tracker.claims import media_fingerprints
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Claim, Clarification, ClarificationStatus, MediaFingerprint, Officer, RoleName, db
from tests import factories
from tests.check.conftest import MESSAGE, kept
from tests.tipline.conftest import Phone

SignIn = Callable[[Officer], FlaskClient]
VOICE, OTHER = b"OggS rekaman yang beredar", b"OggS rekaman lain"
VOICE_SHA256 = hashlib.sha256(VOICE).hexdigest()
FACT = "Air PDAM tidak mati tujuh hari"
UNKNOWN = "Rekaman ini belum kami kenal"


@pytest.fixture
def claim_id(officer: Officer, approver: Officer) -> int:
    """A claim that a published page judged."""
    claim = factories.make_claim(MESSAGE)
    factories.make_clarification(officer, approver, title=FACT, slug="air", claim_quote=MESSAGE, claims=[claim])
    return kept(lambda: claim.id)


@pytest.fixture
def browser(officer: Officer, sign_in: SignIn) -> FlaskClient:
    """The officer at the desk."""
    return sign_in(officer)


def upload(browser: FlaskClient, claim_id: int, data: bytes = VOICE, kind: str = "audio/ogg") -> str:
    """Upload a file on the claim's page and return what stands there afterwards."""
    page = f"/petugas/klaim/{claim_id}"
    token = factories.csrf_token_in(browser.get(page).text)
    file = FileStorage(io.BytesIO(data), "rekaman.ogg", "file", kind)
    boundary, body = encode_multipart({"csrf_token": token, "file": file})
    sent = browser.post(f"{page}/rekaman", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    return sent.text if sent.status_code != 303 else browser.get(page).text


def know(browser: FlaskClient, claim_id: int, data: bytes = VOICE, kind: str = "audio/ogg") -> None:
    """Let two people know a file."""
    upload(browser, claim_id, data, kind)
    factories.confirm_waiting(acts=["recording"])


def forward_voice(phone: Phone, data: bytes = VOICE, **fields: str) -> str:
    """Forward a voice note and return the reply's text."""
    phone.channel.media["voice"] = data
    return phone.ask(kind="audio", media_id="voice", forwarded=True, **fields).text


def test_one_officer_alone_changes_nothing(phone: Phone, browser: FlaskClient, claim_id: int) -> None:
    assert "Orang kedua yang menyetujuinya" in upload(browser, claim_id)
    assert forward_voice(phone).startswith(UNKNOWN)


@pytest.mark.usefixtures("guarded")
def test_a_known_voice_note_is_answered_as_judged_words_are(phone: Phone, browser: FlaskClient, claim_id: int) -> None:
    know(browser, claim_id)
    lines = forward_voice(phone).split("\n\n")
    assert lines[0] == FACT
    assert lines[1].startswith("Yang beredar, “")
    assert lines[1].endswith(": Hoaks.")
    assert forward_voice(phone, OTHER).startswith(UNKNOWN)


def test_what_the_channel_says_of_the_bytes_is_enough(phone: Phone, browser: FlaskClient, claim_id: int) -> None:
    know(browser, claim_id)
    reply = phone.ask(kind="video", media_id="expired", media_sha256=VOICE_SHA256)
    assert reply.text.startswith(FACT)


def test_nothing_of_the_file_is_kept(browser: FlaskClient, claim_id: int) -> None:
    know(browser, claim_id)
    row = db.session.scalars(sa.select(MediaFingerprint)).one()
    assert (row.sha256, row.kind, row.size_bytes, row.claim_id) == (VOICE_SHA256, "audio", len(VOICE), claim_id)
    assert f"SHA-256 <code>{VOICE_SHA256[:12]}…</code>" in browser.get(f"/petugas/klaim/{claim_id}").text


def test_a_known_file_of_a_claim_without_a_page_tells_nothing(
    phone: Phone, browser: FlaskClient, officer: Officer
) -> None:
    claim = factories.make_claim(MESSAGE)
    know(browser, kept(lambda: claim.id))
    assert forward_voice(phone).startswith(UNKNOWN)


def test_a_withdrawn_page_is_no_answer(phone: Phone, browser: FlaskClient, claim_id: int) -> None:
    know(browser, claim_id)
    db.session.scalars(sa.select(Clarification)).one().status = ClarificationStatus.RETRACTED
    db.session.commit()
    assert forward_voice(phone).startswith(UNKNOWN)


def test_a_caption_is_answered_where_the_file_is_unknown(phone: Phone, browser: FlaskClient, claim_id: int) -> None:
    know(browser, claim_id)
    phone.channel.media["voice"] = OTHER
    caption = "Katanya kapal feri tujuan Rote dibatalkan sampai ombak tenang"
    assert phone.ask(caption, kind="video", media_id="voice").text.startswith("Belum ada klarifikasi.")


def test_recordings_are_not_fetched_while_none_is_known(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(phone.channel, "fetch_media", fetched.append)
    phone.ask(kind="audio", media_id="voice")
    assert fetched == []


def test_two_people_let_it_be_forgotten(phone: Phone, browser: FlaskClient, claim_id: int) -> None:
    know(browser, claim_id)
    know(browser, claim_id, OTHER)
    row, other = media_fingerprints.list_known_recordings(claim_id)
    page = f"/petugas/klaim/{claim_id}"
    factories.submit_form(browser, f"{page}/rekaman/{row.id}/lepas", page)
    assert forward_voice(phone).startswith(FACT)
    factories.confirm_waiting(acts=["recording"])
    assert forward_voice(phone).startswith(UNKNOWN)
    assert forward_voice(phone, OTHER).startswith(FACT)
    assert media_fingerprints.list_known_recordings(claim_id) == [other]


@pytest.mark.parametrize("data", [b"", b"\0" * (10 * 2**20)])
def test_a_file_that_cannot_be_read_whole_is_refused_in_words(browser: FlaskClient, claim_id: int, data: bytes) -> None:
    shown = upload(browser, claim_id, data)
    assert "bukti-salah" in shown
    assert db.session.scalars(sa.select(MediaFingerprint)).all() == []


def test_nobody_of_the_accused_unit_records_or_confirms(claim_id: int, sign_in: SignIn, browser: FlaskClient) -> None:
    upload(browser, claim_id)
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, RoleName.APPROVER, unit_code="pdam")
    factories.accuse_unit(db.session.get_one(Claim, claim_id), accused.unit_id)
    db.session.commit()
    theirs = sign_in(accused)
    token = factories.csrf_token_in(theirs.get("/petugas/akun").text)
    sent = {"csrf_token": token, "file": (io.BytesIO(VOICE), "a.ogg", "audio/ogg")}
    assert theirs.post(f"/petugas/klaim/{claim_id}/rekaman", data=sent).status_code == 403
    with pytest.raises(NotAllowedError):
        factories.confirm_waiting(accused, acts=["recording"])
    assert media_fingerprints.list_known_recordings(claim_id) == []
    factories.confirm_waiting(acts=["recording"])
    assert len(media_fingerprints.list_known_recordings(claim_id)) == 1


def test_a_known_picture_is_answered_on_the_web_before_it_is_read(
    client: FlaskClient, browser: FlaskClient, claim_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(browser, claim_id, b"gambar yang beredar", "image/png")
    for data, is_known in ((b"gambar yang beredar", True), (b"gambar lain", False)):
        answer = client.post("/cek", data={"gambar": (io.BytesIO(data), "a.png")})
        assert (FACT in answer.text) is is_known
