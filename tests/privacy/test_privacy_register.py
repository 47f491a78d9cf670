"""The register of personal data names every table; planted data is found only where it says so."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.check.answers import question_log
from hoax_tracker.check.reports.status_mail import notify_reporters
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.models import Base, Claim, Officer, Report, db
from hoax_tracker.notifications import mail
from hoax_tracker.operations.backup.backup import create_backup
from hoax_tracker.privacy.retention import purge_expired_data
from tests import factories
from tests.check.reports.test_screenshots import with_secrets
from tests.check.views.test_reports import fields_of
from tests.mail_server import turn_mail_on
from tests.repository import ROOT

REGISTER = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([a-z_]+)\.([a-z_]+)`", REGISTER))
WITHOUT = set(
    re.findall(r"`([a-z_]+)`", REGISTER.split("No personal data, or digests", 1)[1].split("Outside the tables", 1)[0])
)
CONTACT, NIK = "tanam-8841@surel.example", "5371014507900123"
MESSAGE = f"Katanya tanamkhusus di Oesapa: kirim NIK {NIK} ke nomor ini supaya dapat bantuan kota"


def test_every_table_is_in_the_register() -> None:
    tables = set(Base.metadata.tables)
    missing = tables - {table for table, _ in NAMED} - WITHOUT
    assert not missing, "say in docs/privacy.md whose data they hold, why and how long, or that they hold none"
    assert WITHOUT - tables == {"alembic_version"}
    assert not WITHOUT & {table for table, _ in NAMED}


def test_every_column_in_the_register_exists() -> None:
    held = {(table.name, column.name) for table in Base.metadata.sorted_tables for column in table.columns}
    assert held >= NAMED


def where_found(*words: str) -> set[str]:
    """The columns of all tables that hold one of the words, as "table.column"."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            rows = db.session.scalars(sa.select(column).where(column.is_not(None)))
            texts = (row.decode("latin-1") if isinstance(row, bytes) else str(row) for row in rows)
            if any(word.lower() in text.lower() for text in texts for word in words):
                found.add(f"{table.name}.{column.name}")
    db.session.rollback()
    return found


