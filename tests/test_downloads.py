"""Every file that the desk and the public can take, in full: whole, readable, and never a part that looks like all.

The exports come from the URL map: one that is added tomorrow fails here until ``EXPORTS`` says how to fill it.
"""

from __future__ import annotations

import ast
import csv
import errno
import io
import itertools
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import reduce
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hoax_tracker.admin import audit_export
from hoax_tracker.admin.audit_export import AuditRow, SubjectNames
from hoax_tracker.admin.audit_filters import AUDIT_GROUPS, AuditFilters
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clarify.listing import ListingFilters
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import ACTS, AuditEntry
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.web import downloads
from hoax_tracker.desk_search.query_parser import SearchQuery
from hoax_tracker.ingest.sources.listing import SourceFilters
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Officer,
    RoleName,
    Source,
    Tag,
    Topic,
    claim_tag,
    db,
)
from hoax_tracker.review.queue.queue import QueueFilters
from tests import factories
from tests.factories import NOW
from tests.insight.report_rows import make_report, make_yearly_report
from tests.repository import ROOT

# More than any page or batch.
ROWS = 1_200
EXPORT_KINDS = ("csv", "json", "xlsx", "pdf", "xml", "zip", "opml", "jsonld", "txt")
PAGES = ("page", "before")
"""Filters that lead from page to page: a file holds all pages."""
NO_EXPORTS = frozenset(
    {
        "/.well-known/security.txt",
        "/api/openapi.json",
        "/claimreview.json",
        "/feed.json",
        "/robots.txt",
        "/sitemap.xml",
    }
)
"""What only programs read. Each is made whole and tried by tests of its own."""
SUBJECTS = (
    "claim:{}",
    "clarification:{}",
    "report:{}",
    "officer:{}",
    "source:{}",
    "unit:{}",
    "narrative:{}",
    "list:queue",
)

SignIn = Callable[[Officer], FlaskClient]
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Filter:
    """A filter's value, and which of the planted rows it leaves (by their number, from 0)."""

    name: str
    value: object
    keeps: Callable[[int], bool]


@dataclass(frozen=True)
class Export:
    """How an export is asked for: ``always`` goes with each question, ``filters_of`` names the filters that it has."""

    filters: tuple[Filter, ...] = ()
    filters_of: type[Any] | None = None
    always: str = ""
    planted: Callable[[Rows], Rows] = lambda rows: rows
    roles: frozenset[RoleName] = frozenset(RoleName)


def every(number: int, rest: int = 0) -> Callable[[int], bool]:
    """Tell of a row whether it is one of every so many."""
    return lambda row: row % number == rest


def whole(_row: int) -> bool:
    """All rows."""
    return True


def none(_row: int) -> bool:
    """No row."""
    return False


def act_of(row: int) -> str:
    """The act of a planted row of the audit log."""
    return sorted(ACTS)[row % len(ACTS)]


