"""A report is stored whole, its ticket as a digest and its contact sealed; neither is stored in clear."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.reports.submission import LONGEST_LINK, find_report_by_ticket, submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import decrypt_contact
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.flag.service import reports_without_claim
from hoax_tracker.models import Report, db
from tests.check.conftest import MARKET, kept

PLANTED = "tanam-4711@surel.example"


def take(settings: Settings, now: datetime, **fields: Any) -> str:
    """Take a report with the given fields."""
    given: dict[str, Any] = {"text": MARKET, "url": None, "seen_where": None, "contact": None, "consent": False}
    return submit_report(**(given | fields), now=now, settings=settings)


def the_report() -> Report:
    """The only report."""
    return db.session.scalars(sa.select(Report)).one()


def test_a_report_is_stored_and_waits_for_a_claim(app: APIFlask, settings: Settings, now: datetime) -> None:
    ticket = take(settings, now, url="berita.example/pasar", seen_where=" WhatsApp ")
    row = the_report()
    assert (row.text, row.url, row.seen_where) == (MARKET, "https://berita.example/pasar", "WhatsApp")
    assert (row.received_at, row.contact_encrypted, row.consent_at) == (now, None, None)
    assert db.session.scalars(reports_without_claim()).all() == [row.id]
    found = find_report_by_ticket(ticket.lower().replace("-", " "))
    assert found is not None
    assert (found[0], found[1].id) == (ticket, row.id)


def test_two_reports_have_two_tickets(app: APIFlask, settings: Settings, now: datetime) -> None:
    assert take(settings, now) != take(settings, now)


@pytest.mark.parametrize("contact", [PLANTED, "0812-3456-7890", "+62 812 3456 7890"])
def test_a_contact_is_sealed(app: APIFlask, settings: Settings, now: datetime, contact: str) -> None:
    take(settings, now, contact=f" {contact} ", consent=True)
    row = the_report()
    assert row.contact_encrypted is not None
    assert contact.encode() not in row.contact_encrypted
    assert decrypt_contact(row.contact_encrypted, settings.contact_key) == contact
    assert row.consent_at == now


@pytest.mark.sqlite
def test_neither_contact_nor_ticket_stands_in_the_database_in_clear(
    app: APIFlask, settings: Settings, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ticket = take(settings, now, contact=PLANTED, consent=True)
    db.session.remove()
    db.engine.dispose()
    files = [path.read_bytes() for path in settings.data_folder.rglob("*") if path.is_file()]
    everything = b"\n".join(files) + caplog.text.encode()
    assert MARKET.encode() in everything  # the search would find it
    for secret in (PLANTED, ticket, ticket.replace("-", "")):
        assert secret.encode() not in everything
        assert secret.lower().encode() not in everything


def test_a_contact_needs_consent(app: APIFlask, settings: Settings, now: datetime) -> None:
    with pytest.raises(InvalidInputError) as fault:
        take(settings, now, contact=PLANTED, consent=False)
    assert fault.value.field == "consent"
    assert kept(lambda: db.session.scalars(sa.select(Report)).all()) == []


@pytest.mark.parametrize("contact", ["maria", "a@b", "12", "x" * 201, "saya@surel.example, dia@surel.example", "@@."])
def test_a_contact_must_reach_somebody(app: APIFlask, settings: Settings, now: datetime, contact: str) -> None:
    with pytest.raises(InvalidInputError) as fault:
        take(settings, now, contact=contact, consent=True)
    assert fault.value.field == "contact"
    assert contact not in str(fault.value)  # it goes to the log


@pytest.mark.parametrize("text", ["", " ", "🙏", "0812", "x " * 60_000])
def test_a_report_needs_a_letter(app: APIFlask, settings: Settings, now: datetime, text: str) -> None:
    with pytest.raises(InvalidInputError) as fault:
        take(settings, now, text=text)
    assert fault.value.field == "text"


def test_a_link_alone_is_a_report(app: APIFlask, settings: Settings, now: datetime) -> None:
    take(settings, now, text="https://berita.example/pasar")
    assert the_report().text == "https://berita.example/pasar"


@pytest.mark.parametrize(
    "url",
    [
        "pasar",
        "https://",
        "javascript:alert(1)",
        "ftp://berita.example/x y",
        "http://[::1",
        "https://x.example/" + "a" * LONGEST_LINK,
    ],
)
def test_a_link_must_be_a_web_address(app: APIFlask, settings: Settings, now: datetime, url: str) -> None:
    with pytest.raises(InvalidInputError) as fault:
        take(settings, now, url=url)
    assert fault.value.field == "url"


def test_what_no_database_can_hold_is_left_out(app: APIFlask, settings: Settings, now: datetime) -> None:
    take(settings, now, text=f"{MARKET}\x00\ud800", contact=f"\x00{PLANTED}\ud800", consent=True)
    assert the_report().text == MARKET
