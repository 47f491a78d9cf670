"""What is kept too long goes, to the minute; what is still needed stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import audit
from hoax_tracker.config import Settings
from hoax_tracker.models import (
    Assessment,
    AuditEvent,
    CheckDecision,
    CheckQuery,
    ClaimAppearance,
    Demand,
    Item,
    ModelVersion,
    RateLimit,
    Report,
    Source,
    Topic,
    db,
)
from hoax_tracker.retention import purge
from tests import factories

A_MINUTE = timedelta(minutes=1)


def add(*rows: object) -> None:
    """Store rows."""
    db.session.add_all(rows)
    db.session.commit()


def item(key: str, fetched_at: datetime, **fields: object) -> Item:
    """An item of the one source."""
    source = db.session.scalar(sa.select(Source)) or Source(name="s", created_at=factories.NOW)
    add(source)
    row = Item(source_id=source.id, entry_key=key, content_key=key, fetched_at=fetched_at, **fields)
    add(row)
    return row


def report(key: str, received_at: datetime) -> Report:
    """A report with a contact."""
    row = Report(ticket_digest=key, text="pesan", received_at=received_at, consent_at=received_at)
    row.contact_encrypted = b"sealed"
    add(row)
    return row


def keys(column: sa.orm.InstrumentedAttribute[str]) -> set[str]:
    """The values of a column."""
    return set(db.session.scalars(sa.select(column)))


def test_contacts_go_and_the_reports_stay(app: APIFlask, settings: Settings, now: datetime) -> None:
    limit = now - settings.contacts_kept
    old, young = report("old", limit - A_MINUTE), report("young", limit + A_MINUTE)
    assert purge(settings, now)["contacts"] == 1
    db.session.expire_all()
    assert (old.contact_encrypted, old.contact_purged_at, old.text) == (None, now, "pesan")
    assert (young.contact_encrypted, young.contact_purged_at) == (b"sealed", None)
    assert purge(settings, now)["contacts"] == 0


def test_items_that_no_claim_holds_go_with_what_hangs_on_them(app: APIFlask, settings: Settings, now: datetime) -> None:
    limit = now - settings.unflagged_kept
    old, held = item("old", limit - A_MINUTE), item("held", limit - A_MINUTE)
    item("young", limit + A_MINUTE, copy_of_id=old.id)
    add(ClaimAppearance(claim_id=factories.make_claim().id, item_id=held.id, seen_at=now))
    version = ModelVersion(digest="d", name="m", file_name="m", registered_at=now)
    add(version)
    scores = {"relevance": 0.1, "misinformation": 0.1, "priority": 0.1, "topic": Topic.OTHER, "flagged": False}
    for one in (old, held):
        add(Assessment(item_id=one.id, model_version_id=version.id, assessed_at=now, **scores))
    held_id = held.id
    assert purge(settings, now)["items"] == 1
    db.session.expire_all()
    assert keys(Item.entry_key) == {"held", "young"}
    assert db.session.scalars(sa.select(Item.copy_of_id).where(Item.entry_key == "young")).one() is None
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == [held_id]
    assert db.session.scalars(sa.select(ClaimAppearance.item_id)).all() == [held_id]


def test_questions_and_counters_go(app: APIFlask, settings: Settings, now: datetime) -> None:
    limit = (now - settings.queries_kept).date()
    for name, day in (("old", limit - timedelta(days=1)), ("last", limit)):
        add(CheckQuery(day=day, digest=name, text=name, decision=CheckDecision.NONE))
    add(RateLimit(key="over", count=1, expires_at=now - A_MINUTE), RateLimit(key="open", expires_at=now + A_MINUTE))
    assert purge(settings, now)["queries"] == 1
    assert keys(CheckQuery.digest) == {"last"}
    assert keys(RateLimit.key) == {"open"}


@pytest.mark.parametrize("days", [1, 400])
def test_settings_say_how_long(app: APIFlask, settings: Settings, now: datetime, days: int) -> None:
    item("x", now - timedelta(days=90))
    report("x", now - timedelta(days=90))
    kept = timedelta(days=days)
    counts = purge(replace(settings, unflagged_kept=kept, contacts_kept=kept), now)
    assert counts == {"contacts": int(days == 1), "items": int(days == 1), "queries": 0, "demand": 0}


def test_the_log_keeps_the_counts_and_nothing_where_nothing_went(
    app: APIFlask, settings: Settings, now: datetime
) -> None:
    assert purge(settings, now) == {"contacts": 0, "items": 0, "queries": 0, "demand": 0}
    assert db.session.scalars(sa.select(AuditEvent)).all() == []
    report("old", now - timedelta(days=1000))
    purge(settings, now)
    event = db.session.scalars(sa.select(AuditEvent)).one()
    assert (event.action, event.subject, event.officer_id) == ("purged", "retention", None)
    assert event.detail == {"contacts": 1, "items": 0, "queries": 0, "demand": 0}
    assert audit.verify().broken_at is None


def test_a_group_of_questions_goes_with_its_last_question(app: APIFlask, settings: Settings, now: datetime) -> None:
    old, today = (now - timedelta(days=91)).date(), now.date()
    groups = [Demand(text=text, first_day=old, last_day=old) for text in ("lama", "masih ditanya")]
    add(*groups)
    for day, group in ((old, groups[0]), (old, groups[1]), (today, groups[1])):
        add(CheckQuery(day=day, digest=group.text, text="x", decision=CheckDecision.NONE, demand_id=group.id))
    counts = purge(settings, now)
    assert (counts["queries"], counts["demand"]) == (2, 1)
    assert keys(Demand.text) == {"masih ditanya"}
