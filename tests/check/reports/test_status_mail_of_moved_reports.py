"""A reporter whose report moves to another claim is told once and nothing untrue."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    DecisionKind,
    Officer,
    Report,
    db,
)
from hoax_tracker.review.decisions.merge import merge_claims
from hoax_tracker.review.decisions.service import DecisionChoice, decide_claim
from hoax_tracker.review.decisions.split import split_claim
from tests import factories
from tests.check.conftest import Told, kept
from tests.check.reports.test_status_mail import MINUTE, SETTLED, act, join, take
from tests.mail_server import plain_text


def test_a_report_that_joins_an_answered_claim_is_told_the_answer(
    mailing: Settings, told: Told, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = factories.make_clarification(officer, approver, published_at=now - timedelta(days=9))
    take(mailing, now)
    key = join(ClaimStatus.CLARIFIED, now)
    db.session.get_one(Clarification, page.id).claims.append(db.session.get_one(Claim, key))
    db.session.commit()
    assert [one["Subject"] for one in told(now)] == ["Aduan Anda sudah masuk", "Aduan Anda sudah dijawab"]


def test_a_report_whose_claim_is_merged_is_told_where_that_one_stands(
    mailing: Settings, told: Told, officer: Officer, now: datetime
) -> None:
    take(mailing, now)
    told(now)
    key = join(ClaimStatus.NEW, now)
    into = factories.make_claim("Pasar Oeba tutup", status=ClaimStatus.INVESTIGATING, examined_since=now)
    merge_claims(key, kept(lambda: db.session.get_one(Claim, key).version), into.id, officer=officer, now=now)
    assert [one["Subject"] for one in told(now + SETTLED)] == ["Aduan Anda sedang diperiksa"]


def version_of(key: int) -> int:
    """The version that a form of the claim would carry."""
    return kept(lambda: db.session.get_one(Claim, key).version)


def test_a_merge_into_a_claim_that_was_once_reopened_is_no_news(
    mailing: Settings, told: Told, officer: Officer, now: datetime
) -> None:
    other = kept(lambda: factories.make_claim("Pasar Oeba tutup", status=ClaimStatus.NEW).id)
    act(other, DecisionKind.DISMISS, officer, now, "Belum jelas.")
    act(other, DecisionKind.REOPEN, officer, now)
    take(mailing, now)
    key = join(ClaimStatus.NEW, now)
    act(key, DecisionKind.INVESTIGATE, officer, now)
    assert [one["Subject"] for one in told(now + SETTLED)] == ["Aduan Anda sudah masuk", "Aduan Anda sedang diperiksa"]
    at = now + timedelta(hours=1)
    merge_claims(key, version_of(key), other, officer=officer, now=at)
    assert told(at + SETTLED) == []
    at += timedelta(hours=1)
    act(other, DecisionKind.DISMISS, officer, at, "Pasar buka.")
    act(other, DecisionKind.REOPEN, officer, at + SETTLED)
    assert [one["Subject"] for one in told(at + 2 * SETTLED)] == [], "closed and reopened between two rounds"
    act(other, DecisionKind.DISMISS, officer, at + 3 * SETTLED, "Pasar buka.")
    assert [one["Subject"] for one in told(at + 4 * SETTLED)] == ["Aduan Anda ditutup tanpa klarifikasi"]
    act(other, DecisionKind.REOPEN, officer, at + 5 * SETTLED)
    assert [one["Subject"] for one in told(at + 6 * SETTLED)] == ["Aduan Anda diperiksa lagi"]


def test_a_report_that_is_parted_from_an_answered_claim_is_examined_again_and_nobody_says_reopened(
    mailing: Settings, told: Told, officer: Officer, approver: Officer, now: datetime
) -> None:
    take(mailing, now)
    key = join(ClaimStatus.NEW, now)
    act(key, DecisionKind.INVESTIGATE, officer, now)
    told(now + SETTLED)
    page = kept(lambda: factories.make_clarification(officer, approver).id)
    report = Report(ticket_digest="x", text="Pasar Oeba pindah", received_at=now)
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=key, report_id=report.id, seen_at=now))
    db.session.commit()
    at = now + timedelta(hours=1)
    decide_claim(
        key, version_of(key), DecisionChoice(DecisionKind.LINK, clarification_id=page), officer=officer, now=at
    )
    kept(lambda: factories.confirm_waiting(approver, at))
    assert [one["Subject"] for one in told(at + SETTLED)] == ["Aduan Anda sudah dijawab"]
    at += timedelta(hours=1)
    mine = sa.select(ClaimAppearance.id).join(ClaimAppearance.report).where(Report.contact_encrypted.is_not(None))
    split_claim(key, version_of(key), [kept(lambda: db.session.scalars(mine).one())], officer=officer, now=at)
    kept(lambda: factories.confirm_waiting(approver, at))
    (letter,) = told(at + SETTLED)
    assert letter["Subject"] == "Aduan Anda diperiksa lagi"
    assert "membuka kembali" not in plain_text(letter)
    assert told(at + 2 * SETTLED) == []


def test_a_page_that_was_withdrawn_before_the_report_came_to_its_claim_never_answered_it(
    mailing: Settings, told: Told, client: FlaskClient, officer: Officer, approver: Officer, now: datetime
) -> None:
    ticket = take(mailing, now)
    key = join(ClaimStatus.NEW, now)
    act(key, DecisionKind.INVESTIGATE, officer, now)
    told(now + SETTLED)
    other = factories.make_claim("Pasar Oeba tutup", status=ClaimStatus.TRIAGED, examined_since=now)
    page = factories.make_clarification(officer, approver, status=ClarificationStatus.RETRACTED, claims=[other])
    other_id, at = other.id, now + timedelta(hours=1)
    db.session.add(
        ClarificationRevision(
            clarification_id=page.id, number=1, kind=ClarificationStatus.RETRACTED, note="Keliru.", content={},
            author_id=officer.id, approver_id=approver.id, made_at=at,
        )
    )  # fmt: skip
    db.session.commit()
    merge_claims(key, version_of(key), other_id, officer=officer, now=at + MINUTE)
    assert told(at + MINUTE + SETTLED) == []
    text = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    assert "Aduan Anda sedang diperiksa petugas." in text
    assert "ditarik" not in text