@pytest.mark.slow
def test_planted_data_is_only_where_it_may_be(
    app: APIFlask, settings: Settings, now: datetime, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with write_transaction():
        flag_models.register_shipped_model(now)
    ticket = submit_report(MESSAGE, None, None, CONTACT, True, now, settings)
    pipeline.assign_waiting_reports(now)
    notify_reporters(settings, now)
    purge_expired_data(settings, now + timedelta(days=1))
    assert where_found("tanamkhusus") == {"report.text", "claim.text", "claim.title", "assessment.reasons"}
    assert where_found(CONTACT, ticket, ticket.replace("-", ""), NIK) == set()
    assert where_found("5371••••••••••••") == {"report.text", "claim.text", "claim.title"}
    for secret in (CONTACT, ticket, NIK, "tanamkhusus"):
        assert secret not in caplog.text


ASKED = "apakah benar tanamtanya di Alak"
ADDED = "Pesan itu datang dari grup arisan, dan tanamtambah disebut di dalamnya"
ASKER = "surel-penanya@surel.example"
NEVER = (
    "198.51.100.77",
    CONTACT,
    NIK,
    ASKER,
    "0812-3456-7890",
    "081234567890",
    "Yohana",
    "TanamKomentar",
    "TanamMerek",
)
# Where rows stand after a resident has used everything that there is.
REACHED = {
    "assessment", "check_query", "claim", "claim_appearance", "clarification_reach", "demand", "index_change",
    "outgoing_mail", "rate_limit", "report", "report_addition", "report_picture", "usefulness",
}  # fmt: skip


def use_everything(app: APIFlask, now: datetime) -> str:
    """Do whatever a resident can do, from an address and with data that are known; return the ticket."""
    turn_mail_on(app)
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = NEVER[0]
    question = f"{ASKED}: kirim ke rekening a.n. Yohana Bere, NIK {NIK}, hubungi 0812-3456-7890 atau {ASKER}"
    for _ in range(3):
        assert client.post("/cek", data={"teks": question}).status_code == 200
    for path in ("/klarifikasi/air", "/klarifikasi/air", "/k/1"):
        assert client.get(path).status_code in (200, 302)
    client.post("/klarifikasi/air/berguna", data={"berguna": "ya"})
    client.post("/klarifikasi/air/sama", data={"sama": "bukan", "teks": question})
    picture = {"gambar": (io.BytesIO(with_secrets()), "layar.jpg"), "langkah": "2", "ke": "3", "teks": MESSAGE}
    page = client.post("/lapor", data=picture | {"tautan": f"bansos.example/?nik={NIK}"}).text
    sent = client.post("/lapor", data=fields_of(page) | {"ke": "kirim", "kontak": CONTACT, "setuju": "ya"})
    ticket = sent.headers["Location"].split("/")[2][:24]
    added = {"tambahan": f"{ADDED}, NIK {NIK}", "gambar": (io.BytesIO(with_secrets()), "layar.jpg")}
    assert client.post(f"/lapor/{ticket}", data=added).status_code == 303
    for path in (f"/lapor/{ticket}", f"/lapor/{ticket}/salinan.json", f"/lapor/{ticket}/hapus"):
        assert client.get(path).status_code == 200
    for tally in app.extensions["tallies"].values():
        tally.write()
    question_log.group_questions()
    pipeline.assign_waiting_reports(now)
    notify_reporters(app.extensions["settings"], now)
    mail.send_due_letters(app.extensions["settings"], now)
    return ticket


@pytest.mark.slow
def test_whatever_a_resident_does_leaves_only_what_it_may(
    app: APIFlask, settings: Settings, officer: Officer, approver: Officer, now: datetime, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)  # as the program sets it: the library that decodes pictures says more below that
    caplog.set_level(logging.DEBUG, logger="hoax_tracker")
    with write_transaction():
        flag_models.register_shipped_model(now)
    factories.make_clarification(officer, approver, slug="air")
    ticket = use_everything(app, now)
    secrets = (*NEVER, ticket, ticket.replace("-", ""))
    assert where_found("tanamtanya") == {"check_query.text", "demand.text"}
    assert where_found("tanamkhusus") == {"report.text", "claim.text", "claim.title", "assessment.reasons"}
    assert where_found("tanamtambah") == {"report_addition.text"}
    assert where_found(*secrets) == set()
    assert {name for name in Base.metadata.tables if number_of_rows(name)} >= REACHED
    files = [path for path in settings.data_folder.rglob("*") if path.is_file()]
    if db.engine.dialect.name == "sqlite":
        archive = tmp_path / "b.zip"
        create_backup(settings, archive, now, lambda *_: None)
        with zipfile.ZipFile(archive) as held:
            everything = [held.read(name) for name in held.namelist()] + [path.read_bytes() for path in files]
        assert any(b"tanamkhusus" in one for one in everything), "the search would find it"
        assert [one for one in secrets if any(one.encode() in data for data in everything)] == []
    assert [one for one in secrets if one in caplog.text] == []


def number_of_rows(table: str) -> int:
    """How many rows a table has."""
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[table])) or 0
    db.session.rollback()
    return int(count)


@pytest.mark.sqlite
def test_a_backup_holds_no_contact_ticket_or_identity_number_in_clear(
    app: APIFlask, settings: Settings, now: datetime, tmp_path: Path
) -> None:
    ticket = submit_report(MESSAGE, None, None, CONTACT, True, now, settings)
    db.session.rollback()
    archive = tmp_path / "b.zip"
    create_backup(settings, archive, now, lambda *_: None)
    with zipfile.ZipFile(archive) as held:
        everything = b"".join(held.read(name) for name in held.namelist())
    assert b"tanamkhusus" in everything, "the search would find it"
    for secret in (CONTACT, ticket, ticket.replace("-", ""), NIK):
        assert secret.encode() not in everything


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"NIK saya {NIK}.", "NIK saya 5371••••••••••••."),
        ("5371 0145 0790 0123", "5371••••••••••••"),
        ("5371.01.450790.0123", "5371••••••••••••"),
        ("NIK 5371012345678901", "NIK 5371••••••••••••"),
        ("No. KTP: 5371-0123-4567-8901 punya tetangga", "No. KTP: 5371•••••••••••• punya tetangga"),
        ("kk beta pung mama 5371 0199 9999 0001", "kk beta pung mama 5371••••••••••••"),
        ("5371012345678901 (NIK)", "5371•••••••••••• (NIK)"),
        ("rekening 1234567890123456", "rekening 1234567890123456"),
        ("NIK 53710123456789", "NIK 53710123456789"),
        ("0812-3456-7890 dan Rp1.500.000", "0812-3456-7890 dan Rp1.500.000"),
    ],
)
def test_identity_numbers_are_masked_before_storing(
    app: APIFlask, settings: Settings, now: datetime, text: str, masked: str
) -> None:
    submit_report(f"Pesan dari grup: {text}", None, None, None, False, now, settings)
    assert db.session.scalars(sa.select(Report.text)).one() == f"Pesan dari grup: {masked}"
    assert db.session.scalars(sa.select(Claim)).all() == []
