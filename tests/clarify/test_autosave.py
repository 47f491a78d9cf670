"""Typed text survives an ended session, a lost role, a change by others, and a reload."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.accounts import sessions
from hoax_tracker.clarify import service
from hoax_tracker.models import Claim, Clarification, Officer, Role, RoleName, TypedText, db
from tests import factories
from tests.clarify.conftest import Drafting

SignIn = Callable[[Officer], FlaskClient]
LONG = "Perumda menyatakan tidak ada pipa yang pecah. " * 200


@pytest.fixture
def path(claim: Claim, officer: Officer, now: datetime) -> str:
    """The address of a draft."""
    key = service.draft_from_claim(claim.id, claim.version, officer=officer, now=now)
    return f"/petugas/klarifikasi/{key}"


def type_into(browser: FlaskClient, path: str, **fields: str) -> int:
    """Send what the page sends while its author types."""
    return factories.submit_form(browser, f"{path}/ketikan", page=f"{path}/sunting", version="1", **fields).status_code


def test_typed_offered_again_and_gone_once_saved(officer: Officer, path: str, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert type_into(browser, path, findings=LONG, circulated_since="kemarin", title="Air tetap mengalir") == 204
    page = browser.get(f"{path}/sunting").get_data(as_text=True)
    assert "Ada tulisan Anda yang belum disimpan," in page
    assert LONG.strip() not in page
    again = browser.get(f"{path}/sunting?lanjut=1").get_data(as_text=True)
    assert LONG.strip() in again
    assert "kemarin" in again, "also what could not be saved"
    row = db.session.scalars(db.select(Clarification)).one()
    assert (row.title, row.version) == ("", 1), "the page itself is as it was"
    unit = str(row.unit_id)
    sent = factories.submit_form(browser, f"{path}/sunting", version="1", findings=LONG, unit_id=unit, act="simpan")
    assert sent.status_code == 303
    assert db.session.query(TypedText).count() == 0


def test_what_was_typed_into_a_correction_is_thrown_away_by_who_is_not_the_author(
    published: Drafting, claim: Claim, sign_in: SignIn
) -> None:
    path = f"/petugas/klarifikasi/{published(claim).id}"
    browser = sign_in(factories.make_officer("rekan@kupang.example", RoleName.OFFICER))
    words = {"version": "1", "findings": LONG}
    assert factories.submit_form(browser, f"{path}/ketikan", page=f"{path}/koreksi", **words).status_code == 204
    thrown = factories.submit_form(browser, f"{path}/buang-ketikan", page=f"{path}/koreksi")
    assert thrown.location == f"{path}/koreksi"
    page = browser.get(thrown.location).get_data(as_text=True)
    assert "Tulisan yang belum disimpan dibuang." in page
    assert "Ada tulisan Anda" not in page
    assert db.session.query(TypedText).count() == 0


def test_the_session_ends_in_the_middle(
    officer: Officer, path: str, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(officer)
    assert type_into(browser, path, findings=LONG) == 204
    page = browser.get(f"{path}/sunting").get_data(as_text=True)
    monkeypatch.setattr(sessions, "MAX_IDLE_TIME", timedelta(seconds=-1))
    token = factories.csrf_token_in(page)
    for act in ("ketikan", "sunting"):
        answer = browser.post(
            f"{path}/{act}",
            data={"csrf_token": token, "version": "1", "findings": LONG},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status_code == 401
        assert LONG.strip() in answer.get_data(as_text=True), "shown back, to be sent again"
    monkeypatch.undo()
    again = sign_in(officer).get(f"{path}/sunting?lanjut=1").get_data(as_text=True)
    assert LONG.strip() in again


def test_an_officer_who_is_demoted_while_typing_changes_nothing(officer: Officer, path: str, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert type_into(browser, path, findings="Sebelum") == 204
    token = factories.csrf_token_in(browser.get(f"{path}/sunting").get_data(as_text=True))
    officer.roles = list(db.session.scalars(db.select(Role).where(Role.name == RoleName.APPROVER.value)))
    db.session.commit()
    for act in ("ketikan", "sunting"):
        answer = browser.post(f"{path}/{act}", data={"csrf_token": token, "version": "1", "findings": "Sesudah"})
        assert answer.status_code == 403, act
    row = db.session.scalars(db.select(TypedText)).one()
    assert ["findings", "Sebelum"] in row.fields, "what was typed before is kept for when the role comes back"
    assert "Sesudah" not in db.session.scalars(db.select(Clarification)).one().findings


def test_nobody_else_keeps_text_beside_a_draft(officer: Officer, path: str, sign_in: SignIn) -> None:
    other = factories.make_officer("rekan@kupang.example", RoleName.OFFICER)
    browser = sign_in(other)
    sent = factories.submit_form(browser, f"{path}/ketikan", page="/petugas/untuk-anda", version="1", findings="Saya")
    assert sent.status_code in (400, 403)
    assert db.session.query(TypedText).count() == 0


def test_text_typed_over_an_older_version_overwrites_nothing(
    drafted: Drafting, claim: Claim, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    page = drafted(claim)
    path, browser = f"/petugas/klarifikasi/{page.id}", sign_in(officer)
    version = page.version
    assert type_into(browser, path, findings="Lama") == 204  # typed over version 1
    again = browser.get(f"{path}/sunting?lanjut=1").get_data(as_text=True)
    assert 'name="version" value="1"' in again
    late = factories.submit_form(
        browser, f"{path}/sunting", version="1", findings="Lama", unit_id=str(page.unit_id), act="simpan"
    )
    assert late.status_code == 409
    assert "Lama" in late.get_data(as_text=True)
    assert db.session.get_one(Clarification, page.id).version == version


def test_markdown_is_drawn_as_readers_see_it(officer: Officer, path: str, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    page = f"{path}/sunting"
    text = "**Tidak** pecah [1]. <script>alert(1)</script>"
    drawn = factories.submit_form(browser, "/petugas/klarifikasi/pratinjau", page=page, text=text, sources="1")
    html = drawn.get_data(as_text=True)
    assert "<strong>Tidak</strong>" in html
    assert 'href="#r1"' in html
    assert "<script" not in html
