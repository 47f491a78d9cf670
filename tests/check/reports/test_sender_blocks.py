"""Three junk reports block the form for a connection for a week; asking still works, and others are not blocked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.reports.proof_of_work import SenderBlockedError, digest_sender, require_unblocked_sender
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Report, db
from tests.check.conftest import MARKET, kept
from tests.check.views.test_reports import fields_of, ticket_of, walk

JUNK = {"is_junk": True, "rejected_reason": "Iklan."}


def take(settings: Settings, now: datetime, address: str = "203.0.113.7") -> None:
    """Take a report from an address."""
    submit_report(MARKET, None, None, None, False, now, settings, sender=digest_sender(address, now))


def call_junk(count: int, now: datetime) -> None:
    """Let an officer call so many reports junk."""
    with write_transaction():
        keys = list(db.session.scalars(sa.select(Report.id).where(~Report.is_junk).limit(count)))
        db.session.execute(sa.update(Report).where(Report.id.in_(keys)).values(JUNK | {"rejected_at": now}))


def test_three_close_it_and_two_do_not(app: APIFlask, settings: Settings, now: datetime) -> None:
    for _ in range(4):
        take(settings, now)
    call_junk(2, now)
    require_unblocked_sender("203.0.113.7", now)
    call_junk(1, now)
    with pytest.raises(SenderBlockedError):
        require_unblocked_sender("203.0.113.7", now)
    require_unblocked_sender("203.0.113.8", now)


def test_it_ends_after_a_week_and_not_with_the_calendar(app: APIFlask, settings: Settings, now: datetime) -> None:
    for _ in range(3):
        take(settings, now)
    call_junk(3, now)
    with pytest.raises(SenderBlockedError):
        require_unblocked_sender("203.0.113.7", now + timedelta(days=6, hours=23))
    require_unblocked_sender("203.0.113.7", now + timedelta(days=7, minutes=1))


def test_no_address_is_kept(app: APIFlask, settings: Settings, now: datetime) -> None:
    take(settings, now)
    digest = kept(lambda: db.session.scalars(sa.select(Report.sender_digest)).one())
    assert digest is not None
    assert "203.0" not in digest
    assert digest != digest_sender("203.0.113.7", now + timedelta(days=14)), "nobody is followed over weeks"


def test_it_is_told_in_neutral_words_and_nothing_is_lost(client: FlaskClient, now: datetime) -> None:
    for _ in range(3):
        ticket_of(walk(client))
    call_junk(3, now)
    page = walk(client)
    assert page.status_code == 429
    assert "untuk sementara tidak diterima lewat formulir" in page.text
    assert "sampah" not in page.text.lower()
    assert fields_of(page.text)["teks"] == MARKET
    answer = client.post("/api/v1/reports", json={"text": MARKET})
    assert answer.status_code == 429
    assert client.post("/cek", data={"teks": MARKET}).status_code == 200, "asking goes on"
