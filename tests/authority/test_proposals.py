"""One way in which something waits: proposed, confirmed as it was seen, refused with a reason, or withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.authority.confirmers import tie_officer
from hoax_tracker.authority.proposals import proposal_digest
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Officer, Proposal, ProposalOutcome, RoleName, Unit, db
from hoax_tracker.organisation.units import UNITS
from tests import factories

pytestmark = pytest.mark.usefixtures("guarded")
SignIn = Callable[[Officer], FlaskClient]
PAGE = "/petugas/menunggu"


def propose(by: Officer | None, now: datetime, code: str = "dinkes", **changes: object) -> Proposal:
    """Propose other values of a unit, as somebody does who sees what waits."""
    unit = factories.load_unit(code)
    seen = UNITS.values_to_edit(unit, unit.id)
    row = UNITS.propose(unit.id, seen | changes, values_digest(seen), by=by, now=now)
    assert row is not None
    return row


@pytest.fixture
def nurse(app: APIFlask) -> Officer:
    """An approver of the unit that is to be changed."""
    return factories.make_officer("perawat@kupang.example", RoleName.APPROVER, unit_code="dinkes")


def test_a_second_proposal_joins_the_first_and_both_wrote_it(
    administrator: Officer, approver: Officer, now: datetime
) -> None:
    other = factories.make_officer("admin2@kupang.example", RoleName.ADMINISTRATOR, RoleName.APPROVER)
    first = propose(administrator, now, name="Dinas Kesehatan Kota")
    joined = propose(other, now, short_name="Dinkes Kota")
    assert first.id == joined.id
    assert joined.values["name"] == "Dinas Kesehatan Kota"
    for author in (administrator, other):
        with pytest.raises(NotAllowedError):
            factories.confirm_waiting(author)
    factories.confirm_waiting(approver)
    unit = factories.load_unit("dinkes")
    assert (unit.name, unit.short_name, unit.confirmation_id) == ("Dinas Kesehatan Kota", "Dinkes Kota", first.id)


def test_it_is_confirmed_as_it_was_seen_and_while_it_is_up_to_date(
    administrator: Officer, approver: Officer, now: datetime
) -> None:
    row = propose(administrator, now, name="Satu")
    seen = proposal_digest(row)
    propose(administrator, now, name="Dua")
    with pytest.raises(EditConflictError):
        proposals.confirm(row.id, seen, by=approver, now=now)
    factories.load_unit("dinkes").short_name = "Lain"
    db.session.commit()
    with pytest.raises(EditConflictError):
        factories.confirm_waiting(approver)
    assert factories.load_unit("dinkes").name == "Dinas Kesehatan"


def test_it_is_refused_with_a_reason_and_nothing_is_lost(
    administrator: Officer, approver: Officer, now: datetime
) -> None:
    row = propose(administrator, now, name="Satu")
    with pytest.raises(InvalidInputError):
        proposals.refuse(row.id, "  ", by=approver, now=now)
    with pytest.raises(NotAllowedError):
        proposals.refuse(row.id, "Sendiri", by=administrator, now=now)
    proposals.refuse(row.id, "Tidak sesuai perda", by=approver, now=now)
    assert (row.outcome, row.settled_reason) == (ProposalOutcome.REFUSED, "Tidak sesuai perda")
    with pytest.raises(EditConflictError):
        proposals.confirm(row.id, proposal_digest(row), by=approver, now=now)
    again = propose(administrator, now, name="Satu")
    assert again.id != row.id
    with pytest.raises(NotAllowedError):
        proposals.withdraw(again.id, by=approver, now=now)
    proposals.withdraw(again.id, by=administrator, now=now)
    assert factories.load_unit("dinkes").name == "Dinas Kesehatan"


def test_only_power_and_only_where_nobody_else_is_takes_effect_alone(administrator: Officer, now: datetime) -> None:
    row = propose(administrator, now, name="Satu")
    assert proposals.take_effect_alone(now + timedelta(hours=23)) == 0
    helper = factories.make_officer("setuju@kupang.example", RoleName.APPROVER)
    helper.created_at = now
    helper.active = False
    db.session.commit()
    assert proposals.take_effect_alone(now + timedelta(hours=25)) == 0, "whoever closes all others is not alone"
    assert proposals.take_effect_alone(now + timedelta(days=1)) == 0
    db.session.execute(db.delete(Officer).where(Officer.id == helper.id))
    db.session.commit()
    assert proposals.take_effect_alone(now + timedelta(hours=25)) == 1
    assert (row.outcome, factories.load_unit("dinkes").name) == (ProposalOutcome.ALONE, "Satu")


def test_nobody_of_the_branch_confirms_where_a_unit_stands(
    administrator: Officer, nurse: Officer, approver: Officer, now: datetime, sign_in: SignIn
) -> None:
    """One administrator of a Dinas moved the accused unit out of its branch; moving and closing waited for nobody."""
    pdam = factories.make_officer("pdam@kupang.example", RoleName.APPROVER, unit_code="pdam")
    factories.make_unit("puskesmas", "dinkes")
    row = propose(administrator, now, "puskesmas", parent_id=factories.load_unit("pdam").id)
    for person in (nurse, pdam):  # above it as the tree is, and as it would be
        with pytest.raises(NotAllowedError):
            factories.confirm_waiting(person)
        assert "puskesmas" not in sign_in(person).get(PAGE).get_data(as_text=True).lower()
    read = unescape(sign_in(administrator).get(PAGE).get_data(as_text=True))
    assert f"Yang boleh: {approver.name}." in read
    factories.confirm_waiting(approver)
    assert db.session.get_one(Unit, int(row.subject.partition(":")[2])).parent_id == factories.load_unit("pdam").id


def test_a_number_in_the_name_of_a_unit_is_named_to_who_confirms(
    administrator: Officer, approver: Officer, now: datetime, sign_in: SignIn
) -> None:
    """Names of units and kelurahan stand in answers: one administrator put a number into them."""
    propose(administrator, now, name="Dinas Kesehatan, WA 0812-3456-7890")
    page = unescape(sign_in(approver).get(PAGE).get_data(as_text=True))
    assert "tidak ada di daftar saluran resmi: 0812-3456-7890." in page


def test_a_person_depends_on_whom_they_made_in_whatever_order_for_ninety_days(
    administrator: Officer, approver: Officer, officer: Officer, now: datetime
) -> None:
    row = propose(administrator, now, name="Satu")
    with write_transaction():  # a made b, then c made a: b and c are one hand all the same
        tie_officer(administrator, officer, "invited", now)
        tie_officer(approver, administrator, "moved", now)
    for person in (officer, approver):
        assert proposals.why_not(row, person, now)
    from hoax_tracker.authority.confirmers import find_tied

    assert find_tied([approver.id], {officer.id}, now) == {approver.id}
    assert find_tied([approver.id], {officer.id}, now + timedelta(days=89)) == {approver.id}
    assert find_tied([approver.id, officer.id], {administrator.id}, now + timedelta(days=91)) == set()


def test_what_a_command_proposed_no_administrator_confirms(approver: Officer, now: datetime, app: APIFlask) -> None:
    both = factories.make_officer("admin2@kupang.example", RoleName.ADMINISTRATOR, RoleName.APPROVER)
    propose(None, now, name="Satu")
    with pytest.raises(NotAllowedError):
        factories.confirm_waiting(both)
    factories.confirm_waiting(approver)
    assert factories.load_unit("dinkes").name == "Satu"


def test_the_page_confirms_and_refuses(
    administrator: Officer, approver: Officer, now: datetime, sign_in: SignIn
) -> None:
    row = propose(administrator, now, name="Satu")
    browser = sign_in(approver)
    token = factories.csrf_token_in(browser.get(PAGE).get_data(as_text=True))
    answer = browser.post(f"{PAGE}/{row.id}/tolak", data={"csrf_token": token, "reason": ""})
    assert answer.status_code == 422
    assert "Tulis mengapa ditolak" in answer.get_data(as_text=True)
    answer = browser.post(f"{PAGE}/{row.id}/setujui", data={"csrf_token": token, "seen": "lain"})
    assert answer.status_code == 409
    seen = proposal_digest(row)
    assert browser.post(f"{PAGE}/{row.id}/setujui", data={"csrf_token": token, "seen": seen}).status_code == 303
    assert factories.load_unit("dinkes").name == "Satu"
    assert sign_in(administrator).get(PAGE).status_code == 200
