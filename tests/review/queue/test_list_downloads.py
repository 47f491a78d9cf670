"""Downloads of the desk's lists: the page's rows and no others, known columns only, bounded, and noted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clarify.views.objections import CLARIFICATION_COLUMNS
from hoax_tracker.clock import utc_now
from hoax_tracker.core.web import downloads
from hoax_tracker.desk_search.search_export import SEARCH_COLUMNS
from hoax_tracker.ingest.sources.listing import SOURCE_COLUMNS
from hoax_tracker.models import AuditEvent, ClaimStatus, Officer, RoleName, Topic, db
from hoax_tracker.review.queue.queue import QUEUE_COLUMNS
from tests import factories
from tests.desk_search.rows import make_item, make_source

SignIn = Callable[[Officer], FlaskClient]
LISTS = {
    "/petugas/antrean": QUEUE_COLUMNS,
    "/petugas/klarifikasi/daftar": CLARIFICATION_COLUMNS,
    "/petugas/sumber/daftar": SOURCE_COLUMNS,
    "/petugas/cari/hasil": SEARCH_COLUMNS,
}


def read_file(browser: FlaskClient, path: str, file_format: str = "csv", query: str = "") -> list[list[str]]:
    """The cells of a download, without its headings."""
    answer = browser.get(f"{path}.{file_format}?{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    if file_format == "csv":
        return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))[1:]
    sheet = load_workbook(io.BytesIO(answer.get_data())).active
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_a_file_holds_these_columns_and_no_others() -> None:
    """An allow-list: whoever adds a column says here that it may leave the house. Contacts and posters may not."""
    names = {path: " ".join(column.name for column in columns) for path, columns in LISTS.items()}
    assert names == {
        "/petugas/antrean": "number title status unit topic labels seen priority first_seen_at last_seen_at due_at "
        "address",
        "/petugas/klarifikasi/daftar": "part number title verdict status unit topic author changed_at published_at "
        "views short_visits answers comparisons useful not_useful address",
        "/petugas/sumber/daftar": "number name source_address state items flagged interval last_success_at "
        "next_fetch_at failures address",
        "/petugas/cari/hasil": "kind number title excerpt facts at due_at address source_address",
    }


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_contacts_posters_and_claimants_are_in_no_file(
    app: APIFlask, officer: Officer, approver: Officer, sign_in: SignIn, file_format: str
) -> None:
    settings = app.extensions["settings"]
    submit_report("Air mati total", "", "WhatsApp", "rahasia@contoh.example", True, factories.NOW, settings)
    claim = factories.make_claim("Air mati total di Oebobo")
    claim.claimant = "Penuduh Rahasia"
    item = make_item(make_source(), "Air mati", claim)
    item.author = "Pengunggah Rahasia"
    factories.make_clarification(officer, approver)
    db.session.commit()
    browser = sign_in(officer)
    for path in LISTS:
        for query in ("q=air", "") if "cari" in path else ("",):
            assert "rahasia" not in str(read_file(browser, path, file_format, query)).casefold(), path


def test_the_file_follows_the_filters_and_holds_every_page(officer: Officer, sign_in: SignIn) -> None:
    for number in range(35):
        factories.make_claim(f"Air mati ke-{number}", priority=number / 100, sightings=number)
    factories.make_claim("Air lain pokok", topic=Topic.HEALTH)
    factories.make_claim("Air ditutup", status=ClaimStatus.DISMISSED)
    browser = sign_in(officer)
    rows = read_file(browser, "/petugas/antrean", query="topic=water&page=2")
    assert [row[1] for row in rows] == [f"Air mati ke-{number}" for number in reversed(range(35))]
    assert rows[0][6:9] == ["34", "34", factories.NOW.isoformat().replace("08:05:00+00:00", "16:05:00+08:00")]
    assert rows[0][-1].endswith("/petugas/klaim/35")
    assert rows == read_file(browser, "/petugas/antrean", "xlsx", "topic=water")
    assert [row[1] for row in read_file(browser, "/petugas/antrean", query="status=dismissed")] == ["Air ditutup"]


def test_every_page_of_the_search_is_in_the_file(
    officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoax_tracker.desk_search.search_export.ROWS_AT_ONCE", 3)
    ids = [factories.make_claim(f"Air <b>mati</b> {number}").id for number in range(8)]
    source = make_source()
    make_item(source, "Air mati di koran")
    browser = sign_in(officer)
    rows = read_file(browser, "/petugas/cari/hasil", query=f"q=air&kind=klaim&before={ids[2]}")
    assert [int(row[1]) for row in rows] == ids[::-1]
    assert rows[0][2] == "Air <b>mati</b> 7"
    assert {row[0] for row in read_file(browser, "/petugas/cari/hasil", query="q=air")} == {
        "Klaim",
        "Berita dan unggahan",
    }
    assert read_file(browser, "/petugas/cari/hasil") == []


def test_the_accused_unit_finds_no_reports_in_a_file_either(officer: Officer, sign_in: SignIn) -> None:
    from tests.review.decisions.test_service import make_report

    claim = factories.make_claim(accused_unit_id=officer.unit_id)
    make_report(claim)
    text = db.session.scalar(sa.text("select text from report"))
    other = factories.make_officer("lain@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    word = str(text).split()[0]
    assert read_file(sign_in(officer), "/petugas/cari/hasil", query=f"kind=aduan&q={word}") == []
    assert len(read_file(sign_in(other), "/petugas/cari/hasil", query=f"kind=aduan&q={word}")) == 1


def test_a_clarification_stands_in_each_of_its_parts(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    page = factories.make_clarification(officer, approver, number=71, title="=Air mengalir", changed_at=utc_now())
    factories.make_clarification(officer, None, title="Rancangan")
    browser = sign_in(approver)
    rows = read_file(browser, "/petugas/klarifikasi/daftar")
    assert [(row[0], row[1]) for row in rows if row[1]] == [("Pernah terbit", "71")]
    assert ["Rancangan", ""] in [row[:2] for row in rows]
    assert "'=Air mengalir" in [row[2] for row in rows]
    assert [row[1] for row in read_file(browser, "/petugas/klarifikasi/daftar", query="part=terbit")] == ["71"]
    assert page.published_at is not None


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_file_that_is_full_says_so(
    officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(downloads, "MOST_ROWS", {"csv": 4, "xlsx": 4})
    monkeypatch.setattr(downloads, "ROWS_AT_ONCE", 2)
    for number in range(4):
        factories.make_claim(f"Kabar {number}")
    browser = sign_in(officer)
    assert len(read_file(browser, "/petugas/antrean", file_format)) == 4
    factories.make_claim("Kabar lebih")
    rows = read_file(browser, "/petugas/antrean", file_format)
    assert len(rows) == 5
    assert rows[4][0] == "Berkas ini hanya memuat 4 baris pertama. Persempit saringannya."


@pytest.mark.parametrize("path", LISTS)
def test_who_took_what_is_in_the_audit_log(officer: Officer, sign_in: SignIn, path: str) -> None:
    browser = sign_in(officer)
    read_file(browser, path, "xlsx", "q=air")
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "list_exported")).one()
    assert event.officer_id == officer.id
    assert event.detail == {"format": "xlsx", "q": "air"}
    browser.head(f"{path}.csv")
    assert len(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "list_exported")).all()) == 1
    auditor = factories.make_officer("auditor@kupang.example", RoleName.AUDITOR)
    assert "mengunduh daftar" in sign_in(auditor).get("/petugas/audit").get_data(as_text=True)


def test_only_who_is_signed_in_takes_a_list(client: FlaskClient, officer: Officer, sign_in: SignIn) -> None:
    for path in LISTS:
        assert client.get(f"{path}.csv").status_code == 302
    assert sign_in(officer).get("/petugas/audit/unduh.xlsx").status_code == 403


def test_the_audit_log_as_a_spreadsheet(officer: Officer, sign_in: SignIn) -> None:
    read_file(sign_in(officer), "/petugas/sumber/daftar")
    auditor = factories.make_officer("auditor@kupang.example", RoleName.AUDITOR)
    rows: list[list[Any]] = read_file(sign_in(auditor), "/petugas/audit/unduh", "xlsx", "apa=list_exported")
    assert len(rows) == 1
    assert rows[0][1].endswith("+08:00")
    assert rows[0][5] == "list_exported"


def test_the_file_is_offered_once_at_the_head_of_the_list(
    app: APIFlask, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    make_item(make_source(), "Air mati", factories.make_claim("Air mati total"))
    factories.make_clarification(officer, approver)
    db.session.commit()
    browser = sign_in(officer)
    first_rows = {
        "/petugas/": "<li><a ",
        "/petugas/klarifikasi/": '<ol class="roll',
        "/petugas/sumber/": '<ul class="roll',
    }
    for address, first_row in (first_rows | {"/petugas/cari/?q=air": '<ol class="roll'}).items():
        main = browser.get(address).get_data(as_text=True).split("<main", 1)[1]
        assert main.count("<summary>Unduh daftar</summary>") == 1, address
        assert main.index("<summary>Unduh daftar</summary>") < main.index(first_row), address
