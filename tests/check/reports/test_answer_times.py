"""Residents are told when to expect an answer: from the office's targets, and a day that does not move away."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.reports.status import expect_answer, expect_answer_to_report, report_status
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import ClaimAppearance, ClaimStatus, Decision, DecisionKind, Officer, OfficeRules, Report, db
from tests import factories
from tests.check.conftest import MARKET

TUESDAY = datetime.fromisoformat("2026-11-24T10:00+08:00")


def words(page: str) -> str:
    """Return a page's text on one line."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def test_the_latest_day_is_that_of_the_targets_and_holidays(app: APIFlask) -> None:
    assert expect_answer(TUESDAY).latest == datetime.fromisoformat("2026-11-27T10:00+08:00")
    assert expect_answer(TUESDAY + timedelta(days=1)).latest == datetime.fromisoformat("2026-11-30T10:00+08:00")
    db.session.add(OfficeRules(id=1, high_hours=12, other_days=1))
    db.session.commit()
    changed = expect_answer(TUESDAY)
    assert (changed.usual, changed.latest) == (timedelta(hours=12), TUESDAY + timedelta(days=1))
    end_of_day = changed.latest.replace(hour=23, minute=59)
    assert not changed.is_over(end_of_day), "the day was told, not the hour"
    assert changed.is_over(end_of_day + timedelta(minutes=1))
    assert not changed.is_over(end_of_day.astimezone(UTC)), "the day of Kupang"


def make_report(received_at: datetime) -> Report:
    """Store a report that came in at a time."""
    row = Report(ticket_digest="d", text=MARKET, received_at=received_at)
    db.session.add(row)
    db.session.commit()
    return row


def test_the_day_does_not_move_when_officers_begin_and_starts_anew_when_they_reopen(
    app: APIFlask, officer: Officer
) -> None:
    report = make_report(TUESDAY)
    first = expect_answer_to_report(report, report_status(report))
    claim = factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=TUESDAY + timedelta(days=2))
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=TUESDAY))
    db.session.commit()
    assert expect_answer_to_report(report, report_status(report)) == first
    reopened_at = TUESDAY + timedelta(days=6)
    db.session.add(
        Decision(claim_id=claim.id, kind=DecisionKind.REOPEN, officer_id=officer.id, reason="", decided_at=reopened_at)
    )
    db.session.commit()
    again = expect_answer_to_report(report, report_status(report))
    assert again is not None
    assert again.latest == expect_answer(reopened_at).latest
    claim.status = ClaimStatus.DISMISSED
    db.session.commit()
    assert expect_answer_to_report(report, report_status(report)) is None


def test_ticket_and_answer_tell_the_day(app: APIFlask, client: FlaskClient, settings: Settings) -> None:
    now = utc_now()
    ticket = submit_report(MARKET, None, None, None, False, now, settings)
    page = words(client.get(f"/lapor/{ticket}").get_data(as_text=True))
    assert re.search(
        r"biasanya dalam 24 jam, paling lambat (Senin|Selasa|Rabu|Kamis|Jumat), \d+ \w+( \d{4})? ?\.", page
    )
    factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=now)
    answer = words(client.post("/cek", data={"teks": MARKET}).get_data(as_text=True))
    assert "Jawaban biasanya dalam 24 jam, paling lambat " in answer


def test_what_is_late_says_so(app: APIFlask, client: FlaskClient, settings: Settings) -> None:
    ticket = submit_report(MARKET, None, None, None, False, utc_now() - timedelta(days=30), settings)
    assert "Kami terlambat, maaf" in words(client.get(f"/lapor/{ticket}").get_data(as_text=True))


def test_the_ticket_can_be_sent_to_oneself_without_the_report(
    app: APIFlask, client: FlaskClient, settings: Settings
) -> None:
    ticket = submit_report(MARKET, None, None, None, False, utc_now(), settings)
    page = unescape(client.get(f"/lapor/{ticket}").get_data(as_text=True))
    links = re.findall(r'href="((?:https://wa\.me/|mailto:)[^"]+)"', page)
    assert len(links) == 2
    for link in links:
        assert ticket in link
        assert "Oeba" not in link
    assert 'data-copy-from="teks-bagi" hidden' in page
    assert f"{settings.base_url}/lapor/{ticket}" in page
