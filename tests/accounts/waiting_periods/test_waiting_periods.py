"""Nobody publishes alone, not by a detour: roles, invitations and resets that one person gives wait for another."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.accounts import invitations, officer_edits, officers, own_account, password_links
from hoax_tracker.accounts.second_factor import resets
from hoax_tracker.accounts.sign_on.identities import join_identity, unlink_identities
from hoax_tracker.accounts.waiting_periods import periods, settlement
from hoax_tracker.clarify import service
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimAppearance,
    Clarification,
    ClarificationStatus,
    Officer,
    Power,
    Report,
    RoleName,
    WaitingReason,
    db,
)
from hoax_tracker.review.claim_page import reporter_contact
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, read_letters, turn_mail_on
from tests.accounts.second_factor.helpers import give_code_app
from tests.accounts.waiting_periods.conftest import Approve, give_roles, only_period, periods_of
from tests.clarify.conftest import complete
from tests.test_concurrency import together

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(hours=24)
REASON = "HP hilang, orangnya datang sendiri ke kantor"
PUBLISHED = ClarificationStatus.PUBLISHED
ADMINISTRATOR, OFFICER, APPROVER = RoleName.ADMINISTRATOR, RoleName.OFFICER, RoleName.APPROVER


def colleague(name: str, *roles: RoleName) -> Officer:
    return factories.make_officer(f"{name}@kupang.example", *roles)


def reset_password(person: Officer, *, by: Officer | None, now: datetime) -> password_links.HandedLink:
    with write_transaction():
        return password_links.send_password_link(person, by=by, now=now)


def actions() -> list[str]:
    return list(db.session.scalars(db.select(AuditEvent.action).order_by(AuditEvent.id)))


# What waits, and until when


def test_a_role_that_publishes_waits_a_day_and_says_until_when(
    administrator: Officer, approve: Approve, now: datetime
) -> None:
    person = colleague("baru", OFFICER)
    give_roles(person, {OFFICER, APPROVER}, by=administrator, now=now)
    for moment in (now, now + MINUTE, now + DAY - MINUTE):
        with pytest.raises(NotAllowedError) as refused:
            approve(person, moment)
        assert "Dapat mulai 25 November 2026, 16.05 WITA" in str(refused.value.user_message)
        assert "karena peran Anda diubah" in str(refused.value.user_message)
    assert approve(person, now + DAY) is PUBLISHED


def test_an_administrator_makes_nobody_approver_and_approves_not_even_themselves(
    administrator: Officer, approve: Approve, now: datetime
) -> None:
    give_roles(administrator, {ADMINISTRATOR, APPROVER}, by=administrator, now=now)
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(administrator, now, "Tidak ada yang lain")
    with pytest.raises(NotAllowedError, match="own_account"):
        settlement.confirm_change(only_period().id, by=administrator, now=now)


def reset_second_factor(person: Officer, by: Officer, now: datetime) -> None:
    give_code_app(person)
    resets.reset_second_factor(person.id, REASON, by=by, now=now)


def unlink(person: Officer, by: Officer, now: datetime) -> None:
    with write_transaction():
        join_identity(person, "https://sso.example", "7", now)
    unlink_identities(person, by=by, now=now)


def reopen(person: Officer, by: Officer, now: datetime) -> None:
    officer_edits.disable_officer_account(person.id, by=by, now=now)
    officer_edits.enable_officer_account(person.id, by=by, now=now)


RESETS: dict[WaitingReason, Any] = {
    WaitingReason.PASSWORD: lambda person, by, now: reset_password(person, by=by, now=now),
    WaitingReason.SECOND_FACTOR: reset_second_factor,
    WaitingReason.IDENTITY: unlink,
    WaitingReason.REOPENED: reopen,
}


@pytest.mark.parametrize("reason", list(RESETS))
def test_a_reset_by_somebody_else_waits(
    reason: WaitingReason, administrator: Officer, second: Officer, approver: Officer, approve: Approve, now: datetime
) -> None:
    RESETS[reason](approver, administrator, now)
    assert only_period().reason is reason
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(approver, now + HOUR)
    with pytest.raises(NotAllowedError, match="own_act"):
        settlement.confirm_change(only_period().id, by=administrator, now=now + HOUR)
    settlement.confirm_change(only_period().id, by=second, now=now + HOUR)
    assert approve(approver, now + HOUR) is PUBLISHED
    assert chain_check.verify_chain().broken_at is None


def contact_of(app: APIFlask, claim: Claim) -> int:
    key = app.extensions["settings"].contact_key
    row = Report(ticket_digest=secrets.token_hex(32), text="Air mati", received_at=factories.NOW)
    row.consent_at, row.contact_encrypted = factories.NOW, encrypt_contact("warga@contoh.example", key)
    db.session.add(row)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=row.id, seen_at=factories.NOW))
    db.session.commit()
    return row.id


def test_a_contact_does_not_open_in_a_name_that_somebody_just_reset(
    app: APIFlask, administrator: Officer, officer: Officer, now: datetime
) -> None:
    claim = factories.make_claim()
    report, key = contact_of(app, claim), app.extensions["settings"].contact_key
    reset_password(officer, by=administrator, now=now)
    with pytest.raises(NotAllowedError) as refused:
        reporter_contact.open_report(claim.id, report, "Menanyakan waktunya", key=key, officer=officer, now=now)
    assert "Anda belum dapat membuka kontak pelapor, karena kata sandi Anda" in str(refused.value.user_message)
    assert "contact_shown" not in actions()
    later = now + DAY
    assert reporter_contact.open_report(claim.id, report, "Bertanya", key=key, officer=officer, now=later)


def test_another_unit_waits_too(administrator: Officer, approve: Approve, now: datetime) -> None:
    mover = factories.make_officer("pindah@kupang.example", APPROVER, unit_code="dinkes")
    with write_transaction():
        root = factories.load_unit()
        officers.change_officer(mover, name=mover.name, roles={APPROVER}, unit=root, by=administrator, now=now)
    assert only_period().reason is WaitingReason.UNIT
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(mover, now)


def test_one_role_more_lets_only_what_is_new_wait(
    app: APIFlask, administrator: Officer, approver: Officer, approve: Approve, now: datetime
) -> None:
    give_roles(approver, {APPROVER, OFFICER}, by=administrator, now=now)
    assert periods.is_waiting(approver, Power.CONTACTS, now)
    assert approve(approver, now) is PUBLISHED


def test_what_gives_no_power_waits_for_nobody(administrator: Officer, officer: Officer, now: datetime) -> None:
    give_roles(officer, {OFFICER}, by=administrator, now=now)
    with write_transaction():
        officers.change_officer(
            officer, name="Nama Lain", roles={OFFICER}, unit=officer.unit, by=administrator, now=now
        )
    assert periods_of(officer) == []


def test_what_the_owner_does_waits_for_nobody(
    app: APIFlask, approver: Officer, approve: Approve, now: datetime
) -> None:
    turn_mail_on(app)
    with app.test_request_context():
        password_links.request_password_link(approver.email, now)
        password_links.answer_password_requests(now)
        token = read_letters(app, approver.email)[-1].text.split("/petugas/sandi/")[1].split()[0]
        password_links.choose_password(token, GOOD_PASSWORD, now)
        own_account.change_password(approver.id, GOOD_PASSWORD, "payung biru kursi sawah", now)
    with write_transaction():
        join_identity(approver, "https://sso.example", "7", now)
    unlink_identities(approver, by=approver, now=now)
    assert periods_of(approver) == []
    assert approve(approver, now) is PUBLISHED


def test_no_page_changes_an_address_for_a_reset_by_its_new_owner(
    administrator: Officer, approver: Officer, sign_in: Any
) -> None:
    browser, path = sign_in(administrator), f"/petugas/kelola/petugas/{approver.id}"
    before, page = approver.email, browser.get(path).get_data(as_text=True)
    seen = page.split('name="seen"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    sent = {"name": "Nama Lain", "roles": "approver", "unit_id": approver.unit_id, "email": "lain@kupang.example"}
    sent |= {"csrf_token": factories.csrf_token_in(page), "seen": seen}
    assert browser.post(path, data=sent).status_code == 302
    changed = db.session.get_one(Officer, approver.id)
    assert (changed.name, changed.email) == ("Nama Lain", before)


# What does not shorten it


def test_back_and_forth_begins_anew(
    administrator: Officer, second: Officer, officer: Officer, approve: Approve, now: datetime
) -> None:
    person = colleague("bolak", APPROVER)
    give_roles(person, {OFFICER}, by=administrator, now=now)
    give_roles(person, {OFFICER, APPROVER}, by=administrator, now=now + HOUR)
    settlement.confirm_change(periods_of(person)[-1].id, by=second, now=now + HOUR)
    give_roles(person, {OFFICER}, by=administrator, now=now + 2 * HOUR)
    give_roles(person, {OFFICER, APPROVER}, by=administrator, now=now + 2 * HOUR)
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(person, now + 2 * HOUR)
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(person, now + 25 * HOUR)
    assert approve(person, now + 26 * HOUR) is PUBLISHED


def test_a_clock_set_back_shortens_nothing(
    administrator: Officer, approver: Officer, approve: Approve, now: datetime
) -> None:
    reset_password(approver, by=administrator, now=now)
    for moment in (now - timedelta(days=400), now - HOUR, now + DAY - MINUTE):
        with pytest.raises(NotAllowedError, match="waiting"):
            approve(approver, moment)


def test_each_change_is_confirmed_for_itself(
    administrator: Officer, second: Officer, approver: Officer, approve: Approve, now: datetime
) -> None:
    reset_password(approver, by=administrator, now=now)
    give_roles(approver, {APPROVER, ADMINISTRATOR}, by=second, now=now)
    mine, theirs = periods_of(approver)
    settlement.confirm_change(theirs.id, by=administrator, now=now)
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(approver, now)
    with pytest.raises(NotAllowedError, match="own_act"):
        settlement.confirm_change(mine.id, by=administrator, now=now)


# Who does not count as the second


def test_a_fresh_administrator_is_no_second(
    administrator: Officer, approver: Officer, officer: Officer, now: datetime
) -> None:
    give_roles(officer, {OFFICER, ADMINISTRATOR}, by=administrator, now=now)
    reset_password(approver, by=administrator, now=now + MINUTE)
    [reset] = periods_of(approver)
    with pytest.raises(NotAllowedError, match="confirmation: waiting"):
        settlement.confirm_change(reset.id, by=officer, now=now + MINUTE)


def test_what_a_fresh_administrator_does_is_not_confirmed_by_who_made_them(
    administrator: Officer, second: Officer, approver: Officer, officer: Officer, now: datetime
) -> None:
    give_roles(officer, {OFFICER, ADMINISTRATOR}, by=administrator, now=now)
    reset_password(approver, by=officer, now=now + MINUTE)
    [reset] = periods_of(approver)
    assert reset.made_by == [officer.id, administrator.id]
    with pytest.raises(NotAllowedError, match="own_act"):
        settlement.confirm_change(reset.id, by=administrator, now=now + MINUTE)
    settlement.confirm_change(reset.id, by=second, now=now + MINUTE)
    assert periods_of(approver) == []


def test_an_administrator_whose_password_was_reset_is_no_second(
    administrator: Officer, second: Officer, approver: Officer, now: datetime
) -> None:
    reset_password(second, by=administrator, now=now)
    reset_password(approver, by=administrator, now=now)
    with pytest.raises(NotAllowedError, match="confirmation: waiting"):
        settlement.confirm_change(periods_of(approver)[0].id, by=second, now=now)


def test_two_who_reset_a_second_factor_need_no_third_unless_one_is_fresh(
    administrator: Officer, second: Officer, officer: Officer, approver: Officer, now: datetime
) -> None:
    give_code_app(approver)
    resets.reset_second_factor(approver.id, "", by=administrator, now=now)
    assert resets.reset_second_factor(approver.id, "", by=second, now=now)
    assert periods_of(approver) == []
    give_roles(officer, {OFFICER, ADMINISTRATOR}, by=administrator, now=now)
    give_code_app(approver)
    resets.reset_second_factor(approver.id, "", by=administrator, now=now)
    assert resets.reset_second_factor(approver.id, "", by=officer, now=now)
    assert periods_of(approver)[0].made_by == [officer.id, administrator.id]


def test_a_role_taken_away_confirms_nothing(
    administrator: Officer, second: Officer, third: Officer, approver: Officer, now: datetime
) -> None:
    reset_password(approver, by=administrator, now=now)
    give_roles(second, {OFFICER}, by=third, now=now)
    officer_edits.disable_officer_account(third.id, by=administrator, now=now)
    for person in (second, third):
        with pytest.raises(NotAllowedError, match="no_role"):
            settlement.confirm_change(only_period_of(approver), by=person, now=now)


def only_period_of(person: Officer) -> int:
    [period] = periods_of(person)
    return period.id


# Detours


def test_who_makes_an_author_does_not_approve_what_that_one_writes(
    app: APIFlask, administrator: Officer, second: Officer, claim: Claim, now: datetime
) -> None:
    with app.test_request_context(), write_transaction():
        unit = factories.load_unit()
        handed = invitations.invite_officer(
            "tulis@kupang.example", "Penulis", {OFFICER}, unit=unit, by=administrator, now=now
        )
    with app.test_request_context():
        author = invitations.accept_invitation(handed.url.rsplit("/", 1)[1], GOOD_PASSWORD, now)
    key = service.draft_from_claim(claim.id, claim.version, officer=author, now=now)
    page = db.session.get_one(Clarification, key)
    service.save_draft(key, page.version, complete(page), officer=author, now=now)
    service.submit_draft(key, page.version, officer=author, now=now)
    with pytest.raises(NotAllowedError, match="made_author"):
        service.approve_draft(key, page.version, "Tidak ada penyetuju", officer=administrator, now=now)
    service.approve_draft(key, page.version, "Tidak ada penyetuju", officer=second, now=now)
    assert page.status is PUBLISHED


def test_who_resets_the_author_does_not_approve_either(
    administrator: Officer, second: Officer, officer: Officer, approve: Approve, now: datetime
) -> None:
    reset_password(officer, by=administrator, now=now)
    with pytest.raises(NotAllowedError, match="made_author"):
        approve(administrator, now, REASON)
    settlement.confirm_change(only_period().id, by=second, now=now)
    assert approve(administrator, now, REASON) is PUBLISHED


@pytest.mark.parametrize("role", [RoleName.OFFICER, RoleName.AUDITOR])
def test_who_reset_an_account_does_not_confirm_the_role_that_another_gives_it(
    role: RoleName, administrator: Officer, second: Officer, approve: Approve, now: datetime
) -> None:
    person = colleague("dipakai", role)
    reset_password(person, by=administrator, now=now)
    give_roles(person, {APPROVER}, by=second, now=now)
    reset, given = periods_of(person)
    settlement.confirm_change(given.id, by=administrator, now=now)
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(person, now)
    [shown] = settlement.list_waiting_changes(second, now)
    assert (shown.period.id, shown.powers) == (reset.id, "menyetujui dan menarik klarifikasi")
    settlement.confirm_change(reset.id, by=second, now=now)
    assert approve(person, now) is PUBLISHED


def test_letting_the_only_approver_wait_opens_no_way_to_step_in(
    administrator: Officer, approver: Officer, approve: Approve, now: datetime
) -> None:
    reset_password(approver, by=administrator, now=now)
    with pytest.raises(NotAllowedError, match="others_can"):
        approve(administrator, now, REASON)


def test_who_repeats_an_invitation_made_the_account_too(
    app: APIFlask, administrator: Officer, second: Officer, third: Officer, approve: Approve, now: datetime
) -> None:
    with app.test_request_context(), write_transaction():
        unit = factories.load_unit()
        invitations.invite_officer("baru@kupang.example", "Baru", {APPROVER}, unit=unit, by=administrator, now=now)
    row = invitations.list_invitations()[0]
    with app.test_request_context():
        handed = invitations.repeat_invitation(row.id, by=second, now=now)
        person = invitations.accept_invitation(handed.url.rsplit("/", 1)[1], GOOD_PASSWORD, now + 70 * HOUR)
    with pytest.raises(NotAllowedError, match="waiting"):
        approve(person, now + 71 * HOUR)
    for maker in (administrator, second):
        with pytest.raises(NotAllowedError, match="own_act"):
            settlement.confirm_change(only_period().id, by=maker, now=now + 71 * HOUR)
    settlement.confirm_change(only_period().id, by=third, now=now + 71 * HOUR)
    assert approve(person, now + 71 * HOUR) is PUBLISHED


def test_the_first_administrator_of_an_empty_office_waits_for_nobody(app: APIFlask, now: datetime) -> None:
    with app.test_request_context(), write_transaction():
        unit = factories.load_unit()
        handed = invitations.invite_officer(
            "satu@kupang.example", "Satu", {ADMINISTRATOR, OFFICER}, unit=unit, by=None, now=now
        )
    with app.test_request_context():
        person = invitations.accept_invitation(handed.url.rsplit("/", 1)[1], GOOD_PASSWORD, now)
    assert periods_of(person) == []


# Commands on the server, and the named second


def test_a_command_waits_and_only_the_named_second_confirms_it(
    administrator: Officer, approver: Officer, approve: Approve, now: datetime
) -> None:
    head = colleague("kepala", OFFICER)
    with write_transaction():
        settlement.name_second(head, now - 2 * DAY)
    reset_password(approver, by=None, now=now)
    with pytest.raises(NotAllowedError, match="by_command"):
        settlement.confirm_change(only_period_of(approver), by=administrator, now=now)
    settlement.confirm_change(only_period_of(approver), by=head, now=now)
    assert approve(approver, now) is PUBLISHED


def test_being_named_second_waits_itself(administrator: Officer, approver: Officer, now: datetime) -> None:
    head = colleague("kepala", OFFICER)
    with write_transaction():
        settlement.name_second(head, now)
    reset_password(approver, by=administrator, now=now)
    with pytest.raises(NotAllowedError, match="confirmation: waiting"):
        settlement.confirm_change(only_period_of(approver), by=head, now=now)
    settlement.reject_change(only_period_of(head), by=administrator, now=now)
    assert not db.session.get_one(Officer, head.id).is_named_second


@pytest.mark.parametrize("role", [RoleName.ADMINISTRATOR, RoleName.AUDITOR])
def test_neither_administrator_nor_auditor_is_named(app: APIFlask, role: RoleName, now: datetime) -> None:
    with pytest.raises(InvalidInputError), write_transaction():
        settlement.name_second(colleague("kepala", role), now)


# Rejecting


def test_a_rejected_role_is_taken_away(
    administrator: Officer, second: Officer, officer: Officer, now: datetime
) -> None:
    give_roles(officer, {OFFICER, APPROVER}, by=administrator, now=now)
    settlement.reject_change(only_period().id, by=second, now=now)
    person = db.session.get_one(Officer, officer.id)
    assert [role.name for role in person.roles] == ["officer"]
    assert person.active
    assert actions()[-2:] == ["waiting_period_rejected", "officer_changed"]


def test_after_a_rejected_reset_the_account_is_closed(
    administrator: Officer, second: Officer, approver: Officer, now: datetime
) -> None:
    reset_password(approver, by=administrator, now=now)
    settlement.reject_change(only_period().id, by=second, now=now)
    assert not db.session.get_one(Officer, approver.id).active


def test_rejecting_leaves_an_administrator(app: APIFlask, administrator: Officer, now: datetime) -> None:
    head = colleague("kepala", OFFICER)
    with write_transaction():
        settlement.name_second(head, now - 2 * DAY)
    reset_password(administrator, by=None, now=now)
    with pytest.raises(EditConflictError):
        settlement.reject_change(only_period_of(administrator), by=head, now=now)
    assert db.session.get_one(Officer, administrator.id).active


def test_two_at_once_decide_once(
    app: APIFlask, administrator: Officer, second: Officer, third: Officer, officer: Officer, now: datetime
) -> None:
    give_roles(officer, {OFFICER, APPROVER}, by=administrator, now=now)
    key, ids = only_period().id, (second.id, third.id)
    outcomes = together(
        app,
        [
            lambda: settlement.confirm_change(key, by=db.session.get_one(Officer, ids[0]), now=now),
            lambda: settlement.reject_change(key, by=db.session.get_one(Officer, ids[1]), now=now),
        ],
    )
    [refused] = [outcome for outcome in outcomes if isinstance(outcome, HoaxTrackerError)]
    assert isinstance(refused, EditConflictError)
    is_confirmed = isinstance(outcomes[0], str)
    assert db.session.get_one(Officer, officer.id).is_a(APPROVER) is is_confirmed
    assert ("waiting_period_confirmed" in actions()) is not ("waiting_period_rejected" in actions())


def test_an_old_one_is_over(administrator: Officer, second: Officer, officer: Officer, now: datetime) -> None:
    give_roles(officer, {OFFICER, APPROVER}, by=administrator, now=now)
    for decide in (settlement.confirm_change, settlement.reject_change):
        with pytest.raises(EditConflictError):
            decide(only_period().id, by=second, now=now + DAY)
    assert db.session.get_one(Officer, officer.id).is_a(APPROVER)


# Letters


def test_the_person_all_administrators_and_the_second_are_told(
    app: APIFlask, administrator: Officer, second: Officer, officer: Officer, now: datetime
) -> None:
    turn_mail_on(app)
    head, clerk = colleague("kepala", OFFICER), colleague("lain", OFFICER)
    head.is_named_second, second.language = True, "en"
    db.session.commit()
    with app.test_request_context():
        give_roles(officer, {OFFICER, APPROVER}, by=administrator, now=now)
        for reader in (officer, administrator, head):
            [letter] = read_letters(app, reader.email)
            assert "Admin memberi Petugas peran Penyetuju." in " ".join(letter.text.split())
            assert "25 November 2026, 16.05 WITA" in letter.text
        assert "Admin gave Petugas the role Approver" in " ".join(read_letters(app, second.email)[0].text.split())
        assert read_letters(app, clerk.email) == []
        settlement.confirm_change(only_period().id, by=second, now=now)
        assert "Dua mengonfirmasinya." in read_letters(app, officer.email)[-1].text
        reset_password(officer, by=None, now=now)
        told = " ".join(read_letters(app, administrator.email)[-1].text.split())
        assert "Seseorang dengan perintah di server menyetel ulang kata sandi Petugas." in told
