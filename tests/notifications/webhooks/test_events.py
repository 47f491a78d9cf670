"""Each act tells its event once, with what is public; nothing of a draft, a report or an unexamined claim leaves."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clarify import corrections
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Claim, Officer, WebhookDelivery, db
from tests.clarify.conftest import Drafting, claim, complete, drafted, published, submitted
from tests.feed_server import FeedServer
from tests.notifications.webhooks.conftest import AddEndpoint
from tests.shared_app import change_settings
from tests.test_pipeline import HOAX, add_source

__all__ = ["claim", "drafted", "published", "submitted"]


def messages() -> list[dict[str, Any]]:
    """What lies in the outbox, oldest first."""
    db.session.rollback()
    query = sa.select(WebhookDelivery.body).order_by(WebhookDelivery.id)
    return [json.loads(body) for body in db.session.scalars(query)]


def test_publishing_correcting_and_withdrawing_are_told(
    add_endpoint: AddEndpoint, claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    add_endpoint()
    page = published(claim)
    changed = complete(page, title="Air mengalir, kecuali Oebufu")
    corrections.propose_correction(page.id, page.version, changed, "Oebufu ditambahkan.", officer=officer, now=now)
    assert len(messages()) == 1, "a proposal is nobody's business"
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    corrections.propose_retraction(page.id, page.version, "Sumber kami keliru.", officer=officer, now=now)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    first, second, third = messages()
    assert first["data"] == {
        "number": 1,
        "url": f"http://127.0.0.1:8000/klarifikasi/{page.slug}",
        "title": "Air PDAM tetap mengalir di seluruh kota",
        "topic": "water",
        "unit": {"code": "pdam", "name": "Perumda Air Minum Kota Kupang"},
        "published_at": "2026-11-24T08:05:00+00:00",
        "note": "",
        "verdict": "hoaks",
        "summary": "Tidak ada pipa induk yang pecah.",
    }
    assert (second["type"], second["data"]["title"]) == ("clarification.corrected", "Air mengalir, kecuali Oebufu")
    assert third["type"] == "clarification.withdrawn"
    assert third["data"]["note"] == "Sumber kami keliru."
    assert not {"verdict", "summary"} & set(third["data"])


def test_a_draft_is_told_nobody(add_endpoint: AddEndpoint, claim: Claim, submitted: Drafting) -> None:
    add_endpoint()
    submitted(claim)
    assert messages() == []


def test_an_endpoint_is_told_what_it_asked_for(add_endpoint: AddEndpoint, claim: Claim, published: Drafting) -> None:
    add_endpoint("/flags", ["claim.flagged"])
    published(claim)
    assert messages() == []


def test_the_demo_tells_nobody(app: APIFlask, add_endpoint: AddEndpoint, claim: Claim, published: Drafting) -> None:
    add_endpoint()
    change_settings(app, demo=True)
    published(claim)
    assert messages() == []


@pytest.mark.usefixtures("shipped_model")
def test_reports_and_flagged_claims_are_told_without_a_word_of_theirs(
    server: FeedServer, settings: Settings, add_endpoint: AddEndpoint, now: datetime
) -> None:
    add_endpoint()
    add_source(server, "satu", [HOAX, HOAX + " Betul?"], now)
    pipeline.run_due_sources(settings, now)
    submit_report(HOAX + " Dari grup RT.", None, "WhatsApp", "warga@contoh.example", True, now, settings)
    pipeline.assign_waiting_reports(now)
    pipeline.assign_waiting_reports(now)
    pipeline.run_due_sources(settings, now)
    row = db.session.scalars(sa.select(Claim)).one()
    flagged, reported = messages()
    assert flagged["type"] == "claim.flagged"
    assert set(flagged["data"]) == {"claim", "unit", "topic", "priority", "first_seen_at"}
    assert (reported["type"], set(reported["data"])) == ("report.received", {"claim", "unit"})
    assert flagged["data"]["claim"] == reported["data"]["claim"] == row.id
    written = json.dumps([flagged, reported])
    assert not any(word in written for word in ("BPJS", "Oesapa", "contoh.example", "WhatsApp"))
