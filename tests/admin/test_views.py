"""Administrators' pages: access, stored changes, refused input, and two administrators at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model.model_files import register_shipped_model
from hoax_tracker.models import District, Officer, Programme, RoleName, Topic, Unit, UnitTopic, db
from hoax_tracker.operations.backup.backup import record_backup
from hoax_tracker.operations.health_checks import Heartbeat
from hoax_tracker.organisation import reference_data, units
from tests import factories
from tests.browser import read_form_fields, submit_changes
from tests.factories import count_rows, list_audit_actions

pytestmark = pytest.mark.usefixtures("city")
SignIn = Callable[[Officer], FlaskClient]
BASE = "/petugas/kelola"
PAGES = [
    "/",
    "/petugas",
    "/petugas/baru",
    "/unit",
    "/unit/baru",
    "/topik",
    "/wilayah",
    "/program",
    "/program/baru",
    "/sistem",
]
ACTS = ["/petugas/baru", "/petugas/1", "/petugas/1/tutup", "/petugas/1/buka", "/petugas/1/sandi", "/unit/baru"]
ACTS += ["/petugas/1/tautan", "/petugas/1/pihak-kedua", "/petugas/1/faktor-kedua"]
ACTS += [
    "/petugas/undangan/1/ulangi",
    "/petugas/undangan/1/cabut",
    "/unit/2",
    "/topik/water",
    "/wilayah/1",
    "/program/baru",
    "/program/1",
]


def send(browser: FlaskClient, path: str, **changes: Any) -> Any:
    """Change some fields of the form at a path and send it."""
    return submit_changes(browser, BASE + path, **changes)


def unit_named(code: str) -> Unit:
    return db.session.scalars(sa.select(Unit).where(Unit.code == code)).one()


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_administrators_only(
    browser: FlaskClient, officer: Officer, approver: Officer, sign_in: SignIn, client: FlaskClient, path: str
) -> None:
    answer = browser.get(BASE + path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(BASE + path).status_code == 302
    assert sign_in(officer).get(BASE + path).status_code == 403
    assert sign_in(approver).get(BASE + path).status_code == 403


@pytest.mark.parametrize("path", ACTS)
def test_a_raw_post_by_others_or_without_a_token_is_refused(
    browser: FlaskClient, officer: Officer, sign_in: SignIn, client: FlaskClient, path: str
) -> None:
    before = list_audit_actions()
    other = sign_in(officer)
    token = factories.csrf_token_in(other.get("/petugas/").get_data(as_text=True))
    fields = {"csrf_token": token, "name": "x", "short_name": "x", "kind": "dinas", "email": "x@kupang.example"}
    assert other.post(BASE + path, data=fields).status_code == 403
    assert client.post(BASE + path, data=fields).status_code in (400, 401)
    assert browser.post(BASE + path, data={"name": "x"}).status_code == 400
    assert list_audit_actions() == before


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "bukan email", "Alamat email itu tidak sah."),
        ("email", "admin@kupang.example", "Email itu sudah dipakai petugas lain."),
        ("email", "", "Isian ini wajib diisi."),
        ("name", "   ", "Isian ini wajib diisi."),
        ("name", "x" * 121, "Paling banyak 120 huruf."),
        ("roles", [], "Pilih paling sedikit satu."),
        ("roles", ["raja"], "Pilih salah satu dari daftar."),
        ("unit_id", "999999", "Pilih salah satu dari daftar."),
        ("unit_id", "abc", "Pilih salah satu dari daftar."),
    ],
)
def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(
    browser: FlaskClient, field: str, value: Any, words: str
) -> None:
    given = {"email": "baru@kupang.example", "name": "Yang Diketik"} | {field: value}
    answer = send(browser, "/petugas/baru", **given)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-salah">{words}</p>' in page
    assert f'value="{given["email"]}"' in page
    assert f'value="{str(given["name"]).strip()}"' in page
    assert count_rows(Officer) == 1


def test_roles_and_unit_of_an_officer_are_changed(browser: FlaskClient, officer: Officer) -> None:
    path = f"/petugas/{officer.id}"
    answer = send(browser, path, name="Nama Baru", roles=["approver", "officer"], unit_id=str(unit_named("dinkes").id))
    assert answer.status_code == 302
    assert officer.name == "Nama Baru", "a name waits for nobody"
    assert not officer.is_a(RoleName.APPROVER)
    assert "Menunggu orang kedua: Peran dan perangkat daerah petugas" in browser.get(BASE + path).text
    factories.confirm_waiting()
    assert officer.is_a(RoleName.APPROVER)
    assert officer.unit.code == "dinkes"
    changes = ["officer_changed", "proposal_made", "officer_changed", "proposal_confirmed"]
    assert list_audit_actions() == changes
    assert send(browser, path).status_code == 302
    assert list_audit_actions() == changes, "nothing changed, nothing noted"


def test_the_last_administrator_is_neither_demoted_nor_closed(browser: FlaskClient, administrator: Officer) -> None:
    answer = send(browser, f"/petugas/{administrator.id}", roles=["officer"])
    assert answer.status_code == 409
    assert "Ini administrator terakhir." in answer.get_data(as_text=True)
    page = f"{BASE}/petugas/{administrator.id}"
    assert factories.submit_form(browser, f"{page}/tutup", page).status_code == 409
    assert administrator.active
    assert administrator.is_administrator


def test_an_account_is_closed_and_opened(browser: FlaskClient, officer: Officer, sign_in: SignIn) -> None:
    page, other = f"{BASE}/petugas/{officer.id}", sign_in(officer)
    for _ in range(2):
        assert factories.submit_form(browser, f"{page}/tutup", page).status_code == 302
    assert not officer.active
    assert other.get("/petugas/sumber/").status_code == 302
    assert "Akun ini ditutup." in browser.get(page).get_data(as_text=True)
    factories.confirm_waiting()
    factories.submit_form(browser, f"{page}/buka", page)
    assert not officer.active
    factories.confirm_waiting()
    assert officer.active
    made, confirmed = "proposal_made", "proposal_confirmed"
    assert list_audit_actions() == ["officer_disabled", made, confirmed, made, "officer_enabled", confirmed]


def test_who_refuses_a_closing_opens_the_account_again(browser: FlaskClient, officer: Officer) -> None:
    page = f"{BASE}/petugas/{officer.id}"
    factories.submit_form(browser, f"{page}/tutup", page)
    [row] = proposals.list_open()
    proposals.refuse(row.id, "Ia masih bekerja", by=factories.find_outsider(), now=utc_now())
    assert officer.active


def test_the_second_person_is_proposed_and_taken_back(browser: FlaskClient, officer: Officer) -> None:
    page = f"{BASE}/petugas/{officer.id}"
    for named in ("1", "0"):
        assert factories.submit_form(browser, f"{page}/pihak-kedua", page, named=named).status_code == 303
        assert officer.is_named_second == (named == "0"), "not before it is confirmed"
        factories.confirm_waiting()
        assert officer.is_named_second == (named == "1")
    other = f"{BASE}/petugas/{factories.make_officer('dua@kupang.example', RoleName.ADMINISTRATOR).id}"
    assert factories.submit_form(browser, f"{other}/pihak-kedua", page, named="1").status_code == 422


def test_edits_survive_loading_the_reference_data_again(browser: FlaskClient, approver: Officer, guarded: None) -> None:
    dinkes, mayor = unit_named("dinkes"), unit_named("dinsos")
    district = db.session.scalars(sa.select(District).where(District.name == "Oesapa")).one()
    card = db.session.scalars(sa.select(Programme).where(Programme.name == "KTP-el")).one()
    before = (dinkes.name, district.aliases, card.name)
    send(browser, f"/unit/{dinkes.id}", name="Dinas Kesehatan dan Gizi", parent_id=str(mayor.id))
    send(browser, "/topik/market", unit_id=str(dinkes.id))
    send(browser, f"/wilayah/{district.id}", aliases="Oesapa Besar\r\n\r\noesapa  besar\r\nOSP")
    send(browser, f"/program/{card.id}", name="KTP elektronik", aliases="", unit_id="")
    assert (dinkes.name, district.aliases, card.name) == before, "nobody alone changes what residents read"
    factories.confirm_waiting(approver)
    with write_transaction():
        assert set(reference_data.load_reference_data().values()) == {0}
    assert (dinkes.name, dinkes.parent_id) == ("Dinas Kesehatan dan Gizi", mayor.id)
    assert db.session.get_one(UnitTopic, Topic.MARKET).unit_id == dinkes.id
    assert district.aliases == ["oesapa besar", "OSP"]
    assert (card.name, card.aliases, card.unit_id) == ("KTP elektronik", [], None)
    assert list_audit_actions() == ["proposal_made"] * 4 + ["proposal_confirmed"] * 4
    assert chain_check.verify_chain().broken_at is None


def test_sending_a_form_unchanged_does_not_mark_the_row_as_edited(browser: FlaskClient) -> None:
    unit = unit_named("dinkes")
    district = db.session.scalars(sa.select(District).where(District.name == "Oesapa")).one()
    card = db.session.scalars(sa.select(Programme).where(Programme.name == "KTP-el")).one()
    for path in (f"/unit/{unit.id}", f"/wilayah/{district.id}", f"/program/{card.id}", "/topik/water"):
        assert send(browser, path).status_code == 303
    assert [row.edited_at for row in (unit, district, card)] == [None, None, None]
    assert list_audit_actions() == []


def test_a_unit_is_added_with_a_code_of_its_own(browser: FlaskClient, approver: Officer, guarded: None) -> None:
    given = {
        "name": "Dinas Kesehatan Hewan",
        "short_name": "Dinkes",
        "parent_id": str(units.require_root_unit().id),
    }
    assert send(browser, "/unit/baru", **given).status_code == 303
    factories.confirm_waiting(approver)
    unit = unit_named("dinkes-2")
    assert (unit.name, unit.kind, unit.is_active, unit.edited_at is not None) == (given["name"], "dinas", True, True)
    with write_transaction():
        assert reference_data.load_reference_data()["units"] == 0


def test_the_tree_of_units_stays_a_tree(browser: FlaskClient) -> None:
    root, district = units.require_root_unit(), unit_named("kec-alak")
    below = db.session.scalars(sa.select(Unit).where(Unit.parent_id == district.id)).first()
    assert below
    for parent in (below.id, district.id):
        answer = send(browser, f"/unit/{district.id}", parent_id=str(parent))
        assert answer.status_code == 422
        assert "salah satu bawahannya" in answer.get_data(as_text=True)
    answer = send(browser, f"/unit/{district.id}", parent_id="")
    assert answer.status_code == 422
    assert district.parent_id == root.id
    assert send(browser, f"/unit/{root.id}", parent_id=str(district.id)).status_code == 303, (
        "it has no parent to choose"
    )
    assert root.parent_id is None
    assert list_audit_actions() == []


def test_a_unit_that_answers_a_topic_stays_active(browser: FlaskClient, approver: Officer) -> None:
    unit, other = unit_named("dinkes"), unit_named("dispora")
    fields = read_form_fields(browser, f"{BASE}/unit/{unit.id}")
    fields.pop("is_active")
    answer = browser.post(f"{BASE}/unit/{unit.id}", data=fields)
    assert answer.status_code == 422
    assert "Masih menjawab topik: Kesehatan." in answer.get_data(as_text=True)
    assert unit.is_active
    fields = read_form_fields(browser, f"{BASE}/unit/{other.id}")
    fields.pop("is_active")
    assert browser.post(f"{BASE}/unit/{other.id}", data=fields).status_code == 303
    factories.confirm_waiting(approver)
    assert not other.is_active
    assert send(browser, "/topik/water", unit_id=str(other.id)).status_code == 422, "not offered any more"
    root = units.require_root_unit()
    fields = read_form_fields(browser, f"{BASE}/unit/{root.id}")
    fields.pop("is_active")
    assert browser.post(f"{BASE}/unit/{root.id}", data=fields).status_code == 422


def test_a_programme_is_added_and_its_name_taken_once(browser: FlaskClient, approver: Officer, guarded: None) -> None:
    assert send(browser, "/program/baru", name="Sembako Murah", aliases="pasar murah").status_code == 303
    factories.confirm_waiting(approver)
    added = db.session.scalars(sa.select(Programme).where(Programme.name == "Sembako Murah")).one()
    assert added.aliases == ["pasar murah"]
    for name in ("sembako murah", "ktp-EL"):
        answer = send(browser, "/program/baru", name=name, aliases="")
        assert answer.status_code == 422
        assert "Nama itu sudah dipakai program lain." in answer.get_data(as_text=True)
    answer = send(browser, "/program/baru", name="Baru", aliases="x" * 81)
    assert answer.status_code == 422
    assert 'id="aliases-salah"' in answer.get_data(as_text=True)


def test_the_second_of_two_administrators_is_told_and_overwrites_nothing(
    browser: FlaskClient, administrator: Officer, sign_in: SignIn
) -> None:
    second = sign_in(factories.make_officer("admin2@kupang.example", RoleName.ADMINISTRATOR))
    unit = unit_named("dinkes")
    drawn = read_form_fields(second, f"{BASE}/unit/{unit.id}")
    assert send(browser, f"/unit/{unit.id}", name="Dinas Kesehatan Kota").status_code == 303
    answer = second.post(f"{BASE}/unit/{unit.id}", data=drawn | {"name": "Nama Kedua"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert unit.name == "Dinas Kesehatan"
    assert 'value="Nama Kedua"' in page, "what was typed stays"
    assert "<dd>Dinas Kesehatan Kota</dd>" in page, "what waits is shown"
    assert f"{administrator.name} lebih dulu: «mengusulkan perubahan»" in page
    assert list_audit_actions() == ["proposal_made"]
    assert second.post(f"{BASE}/unit/{unit.id}", data=drawn | {"name": "Nama Kedua"}).status_code == 409


@pytest.mark.parametrize("kind", ["petugas", "topik", "wilayah", "program"])
def test_every_form_tells_the_second_of_two(browser: FlaskClient, officer: Officer, kind: str) -> None:
    dinkes, dinsos = str(unit_named("dinkes").id), str(unit_named("dinsos").id)
    path, first, late = {
        "petugas": (f"/petugas/{officer.id}", {"name": "Satu"}, {"name": "Dua"}),
        "topik": ("/topik/market", {"unit_id": dinkes}, {"unit_id": dinsos}),
        "wilayah": ("/wilayah/9", {"aliases": "Satu"}, {"aliases": "Dua"}),
        "program": ("/program/1", {"aliases": "Satu"}, {"aliases": "Dua"}),
    }[kind]
    drawn = read_form_fields(browser, BASE + path)
    done = 302 if kind == "petugas" else 303
    assert browser.post(BASE + path, data=drawn | first).status_code == done
    assert browser.post(BASE + path, data=drawn | late).status_code == 409
    assert browser.post(BASE + path, data=drawn | late | {"seen": ""}).status_code == 409
    assert len(list_audit_actions()) == 1
    assert send(browser, path, **late).status_code == done
    assert len(list_audit_actions()) == 2


@pytest.mark.parametrize("path", ["/petugas/999", "/unit/999", "/topik/bukan", "/wilayah/999", "/program/999"])
def test_what_is_not_there_is_not_found(browser: FlaskClient, path: str) -> None:
    assert browser.get(BASE + path).status_code == 404


def test_the_overview_counts_and_names_the_last_changes(browser: FlaskClient, approver: Officer) -> None:
    send(browser, f"/unit/{unit_named('dinkes').id}", name="Dinas <b>Kesehatan</b>")
    send(browser, "/topik/market", unit_id=str(unit_named("dinkes").id))
    factories.confirm_waiting(approver)
    page = browser.get(BASE + "/").get_data(as_text=True)
    assert "menyetujui usulan: Dinas &lt;b&gt;Kesehatan&lt;/b&gt;" in page
    assert "menyetujui usulan: Pasar dan harga" in page


def test_the_system_page_says_what_does_not_work(browser: FlaskClient) -> None:
    page = browser.get(f"{BASE}/sistem").text
    assert "bagian perlu diperiksa" in page  # no worker runs in this test, and no model is registered
    assert 'Pekerja latar</b>: <b class="wrong">bermasalah</b>, tidak berjalan' in page
    assert "Pencocokan pesan" in page
    assert "memakai kata" in page
    Heartbeat().beat()
    with write_transaction():
        register_shipped_model(factories.NOW)
    again = browser.get(f"{BASE}/sistem").text
    assert "tidak berjalan" not in again
    assert "sedang dipakai" in again


def test_the_system_page_says_when_the_last_backup_was_made(browser: FlaskClient) -> None:
    assert "Belum pernah dibuat" in browser.get(f"{BASE}/sistem").text
    record_backup(utc_now() - timedelta(days=8))
    assert '<p class="wrong">Terakhir dibuat' in browser.get(f"{BASE}/sistem").text
    record_backup(utc_now())
    page = browser.get(f"{BASE}/sistem").text
    assert "<p>Terakhir dibuat" in page
    assert "hoax-tracker backup" not in page
    assert "membuat cadangan" in browser.get("/petugas/audit").text


def test_a_unit_in_which_the_last_administrator_works_is_not_closed(
    browser: FlaskClient, administrator: Officer, approver: Officer
) -> None:
    unit = unit_named("kec-alak")
    administrator.unit_id = unit.id
    db.session.commit()
    fields = read_form_fields(browser, f"{BASE}/unit/{unit.id}")
    fields.pop("is_active")
    answer = browser.post(f"{BASE}/unit/{unit.id}", data=fields)
    assert answer.status_code == 422
    assert "Administrator yang terakhir bekerja di sini" in answer.get_data(as_text=True)
    factories.make_officer("dua@kupang.example", RoleName.ADMINISTRATOR)
    assert browser.post(f"{BASE}/unit/{unit.id}", data=fields).status_code == 303
    factories.confirm_waiting(approver)
    assert browser.get(f"{BASE}/").status_code == 302, "from now on the first one is out"
