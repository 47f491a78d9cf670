"""The tamper-evident audit log: each row's hash covers the row and the hash of the row before it.

Anybody can recompute such hashes, so each is sealed: an HMAC-SHA256 under ``audit_key``, a file in the data folder, or
HOAX_TRACKER_AUDIT_KEY. No database and no backup contains the key. A changed, removed or reordered row breaks the chain
at that place, and an attacker who recomputes all hashes lacks the seals: core/audit/chain_check.py detects both.
Removing the newest rows leaves a shorter valid chain. Its head, the number and hash of the last row, is therefore
stored elsewhere.

What the log records is registered here by whoever does it (``register_acts``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import AuditEvent, Officer, db

SUBJECT = "%(what)s"


@dataclass(frozen=True)
class AuditAct:
    """An act: ``sentence`` follows the actor's name and holds ``%(what)s`` for the subject, if it has more than one.

    ``label`` is how the next editor of the same row reads it; an act without one does not count as an edit there.
    ``group`` is what it is looked for with, ``actor`` who did it where no officer is recorded. Administrators see acts
    of ``is_setup`` as the latest changes.
    """

    action: str
    sentence: Any
    label: Any = ""
    group: str = ""
    actor: Any = ""
    is_setup: bool = False

    @property
    def short(self) -> str:
        """Return the label, or else the sentence without its subject."""
        return str(self.label) or str(self.sentence).replace(SUBJECT, "").strip(" :")


ACTS: dict[str, AuditAct] = {}
"""Every registered act by its action."""


def register_acts(*acts: AuditAct, **common: Any) -> None:
    """Register acts, each with the fields of ``common`` that they share. Raises ValueError for one that is there."""
    for act in acts:
        if act.action in ACTS or not act.sentence:
            raise ValueError(f"act {act.action} is registered twice or has no sentence")
        ACTS[act.action] = replace(act, **common)


def edits_of(kind: str = "") -> dict[str, AuditAct]:
    """Return the acts that count as an edit of a row, by action; of one ``kind`` those that begin with it."""
    return {name: act for name, act in ACTS.items() if (act.label or act.is_setup) and name.startswith(kind)}


KEY_FILE = "audit_key"
KEY_STARTED_ACTION = "audit_key_started"
"""The event from which on rows are sealed with the key that its detail names. It seals what was written before it."""
STAMP_FILE = "audit_key_began"
"""A file of the data folder that says that the key sealed rows: a log without seals is not from before it, then."""
LABEL = b"hoax-tracker audit|"


def seal_hash(row_hash: str, key: str) -> str:
    """Return the seal of a row hash."""
    return hmac.digest(key.encode(), LABEL + row_hash.encode(), "sha256").hex()


def is_seal_of(seal: str | None, row_hash: str, key: str) -> bool:
    """Tell whether the seal belongs to that hash and key."""
    return seal is not None and hmac.compare_digest(seal.encode(), seal_hash(row_hash, key).encode())


def audit_key_id(key: str) -> str:
    """Return a fingerprint that identifies the key without revealing it."""
    return hmac.new(key.encode(), LABEL + b"fingerprint", hashlib.sha256).hexdigest()[:16]


FIRST_HASH = "0" * 64
EVENT_COLUMNS = ("at", "officer_id", "action", "subject", "detail", "previous_hash", "hash", "seal")

register_acts(AuditAct(KEY_STARTED_ACTION, _l("memulai kunci baru untuk log audit")))


@dataclass(frozen=True)
class AuditEntry:
    """An action on one row: ``subject`` is like "claim:12"."""

    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class ChainHead:
    """The number and hash of the newest row, which identify the whole chain."""

    number: int
    digest: str

    def __str__(self) -> str:
        """Return the head in the form that ``hoax-tracker audit verify --head`` accepts."""
        return f"{self.number}:{self.digest}"


def record_event(
    action: str, subject: str, *, officer: Officer | None, now: datetime, detail: dict[str, Any] | None = None
) -> AuditEvent:
    """Add an event to the current transaction; the caller commits.

    ``subject`` is like "claim:12"; ``detail`` must contain no contact, password or token. Only one transaction at a
    time adds events, so the chain never forks. The database also refuses a second successor of a row.
    """
    event = _build_chained_event(AuditEntry(action, subject, detail or {}), officer, now, _last_chain_hash())
    db.session.add(event)
    db.session.flush()
    return event


def record_events(acts: Iterable[AuditEntry], *, officer: Officer | None, now: datetime) -> None:
    """Add the events of one act on several rows to the current transaction, in order and with one insert."""
    db.session.flush()
    rows, last = [], _last_chain_hash()
    for act in acts:
        event = _build_chained_event(act, officer, now, last)
        rows.append({name: getattr(event, name) for name in EVENT_COLUMNS})
        last = event.hash
    if rows:
        db.session.execute(sa.insert(AuditEvent), rows)


def _last_chain_hash() -> str:
    """Return the newest row's hash and lock out other writers until the current transaction ends."""
    take_turn(Turn.AUDIT)
    return db.session.scalar(sa.select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)) or FIRST_HASH


def _build_chained_event(act: AuditEntry, officer: Officer | None, now: datetime, previous_hash: str) -> AuditEvent:
    """Return the row that follows the one with the hash ``previous_hash``. Raises LookupError."""
    if act.action not in ACTS:
        raise LookupError(f"nobody registered the act {act.action}")
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


def start_audit_key(*, officer: Officer | None, now: datetime, detail: dict[str, Any] | None = None) -> AuditEvent:
    """Record, in the current transaction, that this host's key seals all rows from here on."""
    named = {"key": audit_key_id(current_settings().audit_key)}
    return record_event(KEY_STARTED_ACTION, "audit", officer=officer, now=now, detail=named | (detail or {}))


def parse_head(text: str) -> ChainHead | None:
    """Return the head written as "4312:7c0e…", with or without blanks; None for any other text."""
    number, _colon, digest = "".join(text.split()).lower().partition(":")
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    is_digest = len(digest) == len(FIRST_HASH) and all(letter in "0123456789abcdef" for letter in digest)
    return ChainHead(int(number), digest) if is_number and is_digest else None


def read_head() -> ChainHead | None:
    """Return the head of the chain, or None for an empty log."""
    newest = sa.select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)
    row = db.session.execute(newest).one_or_none()
    return ChainHead(row.id, row.hash) if row else None


def event_hash(event: AuditEvent | sa.Row[Any]) -> str:
    """Return the correct hash of a row: over its fields and the hash of the row before it."""
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
