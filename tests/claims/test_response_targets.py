"""Urgent deadlines run around the clock, others in working days, as an administrator sets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.claims import response_targets
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import AuditEvent, Holiday, Officer, OfficeRules, db
from hoax_tracker.organisation import reference_data
from tests.browser import read_form_fields
from tests.factories import csrf_token_in

PATH = "/petugas/kelola/jam-kerja"


def test_urgent_and_high_run_round_the_clock(app: APIFlask, now: datetime) -> None:
    saturday = now + timedelta(days=4)
    found = response_targets.load_targets()
    assert found.due(0.9, saturday) - saturday == timedelta(hours=3)
    assert found.due(0.6, saturday) - saturday == timedelta(hours=24)
    assert found.due(0.1, saturday, is_report=True) - saturday == timedelta(hours=24)
    monday = datetime.fromisoformat("2026-11-30T07:30+08:00")
    assert found.due(0.1, now) == monday, "five minutes after hours on Tuesday: three days from Wednesday's opening"


def test_an_administrator_changes_targets_and_hours(
    administrator: Officer, now: datetime, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    browser = sign_in(administrator)
    fields = read_form_fields(browser, PATH) | {"urgent_hours": "2", "day5": "08.00-12.00"}
    assert browser.post(PATH, data=fields).status_code == 302
    row = db.session.get_one(OfficeRules, 1)
    assert (row.urgent_hours, row.hours[5], row.hours[6]) == (2, ["08:00", "12:00"], None)
    assert response_targets.load_targets().due(0.9, now) - now == timedelta(hours=2)
    late = browser.post(PATH, data=fields)
    assert late.status_code == 409
    assert "mengubah jam kerja dan batas waktu" in late.get_data(as_text=True)


def test_what_is_no_time_is_refused_by_field(administrator: Officer, sign_in: Callable[[Officer], FlaskClient]) -> None:
    browser = sign_in(administrator)
    fields = read_form_fields(browser, PATH)
    for bad in ({"day0": "16:00-07:30"}, {"day1": "pagi"}, {"urgent_hours": "0"}, {"digest_from": "25:00"}):
        assert browser.post(PATH, data=fields | bad).status_code == 422, bad
    assert db.session.get(OfficeRules, 1) is None


def test_holidays_are_added_verified_and_taken_off(
    administrator: Officer, now: datetime, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    with write_transaction():
        loaded = reference_data.load_holidays(data_file_path("kupang") / "holidays.csv")
    assert loaded == db.session.query(Holiday).count()
    browser = sign_in(administrator)
    page = browser.get(PATH).get_data(as_text=True)
    assert "belum diperiksa" in page
    token = {"csrf_token": csrf_token_in(page)}
    assert browser.post(f"{PATH}/libur", data=token | {"day": "", "name": "Libur"}).status_code == 422
    past = browser.post(f"{PATH}/libur", data=token | {"day": "2020-01-01", "name": "Libur"})
    assert (past.status_code, "Hari itu sudah lewat" in past.text) == (422, True)
    coming = date(utc_now().year + 1, 4, 25)
    for far in (f"{utc_now().year + 4}-01-01", "9999-12-31"):
        refused = browser.post(f"{PATH}/libur", data=token | {"day": far, "name": "Libur"})
        assert (refused.status_code, "lebih dari tiga tahun lagi" in refused.text) == (422, True)
    browser.post(f"{PATH}/libur", data=token | {"day": coming.isoformat(), "name": "Hari jadi kota"})
    browser.post(f"{PATH}/libur/2027-02-06/sahkan", data=token)
    browser.post(f"{PATH}/libur/2027-05-01/hapus", data=token)
    assert browser.post(f"{PATH}/libur/bukan-tanggal/hapus", data=token).status_code == 404
    closed = response_targets.load_targets().calendar.holidays
    assert coming in closed
    assert date(2027, 5, 1) not in closed
    with write_transaction():
        assert reference_data.load_holidays(data_file_path("kupang") / "holidays.csv") == 0, (
            "a day taken off does not come back"
        )
    assert db.session.get_one(Holiday, date(2027, 2, 6)).is_verified
    assert db.session.query(AuditEvent).filter(AuditEvent.action.startswith("holiday_")).count() == 3
