"""The audit log page: who may read it, its wording, its filters, and the result of a chain check."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts.sign_in import OWN_ACCOUNT_PATHS
from hoax_tracker.admin import audit_export, audit_log_views
from hoax_tracker.admin.audit_filters import AUDIT_GROUPS, FAULT_WORDS
from hoax_tracker.authority import proposals
from hoax_tracker.clarify import channels
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import ACTS, SUBJECT, AuditAct, register_acts
from hoax_tracker.core.audit.chain_check import DESCRIPTIONS, ChainFault
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.insight.reports.monthly import MONTHLY
from hoax_tracker.insight.reports.yearly import YEARLY
from hoax_tracker.models import (
    AuditEvent,
    ClaimAppearance,
    DecisionKind,
    Invitation,
    Officer,
    ProposalOutcome,
    Report,
    RoleName,
    db,
)
from tests import factories
from tests.conftest import NOW
from tests.repository import ROOT

SignIn = Callable[[Officer], FlaskClient]
# Functions that record an act, and where in their arguments it stands.
RECORDERS = {
    "record_event": 0,
    "AuditEntry": 0,
    "record_change": 1,
    "record_question_change": 1,
    "record_invitation_event": 1,
    "record_own_act": 1,
    "record_factor_event": 0,
    "record_settlement": 0,
    "record_endpoint_event": 0,
    "record_channel_event": 0,
    "apply_edit": None,
}


@pytest.fixture
def auditor(app: APIFlask) -> Officer:
    """An auditor of PPID Utama."""
    return factories.make_officer("auditor@kupang.example", RoleName.AUDITOR)


@pytest.fixture
def sign_in(sign_in: SignIn) -> SignIn:
    """Sign an officer in, and take the sign-in off the end of the log: the tests count what they record themselves."""

    def go(person: Officer) -> FlaskClient:
        browser = sign_in(person)
        db.session.execute(sa.delete(AuditEvent).where(AuditEvent.action == "signed_in"))
        db.session.commit()
        return browser

    return go


def record(action: str, subject: str, person: Officer | None = None, at: datetime = NOW, **detail: Any) -> int:
    """Record an act in a transaction of its own; return its number."""
    with write_transaction():
        return audit_log.record_event(action, subject, officer=person, now=at, detail=detail).id


def record_strange(action: str, subject: str, person: Officer | None = None) -> None:
    """Leave a row of an act that this program does not write: another program's, or somebody's own."""
    row = record("purged", subject, person)
    db.session.execute(sa.update(AuditEvent).where(AuditEvent.id == row).values(action=action))
    db.session.commit()


def rows_of(page: str) -> list[int]:
    """The numbers of the rows on a page, as they stand."""
    return [int(number) for number in re.findall(r'<li id="c(\d+)"', page)]


def read(browser: FlaskClient, query: str = "") -> str:
    answer = browser.get(f"/petugas/audit{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


# The words

SETTLED_OUTCOMES = set(ProposalOutcome) - {ProposalOutcome.OPEN, ProposalOutcome.SHIPPED}


def recorded_actions() -> Iterator[str]:
    """Yield every act that the code records, read from its calls."""
    for path in sorted((ROOT / "hoax_tracker").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in RECORDERS and (given := action_argument(call, RECORDERS[name])) is not None:
                yield from values_of(given, tree, str(path))


def action_argument(call: ast.Call, place: int | None) -> ast.expr | None:
    named = next((one.value for one in call.keywords if one.arg == "action"), None)
    return named or (call.args[place] if place is not None and len(call.args) > place else None)


def values_of(given: ast.expr, tree: ast.Module, where: str) -> Iterator[str]:
    """Yield what an expression can be; fail where nobody can tell, so that a new way of recording is noticed."""
    if isinstance(given, ast.Constant):
        yield given.value
    elif isinstance(given, ast.IfExp):
        yield from values_of(given.body, tree, where)
        yield from values_of(given.orelse, tree, where)
    elif isinstance(given, ast.JoinedStr):
        known = {
            "f'claim_{kind.value}'": [f"claim_{kind.value}" for kind in DecisionKind],
            "f'proposal_{row.outcome.value}'": [f"proposal_{outcome.value}" for outcome in SETTLED_OUTCOMES],
            "f'{self.act}_sent'": [f"{series.act}_sent" for series in (MONTHLY, YEARLY)],
            "f'{self.act}_reopened'": [f"{series.act}_reopened" for series in (MONTHLY, YEARLY)],
        }
        assert ast.unparse(given) in known, f"{where}: {ast.unparse(given)}"
        yield from known[ast.unparse(given)]
    elif isinstance(given, ast.Attribute | ast.Name):
        yield from values_of_name(given, tree, where)
    else:
        pytest.fail(f"{where}: {ast.unparse(given)}")


def values_of_name(given: ast.Attribute | ast.Name, tree: ast.Module, where: str) -> Iterator[str]:
    name = given.attr if isinstance(given, ast.Attribute) else given.id
    if name.isupper():
        yield constant_value(name)
        return
    assigned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and is_named(node, name)]
    for value in assigned:
        yield from values_of(value, tree, where)
    passed_on = any(
        isinstance(node, ast.FunctionDef) and node.name in RECORDERS and name in [one.arg for one in node.args.args]
        for node in ast.walk(tree)
    ) or any(
        isinstance(node, ast.FunctionDef)
        and node.name in RECORDERS
        and name in [one.arg for one in node.args.kwonlyargs]
        for node in ast.walk(tree)
    )
    assert assigned or passed_on, f"{where}: what {name} is, nobody can read"


def is_named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def constant_value(name: str) -> str:
    """The value of a constant of the product, wherever it stands."""
    for path in (ROOT / "hoax_tracker").rglob("*.py"):
        found = re.search(rf'^{name} = "([a-z_]+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[1]
    raise AssertionError(f"no constant {name}")


@pytest.mark.slow
def test_every_act_that_the_code_records_has_its_words() -> None:
    found = set(recorded_actions())
    assert len(found) > 60
    assert found == set(ACTS)
    assert all(str(act.sentence).count(SUBJECT) <= 1 for act in ACTS.values())
    words = [choice for _name, choice in audit_log_views._sorted_actions()]
    assert len(set(words)) == len(words), "each can be told from the others where one is chosen"
    assert {act.group for act in ACTS.values()} == {"", *AUDIT_GROUPS}


@pytest.mark.slow
@pytest.mark.process
def test_every_act_is_registered_by_a_program_that_only_started(tmp_path: Path) -> None:
    """The page reads what any process wrote: no act may wait for a part of the program that is loaded later."""
    program = (
        "from hoax_tracker.app import create_app; create_app()\n"
        "from hoax_tracker.core.audit.audit_log import ACTS; print(*ACTS)"
    )
    environ = {"PATH": os.environ["PATH"], "HOAX_TRACKER_DATA": str(tmp_path)}
    begun = subprocess.run([sys.executable, "-c", program], env=environ, cwd=ROOT, capture_output=True, check=True)
    assert set(begun.stdout.decode().split()) == set(recorded_actions())


def test_an_act_without_words_is_never_recorded(app: APIFlask) -> None:
    with pytest.raises(LookupError, match="invented"):
        record("invented", "claim:1")
    assert db.session.scalars(sa.select(AuditEvent)).all() == []


def test_an_act_has_one_home() -> None:
    with pytest.raises(ValueError, match="claim_merge"):
        register_acts(AuditAct("claim_merge", "menggabungkan %(what)s"))


def test_a_proposal_about_what_has_no_number_is_called_by_its_kind(
    app: APIFlask, officer: Officer, administrator: Officer, sign_in: SignIn, now: datetime
) -> None:
    channels.propose_channel(None, "https://pajak.example", "Bapenda", officer=officer, now=now)
    page = sign_in(administrator).get("/petugas/audit").get_data(as_text=True)
    assert "new:" not in page.split("<details")[0]
    assert "mengusulkan perubahan: Saluran resmi" in page


def test_every_act_is_a_sentence_in_english_too(app: APIFlask) -> None:
    from flask_babel import force_locale

    with app.test_request_context():
        sentences = {name: act.sentence for name, act in ACTS.items()}
        for name, words in [*sentences.items(), *FAULT_WORDS.items()]:
            with force_locale("id"):
                indonesian = str(words)
            with force_locale("en"):
                assert str(words) != indonesian, name


def test_every_fault_of_a_chain_has_its_words() -> None:
    assert set(FAULT_WORDS) == set(DESCRIPTIONS) == set(ChainFault)


def test_rows_are_told_in_words_with_a_way_to_what_they_are_about(
    administrator: Officer, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    claim = factories.make_claim()
    page = factories.make_clarification(officer, approver)
    record("claim_investigate", f"claim:{claim.id}", officer)
    record("clarification_published", f"clarification:{page.id}", approver)
    record("contact_shown", "report:412", officer, claim=claim.id, reason="menanyakan <b>foto</b> aslinya")
    record("contact_erased", "report:412")
    record("purged", "retention")
    record_strange("something_new", "thing:1", officer)
    browser = sign_in(administrator)
    shown = read(browser)
    assert (
        f'<b>Petugas</b> (Diskominfo) mulai memeriksa <a href="/petugas/klaim/{claim.id}">Klaim {claim.id}</a>.'
        in shown
    )
    assert "menyetujui dan menerbitkan" in shown
    assert f"Klarifikasi {page.number}</a>" in shown
    assert "melihat kontak atau gambar pelapor pada" in shown
    assert "Alasan: menanyakan &lt;b&gt;foto&lt;/b&gt; aslinya" in shown
    assert "<b>Pelapor</b> menghapus kontaknya dari aduan 412." in shown
    assert "<b>Program</b> menghapus data yang lewat masanya." in shown
    assert "<code>something_new</code> thing:1" in shown, "what has no words yet is still shown"


# Who reads it


def test_administrators_and_auditors_read_it_and_nobody_else(
    administrator: Officer, officer: Officer, approver: Officer, auditor: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    for path in ("/petugas/audit", "/petugas/audit?periksa=1", "/petugas/audit/unduh.csv", "/petugas/audit/unduh.json"):
        assert client.get(path).status_code == 302
        for person, status in ((administrator, 200), (auditor, 200), (officer, 403), (approver, 403)):
            assert sign_in(person).get(path).status_code == status, (path, person.email)


def test_an_auditor_reads_what_officers_read(auditor: Officer, officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim()
    page = factories.make_clarification(officer, None, claims=[claim])
    browser = sign_in(auditor)
    for path in (
        "/petugas/",
        f"/petugas/klaim/{claim.id}",
        "/petugas/untuk-anda",
        "/petugas/cari/",
        "/petugas/klarifikasi/",
        f"/petugas/klarifikasi/{page.id}",
        "/petugas/sumber/",
        "/petugas/penanda/",
        "/petugas/ditanyakan/",
    ):
        assert browser.get(path).status_code == 200, path
    menu = browser.get("/petugas/").get_data(as_text=True)
    assert 'href="/petugas/audit"' in menu
    assert 'href="/petugas/kelola/"' not in menu
    assert "rancangan" not in browser.get(f"/petugas/klaim/{claim.id}").get_data(as_text=True).split("<main")[0]


def test_whatever_an_auditor_sends_to_the_desk_is_refused(
    app: APIFlask, auditor: Officer, officer: Officer, sign_in: SignIn
) -> None:
    """Every route of the desk that takes a form, whatever stands in it; the whole database stays as it was."""
    claim = factories.make_claim()
    factories.make_clarification(officer, None, claims=[claim])
    browser = sign_in(auditor)
    token = factories.csrf_token_in(browser.get("/petugas/").get_data(as_text=True))
    before = every_row()
    tried = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or not rule.rule.startswith("/petugas/"):
            continue
        if rule.endpoint.startswith("security.") or rule.rule.startswith(OWN_ACCOUNT_PATHS):
            continue
        for path in paths_of(rule.rule):
            answer = browser.post(path, data={"csrf_token": token, "text": "x", "name": "x", "reason": "sepuluh huruf"})
            assert answer.status_code == 403, path
            tried += 1
    assert tried > 50
    assert every_row() == before


def paths_of(rule: str) -> list[str]:
    """Addresses that a rule answers, with 1 for each number."""
    found = re.sub(r"<int:\w+>", "1", rule)
    acts = re.search(r"<any\(([^)]*)\):\w+>", found)
    found = [found.replace(acts[0], one.strip("'")) for one in acts[1].split(",")] if acts else [found]
    return [re.sub(r"<\w+>", "x", one) for one in found]


def every_row() -> dict[str, Any]:
    """What stands in every table, but for counters of limits."""
    db.session.rollback()
    tables = [table for table in db.metadata.sorted_tables if "limit" not in table.name and "counter" not in table.name]
    return {table.name: db.session.execute(sa.select(table)).all() for table in tables}


def test_no_contact_and_no_picture_of_a_reporter_opens_for_an_auditor(
    auditor: Officer, settings: Any, sign_in: SignIn
) -> None:
    from hoax_tracker.core.encryption import encrypt_contact

    claim = factories.make_claim()
    sealed = encrypt_contact("pelapor@surel.example", settings.contact_key)
    report = Report(ticket_digest="c" * 64, text="x", received_at=NOW, contact_encrypted=sealed, consent_at=NOW)
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=NOW))
    db.session.commit()
    browser = sign_in(auditor)
    for part in ("kontak", "gambar", "tambahan/1/gambar"):
        assert browser.get(f"/petugas/klaim/{claim.id}/aduan/{report.id}/{part}").status_code == 403
    shown = browser.get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert f"/aduan/{report.id}/kontak" not in shown
    assert "pelapor@surel.example" not in shown


def test_auditor_stands_beside_no_other_role(administrator: Officer, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(administrator)
    unit = factories.load_unit().id
    page = "/petugas/kelola/petugas/baru"
    both = {"email": "b@kupang.example", "name": "B", "roles": ["auditor", "officer"], "unit_id": unit}
    answer = factories.submit_form(browser, page, **both)
    assert "Auditor hanya membaca" in answer.get_data(as_text=True)
    assert proposals.list_open() == []
    factories.submit_form(browser, page, **(both | {"roles": ["auditor"]}))
    factories.confirm_waiting()
    assert db.session.scalars(sa.select(Invitation)).one().roles == ["auditor"]


# Filters and pages


def test_each_filter_and_any_two_of_them(
    administrator: Officer, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    claim = factories.make_claim()
    page = factories.make_clarification(officer, approver)
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    report = Report(ticket_digest="c" * 64, text="x", received_at=NOW)
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=NOW))
    db.session.commit()
    first = record("claim_investigate", f"claim:{claim.id}", officer)
    second = record("claim_assign", f"claim:{claim.id}", nurse)
    third = record("clarification_published", f"clarification:{page.id}", approver)
    fourth = record("contact_shown", f"report:{report.id}", nurse, claim=claim.id)
    # 16.30 UTC is half past midnight of the next day in Kupang.
    fifth = record("purged", "retention", at=datetime(2026, 11, 24, 16, 30, tzinfo=UTC))
    browser = sign_in(administrator)
    unit = factories.load_unit("dinkes").id
    for query, expected in [
        ("", [fifth, fourth, third, second, first]),
        (f"?siapa={nurse.id}", [fourth, second]),
        ("?siapa=program", [fifth]),
        ("?siapa=x", []),
        ("?apa=claim_assign", [second]),
        ("?apa=terbit", [third]),
        ("?apa=kontak", [fourth]),
        ("?apa=tidak-ada", []),
        (f"?tentang=Klaim+{claim.id}", [fourth, second, first]),
        (f"?tentang={claim.id}", [fourth, second, first]),
        (f"?tentang=klarifikasi {page.number}", [third]),
        (f"?tentang=Aduan {report.id}", [fourth]),
        ("?tentang=walikota", []),
        (f"?unit={unit}", [fourth, second]),
        (f"?unit={unit}&apa=kontak", [fourth]),
        (f"?siapa={officer.id}&unit={unit}", []),
        ("?dari=2026-11-25", [fifth]),
        ("?dari=2026-11-24&sampai=2026-11-24", [fourth, third, second, first]),
        ("?sampai=2026-11-23", []),
        ("?dari=kemarin", []),
        ("?dari=0001-01-01&sampai=9999-12-31", [fifth, fourth, third, second, first]),
        (f"?sebelum={third}", [second, first]),
        ("?sebelum=99999999999999&siapa=-1", []),
    ]:
        assert rows_of(read(browser, query)) == expected, query


def test_pages_go_back_to_the_first_row_and_miss_none(
    administrator: Officer, officer: Officer, sign_in: SignIn
) -> None:
    with write_transaction():
        acts = [audit_log.AuditEntry("claim_tagged", f"claim:{number}", {}) for number in range(120)]
        audit_log.record_events(acts, officer=officer, now=NOW)
    browser, query, seen = sign_in(administrator), f"?siapa={officer.id}", []
    while query:
        page = read(browser, query)
        seen += rows_of(page)
        found = re.search(r'href="/petugas/audit(\?[^"]*)" rel="next"', page)
        query = found[1].replace("&amp;", "&") if found else ""
    ids = db.session.scalars(sa.select(AuditEvent.id).order_by(AuditEvent.id.desc())).all()
    assert seen == list(ids)


def test_an_empty_log_and_an_empty_answer_say_what_to_do(administrator: Officer, sign_in: SignIn) -> None:
    browser = sign_in(administrator)
    assert "Log audit masih kosong" in read(browser)
    record("purged", "retention")
    page = read(browser, "?tentang=walikota")
    assert "«walikota» bukan klaim" in page
    assert "Lihat semua" in page


# The check


def test_a_whole_chain_and_a_head_that_fits(auditor: Officer, sign_in: SignIn) -> None:
    record("purged", "retention")
    last = record("purged", "retention")
    head = audit_log.read_head()
    browser = sign_in(auditor)
    page = read(browser, "?periksa=1")
    assert "2 catatan, dan rantainya utuh" in page
    assert str(head).partition(":")[2][:4] in page
    page = read(browser, f"?periksa=1&sidik={head}")
    assert "Sidik yang Anda simpan ada di tempatnya" in page
    for wrong in ("kemarin", f"{last}:zz", f"{last}:{'g' * 64}"):
        assert "Itu bukan nomor dan sidik" in read(browser, f"?periksa=1&sidik={wrong}")


def test_a_changed_row_is_named_and_marked(auditor: Officer, sign_in: SignIn) -> None:
    ids = [record("claim_tagged", f"claim:{number}") for number in range(4)]
    db.session.execute(sa.update(AuditEvent).where(AuditEvent.id == ids[2]).values(action="purged"))
    db.session.commit()
    page = read(sign_in(auditor), "?periksa=1")
    assert f"Rantai putus di catatan {ids[2]}" in page
    assert f"Sampai catatan {ids[1]} semuanya cocok." in page
    assert f'<li id="c{ids[2]}" class="cut">' in page


def test_a_cut_off_end_shows_beside_the_head_that_was_kept(auditor: Officer, sign_in: SignIn) -> None:
    ids = [record("claim_tagged", f"claim:{number}") for number in range(4)]
    head = audit_log.read_head()
    db.session.execute(sa.delete(AuditEvent).where(AuditEvent.id > ids[1]))
    db.session.commit()
    browser = sign_in(auditor)
    assert "2 catatan, dan rantainya utuh" in read(browser, "?periksa=1")
    assert f"log dipotong sesudah catatan {ids[1]}" in read(browser, f"?periksa=1&sidik={head}")


def test_a_long_log_is_checked_from_a_sealed_row_on(
    auditor: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log_views, "MOST_CHECKED", 3)
    ids = [record("claim_tagged", f"claim:{number}") for number in range(8)]
    browser = sign_in(auditor)
    page = read(browser, "?periksa=1")
    assert "3 catatan terakhir" in page
    assert "hoax-tracker audit verify" in page
    db.session.execute(sa.update(AuditEvent).where(AuditEvent.id == ids[4]).values(seal="0" * 64))
    db.session.commit()
    assert f"Rantai putus di catatan {ids[4]}" in read(browser, "?periksa=1"), "the row before the newest is no anchor"


# Files


def test_files_hold_the_chain_and_who_took_them_is_recorded(
    administrator: Officer, officer: Officer, sign_in: SignIn
) -> None:
    record("claim_tagged", "claim:1", officer, labels=["é"])
    browser = sign_in(administrator)
    found = browser.get("/petugas/audit/unduh.json").get_json()
    events = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).all()
    assert [row["number"] for row in found["rows"]] == [event.id for event in events]
    assert found["head"] == f"{events[0].id}:{events[0].hash}"
    for row, event in zip(found["rows"], events, strict=True):
        fields = [row[name] for name in ("at", "officer_id", "action", "subject", "detail", "previous_hash")]
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == row["hash"] == event.hash, "anybody can check it"
        assert row["seal"] == event.seal
    assert events[0].action == "audit_exported"
    assert events[0].officer_id == administrator.id
    table = list(csv.DictReader(io.StringIO(browser.get("/petugas/audit/unduh.csv?apa=claim_tagged").text)))
    assert [row["hash"] for row in table] == [events[1].hash]
    assert json.loads(table[0]["detail"]) == {"labels": ["é"]}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", " =", "\t@", "\uff1d"])
def test_no_cell_of_the_file_begins_a_formula(administrator: Officer, sign_in: SignIn, sign: str) -> None:
    evil = factories.make_officer("x@kupang.example", RoleName.OFFICER)
    evil.name = f"{sign}HYPERLINK(1)"
    db.session.commit()
    record_strange(f"{sign}x", f"{sign}y", evil)
    text = sign_in(administrator).get("/petugas/audit/unduh.csv").text
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert [cell for cell in cells if cell.lstrip()[:1] in "=+-@\uff1d" and cell.strip()] == []
    assert sum("HYPERLINK" in cell for cell in cells) == 1


def test_a_file_ends_and_the_next_one_goes_on(
    administrator: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(audit_export, "MOST_ROWS", 5)
    ids = [record("claim_tagged", f"claim:{number}", at=NOW + timedelta(minutes=number)) for number in range(9)]
    browser = sign_in(administrator)
    first = browser.get("/petugas/audit/unduh.json?apa=claim_tagged").get_json()["rows"]
    assert [row["number"] for row in first] == ids[:3:-1]
    rest = browser.get(f"/petugas/audit/unduh.json?apa=claim_tagged&sebelum={ids[4]}").get_json()["rows"]
    assert [row["number"] for row in rest] == ids[3::-1]
