"""How one person alone came to power over accounts; each way ends at a second, independent person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.accounts import invitations, officer_acts
from hoax_tracker.authority import proposals
from hoax_tracker.authority.confirmers import Refusal, find_refusal
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, LinkExpiredError, NotAllowedError, NotFoundError
from hoax_tracker.models import Officer, OfficerTie, Proposal, ProposalOutcome, RoleName, db
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD
from tests.mail_server import turn_mail_on

DAY = timedelta(days=1)
OFFICER, APPROVER, ADMINISTRATOR = RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR
NEW = "boneka@kupang.example"


@pytest.fixture
def office(officer: Officer, approver: Officer, administrator: Officer) -> Officer:
    """An honest officer and approver, and an administrator who is not honest."""
    return administrator


def invite(by: Officer | None, now: datetime, email: str = NEW, role: RoleName = APPROVER) -> Proposal:
    with write_transaction():
        return invitations.invite_officer(email, "Boneka", [role], unit=factories.load_unit(), by=by, now=now)


def accept(app: APIFlask, by: Officer | None, now: datetime, email: str = NEW) -> Officer:
    """Make the link of a confirmed invitation and accept it."""
    row = invitations.find_confirmed(email)
    assert row is not None
    handed = invitations.hand_link(row.id, by=by, now=now)
    with app.test_request_context():
        return invitations.accept_invitation(handed.url.rsplit("/", 1)[1], GOOD_PASSWORD, now)


def give(person: Officer, *roles: RoleName, by: Officer, now: datetime) -> officer_acts.OfficerEdit:
    before = officer_acts.officer_values(person)
    wanted = before | {"roles": [role.value for role in roles]}
    return officer_acts.edit_officer_account(person.id, wanted, values_digest(before), by=by, now=now)


def roles_of(person: Officer) -> set[str]:
    return {role.name for role in db.session.get_one(Officer, person.id).roles}


def confirm_all(by: Officer, now: datetime) -> None:
    factories.confirm_waiting(by, now=now)


def work_on(now: datetime, *people: Officer) -> None:
    """Let people do something, so that nobody takes them for gone."""
    with write_transaction():
        for person in people:
            audit_log.record_event("signed_in", f"officer:{person.id}", officer=person, now=now)


def test_an_administrator_invites_and_has_nobody(app: APIFlask, office: Officer, now: datetime) -> None:
    """Inviting, writing as the invited, refusing the own invitation and approving took two minutes."""
    row = invite(office, now)
    assert invitations.find_confirmed(NEW) is None
    with pytest.raises(NotAllowedError):
        confirm_all(office, now)
    with pytest.raises(NotAllowedError):
        proposals.refuse(row.id, "batal", by=office, now=now)
    with pytest.raises(NotFoundError):
        invitations.hand_link(1, by=office, now=now)
    proposals.withdraw(row.id, by=office, now=now)
    assert db.session.get_one(Proposal, row.id).outcome is ProposalOutcome.WITHDRAWN, "and it is remembered"
    assert proposals.take_effect_alone(now + 2 * DAY) == 0


def test_who_is_confirmed_and_invited_is_not_independent_of_the_inviter(
    app: APIFlask, office: Officer, approver: Officer, now: datetime
) -> None:
    invite(office, now)
    confirm_all(approver, now)
    creature = accept(app, office, now)
    for maker, other in ((office, creature), (creature, office)):
        row = ask(maker, now)
        assert find_refusal(row, other, now) is Refusal.TIED
        assert find_refusal(row, other, now + 89 * DAY) is Refusal.TIED
        assert find_refusal(row, approver, now) is None
        proposals.withdraw(row.id, by=maker, now=now)
    with write_transaction():
        creature = db.session.get_one(Officer, creature.id)
        creature.active = False
    assert find_refusal(ask(creature, now), office, now) is Refusal.TIED, "a closed account is remembered"


def ask(by: Officer, now: datetime) -> Proposal:
    """Propose something about a third person."""
    third = db.session.scalars(sa.select(Officer).where(Officer.email == "petugas@kupang.example")).one()
    row = give(third, OFFICER, APPROVER, by=by, now=now).proposal
    assert row is not None
    return row


def test_creatures_of_creatures_are_the_makers(
    app: APIFlask, office: Officer, approver: Officer, now: datetime
) -> None:
    invite(office, now, role=ADMINISTRATOR)
    confirm_all(approver, now)
    creature = accept(app, office, now)
    invite(creature, now, "cucu@kupang.example")
    confirm_all(approver, now)
    grandchild = accept(app, creature, now, "cucu@kupang.example")
    assert find_refusal(ask(office, now), grandchild, now) is Refusal.TIED
    [row] = proposals.list_open()
    proposals.withdraw(row.id, by=office, now=now)
    assert find_refusal(ask(grandchild, now), office, now) is Refusal.TIED


def test_an_administrator_strips_and_closes_everybody_and_gains_nothing(
    office: Officer, officer: Officer, approver: Officer, now: datetime
) -> None:
    """With no approver left an administrator stepped in."""
    give(approver, OFFICER, by=office, now=now)
    assert roles_of(approver) == {"approver"}, "taking a role away waits, too"
    give(office, OFFICER, APPROVER, ADMINISTRATOR, by=office, now=now)
    for person in (officer, approver):
        officer_acts.disable_officer_account(person.id, by=office, now=now)
        assert not db.session.get_one(Officer, person.id).active
    for later in (2 * DAY, 100 * DAY, 400 * DAY):
        assert proposals.take_effect_alone(now + later) == 0
    assert roles_of(office) == {"administrator"}
    # Opening them again long after does not make them people who are gone.
    for row in proposals.list_open([officer_acts.CLOSING]):
        proposals.withdraw(row.id, by=office, now=now + 400 * DAY)
    assert proposals.take_effect_alone(now + 401 * DAY) == 0
    assert db.session.get_one(Officer, approver.id).active


def test_the_shell_makes_an_approver_for_nobody(
    app: APIFlask, office: Officer, officer: Officer, approver: Officer, now: datetime
) -> None:
    """``officer add --role approver``, a draft and an approval were one hand's."""
    row = invite(None, now)
    assert find_refusal(row, office, now) is Refusal.BY_COMMAND, "any administrator may have typed it"
    assert proposals.take_effect_alone(now + 2 * DAY) == 0
    confirm_all(approver, now)
    creature = accept(app, None, now)
    second = invite(None, now, "lagi@kupang.example")
    assert find_refusal(second, creature, now) is Refusal.TIED, "made by a command, it confirms none"
    assert find_refusal(second, approver, now) is None


