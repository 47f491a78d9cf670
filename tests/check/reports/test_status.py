"""A report's status follows the desk at every step."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.reports.status import ReportStage, report_status
from hoax_tracker.claims.public_words.closing_reasons import CLOSING_GROUNDS
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Officer,
    Report,
    db,
)
from tests import factories
from tests.check.conftest import Publish

NOW = factories.NOW


def make_report(digest: str = "d", **fields: object) -> Report:
    """A report that came in an hour before the clock of the tests."""
    row = Report(ticket_digest=digest, text="pasar ditutup", received_at=NOW - timedelta(hours=1), **fields)
    db.session.add(row)
    db.session.commit()
    return row


def join(report: Report, claim: Claim) -> None:
    """Give a report to a claim."""
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=NOW))
    db.session.commit()


def test_a_report_that_waits_is_received(app: APIFlask) -> None:
    report = make_report()
    assert report_status(report).stage is ReportStage.RECEIVED
    assert report_status(report).at == report.received_at


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        (ClaimStatus.NEW, ReportStage.RECEIVED),  # only the machine has seen it
        (ClaimStatus.TRIAGED, ReportStage.EXAMINED),
        (ClaimStatus.INVESTIGATING, ReportStage.EXAMINED),
        (ClaimStatus.CLARIFIED, ReportStage.EXAMINED),  # its page is not public yet, or no longer
        (ClaimStatus.DISMISSED, ReportStage.CLOSED),
    ],
)
def test_the_claim_says_where_it_stands(app: APIFlask, status: ClaimStatus, stage: ReportStage) -> None:
    report = make_report()
    join(report, factories.make_claim(status=status, examined_since=NOW))
    assert report_status(report).stage is stage


def test_it_is_examined_since_the_officer_began(app: APIFlask) -> None:
    report = make_report()
    join(report, factories.make_claim(status=ClaimStatus.INVESTIGATING, examined_since=NOW - timedelta(minutes=9)))
    assert report_status(report).at == NOW - timedelta(minutes=9)


def test_a_linked_page_answers_it_until_it_is_retracted(publish: Publish) -> None:
    report, claim = make_report(), factories.make_claim(status=ClaimStatus.CLARIFIED)
    join(report, claim)
    page = db.session.get_one(Clarification, publish())
    page.claims.append(claim)
    db.session.commit()
    found = report_status(report)
    assert (found.stage, found.clarification) == (ReportStage.CLARIFIED, page)
    page.status = ClarificationStatus.RETRACTED
    db.session.commit()
    assert report_status(report).stage is ReportStage.EXAMINED


def test_a_page_older_than_the_report_answers_it_at_once(publish: Publish) -> None:
    report, claim = make_report(), factories.make_claim(status=ClaimStatus.CLARIFIED)
    join(report, claim)
    page = db.session.get_one(Clarification, publish(published_at=NOW - timedelta(days=30)))
    page.claims.append(claim)
    db.session.commit()
    assert report_status(report).at == report.received_at


REASON = CLOSING_GROUNDS[-1].kept
"""A ready sentence, which reporters may read."""


def test_a_closed_claim_gives_the_last_reason(officer: Officer) -> None:
    report, claim = make_report(), factories.make_claim(status=ClaimStatus.DISMISSED)
    join(report, claim)
    for kind, reason in [
        (DecisionKind.DISMISS, "alasan lama"),
        (DecisionKind.REOPEN, "dibuka lagi"),
        (DecisionKind.OUT_OF_SCOPE, REASON),
        (DecisionKind.ASSIGN, "bukan alasan"),
    ]:
        db.session.add(Decision(claim_id=claim.id, officer_id=officer.id, kind=kind, reason=reason, decided_at=NOW))
        db.session.commit()
    found = report_status(report)
    assert (found.stage, found.kind, found.reason) == (ReportStage.CLOSED, DecisionKind.OUT_OF_SCOPE, REASON)


def test_a_rejection_is_the_reports_own(app: APIFlask) -> None:
    report = make_report(rejected_at=NOW, rejected_reason="iklan")
    join(report, factories.make_claim(status=ClaimStatus.INVESTIGATING))
    found = report_status(report)
    assert (found.stage, found.reason, found.at) == (ReportStage.REJECTED, "iklan", NOW)


def test_others_are_counted_not_shown(app: APIFlask) -> None:
    claim, report = factories.make_claim(status=ClaimStatus.TRIAGED), make_report("1")
    join(report, claim)
    assert report_status(report).others == 0
    for digest in ("2", "3"):
        join(make_report(digest), claim)
    assert report_status(report).others == 2
    assert db.session.scalar(sa.select(sa.func.count(Report.id))) == 3
