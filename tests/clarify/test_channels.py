"""The list of official channels: nothing that one person alone put into it or took out of it ever counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.clarify import channels
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    AuditEvent,
    ChannelKind,
    Officer,
    OfficialChannel,
    Proposal,
    ProposalOutcome,
    RoleName,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.organisation.channels.official_list import find_channel_facts
from tests import factories
from tests.browser import read_form_fields

SignIn = Callable[[Officer], FlaskClient]
DESK = "/petugas/saluran/"
WAITING = "/petugas/menunggu"
ACCOUNT = "rekening Bank NTT 012-020-100-45"


def propose(officer: Officer, now: datetime, value: str = "Bank NTT 01202010045") -> Proposal:
    """Propose a bank account, and return what waits."""
    channels.propose_channel(ChannelKind.BANK_ACCOUNT, value, "Bapenda", officer=officer, now=now)
    return proposals.list_open(["channel"])[-1]


def approve(row: Proposal, officer: Officer, now: datetime) -> None:
    proposals.confirm(row.id, proposals.proposal_digest(row), by=officer, now=now)


def listed() -> OfficialChannel:
    """The only channel that counts or counted."""
    return db.session.scalars(sa.select(OfficialChannel)).one()


def change(officer: Officer, now: datetime, **values: Any) -> Proposal:
    """Propose a change of the only channel, and return what waits."""
    before = channels.channel_values(listed())
    channels.propose_change(listed().id, before | values, values_digest(before), officer=officer, now=now)
    return proposals.list_open(["channel"])[-1]


def said_of(text: str = ACCOUNT) -> list[tuple[str, str]]:
    facts = find_channel_facts(text, "https://kabas.example")
    return [(fact.status.value, fact.listed.owner if fact.listed else "") for fact in facts]


def test_a_number_that_one_person_slips_in_counts_for_nothing(
    officer: Officer, approver: Officer, client: FlaskClient, now: datetime
) -> None:
    row = propose(officer, now)
    assert said_of() == []
    assert "daftar resmi" not in client.post("/cek", data={"teks": f"Bayar retribusi ke {ACCOUNT}"}).get_data(True)
    approve(row, approver, now)
    assert said_of() == [("official", "Bapenda")]
    page = client.post("/cek", data={"teks": f"Bayar retribusi ke {ACCOUNT}"}).get_data(as_text=True)
    assert "Rekening ini ada di daftar resmi kota" in page
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.subject == row.subject)).all()
    assert [event.action for event in events] == ["proposal_made", "proposal_confirmed"]
    assert {event.detail["after"]["value"] for event in events} == {"Bank NTT 01202010045"}
    assert listed().confirmation_id == row.id


def test_nobody_approves_what_they_had_a_hand_in(officer: Officer, approver: Officer, now: datetime) -> None:
    both = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR)
    approve(propose(officer, now), approver, now)
    row = change(both, now, owner="Bapenda Kota")
    with pytest.raises(NotAllowedError):
        approve(row, both, now)
    assert change(officer, now, owner="Bapenda Kota Kupang") is row, "a second proposal joins the first"
    for person in (both, officer):
        with pytest.raises(NotAllowedError):
            approve(row, person, now)
    assert said_of() == [("official", "Bapenda")]
    approve(row, approver, now)
    assert said_of() == [("official", "Bapenda Kota Kupang")]


def test_an_administrator_never_steps_in(approver: Officer, administrator: Officer, now: datetime) -> None:
    row = propose(administrator, now)
    other = factories.make_officer("lain@kupang.example", RoleName.ADMINISTRATOR)
    for active in (True, False):
        approver.active = active
        db.session.commit()
        for person in (administrator, other):
            with pytest.raises(NotAllowedError):
                approve(row, person, now)
    assert said_of() == []


def test_another_owner_and_a_removal_need_two_people_too(officer: Officer, approver: Officer, now: datetime) -> None:
    approve(propose(officer, now), approver, now)
    row = change(officer, now, owner="Panitia Bansos", is_listed=False)
    assert said_of() == [("official", "Bapenda")]
    proposals.withdraw(row.id, by=officer, now=now)
    assert said_of() == [("official", "Bapenda")]
    approve(change(officer, now, is_listed=False), approver, now)
    assert said_of() == []
    assert (listed().value, listed().is_listed) == ("Bank NTT 01202010045", False)


def test_the_database_keeps_what_nobody_confirmed_off_the_list(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    approve(propose(officer, now), approver, now)
    other = factories.make_confirmation(officer, approver, "explainer", "explainer:1").id
    for statement in (
        "update official_channel set owner = 'Panitia'",
        f"update official_channel set owner = 'Panitia', confirmation_id = {other}",  # noqa: S608
        "insert into official_channel (kind, value, owner, is_listed, changed_at) "
        "values ('domain', 'x.example', 'Kota', true, '2026-11-24')",
    ):
        with pytest.raises(sa.exc.DatabaseError, match="no second person"):
            db.session.execute(sa.text(statement))
        db.session.rollback()


def test_a_refused_proposal_is_kept_whole(officer: Officer, approver: Officer, now: datetime) -> None:
    row = propose(officer, now)
    with pytest.raises(InvalidInputError):
        proposals.refuse(row.id, " ", by=approver, now=now)
    proposals.refuse(row.id, "Nomor ini milik pribadi.", by=approver, now=now)
    assert (row.outcome, row.values["value"], row.settled_by_id) == (
        ProposalOutcome.REFUSED,
        "Bank NTT 01202010045",
        approver.id,
    )
    (notice,) = notices.list_unseen_notices(officer)
    assert "Nomor ini milik pribadi." in notice.text
    assert propose(officer, now) is not row


def test_the_same_number_is_proposed_once_in_whatever_writing(officer: Officer, now: datetime) -> None:
    propose(officer, now)
    with pytest.raises(InvalidInputError, match="exists"):
        propose(officer, now, "Bank NTT 0120-2010-045")


def test_who_saw_another_state_neither_approves_nor_overwrites(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    approve(propose(officer, now), approver, now)
    seen_values = values_digest(channels.channel_values(listed()))
    row = change(officer, now, owner="Bapenda Kota")
    seen = proposals.proposal_digest(row)
    change(officer, now, owner="Panitia Bansos")
    with pytest.raises(EditConflictError, match="changed"):
        proposals.confirm(row.id, seen, by=approver, now=now)
    approve(row, approver, now)
    with pytest.raises(EditConflictError, match="channel"):
        values = {"owner": "x", "is_listed": True}
        channels.propose_change(listed().id, values, seen_values, officer=officer, now=now)
    assert said_of() == [("official", "Panitia Bansos")]


@pytest.mark.slow
def test_the_forms_lead_from_a_proposal_to_the_list(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    author = sign_in(officer)
    fields = read_form_fields(author, f"{DESK}baru")
    typed = fields | {"kind": "domain", "value": "https://blog.wordpress.com", "owner": "Kota", "is_listed": "y"}
    refused = author.post(f"{DESK}baru", data=typed)
    assert refused.status_code == 422
    assert "siapa saja dapat membuat halaman" in refused.get_data(as_text=True)
    assert author.post(f"{DESK}baru", data=typed | {"kind": "all"}).status_code == 422
    answer = author.post(f"{DESK}baru", data=typed | {"value": "https://pajak.example/"})
    assert answer.status_code == 303
    row = proposals.list_open(["channel"])[0]
    place = f"{WAITING}/{row.id}"
    page = author.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Ini usulan Anda sendiri" in page
    assert f"{place}/setujui" not in page
    digest = proposals.proposal_digest(row)
    assert factories.submit_form(author, f"{place}/setujui", WAITING, seen=digest).status_code == 403
    assert said_of("pajak.example/x") == []
    second = sign_in(approver)
    assert second.get(f"{DESK}baru").status_code == 403
    assert factories.submit_form(second, f"{place}/setujui", WAITING, seen="0" * 32).status_code == 409
    assert factories.submit_form(second, f"{place}/setujui", WAITING, seen=digest).status_code == 303
    assert said_of("pajak.example/x") == [("official", "Kota")]
    here = f"{DESK}{listed().id}"
    fields = read_form_fields(author, f"{here}/ubah")
    fields.pop("is_listed", None)
    assert author.post(f"{here}/ubah", data=fields | {"value": "evil.example"}).status_code == 303
    assert "Menunggu orang kedua" in author.get(here).get_data(as_text=True)
    row = proposals.list_open(["channel"])[0]
    assert factories.submit_form(author, f"{WAITING}/{row.id}/tarik", WAITING).status_code == 303
    assert said_of("pajak.example/x evil.example/x") == [("not_listed", "Kota"), ("official", "Kota")]
    assert "pajak.example" in author.get(DESK).get_data(as_text=True)


def test_the_desk_is_for_officers_only(client: FlaskClient, officer: Officer, approver: Officer, now: datetime) -> None:
    approve(propose(officer, now), approver, now)
    for path in ("", "baru", listed().id, f"{listed().id}/ubah"):
        assert client.get(f"{DESK}{path}").status_code in (302, 401)


def test_no_kind_is_chosen_and_the_value_tells_it(officer: Officer, sign_in: SignIn) -> None:
    author = sign_in(officer)
    fields = read_form_fields(author, f"{DESK}baru")
    assert fields["kind"] == [""]
    told = {
        "0380-821234": "telephone",
        "https://pajak.example/bayar": "domain",
        "Bank NTT 012-020-100-45": "bank_account",
        "https://www.instagram.com/pemkot.kupang": "social_account",
    }
    for value, kind in told.items():
        answer = author.post(f"{DESK}baru", data=fields | {"value": value, "owner": "Kota"})
        assert answer.status_code == 303, value
        assert proposals.list_open(["channel"])[-1].values["kind"] == kind
    answer = author.post(f"{DESK}baru", data=fields | {"value": "Balai Kota", "owner": "Kota"})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "Jenisnya tidak dikenali dari isinya" in page) == (422, True)
    assert 'value="Balai Kota"' in page


@pytest.mark.parametrize("kind", ["domain", "bank_account", "social_account"])
def test_a_number_under_another_kind_is_told_and_offered_as_one(officer: Officer, sign_in: SignIn, kind: str) -> None:
    author = sign_in(officer)
    typed = read_form_fields(author, f"{DESK}baru") | {"kind": kind, "value": "0380 821234", "owner": "Kota"}
    answer = author.post(f"{DESK}baru", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Isinya tampak seperti «Nomor telepon atau WhatsApp»" in page
    assert '<a href="#kind">Jenis</a>' in page
    assert '<option selected value="telephone">' in page, "it is chosen already: once more is enough"
    assert db.session.query(OfficialChannel).filter_by(value="0380821234").count() == 0


def test_the_list_leads_back_to_where_it_is_reached_from(
    officer: Officer, administrator: Officer, sign_in: SignIn
) -> None:
    page = sign_in(officer).get(DESK).get_data(as_text=True)
    assert '<p class="up"><a class="tap" href="/petugas/klarifikasi/">' in page
    assert '<a href="/petugas/klarifikasi/" aria-current="page">' in page
    page = sign_in(administrator).get(DESK).get_data(as_text=True)
    assert '<a class="tap" href="/petugas/kelola/">' in page.split('<p class="up">')[1].split("</p>")[0]
    assert '<a href="/petugas/kelola/" aria-current="page">' in page
    assert f'<a href="{DESK}" aria-current="page">' in page, "among the parts of Kelola"
