"""The seeded instance is one that the product could have made."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks.seed import seed_instance
from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import decrypt_contact
from hoax_tracker.models import Claim, ClaimAppearance, Clarification, Decision, Item, ModelVersion, Report, db
from hoax_tracker.privacy.retention import purge_expired_data
from tests import databases, factories
from tests.factories import count_rows


@pytest.fixture
def seeded(shipped_model: ModelVersion, now: datetime) -> None:
    """Two seedings, one after the other, in an instance that is not empty."""
    factories.make_claim()
    with write_transaction():
        audit_log.record_event("claim_link", "claim:1", officer=None, now=now)
    for number in (1, 2):
        found = seed_instance(600, 60, 30, number)
        assert found["rows"]["item"] == 600
        assert found["rows_per_s"] > 0


@pytest.mark.usefixtures("seeded")
def test_a_seeded_instance_is_plausible(settings: Settings, client: FlaskClient, now: datetime) -> None:
    assert (count_rows(Item), count_rows(Claim), count_rows(Clarification)) == (1200, 121, 60)
    assert chain_check.verify_chain().broken_at is None
    assert chain_check.verify_chain().rows > count_rows(Decision)
    if not databases.ON_POSTGRESQL:
        assert db.session.execute(sa.text("pragma foreign_key_check")).all() == []
    assert pipeline.flag_pending_items(utc_now()) == 0
    assert pipeline.assign_waiting_reports(utc_now()) == 0
    assert not any(purge_expired_data(settings, utc_now()).values())
    sealed = db.session.scalars(sa.select(Report.contact_encrypted).where(Report.contact_encrypted.is_not(None))).all()
    assert {decrypt_contact(one or b"", settings.contact_key) for one in sealed} == {"pelapor@contoh.example"}
    outside = sa.select(sa.func.count()).where(
        ClaimAppearance.claim_id == Claim.id,
        sa.or_(ClaimAppearance.seen_at < Claim.first_seen_at, ClaimAppearance.seen_at > Claim.last_seen_at),
    )
    assert db.session.scalar(outside) == 0
    versions = sa.select(Claim.version - 1, sa.func.count(Decision.id)).outerjoin(Claim.decisions).group_by(Claim.id)
    assert all(version == decisions for version, decisions in db.session.execute(versions))
    db.session.rollback()
    slug = db.session.scalars(sa.select(Clarification.slug).where(Clarification.slug.is_not(None)).limit(1)).one()
    for path in ("/klarifikasi/", f"/klarifikasi/{slug}", "/feed.atom", "/sitemap.xml"):
        assert client.get(path).status_code == 200, path
    factories.make_claim("dan sesudahnya")  # numbers go on behind the seeded ones


@pytest.mark.usefixtures("app")
def test_more_claims_than_items_is_refused() -> None:
    with pytest.raises(SystemExit, match="--claims"):
        seed_instance(10, 20, 1)
