"""The list of official channels: nothing that one person alone put into it or took out of it ever counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.clarify.channels import service as channels
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import AuditEvent, ChannelKind, Officer, OfficialChannel, RoleName, db
from hoax_tracker.organisation.channels.official_list import find_channel_facts
from tests import factories
from tests.browser import read_form_fields

SignIn = Callable[[Officer], FlaskClient]
DESK = "/petugas/saluran/"
ACCOUNT = "rekening Bank NTT 012-020-100-45"


def propose(officer: Officer, now: datetime, value: str = "Bank NTT 01202010045") -> int:
    return channels.propose_channel(ChannelKind.BANK_ACCOUNT, value, "Bapenda", officer=officer, now=now)


def seen(key: int) -> str:
    return values_digest(channels.pending_values(db.session.get_one(OfficialChannel, key)))


def approve(key: int, officer: Officer, now: datetime) -> None:
    channels.approve_channel(key, seen(key), "", officer=officer, now=now)


def change(key: int, officer: Officer, now: datetime, **values: Any) -> None:
    before = channels.pending_values(db.session.get_one(OfficialChannel, key))
    channels.propose_change(key, before | values, values_digest(before), officer=officer, now=now)


def said_of(text: str = ACCOUNT) -> list[tuple[str, str]]:
    facts = find_channel_facts(text, "https://kabas.example")
    return [(fact.status.value, fact.listed.owner if fact.listed else "") for fact in facts]


def test_a_number_that_one_person_slips_in_counts_for_nothing(
    officer: Officer, approver: Officer, client: FlaskClient, now: datetime
) -> None:
    key = propose(officer, now)
    assert said_of() == []
    assert "daftar resmi" not in client.post("/cek", data={"teks": f"Bayar retribusi ke {ACCOUNT}"}).get_data(True)
    approve(key, approver, now)
    assert said_of() == [("official", "Bapenda")]
    page = client.post("/cek", data={"teks": f"Bayar retribusi ke {ACCOUNT}"}).get_data(as_text=True)
    assert "Rekening ini ada di daftar resmi kota" in page
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.subject == f"channel:{key}")).all()
    assert [event.action for event in events] == ["channel_proposed", "channel_approved"]
    assert {event.detail["value"] for event in events} == {"Bank NTT 01202010045"}


def test_nobody_approves_what_they_had_a_hand_in(officer: Officer, approver: Officer, now: datetime) -> None:
    both = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR)
    key = propose(both, now)
    with pytest.raises(NotAllowedError):
        approve(key, both, now)
    change(key, officer, now, owner="Bapenda Kota")
    for person in (both, officer):
        with pytest.raises(NotAllowedError):
            approve(key, person, now)
    assert said_of() == []
    approve(key, approver, now)
    assert said_of() == [("official", "Bapenda Kota")]


def test_an_administrator_alone_changes_nothing_while_an_approver_is_there(
    approver: Officer, administrator: Officer, officer: Officer, now: datetime
) -> None:
    key = propose(administrator, now)
    other = factories.make_officer("lain@kupang.example", RoleName.ADMINISTRATOR)
    for person in (administrator, other):
        with pytest.raises(NotAllowedError):
            channels.approve_channel(key, seen(key), "Mendesak.", officer=person, now=now)
    assert said_of() == []


def test_another_owner_and_a_removal_need_two_people_too(officer: Officer, approver: Officer, now: datetime) -> None:
    key = propose(officer, now)
    approve(key, approver, now)
    change(key, officer, now, owner="Panitia Bansos", is_listed=False)
    assert said_of() == [("official", "Bapenda")]
    assert channels.drop_proposal(key, seen(key), officer=officer, now=now)
    assert said_of() == [("official", "Bapenda")]
    change(key, officer, now, is_listed=False)
    approve(key, approver, now)
    assert said_of() == []
    row = db.session.get_one(OfficialChannel, key)
    assert (row.value, row.is_listed) == ("Bank NTT 01202010045", False)


def test_what_never_counted_goes_with_its_proposal(officer: Officer, now: datetime) -> None:
    key = propose(officer, now)
    assert not channels.drop_proposal(key, seen(key), officer=officer, now=now)
    assert db.session.get(OfficialChannel, key) is None
    assert propose(officer, now)


def test_the_same_number_is_proposed_once_in_whatever_writing(officer: Officer, now: datetime) -> None:
    propose(officer, now)
    with pytest.raises(InvalidInputError, match="exists"):
        propose(officer, now, "Bank NTT 0120-2010-045")


def test_who_saw_another_state_neither_approves_nor_overwrites(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    key = propose(officer, now)
    before = seen(key)
    change(key, officer, now, owner="Panitia Bansos")
    with pytest.raises(EditConflictError, match="channel"):
        channels.approve_channel(key, before, "", officer=approver, now=now)
    with pytest.raises(EditConflictError, match="channel"):
        channels.propose_change(key, {"owner": "x", "is_listed": True}, before, officer=officer, now=now)
    assert said_of() == []


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
    place = answer.headers["Location"]
    key = int(place.rpartition("/")[2])
    assert "Penulis tidak menyetujui tulisannya sendiri" in author.get(place).get_data(as_text=True)
    assert factories.submit_form(author, f"{place}/setujui", place, seen=seen(key)).status_code == 422
    assert said_of("pajak.example/x") == []
    second = sign_in(approver)
    assert second.get(f"{DESK}baru").status_code == 403
    assert factories.submit_form(second, f"{place}/setujui", place, seen="0" * 32).status_code == 409
    assert factories.submit_form(second, f"{place}/setujui", place, seen=seen(key)).status_code == 303
    assert said_of("pajak.example/x") == [("official", "Kota")]
    fields = read_form_fields(author, f"{place}/ubah")
    fields.pop("is_listed", None)
    assert author.post(f"{place}/ubah", data=fields | {"value": "evil.example"}).status_code == 303
    assert "Keluar dari daftar resmi" in author.get(place).get_data(as_text=True)
    assert factories.submit_form(author, f"{place}/batal", place, seen=seen(key)).status_code == 303
    assert said_of("pajak.example/x evil.example/x") == [("not_listed", "Kota"), ("official", "Kota")]
    assert "pajak.example" in author.get(DESK).get_data(as_text=True)


def test_the_desk_is_for_officers_only(client: FlaskClient, officer: Officer, now: datetime) -> None:
    key = propose(officer, now)
    for path in ("", "baru", key, f"{key}/ubah"):
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
        key = int(answer.headers["Location"].rpartition("/")[2])
        assert db.session.get_one(OfficialChannel, key).kind.value == kind
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
