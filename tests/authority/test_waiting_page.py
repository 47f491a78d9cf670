"""The one page of all that waits for a second person: what it says, to whom, and how it is used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.authority.confirmers import tie_officer
from hoax_tracker.clarify import channels, explainers
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import NoticeKind, Officer, OfficialChannel, Proposal, ProposalOutcome, RoleName, db
from hoax_tracker.notifications import notices
from tests import factories
from tests.chrome import axe_violations_both_schemes
from tests.keyboard import Typist

SignIn = Callable[[Officer], FlaskClient]
PAGE = "/petugas/menunggu"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def guards_on(guarded: None) -> None:
    """Let the database refuse here what no second person confirmed."""


def propose_channel(officer: Officer, now: datetime, value: str = "https://pajak.example") -> Proposal:
    channels.propose_channel(None, value, "Bapenda", officer=officer, now=now)
    return proposals.list_open(["channel"])[-1]


def propose_guide(officer: Officer, now: datetime, title: str = "Kabar tentang pasar") -> Proposal:
    texts = {"title": title, "summary": "Tanya dulu.", "body": "1. Telepon.", "cues": ["pasar"], "is_shown": True}
    explainers.propose_explainer(None, texts, values_digest(explainers.pending_values(None)), officer=officer, now=now)
    return proposals.list_open(["explainer"])[-1]


def test_it_shows_what_changes_and_to_each_what_they_may_do(
    officer: Officer, approver: Officer, administrator: Officer, sign_in: SignIn, now: datetime
) -> None:
    row = propose_channel(officer, now)
    propose_guide(officer, now, HOSTILE)
    page = sign_in(approver).get(PAGE).get_data(as_text=True)
    assert "2 hal menunggu orang kedua, 2 boleh Anda putuskan" in page
    assert f"Diusulkan {officer.name} ({officer.email})," in page, "a name may be anybody's"
    assert "<del>tidak di daftar resmi</del>" in page
    assert "<ins>saluran resmi Bapenda</ins>" in page
    assert f"{PAGE}/{row.id}/setujui" in page
    assert HOSTILE not in page
    page = sign_in(officer).get(PAGE).get_data(as_text=True)
    assert "Ini usulan Anda sendiri" in page
    assert f"Yang boleh: {approver.name}." in page
    assert f"{PAGE}/{row.id}/tarik" in page
    assert f"{PAGE}/{row.id}/setujui" not in page
    page = sign_in(administrator).get(PAGE).get_data(as_text=True)
    assert "Peran Anda tidak memutuskan hal ini." in page
    assert "Hanya 1 orang dapat menyetujui" in page, "administrators read what the office lacks"
    page = sign_in(approver).get(f"{PAGE}?jenis=channel").get_data(as_text=True)
    assert "https://pajak.example" not in page
    assert ("pajak.example" in page, "Tanya dulu." in page) == (True, False)


def test_who_is_tied_is_told_why(officer: Officer, approver: Officer, sign_in: SignIn, now: datetime) -> None:
    row = propose_channel(officer, now)
    with write_transaction():
        tie_officer(approver, officer, "role", datetime.now(now.tzinfo) - timedelta(days=1))
    browser = sign_in(approver)
    page = browser.get(PAGE).get_data(as_text=True)
    assert "saling bergantung" in page
    assert "Sekarang tidak ada yang boleh" in page
    seen = proposals.proposal_digest(row)
    assert factories.submit_form(browser, f"{PAGE}/{row.id}/setujui", PAGE, seen=seen).status_code == 403
    assert db.session.query(OfficialChannel).count() == 0


def test_a_refusal_needs_a_reason_and_keeps_what_was_typed(
    officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    row = propose_channel(officer, now)
    browser, place = sign_in(approver), f"{PAGE}/{row.id}/tolak"
    answer = factories.submit_form(browser, place, PAGE, reason=" ")
    assert answer.status_code == 422
    assert "Tulis mengapa ditolak: pengusulnya membacanya." in answer.get_data(as_text=True)
    answer = factories.submit_form(sign_in(officer), place, PAGE, reason="Salah alamat.")
    assert (answer.status_code, "Salah alamat." in answer.get_data(as_text=True)) == (403, False)
    assert factories.submit_form(browser, place, PAGE, reason="Milik pribadi.").status_code == 303
    page = browser.get(PAGE).get_data(as_text=True)
    assert "Tidak ada yang menunggu orang kedua" in page
    assert "Milik pribadi." in page.split("Terakhir diputuskan")[1]
    db.session.expire_all()
    assert row.outcome is ProposalOutcome.REFUSED


def test_what_was_settled_meanwhile_is_said(
    officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    row = propose_channel(officer, now)
    seen, browser = proposals.proposal_digest(row), sign_in(approver)
    proposals.withdraw(row.id, by=officer, now=now)
    answer = factories.submit_form(browser, f"{PAGE}/{row.id}/setujui", PAGE, seen=seen)
    assert answer.status_code == 409
    assert "Itu tidak menunggu lagi" in answer.get_data(as_text=True)
    assert factories.submit_form(browser, f"{PAGE}/999/setujui", PAGE, seen=seen).status_code == 404


def test_what_is_about_something_gone_breaks_no_page(
    officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    factories.make_confirmation(officer, approver, "clarification", "clarification:999")
    with write_transaction():
        proposals.propose("channel", "channel:new:1", {"kind": "domain", "value": "x.example", "owner": "Kota",
                                                       "is_listed": True}, by=officer, now=now)  # fmt: skip
        db.session.add(Proposal(act="correction", subject="clarification:998", values={"note": "x"},
                                proposed_by_id=officer.id, proposed_at=now))  # fmt: skip
    page = sign_in(approver).get(PAGE)
    assert (page.status_code, "x.example" in page.get_data(as_text=True)) == (200, True)


def test_many_come_in_pages_with_ones_own_work_first(
    officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    other = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER)
    own = propose_channel(other, now - timedelta(days=3), "https://punya.example")
    for number in range(10):
        propose_channel(officer, now, f"https://situs{number}.example")
    browser = sign_in(other)
    first = browser.get(PAGE).get_data(as_text=True)
    assert all(f"situs{number}.example" in first for number in range(10))
    assert "punya.example" not in first
    assert f"{PAGE}?page=2" in first
    second = browser.get(f"{PAGE}?page=2").get_data(as_text=True)
    assert f"{PAGE}/{own.id}/tarik" in second
    assert browser.get(f"{PAGE}?page=99").status_code == 200


def test_notices_and_letters_lead_there_and_end_with_the_proposal(
    officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    row = propose_channel(officer, now)
    (notice,) = notices.list_unseen_notices(approver)
    assert (notice.kind, notice.proposal_id) == (NoticeKind.PROPOSED, row.id)
    assert f'href="{PAGE}?jenis=' in sign_in(approver).get("/petugas/untuk-anda").get_data(as_text=True)
    proposals.refuse(row.id, "Milik pribadi.", by=approver, now=now)
    assert notices.list_unseen_notices(approver) == []
    (settled,) = notices.list_unseen_notices(officer)
    assert settled.kind is NoticeKind.SETTLED
    assert f'href="{PAGE}"' in sign_in(officer).get("/petugas/untuk-anda").get_data(as_text=True)
    assert notices.letter_endpoint([settled]) == "proposals.listing"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no_scripts"])
def test_the_keyboard_is_enough(
    officer: Officer, approver: Officer, address: str, chromium: Any, now: datetime, width: int, scripts: bool
) -> None:
    first, second = propose_channel(officer, now).id, propose_guide(officer, now).id
    email = approver.email
    db.session.rollback()
    how: dict[str, Any] = {"java_script_enabled": scripts, "base_url": address}
    desk = chromium.new_context(viewport={"width": width, "height": 800}, **how).new_page()
    typist = Typist(desk)
    desk.goto("/petugas/masuk")
    desk.fill("[name=email]", email)
    desk.fill("[name=password]", factories.PASSWORD)
    with desk.expect_navigation():
        desk.press("[name=password]", "Enter")
    desk.goto(PAGE)
    if scripts:
        assert axe_violations_both_schemes(desk) == []
    assert desk.locator("body").evaluate("body => body.scrollWidth") <= width
    typist.tab_to(f"form[action$='/{first}/setujui'] button")
    typist.go()
    assert "Disetujui dan berlaku" in desk.inner_text("main")
    typist.tab_to(".deny summary")
    typist.press("Enter")
    typist.tab_to(f"#r{second}")
    typist.type("Belum lengkap.")
    typist.tab_to(f"form[action$='/{second}/tolak'] button")
    typist.go()
    assert "Ditolak, dan pengusulnya diberi tahu" in desk.inner_text("main")
    rows = {row.id: row.outcome for row in db.session.scalars(sa.select(Proposal))}
    assert (rows[first], rows[second]) == (ProposalOutcome.CONFIRMED, ProposalOutcome.REFUSED)
