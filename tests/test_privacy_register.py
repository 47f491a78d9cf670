"""The register of personal data names every table; planted data is found only where the register says it may be."""

from __future__ import annotations

import logging
import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.backup import back_up
from hoax_tracker.check.reports import take_report
from hoax_tracker.check.word import tell_reporters
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.flag import models as flag_models
from hoax_tracker.models import Base, Claim, Report, db
from hoax_tracker.retention import purge

REGISTER = (Path(__file__).resolve().parent.parent / "docs" / "privacy.md").read_text(encoding="utf-8")
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


def test_planted_data_is_only_where_it_may_be(
    app: APIFlask, settings: Settings, now: datetime, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with writing():
        flag_models.register_shipped(now)
    ticket = take_report(MESSAGE, None, None, CONTACT, True, now, settings)
    pipeline.take_in_waiting_reports(now)
    tell_reporters(settings, now)
    purge(settings, now + timedelta(days=1))
    assert where_found("tanamkhusus") == {"report.text", "claim.text", "claim.title", "assessment.reasons"}
    assert where_found(CONTACT, ticket, ticket.replace("-", ""), NIK) == set()
    assert where_found("5371••••••••••••") == {"report.text", "claim.text", "claim.title"}
    for secret in (CONTACT, ticket, NIK, "tanamkhusus"):
        assert secret not in caplog.text


@pytest.mark.sqlite
def test_a_backup_holds_no_contact_ticket_or_identity_number_in_clear(
    app: APIFlask, settings: Settings, now: datetime, tmp_path: Path
) -> None:
    ticket = take_report(MESSAGE, None, None, CONTACT, True, now, settings)
    db.session.rollback()
    archive = tmp_path / "b.zip"
    back_up(settings, archive, now, lambda *_: None)
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
        ("rekening 1234567890123456", "rekening 1234567890123456"),
        ("0812-3456-7890 dan Rp1.500.000", "0812-3456-7890 dan Rp1.500.000"),
    ],
)
def test_identity_numbers_are_masked_before_storing(
    app: APIFlask, settings: Settings, now: datetime, text: str, masked: str
) -> None:
    take_report(f"Pesan dari grup: {text}", None, None, None, False, now, settings)
    assert db.session.scalars(sa.select(Report.text)).one() == f"Pesan dari grup: {masked}"
    assert db.session.scalars(sa.select(Claim)).all() == []
