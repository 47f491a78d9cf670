"""Attacks on invitations: used twice, too late, by somebody else, or after the inviter has left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts import invitations
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import chain_check
from hoax_tracker.errors import InvalidInputError, LinkExpiredError, NotFoundError
from hoax_tracker.models import AuditEvent, Base, Invitation, Officer, OfficerTie, RoleName, db
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, choose, path_in, path_on, read_letters
from tests.mail_server import turn_mail_on

SignIn = Callable[[Officer], FlaskClient]
KEEP = "/petugas/kelola/petugas"
NEW = "rambu@kupang.example"


def propose(browser: FlaskClient, **changes: Any) -> str:
    """Propose somebody on the administrators' page and return the list after it."""
    unit = factories.load_unit("dinkes").id
    fields = {"email": NEW, "name": "Rambu Contoh", "roles": "approver", "unit_id": unit} | changes
    page = browser.get(f"{KEEP}/baru").get_data(as_text=True)
    seen = page.split('name="seen"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    answer = browser.post(
        f"{KEEP}/baru", data={"csrf_token": factories.csrf_token_in(page), "seen": seen} | fields, follow_redirects=True
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def invite(browser: FlaskClient, **changes: Any) -> str:
    """Propose somebody, let a second person confirm it, and return the page on which the link is handed over."""
    propose(browser, **changes)
    factories.confirm_waiting()
    row = open_invitation()
    assert row is not None
    return factories.submit_form(browser, f"{KEEP}/undangan/{row.id}/ulangi", KEEP).get_data(as_text=True)


@pytest.fixture
def host(administrator: Officer, sign_in: SignIn) -> FlaskClient:
    """A browser in which an administrator is signed in."""
    return sign_in(administrator)


def open_invitation() -> Invitation | None:
    return db.session.scalar(sa.select(Invitation))


def invited_officer() -> Officer | None:
    return db.session.scalar(sa.select(Officer).where(Officer.email == NEW))


def test_the_link_is_mailed_once_confirmed_and_makes_the_account(
    app: APIFlask, host: FlaskClient, client: FlaskClient
) -> None:
    turn_mail_on(app)
    page = propose(host)
    assert "Diusulkan; orang kedua yang mengonfirmasi." in page
    assert "Rambu Contoh (rambu@kupang.example)" in page, "what waits is listed"
    assert (open_invitation(), read_letters(app, NEW)) == (None, []), "before that there is no link"
    second = factories.confirm_waiting()
    assert invited_officer() is None, "nobody routes work to who is not there yet"
    [letter] = read_letters(app, NEW)
    assert choose(client, path_in(letter)) == 303
    person = invited_officer()
    assert person is not None
    assert (person.name, person.unit.code, [role.name for role in person.roles]) == (
        "Rambu Contoh",
        "dinkes",
        ["approver"],
    )
    assert open_invitation() is None
    factories.submit_form(client, "/petugas/masuk", email=NEW, password=GOOD_PASSWORD)
    assert client.get("/petugas/untuk-anda").status_code == 200
    actions = list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))
    made = ["proposal_made", "officer_invited", "proposal_confirmed", "officer_added", "invitation_accepted"]
    assert actions == ["signed_in", *made, "signed_in"]
    assert chain_check.verify_chain().broken_at is None
    [tie] = db.session.scalars(sa.select(OfficerTie))
    assert tie.officer_id == person.id
    assert tie.maker_id not in (None, second.id), "the inviter, not who confirmed it"


def test_who_had_the_link_in_hand_counts_as_the_inviter(
    host: FlaskClient, client: FlaskClient, administrator: Officer, sign_in: SignIn
) -> None:
    holder = factories.make_officer("dua@kupang.example", RoleName.ADMINISTRATOR)
    invite(host)
    row = open_invitation()
    assert row is not None
    shown = factories.submit_form(sign_in(holder), f"{KEEP}/undangan/{row.id}/ulangi", KEEP)
    assert choose(client, path_on(shown.get_data(as_text=True))) == 303
    assert {one.maker_id for one in db.session.scalars(sa.select(OfficerTie))} == {administrator.id, holder.id}