def test_a_reset_lets_nobody_act_in_a_name(office: Officer, officer: Officer, approver: Officer, now: datetime) -> None:
    password = approver.password
    officer_acts.propose_password_reset(approver.id, by=office, now=now)
    assert db.session.get_one(Officer, approver.id).password == password
    with pytest.raises(EditConflictError):
        officer_acts.hand_password_link(approver.id, by=office, now=now)
    confirm_all(factories.find_outsider(), now)
    assert db.session.get_one(Officer, approver.id).password is None
    assert find_refusal(ask(office, now), approver, now) is Refusal.TIED
    assert find_refusal(proposals.list_open()[0], approver, now + 91 * DAY) is None


@pytest.mark.parametrize("act", ["roles", "unit", "reopen", "second_factor"])
def test_whoever_changes_an_account_is_tied_to_it(
    office: Officer, officer: Officer, approver: Officer, now: datetime, act: str
) -> None:
    if act == "roles":
        give(officer, OFFICER, APPROVER, by=office, now=now)
    elif act == "unit":
        before = officer_acts.officer_values(officer)
        moved = before | {"unit_id": factories.load_unit("pdam").id}
        officer_acts.edit_officer_account(officer.id, moved, values_digest(before), by=office, now=now)
    elif act == "reopen":
        officer.active = False
        db.session.commit()
        officer_acts.enable_officer_account(officer.id, by=office, now=now)
    else:
        officer.has_second_factor = True
        db.session.commit()
        officer_acts.propose_second_factor_reset(officer.id, "HP hilang di pasar Oeba", by=office, now=now)
    assert db.session.scalars(sa.select(OfficerTie)).all() == []
    confirm_all(approver, now)
    [tie] = db.session.scalars(sa.select(OfficerTie))
    assert (tie.maker_id, tie.officer_id) == (office.id, officer.id)