LISTS = {
    "/petugas/antrean": Export(
        (
            Filter("status", "investigating", every(6, 3)),
            Filter("topic", "health", every(2)),
            Filter("unit", "{dinkes}", every(5)),
            Filter("q", "bocor", every(4)),
            Filter("label", "jalan", every(10)),
            Filter("part", "rising", none),
            Filter("part", "late", whole),
            Filter("part", "today", none),
            Filter("part", "awaiting", none),
        ),
        QueueFilters,
    ),
    "/petugas/sumber/daftar": Export(
        (
            Filter("q", "genap", every(2)),
            Filter("state", "failing", lambda row: row % 3 == 0 and row % 4 != 0),
            Filter("state", "new", lambda row: row % 3 != 0 and row % 4 != 0),
            Filter("state", "ok", none),
            Filter("state", "paused", every(4)),
            Filter("state", "unscheduled", none),
        ),
        SourceFilters,
    ),
    "/petugas/klarifikasi/daftar": Export(
        (
            Filter("q", "genap", every(2)),
            *(
                Filter("part", part, whole if part == "rancangan" else none)
                for part in ("menunggu", "usulan", "rancangan", "ulang", "terbit")
            ),
        ),
        ListingFilters,
    ),
    "/petugas/cari/hasil": Export(
        (
            Filter("q", "bocor", every(4)),
            Filter("kind", "klaim", whole),
            Filter("status", "investigating", every(6, 3)),
            Filter("topic", "health", every(2)),
            Filter("unit", "{dinkes}", every(5)),
            Filter("label", "jalan", every(10)),
            Filter("since", "2026-11-24", whole),
            Filter("until", "2026-11-23", none),
            Filter("page_status", "draft", none),
            Filter("verdict", "hoaks", none),
            Filter("source", 1, none),
        ),
        SearchQuery,
        always="kind=klaim",
    ),
    "/petugas/audit/unduh": Export(
        (
            Filter("siapa", "{officer}", every(2)),
            Filter("siapa", "program", every(2, 1)),
            Filter("tentang", "klaim 7", lambda row: row % len(SUBJECTS) == 0 and row % 50 == 7),
            Filter("unit", "{diskominfo}", every(2)),
            Filter("dari", "2026-11-25", lambda row: row >= ROWS // 2),
            Filter("sampai", "2026-11-24", lambda row: row < ROWS // 2),
            *(Filter("apa", act, lambda row, act=act: act_of(row) == act) for act in sorted(ACTS)[:3]),
            *(
                Filter("apa", group, lambda row, group=group: ACTS[act_of(row)].group == group)
                for group in AUDIT_GROUPS
            ),
        ),
        AuditFilters,
        planted=lambda rows: [row for row in rows if "butir" in row["detail"]],
        roles=frozenset({RoleName.ADMINISTRATOR, RoleName.AUDITOR}),
    ),
}
"""The lists, by their addresses without the kind of file."""


def test_every_export_of_the_url_map_is_tried(app: APIFlask) -> None:
    """Whoever adds an export says in this file how to fill it, and what its filters keep."""
    lists = {f"{path}.{kind}" for path, kinds in list_kinds(app).items() for kind in kinds}
    single = {address for rule in app.url_map.iter_rules() for address in addresses_of(rule)} - lists
    assert single == {"/data/catalog.jsonld", *public_datasets(app), *SINGLE_FILES}
    assert list_kinds(app).keys() == LISTS.keys()
    for path, export in LISTS.items():
        assert export.filters_of is not None
        named = {field.name for field in fields(export.filters_of)} - set(PAGES)
        assert {one.name for one in export.filters} == named, path


def addresses_of(rule: Rule) -> list[str]:
    """The addresses of an export's rule, one for each kind of file; none for other rules."""
    choice = re.search(r"<any\(([a-z,]+)\):\w+>$", rule.rule)
    found = [rule.rule[: choice.start()] + kind for kind in choice[1].split(",")] if choice else [rule.rule]
    return [
        address
        for address in found
        if address.endswith(tuple(f".{kind}" for kind in EXPORT_KINDS)) and (address not in NO_EXPORTS)
    ]


def list_kinds(app: APIFlask) -> dict[str, list[str]]:
    """The kinds of file of each list: the exports of the desk whose address names no row."""
    kinds: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        for address in addresses_of(rule):
            if address.startswith("/petugas/") and "<" not in address:
                path, _dot, kind = address.rpartition(".")
                kinds.setdefault(path, []).append(kind)
    return kinds


def public_datasets(app: APIFlask) -> list[str]:
    """The files of open data."""
    return [
        a for rule in app.url_map.iter_rules() for a in addresses_of(rule) if re.fullmatch(r"/data/.*(csv|json)", a)
    ]


SINGLE_FILES = {
    "/poster.pdf",
    "/klarifikasi/<slug>/poster.pdf",
    "/lapor/<ticket>/salinan.json",
    "/petugas/laporan/<month>/<int:version>/laporan.pdf",
    "/petugas/laporan/<month>/<int:version>/laporan.xlsx",
    "/petugas/laporan/<int(fixed_digits=4):year>/<int:version>/laporan.pdf",
    "/petugas/laporan/<int(fixed_digits=4):year>/<int:version>/laporan.xlsx",
}
"""Files about one row."""


@pytest.mark.slow
def test_files_are_sent_from_one_place_alone() -> None:
    """Nothing else lets a response run on after its view: a generator would then fail after a status 200."""
    places = []
    for path in sorted((ROOT / "hoax_tracker").rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        names |= {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
        names |= {str(node.arg) for node in nodes if isinstance(node, ast.keyword)}
        if names & {"stream_with_context", "stream_template", "Content-Disposition", "as_attachment"}:
            places.append(str(path.relative_to(ROOT / "hoax_tracker")))
    pictures = "check/views/sharing.py"  # shown by the browser, and named for who keeps one
    assert places == [pictures, "core/web/downloads.py"]


@pytest.mark.slow
@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_whole_for_everybody_who_may_with_every_filter(app: APIFlask, sign_in: SignIn, path: str) -> None:
    people = {role: factories.make_officer(f"{role.value}@kupang.example", role) for role in RoleName}
    plant_rows(people[RoleName.OFFICER])
    export, kinds = LISTS[path], list_kinds(app)[path]
    browsers = {role: sign_in(person) for role, person in people.items()}
    for (role, browser), kind in itertools.product(browsers.items(), kinds):
        if role not in export.roles:
            assert browser.get(f"{path}.{kind}").status_code == 403, (role, kind)
            continue
        found = export.planted(read_list(browser, f"{path}.{kind}?{export.always}", kind))
        assert len(found) == len({tuple(row.items()) for row in found}) == ROWS, (role, kind)
    numbers = {code: factories.load_unit(code).id for code in ("dinkes", "diskominfo")}
    numbers["officer"] = people[RoleName.OFFICER].id
    reader = browsers[min(export.roles, key=list(RoleName).index)]
    for one, kind in itertools.product(export.filters, kinds):
        if kind == "xlsx" and one is not export.filters[0]:
            continue  # the same rows by the same function: packing them takes most of the time
        query = f"{export.always}&{one.name}={str(one.value).format_map(numbers)}"
        found = export.planted(read_list(reader, f"{path}.{kind}?{query}", kind))
        assert len(found) == sum(map(one.keeps, range(ROWS))), (kind, query)


@pytest.mark.slow
@pytest.mark.needs("fonts")
def test_other_files_are_whole(app: APIFlask, administrator: Officer, approver: Officer, sign_in: SignIn) -> None:
    page = factories.make_clarification(administrator, approver)
    make_report(approver)
    make_yearly_report(2025, approver)
    settings = app.extensions["settings"]
    ticket = submit_report("Air mati total", "", "WhatsApp", "warga@contoh.example", True, NOW, settings)
    row = {"<slug>": str(page.slug), "<ticket>": ticket, "<month>": "2026-10", "<int:version>": "1"}
    row["<int(fixed_digits=4):year>"] = "2025"
    browser = sign_in(administrator)
    for rule in sorted({*SINGLE_FILES, *public_datasets(app)}):
        address = reduce(lambda text, part: text.replace(*part), row.items(), rule)
        answer = get_as_served(browser, address)
        assert answer.status_code == 200, address
        assert answer.content_length == len(answer.data), address
        if address.endswith(".pdf"):
            assert (answer.data[:4], answer.data.rstrip()[-5:]) == (b"%PDF", b"%%EOF"), address
        elif address.endswith(".xlsx"):
            assert load_workbook(io.BytesIO(answer.data)).sheetnames, address
        elif address.endswith(".csv"):
            assert next(csv.reader(io.StringIO(answer.text), strict=True)), address
        else:
            assert json.loads(answer.data), address


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_a_file_that_fails_half_way_is_an_error(
    administrator: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with write_transaction():
        audit_log.record_events(
            [AuditEntry("claim_tagged", f"claim:{row}", {}) for row in range(700)], officer=None, now=NOW
        )
    describe = audit_export.describe_row

    def break_late(event: AuditEvent, names: SubjectNames) -> AuditRow:
        if event.subject == "claim:50":
            raise RuntimeError("something that nobody thought of")
        return describe(event, names)

    monkeypatch.setattr(audit_export, "describe_row", break_late)
    answer = get_as_served(sign_in(administrator), f"/petugas/audit/unduh.{kind}")
    assert answer.status_code == 500
    assert "Content-Disposition" not in answer.headers
    assert "claim:60" not in answer.text


def test_a_file_has_a_largest_size(officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_claim()
    monkeypatch.setattr(downloads, "MOST_BYTES", 100)
    answer = get_as_served(sign_in(officer), "/petugas/antrean.csv")
    assert answer.status_code == 413
    assert "Persempit saringannya" in answer.text


def test_a_full_disk_is_said_and_no_file_stays_behind(
    app: APIFlask, officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_claim()
    browser, folder = sign_in(officer), app.extensions["settings"].data_folder
    monkeypatch.setattr(downloads, "MOST_BYTES_IN_MEMORY", 1)
    before = set(folder.iterdir())
    assert get_as_served(browser, "/petugas/antrean.csv").status_code == 200
    assert set(folder.iterdir()) == before

    class FullDisk(SpooledTemporaryFile[bytes]):
        def write(self, _data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "SpooledTemporaryFile", FullDisk)
    answer = get_as_served(browser, "/petugas/antrean.csv")
    assert answer.status_code == 503
    assert "Ruang penyimpanan server penuh" in answer.text
    assert set(folder.iterdir()) == before


def plant_rows(officer: Officer) -> None:
    """Fill the lists, many rows at a time."""
    units = {code: factories.load_unit(code).id for code in ("dinkes", "pdam")}
    at = dict.fromkeys(("first_seen_at", "last_seen_at", "due_at", "created_at"), NOW)
    claims = [
        {"title": f"Air mati ke-{row}" + " bocor" * (row % 4 == 0), "text": "Air mati", "priority": 0.5, "rank": 0.5}
        | {"topic": Topic.WATER if row % 2 else Topic.HEALTH, "unit_id": units["pdam" if row % 5 else "dinkes"]}
        | {"status": ClaimStatus.INVESTIGATING if row % 6 == 3 else ClaimStatus.NEW}
        | at
        for row in range(ROWS)
    ]
    sources = [
        {"name": f"Sumber {row}" + " genap" * (row % 2 == 0), "url": f"https://{row}.example/feed", "created_at": NOW}
        | {"is_active": row % 4 != 0, "failures": int(row % 3 == 0)}
        for row in range(ROWS)
    ]
    pages = [
        {"title": f"Rancangan {row}" + " genap" * (row % 2 == 0), "topic": Topic.WATER, "unit_id": units["pdam"]}
        | {"author_id": officer.id, "created_at": NOW, "changed_at": NOW, "status": ClarificationStatus.DRAFT}
        for row in range(ROWS)
    ]
    with write_transaction():
        for model, rows in ((Claim, claims), (Source, sources), (Clarification, pages)):
            db.session.execute(sa.insert(model), rows)
        tag = Tag(name="jalan")
        db.session.add(tag)
        db.session.flush()
        ids = db.session.scalars(sa.select(Claim.id).order_by(Claim.id)).all()
        db.session.execute(sa.insert(claim_tag), [{"claim_id": key, "tag_id": tag.id} for key in ids[::10]])
    with write_transaction():
        for row in range(ROWS):
            subject = SUBJECTS[row % len(SUBJECTS)].format(row % 50)
            audit_log.record_event(
                act_of(row),
                subject,
                officer=None if row % 2 else officer,
                now=NOW + timedelta(days=row * 2 // ROWS),
                detail={"butir": row, "kata": 'é; "x"\n=1'},
            )


def read_list(browser: FlaskClient, address: str, kind: str) -> Rows:
    """The rows of a file. It is whole: as long as it says, and readable to its end."""
    answer = get_as_served(browser, address)
    assert answer.status_code == 200, address
    assert answer.headers["Content-Disposition"].startswith("attachment"), address
    assert answer.content_length == len(answer.data), address
    return read_rows(answer.data, kind)


def get_as_served(browser: FlaskClient, address: str) -> TestResponse:
    """Ask as a server does: in a thread of its own, where no context but the request's keeps a session open.

    Within a context of the test's, what runs on after a view still finds the view's rows.
    """
    db.session.rollback()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(FlaskClient.open, browser, address, buffered=True).result()


def read_rows(content: bytes, kind: str) -> Rows:
    """The rows of a file, by the names of its columns."""
    if kind == "json":
        return [row | {"detail": json.dumps(row["detail"])} for row in json.loads(content)["rows"]]
    if kind == "csv":
        text = content.decode("utf-8-sig")
        delimiter = ";" if content.startswith(b"\xef\xbb\xbf") else ","
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    sheet = load_workbook(io.BytesIO(content), read_only=True).active
    lines = sheet.iter_rows(values_only=True)
    names = [str(name) for name in next(lines)]
    return [dict(zip(names, map(str, line), strict=True)) for line in lines]