def test_one_of_an_earlier_version_opens_nothing(host: FlaskClient, client: FlaskClient) -> None:
    path = path_on(invite(host))
    row = open_invitation()
    assert row is not None
    row.proposal_id = None
    db.session.commit()
    assert choose(client, path) == 404
    assert "Undangan yang belum diterima" not in host.get(KEEP).get_data(as_text=True)
    assert path_on(invite(host)), "it makes way"


def test_without_a_mail_server_the_link_is_shown_once(host: FlaskClient, client: FlaskClient) -> None:
    path = path_on(invite(host))
    assert path.rsplit("/", 1)[1] not in host.get(KEEP).get_data(as_text=True)
    assert choose(client, path) == 303


def test_a_mail_server_that_is_away_keeps_the_letter(app: APIFlask, host: FlaskClient) -> None:
    from hoax_tracker.notifications.mail import send_due_letters

    turn_mail_on(app)
    propose(host)
    factories.confirm_waiting()
    assert send_due_letters(app.extensions["settings"], utc_now()) == 0
    assert len(read_letters(app, NEW)) == 1


def test_no_token_and_no_password_stands_in_the_database(host: FlaskClient, client: FlaskClient) -> None:
    token = path_on(invite(host)).rsplit("/", 1)[1]
    choose(client, f"/petugas/undangan/{token}")
    for table in Base.metadata.sorted_tables:
        held = str([tuple(row) for row in db.session.execute(sa.select(table))])
        assert token not in held, table.name
        assert GOOD_PASSWORD not in held, table.name


def test_looking_at_it_uses_nothing_up_and_it_works_once(app: APIFlask, host: FlaskClient, client: FlaskClient) -> None:
    path = path_on(invite(host))
    for _ in range(3):  # a mail server's scanner
        assert client.get(path).status_code == 200
    assert choose(client, path) == 303
    thief = app.test_client()
    page = client.get("/petugas/masuk").get_data(as_text=True)
    stolen = {"csrf_token": factories.csrf_token_in(page), "password": "payung biru kursi sawah"}
    assert client.post(path, data=stolen | {"again": stolen["password"]}).status_code == 404
    assert thief.get(path).status_code == 404
    assert "sudah dipakai, dicabut, diganti, atau kedaluwarsa" in thief.get(path).get_data(as_text=True)


@pytest.mark.parametrize(("minutes", "status"), [(-5, 303), (5, 404)])
def test_it_ends_after_72_hours(host: FlaskClient, client: FlaskClient, minutes: int, status: int) -> None:
    path = path_on(invite(host))
    row = open_invitation()
    assert row is not None
    assert timedelta(hours=72) <= row.expires_at - row.invited_at < timedelta(hours=73)
    row.expires_at = utc_now() - timedelta(minutes=minutes)
    db.session.commit()
    assert choose(client, path) == status


def test_a_clock_five_minutes_off_neither_ends_nor_refuses_it(app: APIFlask, administrator: Officer) -> None:
    """The host that invites is ahead of the host at which the person accepts."""
    from hoax_tracker.core.database.transactions import write_transaction

    now = utc_now()
    ahead = now + timedelta(minutes=5)
    with write_transaction():
        invitations.invite_officer(
            NEW, "R", [RoleName.OFFICER], unit=factories.load_unit(), by=administrator, now=ahead
        )
    factories.confirm_waiting(now=ahead)
    row = open_invitation()
    assert row is not None
    handed = invitations.hand_link(row.id, by=administrator, now=ahead)
    with app.test_request_context():
        assert invitations.accept_invitation(handed.url.rsplit("/", 1)[1], GOOD_PASSWORD, now).email == NEW


def test_somebody_signed_in_as_another_is_refused_and_nothing_is_used(
    host: FlaskClient, client: FlaskClient, officer: Officer, sign_in: SignIn
) -> None:
    path, other = path_on(invite(host)), sign_in(officer)
    page = other.get("/petugas/akun").get_data(as_text=True)
    fields = {"csrf_token": factories.csrf_token_in(page), "password": GOOD_PASSWORD, "again": GOOD_PASSWORD}
    for answer in (other.get(path), other.post(path, data=fields)):
        assert answer.status_code == 409
        assert "Tautan ini untuk orang lain" in answer.get_data(as_text=True)
    assert invited_officer() is None
    assert choose(client, path) == 303


