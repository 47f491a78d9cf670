"""What awaits approval is late for nobody, on every page, and is counted for whoever may approve it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.authority.confirmers import tie_officer
from hoax_tracker.claims.awaiting_approval import find_awaiting_claims, pages_to_approve
from hoax_tracker.claims.recusal import find_recused_unit_ids, recused_unit_ids
from hoax_tracker.clarify import corrections, service
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.insight.views.morning import list_officer_drafts
from hoax_tracker.models import Claim, ClaimStatus, Clarification, ClarificationStatus, Officer, RoleName, Unit, db
from hoax_tracker.review.queue.counters import count_waiting
from hoax_tracker.review.views.my_work import list_first_proposals
from hoax_tracker.worker.daily_digest import count_to_confirm
from tests import factories

SignIn = Callable[[Officer], FlaskClient]


def await_approval(author: Officer, claim: Claim, **fields: object) -> Clarification:
    """Return a clarification of the claim that awaits approval."""
    page = factories.make_clarification(author, None, status=ClarificationStatus.AWAITING_APPROVAL, **fields)
    page.submitted_at = utc_now()
    page.claims.append(claim)
    db.session.commit()
    with write_transaction():
        service.propose_publication(page, author, utc_now())
    return page


def make_late_claim(text: str, **fields: object) -> Claim:
    """Return a claim that is a day late."""
    late = {"due_at": utc_now() - timedelta(days=1), "status": ClaimStatus.INVESTIGATING}
    return factories.make_claim(text, **(late | fields))


def test_what_awaits_approval_is_late_on_no_page(officer: Officer, sign_in: SignIn) -> None:
    claim = make_late_claim("Air PDAM mati total", unit_id=officer.unit_id)
    page = await_approval(officer, claim)
    browser = sign_in(officer)
    addresses = [
        f"/petugas/klarifikasi/{page.id}",
        "/petugas/cari/?q=pdam",
        "/petugas/cari/?q=pdam&kind=klaim",
        "/petugas/banyak",
        "/petugas/",
        "/petugas/untuk-anda",
        f"/petugas/klaim/{claim.id}",
    ]
    for address in addresses:
        text = browser.get(address).get_data(as_text=True)
        assert '<b class="due">Menunggu persetujuan</b>' in text, address
        assert "Terlambat" not in text.replace(">Terlambat</option>", ""), address
    page.status = ClarificationStatus.DRAFT
    db.session.commit()
    for address in addresses:
        text = browser.get(address).get_data(as_text=True)
        assert '<b class="due late">Terlambat' in text, f"a returned one is late again: {address}"


def test_a_second_page_of_the_claim_says_it_too(officer: Officer, sign_in: SignIn) -> None:
    awaiting, other = make_late_claim("Air PDAM mati"), make_late_claim("Pasar tutup")
    await_approval(officer, awaiting)
    second = factories.make_clarification(officer, None, status=ClarificationStatus.DRAFT)
    second.claims.extend([awaiting, other])
    db.session.commit()
    assert find_awaiting_claims([awaiting.id, other.id]) == {awaiting.id}
    assert find_awaiting_claims([]) == set()
    text = sign_in(officer).get(f"/petugas/klarifikasi/{second.id}").get_data(as_text=True)
    assert re.findall(r'<b class="due[^>]*>(\w+)', text) == ["Menunggu", "Terlambat"]


def test_the_badge_counts_what_awaits_this_persons_approval(
    officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    await_approval(officer, make_late_claim("Air mati"))
    changed = factories.make_clarification(officer, approver)
    corrections.propose_retraction(changed.id, changed.version, "Ternyata benar.", officer=officer, now=factories.NOW)
    approver_writes = factories.make_officer("dua@kupang.example", RoleName.APPROVER, RoleName.OFFICER)
    await_approval(approver_writes, make_late_claim("Pasar tutup"))
    now = utc_now()
    counts = {who.email: count_waiting(who, now).yours for who in (officer, approver, approver_writes)}
    assert counts == {officer.email: 0, approver.email: 3, approver_writes.email: 2}, "nobody approves their own"
    for address in ("/petugas/untuk-anda", "/petugas/"):  # the queue counts along with its own statement
        text = sign_in(approver).get(address).get_data(as_text=True)
        assert text.count('Pagi ini <em class="count">3<') == 1, address
    link = "Semua yang menunggu orang kedua"
    assert link in sign_in(officer).get("/petugas/untuk-anda").get_data(as_text=True), "their own wait there, too"
    assert link not in sign_in(factories.make_officer("x@kupang.example")).get("/petugas/untuk-anda").text


@pytest.mark.parametrize("by_claim", [True, False])
@pytest.mark.parametrize(("unit_code", "awaits"), [("dinkes", 0), ("pdam", 1), ("diskominfo", 1)])
def test_what_accuses_the_own_unit_awaits_somebody_else(
    officer: Officer, unit_code: str, awaits: int, by_claim: bool
) -> None:
    person = factories.make_officer("lain@kupang.example", RoleName.APPROVER, unit_code=unit_code)
    accused = factories.load_unit("dinkes").id
    claim = make_late_claim("Obat habis", accused_unit_id=accused if by_claim else None)
    page = await_approval(officer, claim, accused_unit_id=None if by_claim else accused)
    assert list(db.session.scalars(pages_to_approve(person, utc_now()))) == [page.id] * awaits
    assert count_waiting(person, utc_now()).yours == awaits
    assert count_to_confirm(person, utc_now()) == awaits
    assert len(list_first_proposals(person, utc_now())) == awaits, "nor does one land there"
    assert len(list_officer_drafts(person, factories.NOW)) == awaits


def test_what_somebody_wrote_who_is_tied_awaits_somebody_else(officer: Officer, approver: Officer) -> None:
    page, now = await_approval(officer, make_late_claim("Obat habis")), utc_now()
    assert list(db.session.scalars(pages_to_approve(approver, now))) == [page.id]
    with write_transaction():
        tie_officer(approver, officer, "reset", now)
    assert list(db.session.scalars(pages_to_approve(approver, now))) == []
    assert count_waiting(approver, now).second == 0
    other = await_approval(factories.make_officer("dua@kupang.example", RoleName.OFFICER), make_late_claim("Lain"))
    assert list(db.session.scalars(pages_to_approve(approver, now))) == [other.id], "of nobody else's"
    later = now + timedelta(days=91)
    assert list(db.session.scalars(pages_to_approve(approver, later))) == [page.id, other.id]


def test_the_short_way_to_the_recused_units_says_the_same(officer: Officer) -> None:
    above = factories.load_unit("dinkes")
    db.session.add(Unit(code="puskesmas", name="Puskesmas", short_name="Puskesmas", kind="upt", parent_id=above.id))
    db.session.commit()
    units = db.session.scalars(db.select(Unit)).all()
    assert len(find_recused_unit_ids(above)) == 2
    for unit in units:
        assert find_recused_unit_ids(unit) == recused_unit_ids(unit, units), unit.code