def test_no_time_gives_power_where_the_office_is_there_and_does_not_confirm(
    office: Officer, officer: Officer, approver: Officer, now: datetime
) -> None:
    """After 24 hours everything counted as confirmed."""
    invite(office, now)
    give(office, APPROVER, ADMINISTRATOR, by=office, now=now)
    officer_acts.propose_password_reset(approver.id, by=office, now=now)
    officer_acts.propose_second(officer.id, is_named=True, by=office, now=now)
    for later in (DAY, 2 * DAY, 50 * DAY, 100 * DAY):
        work_on(now + later - timedelta(hours=1), officer, approver)
        assert proposals.take_effect_alone(now + later) == 0
    assert roles_of(office) == {"administrator"}
    assert invitations.find_confirmed(NEW) is None
    assert not db.session.get_one(Officer, officer.id).is_named_second


def test_whom_one_promotes_or_resets_still_could_have_confirmed(
    office: Officer, approver: Officer, now: datetime
) -> None:
    """The only approver, given a second role, is tied to the administrator, who would then be alone."""
    give(approver, OFFICER, APPROVER, by=office, now=now)
    confirm_all(approver, now)
    row = invite(office, now)
    assert find_refusal(row, approver, now) is Refusal.TIED
    assert proposals.take_effect_alone(now + 2 * DAY) == 0


def test_where_nobody_else_is_there_it_takes_effect_after_a_day(office: Officer, now: datetime, app: APIFlask) -> None:
    for person in db.session.scalars(sa.select(Officer).where(Officer.id != office.id)):
        person.roles, person.created_at = [], now - 400 * DAY
    db.session.commit()
    row = invite(office, now)
    assert proposals.take_effect_alone(now + timedelta(hours=23)) == 0
    assert proposals.take_effect_alone(now + DAY) == 1
    assert db.session.get_one(Proposal, row.id).outcome is ProposalOutcome.ALONE
    creature = accept(app, office, now + DAY)
    assert find_refusal(ask(office, now + DAY), creature, now + DAY) is Refusal.TIED


def test_at_the_very_first_setup_nobody_has_to_confirm(app: APIFlask, now: datetime) -> None:
    row = invite(None, now, role=ADMINISTRATOR)
    assert row.outcome is ProposalOutcome.ALONE
    assert accept(app, None, now).is_administrator
    assert invite(None, now, "lagi@kupang.example").outcome is ProposalOutcome.OPEN


def test_one_that_can_no_longer_take_effect_holds_up_no_other(office: Officer, now: datetime) -> None:
    """The worker goes on with the next proposal."""
    second = factories.make_officer("dua@kupang.example", ADMINISTRATOR)
    give(second, OFFICER, by=office, now=now)
    invite(office, now)
    for person in db.session.scalars(sa.select(Officer).where(Officer.id != office.id)):
        person.roles, person.created_at = [], now - 400 * DAY
    db.session.commit()
    assert proposals.take_effect_alone(now + DAY) == 1


def test_a_withdrawn_or_unconfirmed_link_opens_nothing(
    app: APIFlask, office: Officer, approver: Officer, now: datetime
) -> None:
    invite(office, now)
    confirm_all(approver, now)
    row = invitations.find_confirmed(NEW)
    assert row is not None
    token = invitations.hand_link(row.id, by=office, now=now).url.rsplit("/", 1)[1]
    invitations.withdraw_invitation(row.id, by=office, now=now)
    with app.test_request_context(), pytest.raises(LinkExpiredError):
        invitations.accept_invitation(token, GOOD_PASSWORD, now)
    outcomes = db.session.scalars(sa.select(Proposal.outcome).where(Proposal.act == invitations.INVITATION)).all()
    assert outcomes == [ProposalOutcome.CONFIRMED], "it stays"


def test_who_is_concerned_and_administrators_are_told(
    app: APIFlask, office: Officer, officer: Officer, approver: Officer, now: datetime
) -> None:
    from tests.accounts.letters import read_letters

    turn_mail_on(app)
    give(officer, OFFICER, APPROVER, by=office, now=now)
    assert "Menunggu orang kedua" in read_letters(app, officer.email)[0].text
    assert len(read_letters(app, office.email)) == 1, "whose account may be in another's hand"
    confirm_all(approver, now)
    assert "diputuskan Penyetuju" in read_letters(app, officer.email)[1].text
