"""The tamper-evident audit log: every row carries a hash over itself and over the hash of the row before it.

The hash is sealed with a key outside the database (core/audit/audit_key.py). A changed, removed or reordered row breaks
the chain at that place, and who computes all hashes anew lacks the seals: core/audit/chain_check.py finds both. Cutting
off the newest rows leaves a shorter but whole chain: its head, the number and hash of the last row, is kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app

from hoax_tracker.core.audit.audit_key import KEY_STARTED_ACTION, audit_key_id, seal_hash
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.models import AuditEvent, Officer, db

FIRST_HASH = "0" * 64
EVENT_COLUMNS = ("at", "officer_id", "action", "subject", "detail", "previous_hash", "hash", "seal")


@dataclass(frozen=True)
class AuditEntry:
    """What was done with one row: ``subject`` is like "claim:12"."""

    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class ChainHead:
    """The newest row, which stands for all before it: its number, and its hash."""

    number: int
    digest: str

    def __str__(self) -> str:
        """Return it as ``hoax-tracker audit verify --head`` takes it."""
        return f"{self.number}:{self.digest}"


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
    key = current_settings().audit_key
    event.seal = seal_hash(event.hash, key) if key else None
    return event


def current_settings() -> Settings:
    """Return the settings of the running application."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def start_audit_key(*, officer: Officer | None, now: datetime, detail: dict[str, Any] | None = None) -> AuditEvent:
    """Record that rows are sealed with this host's key from here on, in the current transaction."""
    named = {"key": audit_key_id(current_settings().audit_key)}
    return record_event(KEY_STARTED_ACTION, "audit", officer=officer, now=now, detail=named | (detail or {}))


def parse_head(text: str) -> ChainHead | None:
    """Return the head that somebody noted as "4312:7c0e…", with blanks or without; None for anything else."""
    number, _colon, digest = "".join(text.split()).lower().partition(":")
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    is_digest = len(digest) == len(FIRST_HASH) and all(letter in "0123456789abcdef" for letter in digest)
    return ChainHead(int(number), digest) if is_number and is_digest else None


def read_head() -> ChainHead | None:
    """Return the head of the chain; None where nothing is recorded yet."""
    newest = sa.select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)
    row = db.session.execute(newest).one_or_none()
    return ChainHead(row.id, row.hash) if row else None


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