def test_a_weak_password_is_refused_and_the_link_stays(host: FlaskClient, client: FlaskClient) -> None:
    path = path_on(invite(host))
    for password, again, words in [
        ("kupangkabas2026", "kupangkabas2026", "mudah ditebak"),
        ("rambucontoh123", "rambucontoh123", "mudah ditebak"),
        ("pendek", "pendek", "paling sedikit 12"),
        (GOOD_PASSWORD, GOOD_PASSWORD + "x", "belum sama"),
        ("", "", "wajib diisi"),
    ]:
        answer = factories.submit_form(client, path, password=password, again=again)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert words in page
        assert not password or password not in page
    assert choose(client, path) == 303


def test_open_ones_are_listed_repeated_and_withdrawn(host: FlaskClient, client: FlaskClient) -> None:
    first = path_on(invite(host))
    assert "Undangan yang belum diterima" in host.get(KEEP).get_data(as_text=True)
    row = open_invitation()
    assert row is not None
    key = row.id
    again = factories.submit_form(host, f"{KEEP}/undangan/{key}/ulangi", KEEP).get_data(as_text=True)
    second = path_on(again)
    assert client.get(first).status_code == 404, "the letter that was sent first opens nothing any more"
    assert client.get(second).status_code == 200
    assert factories.submit_form(host, f"{KEEP}/undangan/{key}/cabut", KEEP).status_code == 302
    assert client.get(second).status_code == 404
    assert "Undangan yang belum diterima" not in host.get(KEEP).get_data(as_text=True)
    assert factories.submit_form(host, f"{KEEP}/undangan/{key}/cabut", KEEP).status_code == 404


def test_nobody_is_invited_twice(host: FlaskClient, administrator: Officer) -> None:
    propose(host)
    with pytest.raises(AssertionError, match="sudah diusulkan"):
        propose(host, email="RAMBU@kupang.example")
    factories.confirm_waiting()
    with pytest.raises(AssertionError, match="sudah diundang"):
        propose(host, email="RAMBU@kupang.example")
    row = open_invitation()
    assert row is not None
    row.expires_at = utc_now() - timedelta(minutes=1)
    db.session.commit()
    assert path_on(invite(host)), "one that nobody took up makes way"


@pytest.mark.parametrize("gone", ["disabled", "demoted", "their unit", "the unit"])
def test_it_opens_nothing_once_who_invited_or_the_unit_is_closed(
    host: FlaskClient, client: FlaskClient, administrator: Officer, gone: str
) -> None:
    path = path_on(invite(host))
    if gone == "disabled":
        administrator.active = False
    elif gone == "demoted":
        administrator.roles = []
    elif gone == "their unit":
        administrator.unit = factories.load_unit("pdam")
        administrator.unit.is_active = False
    else:
        factories.load_unit("dinkes").is_active = False
    db.session.commit()
    assert choose(client, path) == 404
    assert invited_officer() is None


def test_two_who_accept_at_once_make_one_account(app: APIFlask, host: FlaskClient) -> None:
    from tests.test_concurrency import together

    token = path_on(invite(host)).rsplit("/", 1)[1]

    def accept() -> None:
        with app.test_request_context():
            invitations.accept_invitation(token, GOOD_PASSWORD, utc_now())

    outcomes = together(app, [accept] * 3)
    assert sorted(type(one).__name__ for one in outcomes) == ["LinkExpiredError", "LinkExpiredError", "NoneType"]
    assert db.session.scalar(sa.select(sa.func.count()).where(Officer.email == NEW)) == 1


def test_an_officer_cannot_be_invited_and_a_stranger_cannot_invite(
    app: APIFlask, officer: Officer, sign_in: SignIn, administrator: Officer
) -> None:
    with pytest.raises(InvalidInputError):
        invitations.invite_officer(
            officer.email, "x", [RoleName.OFFICER], unit=factories.load_unit(), by=administrator, now=utc_now()
        )
    assert sign_in(officer).get(f"{KEEP}/baru").status_code == 403
    with pytest.raises(NotFoundError):
        invitations.withdraw_invitation(999, by=administrator, now=utc_now())
    with pytest.raises(LinkExpiredError):
        invitations.find_invitation("", utc_now())
