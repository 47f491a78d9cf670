"""Expired data is deleted to the minute, and needed data stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import (
    Assessment,
    AuditEvent,
    CheckDecision,
    CheckQuery,
    ClaimAppearance,
    ClaimStatus,
    Demand,
    Invitation,
    Item,
    ItemBand,
    ModelVersion,
    OfficerSession,
    OutgoingMail,
    PasswordLink,
    RateLimit,
    Report,
    ReportPicture,
    SignInBrake,
    Source,
    Topic,
    WebhookDelivery,
    WebhookEndpoint,
    db,
)
from hoax_tracker.privacy.retention import SENDER_DIGEST_RETENTION, WEBHOOK_RETENTION, purge_expired_data
from tests import factories
from tests.factories import count_rows

A_MINUTE = timedelta(minutes=1)
NOTHING = dict.fromkeys(
    (
        *("contacts", "items", "letters", "pictures", "senders", "files", "evidence", "queries", "demand", "accounts"),
        *("webhooks", "subscriptions", "chats"),
    ),
    0,
)


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
    limit = now - settings.contact_retention
    old, young = report("old", limit - A_MINUTE), report("young", limit + A_MINUTE)
    assert purge_expired_data(settings, now)["contacts"] == 1
    db.session.expire_all()
    assert (old.contact_encrypted, old.contact_purged_at, old.text) == (None, now, "pesan")
    assert (young.contact_encrypted, young.contact_purged_at) == (b"sealed", None)
    assert purge_expired_data(settings, now)["contacts"] == 0


def test_letters_go_with_the_contacts(app: APIFlask, settings: Settings, now: datetime) -> None:
    limit = now - settings.contact_retention
    for key, at in (("old", limit - A_MINUTE), ("young", limit + A_MINUTE)):
        add(OutgoingMail(key=key, sealed=b"x", posted_at=at, next_try_at=now))
    assert purge_expired_data(settings, now)["letters"] == 1
    assert keys(OutgoingMail.key) == {"young"}


def test_messages_to_webhooks_go_after_a_month(app: APIFlask, settings: Settings, now: datetime) -> None:
    endpoint = WebhookEndpoint(name="n", url="https://x.example/", events=[], sealed_secret=b"x", added_at=now)
    add(endpoint)
    for key, at in (("old", now - WEBHOOK_RETENTION - A_MINUTE), ("young", now - WEBHOOK_RETENTION + A_MINUTE)):
        message = {"message_id": key, "event": "claim.flagged", "body": "{}", "posted_at": at, "next_try_at": now}
        add(WebhookDelivery(endpoint_id=endpoint.id, **message))
    assert purge_expired_data(settings, now)["webhooks"] == 1
    assert keys(WebhookDelivery.message_id) == {"young"}


def picture(key: str, added_at: datetime, of: Report | None) -> None:
    """A screenshot, of a report or of a form that was not sent."""
    row = ReportPicture(token_digest=key, sealed=b"x", width=1, height=1, added_at=added_at)
    row.report_id = of.id if of else None
    add(row)


def test_screenshots_go_unless_their_claim_waits(app: APIFlask, settings: Settings, now: datetime) -> None:
    limit = now - settings.contact_retention
    old, held, young = (report(key, limit) for key in ("old", "held", "young"))
    add(ClaimAppearance(claim_id=factories.make_claim().id, report_id=held.id, seen_at=now))
    closed = factories.make_claim("lain", status=ClaimStatus.DISMISSED)
    add(ClaimAppearance(claim_id=closed.id, report_id=old.id, seen_at=now))
    picture("old", limit - A_MINUTE, old)
    picture("held", limit - A_MINUTE, held)
    picture("young", limit + A_MINUTE, young)
    picture("unsent", now - timedelta(days=1) - A_MINUTE, None)
    picture("begun", now - A_MINUTE, None)
    assert purge_expired_data(settings, now)["pictures"] == 2
    assert keys(ReportPicture.token_digest) == {"held", "young", "begun"}


def test_nobody_is_known_by_their_connection_for_long(app: APIFlask, settings: Settings, now: datetime) -> None:
    for key, at in (
        ("old", now - SENDER_DIGEST_RETENTION - A_MINUTE),
        ("young", now - SENDER_DIGEST_RETENTION + A_MINUTE),
    ):
        report(key, at).sender_digest = key
        db.session.commit()
    assert purge_expired_data(settings, now)["senders"] == 1
    assert keys(Report.sender_digest) == {None, "young"}


def test_items_that_no_claim_holds_go_with_what_hangs_on_them(app: APIFlask, settings: Settings, now: datetime) -> None:
    limit = now - settings.unflagged_retention
    old, held = item("old", limit - A_MINUTE), item("held", limit - A_MINUTE)
    item("young", limit + A_MINUTE, copy_of_id=old.id)
    add(ClaimAppearance(claim_id=factories.make_claim().id, item_id=held.id, seen_at=now))
    version = ModelVersion(digest="d", name="m", file_name="m", registered_at=now)
    add(version)
    scores = {"relevance": 0.1, "misinformation": 0.1, "priority": 0.1, "topic": Topic.OTHER, "flagged": False}
    for one in (old, held):
        add(Assessment(item_id=one.id, model_version_id=version.id, assessed_at=now, **scores))
    held_id = held.id
    assert purge_expired_data(settings, now)["items"] == 1
    db.session.expire_all()
    assert keys(Item.entry_key) == {"held", "young"}
    assert db.session.scalars(sa.select(Item.copy_of_id).where(Item.entry_key == "young")).one() is None
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == [held_id]
    assert db.session.scalars(sa.select(ClaimAppearance.item_id)).all() == [held_id]


def test_questions_and_counters_go(app: APIFlask, settings: Settings, now: datetime) -> None:
    limit = (now - settings.query_retention).date()
    for name, day in (("old", limit - timedelta(days=1)), ("last", limit)):
        add(CheckQuery(day=day, digest=name, text=name, decision=CheckDecision.NONE))
    add(RateLimit(key="over", count=1, expires_at=now - A_MINUTE), RateLimit(key="open", expires_at=now + A_MINUTE))
    assert purge_expired_data(settings, now)["queries"] == 1
    assert keys(CheckQuery.digest) == {"last"}
    assert keys(RateLimit.key) == {"open"}


@pytest.mark.parametrize("days", [1, 400])
def test_settings_say_how_long(app: APIFlask, settings: Settings, now: datetime, days: int) -> None:
    item("x", now - timedelta(days=90))
    report("x", now - timedelta(days=90))
    kept = timedelta(days=days)
    counts = purge_expired_data(replace(settings, unflagged_retention=kept, contact_retention=kept), now, overdue=True)
    assert counts == NOTHING | {"contacts": int(days == 1), "items": int(days == 1)}


def test_the_log_keeps_the_counts_and_nothing_where_nothing_went(
    app: APIFlask, settings: Settings, now: datetime
) -> None:
    assert purge_expired_data(settings, now) == NOTHING
    assert db.session.scalars(sa.select(AuditEvent)).all() == []
    report("old", now - timedelta(days=1000))
    purge_expired_data(settings, now, overdue=True)
    event = db.session.scalars(sa.select(AuditEvent)).one()
    assert (event.action, event.subject, event.officer_id) == ("purged", "retention", None)
    assert event.detail == NOTHING | {"contacts": 1}
    assert chain_check.verify_chain().broken_at is None


def test_a_group_of_questions_goes_with_its_last_question(app: APIFlask, settings: Settings, now: datetime) -> None:
    old, today = (now - timedelta(days=91)).date(), now.date()
    groups = [Demand(text=text, first_day=old, last_day=old) for text in ("lama", "masih ditanya")]
    add(*groups)
    for day, group in ((old, groups[0]), (old, groups[1]), (today, groups[1])):
        add(CheckQuery(day=day, digest=group.text, text="x", decision=CheckDecision.NONE, demand_id=group.id))
    counts = purge_expired_data(settings, now)
    assert (counts["queries"], counts["demand"]) == (2, 1)
    assert keys(Demand.text) == {"masih ditanya"}


def test_the_oldest_copy_left_takes_the_place_of_the_first(app: APIFlask, settings: Settings, now: datetime) -> None:
    old, young = now - settings.unflagged_retention - A_MINUTE, now - A_MINUTE
    first = item("first", old).id
    item("gone too", old, copy_of_id=first)
    heir, later = (item(key, young, copy_of_id=first).id for key in ("heir", "later"))
    other, kept = item("other", old).id, item("kept", young).id
    tied = item("tied", young, copy_of_id=kept).id
    add(*(ItemBand(band=band, item_id=key) for key in (first, other, kept) for band in (1, 2)))
    assert purge_expired_data(settings, now)["items"] == 3
    db.session.expire_all()
    assert dict(db.session.execute(sa.select(Item.id, Item.copy_of_id)).all()) == {
        heir: None,
        later: heir,
        kept: None,
        tied: kept,
    }
    bands = sa.select(ItemBand.item_id, ItemBand.band).order_by(ItemBand.item_id, ItemBand.band)
    assert db.session.execute(bands).all() == [(key, band) for key in sorted((heir, kept)) for band in (1, 2)]
    assert purge_expired_data(settings, now)["items"] == 0


def test_what_signing_in_leaves_behind_goes_when_nobody_can_use_it(
    app: APIFlask, settings: Settings, now: datetime
) -> None:
    person = factories.make_officer("petugas@kupang.example")
    who, day = {"officer_id": person.id}, timedelta(days=1)
    for number, old in enumerate((True, False)):
        digest = str(number) * 64
        at = now - 40 * day if old else now - timedelta(hours=1)
        place = {"network": "203.0.113.0/24", "browser": "Chrome/Android"}
        add(
            OfficerSession(**who, token_digest=digest, begun_at=at, seen_at=at, **place),
            PasswordLink(**who, token_digest=digest, made_at=at, expires_at=at + 3 * day),
            SignInBrake(key=digest, failures=3, first_at=at, last_at=at),
            Invitation(
                email=f"{number}@kupang.example",
                name="x",
                roles=[],
                unit_id=person.unit_id,
                token_digest=digest,
                invited_at=at,
                expires_at=at + 3 * day,
            ),
        )
    assert purge_expired_data(settings, now)["accounts"] == 4
    for table in (OfficerSession, PasswordLink, SignInBrake, Invitation):
        assert count_rows(table) == 1
