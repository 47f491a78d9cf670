"""The tamper-evident audit log: every row carries a hash over itself and over the hash of the row before it.

A changed, removed or reordered row breaks the chain at that place; ``verify_chain`` finds it. Cutting off the newest
rows leaves a shorter but whole chain, so ``hoax-tracker audit verify`` prints the last hash to be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.models import AuditEvent, Officer, db

FIRST_HASH = "0" * 64
EVENT_COLUMNS = ("at", "officer_id", "action", "subject", "detail", "previous_hash", "hash")


@dataclass(frozen=True)
class AuditEntry:
    """What was done with one row: ``subject`` is like "claim:12"."""

    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class ChainVerification:
    """The outcome: ``rows`` read, ``broken_at`` the id of the first row that does not fit (None if all fit)."""

    rows: int
    broken_at: int | None
    last_hash: str


def record_event(
    action: str, subject: str, *, officer: Officer | None, now: datetime, detail: dict[str, Any] | None = None
) -> AuditEvent:
    """Add an event to the current transaction; the caller commits.

    ``subject`` is like "claim:12"; ``detail`` must hold no contact, password or token. One transaction at a time adds,
    so the chain never forks (and the database refuses a second row after the same one).
    """
    event = build_chained_event(AuditEntry(action, subject, detail or {}), officer, now, last_chain_hash())
    db.session.add(event)
    db.session.flush()
    return event


def record_events(acts: Iterable[AuditEntry], *, officer: Officer | None, now: datetime) -> None:
    """Add the events of one act on several rows, in their order, to the current transaction: with one insert."""
    db.session.flush()
    rows, last = [], last_chain_hash()
    for act in acts:
        event = build_chained_event(act, officer, now, last)
        rows.append({name: getattr(event, name) for name in EVENT_COLUMNS})
        last = event.hash
    if rows:
        db.session.execute(sa.insert(AuditEvent), rows)


def last_chain_hash() -> str:
    """Return the hash of the newest row; nobody else adds one before the current transaction ends."""
    take_turn(Turn.AUDIT)
    return db.session.scalar(sa.select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)) or FIRST_HASH


def build_chained_event(act: AuditEntry, officer: Officer | None, now: datetime, previous_hash: str) -> AuditEvent:
    """Return the row that stands after the one with that hash."""
    event = AuditEvent(
        at=now,
        officer_id=officer.id if officer else None,
        action=act.action,
        subject=act.subject,
        detail=act.detail,
        previous_hash=previous_hash,
        hash="",
    )
    event.hash = event_hash(event)
    return event


def event_hash(event: AuditEvent | sa.Row[Any]) -> str:
    """Return the hash that the row must carry: over its fields and the hash of the row before it."""
    fields = [
        event.at.isoformat(),
        event.officer_id,
        event.action,
        event.subject,
        event.detail,
        event.previous_hash,
    ]
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def verify_chain() -> ChainVerification:
    """Read the whole log in order and check every link of the chain."""
    return verify_chain_in(db.session.connection())


def verify_chain_in(connection: sa.Connection) -> ChainVerification:
    """Check the log that a connection leads to: another instance's, or a copy's."""
    rows, previous = 0, FIRST_HASH
    query = sa.select(AuditEvent.__table__).order_by(AuditEvent.id).execution_options(yield_per=1000)
    with connection.execute(query) as events:
        for event in events:
            if event.previous_hash != previous or event.hash != event_hash(event):
                return ChainVerification(rows, event.id, previous)
            rows, previous = rows + 1, event.hash
    return ChainVerification(rows, None, previous)
