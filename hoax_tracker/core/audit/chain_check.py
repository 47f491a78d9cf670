"""Verifies the audit log's chain: is each row unchanged, in its place, and sealed with the key?

1. Each row's hash is recomputed from its fields and the hash of the row before. A mismatch is named: the row was
   changed, duplicated or moved, or the row before it is missing.
2. From the row that starts the key, each row must carry the key's seal. That row sealed the earlier rows as they were
   then; nobody can prove more. Where there is a key, a chain without any sealed row is refused.
3. Cutting off the end leaves a valid chain. ``check_head`` compares it with a head that was noted elsewhere.

Faults are described in English, for commands and logs. Pages have their own words.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from hoax_tracker.core.audit.audit_log import (
    FIRST_HASH,
    KEY_FILE,
    KEY_STARTED_ACTION,
    ChainHead,
    audit_key_id,
    event_hash,
    is_seal_of,
)
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import AuditEvent, InstanceKey, db

EVENTS = AuditEvent.__table__
Row = sa.Row[Any]


class ChainFault(enum.Enum):
    """The kind of fault in a row."""

    CHANGED = "changed"
    MISSING_BEFORE = "missing_before"
    DOUBLED = "doubled"
    MOVED = "moved"
    UNSEALED = "unsealed"
    FORGED = "forged"
    OTHER_KEY = "other_key"
    NOT_BEGUN = "not_begun"
    NEVER_SEALED = "never_sealed"
    EMPTIED = "emptied"
    CUT_OFF = "cut_off"
    OTHER_HEAD = "other_head"


@dataclass(frozen=True)
class ChainVerification:
    """The result: ``rows`` counts the valid rows, ``broken_at`` is the first invalid row's id or None.

    ``other_row`` is the row that the fault refers to: the original of a duplicate, or the one after which rows are
    missing. ``head`` is the last valid row. From ``sealed_from`` on, the key seals each row.
    """

    rows: int = 0
    broken_at: int | None = None
    last_hash: str = FIRST_HASH
    fault: ChainFault | None = None
    other_row: int | None = None
    head: ChainHead | None = None
    sealed_from: int | None = None
    expected: str = ""
    found: str = ""

    def break_at(self, row_id: int, fault: ChainFault, **more: Any) -> ChainVerification:
        """Return the result with a fault added."""
        return replace(self, broken_at=row_id, fault=fault, **more)


class ChainWalk:
    """Checks the rows in order and stops at the first fault.

    ``anchor`` is a row whose seal is verified already; the walk starts after it.
    """

    def __init__(self, connection: sa.Connection, key: str, anchor: Row | None = None) -> None:
        self.connection, self.key = connection, key
        self.rows = 0
        self.head = ChainHead(anchor.id, anchor.hash) if anchor else None
        self.sealed_from: int | None = anchor.id if anchor else None
        self.first_foreign: int | None = None

    def run(self) -> ChainVerification:
        """Check the rows and return the result."""
        query = _select_rows(self.connection).where(EVENTS.c.id > (self.head.number if self.head else 0))
        ordered = query.order_by(EVENTS.c.id).execution_options(yield_per=1000)
        with self.connection.execute(ordered) as rows:
            for row in rows:
                fault = self.check_link(row) or self.check_seal(row)
                if fault is not None:
                    return fault
                self.rows, self.head = self.rows + 1, ChainHead(row.id, row.hash)
        return self.check_end()

    @property
    def outcome(self) -> ChainVerification:
        """Return the result so far, without a fault."""
        digest = self.head.digest if self.head else FIRST_HASH
        return ChainVerification(self.rows, last_hash=digest, head=self.head, sealed_from=self.sealed_from)

    def check_link(self, row: Row) -> ChainVerification | None:
        """Return the fault of a row that was changed or is out of place, else None."""
        expected = event_hash(row)
        if row.hash != expected:
            return self.outcome.break_at(row.id, ChainFault.CHANGED, expected=row.hash, found=expected)
        if row.previous_hash == self.outcome.last_hash:
            return None
        twin = self.find_row(EVENTS.c.hash == row.hash, EVENTS.c.id != row.id)
        if twin is not None:
            return self.outcome.break_at(row.id, ChainFault.DOUBLED, other_row=twin)
        if row.previous_hash == FIRST_HASH or self.find_row(EVENTS.c.hash == row.previous_hash) is not None:
            return self.outcome.break_at(row.id, ChainFault.MOVED)
        last = self.head.number if self.head else 0
        return self.outcome.break_at(row.id, ChainFault.MISSING_BEFORE, other_row=last)

    def find_row(self, *conditions: Any) -> int | None:
        """Return the id of the first row that meets the conditions."""
        return self.connection.scalar(sa.select(EVENTS.c.id).where(*conditions).order_by(EVENTS.c.id).limit(1))

    def check_seal(self, row: Row) -> ChainVerification | None:
        """Return the fault in a row's seal, else None.

        From the row that starts the key, each row must have one.
        """
        if not self.key:
            return None
        is_sealed = is_seal_of(row.seal, row.hash, self.key)
        if self.sealed_from is not None:
            return None if is_sealed else self.outcome.break_at(row.id, _name_wrong_seal(row, self.key))
        if is_sealed:
            if self.rows and not _begins_key(row, self.key):
                return self.outcome.break_at(row.id, ChainFault.NOT_BEGUN)
            self.sealed_from = row.id
        elif _begins_key(row, self.key):
            return self.outcome.break_at(row.id, ChainFault.FORGED)
        elif row.seal is not None and self.first_foreign is None:
            self.first_foreign = row.id
        return None

    def check_end(self) -> ChainVerification:
        """Return the result at the end of the walk. It is a fault where no row carries the key's seal."""
        if not self.key or self.sealed_from is not None:
            return self.outcome
        if self.head is None:
            return self.outcome.break_at(0, ChainFault.EMPTIED) if _is_key_recorded(self.connection) else self.outcome
        if self.first_foreign is not None:
            return self.outcome.break_at(self.first_foreign, ChainFault.OTHER_KEY)
        return self.outcome.break_at(self.head.number, ChainFault.NEVER_SEALED)


def verify_chain() -> ChainVerification:
    """Check every link and every seal of the whole log, in order."""
    return verify_chain_in(db.session.connection(), current_settings().audit_key)


def verify_chain_in(connection: sa.Connection, key: str) -> ChainVerification:
    """Check the log of any database connection: another instance's, or a copy's.

    Without a key no seal is checked.
    """
    return ChainWalk(connection, key).run()


def verify_newest_rows(most: int) -> ChainVerification:
    """Check only the newest ``most`` rows: the seal of the row before them vouches for all earlier ones.

    A log without more rows, or whose key is younger than these rows, is checked completely.
    """
    connection, key = db.session.connection(), current_settings().audit_key
    before = connection.scalar(sa.select(EVENTS.c.id).order_by(EVENTS.c.id.desc()).offset(most).limit(1))
    if before is None:
        return verify_chain_in(connection, key)
    anchor = connection.execute(sa.select(EVENTS).where(EVENTS.c.id == before)).one()
    if anchor.hash != event_hash(anchor):
        verification = ChainVerification()
        return verification.break_at(anchor.id, ChainFault.CHANGED, expected=anchor.hash, found=event_hash(anchor))
    if not is_seal_of(anchor.seal, anchor.hash, key):
        return verify_chain_in(connection, key)
    return ChainWalk(connection, key, anchor).run()


def check_head(verification: ChainVerification, noted: ChainHead) -> ChainVerification:
    """Compare a valid chain with a head that was noted elsewhere."""
    row = db.session.execute(sa.select(EVENTS.c.id, EVENTS.c.hash).where(EVENTS.c.id == noted.number)).one_or_none()
    last = verification.head.number if verification.head else 0
    if row is None:
        fault = ChainFault.CUT_OFF if last < noted.number else ChainFault.OTHER_HEAD
        return verification.break_at(noted.number, fault, other_row=last, expected=noted.digest)
    if row.hash != noted.digest:
        return verification.break_at(row.id, ChainFault.OTHER_HEAD, expected=noted.digest, found=row.hash)
    return verification


def is_newest_row_sealed(connection: sa.Connection, key: str) -> bool:
    """Tell whether the newest row carries the key's seal; True for an empty log."""
    newest = sa.select(EVENTS.c.hash, EVENTS.c.seal).order_by(EVENTS.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return row is None or is_seal_of(row.seal, row.hash, key)


def is_newest_row_unsealed(connection: sa.Connection) -> bool:
    """Tell whether the newest row carries no seal of any key."""
    return connection.scalar(sa.select(EVENTS.c.seal).order_by(EVENTS.c.id.desc()).limit(1)) is None


def _name_wrong_seal(row: Row, key: str) -> ChainFault:
    """Return the fault of a row without the key's seal."""
    if row.seal is None:
        return ChainFault.UNSEALED
    is_other = row.action == KEY_STARTED_ACTION and not _begins_key(row, key)
    return ChainFault.OTHER_KEY if is_other else ChainFault.FORGED


def _begins_key(row: Row, key: str) -> bool:
    """Tell whether the row records the start of this key."""
    return row.action == KEY_STARTED_ACTION and (row.detail or {}).get("key") == audit_key_id(key)


def _select_rows(connection: sa.Connection) -> sa.Select[Any]:
    """Return the query for all rows. A database from an older version has no seals."""
    names = {column["name"] for column in sa.inspect(connection).get_columns(AuditEvent.__tablename__)}
    seal = EVENTS.c.seal if "seal" in names else sa.null().label("seal")
    return sa.select(*(column for column in EVENTS.c if column.name != "seal"), seal)


def _is_key_recorded(connection: sa.Connection) -> bool:
    """Tell whether ``init`` recorded the key, in which case it wrote a row to the log as well."""
    if not sa.inspect(connection).has_table(InstanceKey.__tablename__):
        return False
    return bool(connection.scalar(sa.select(sa.exists().where(InstanceKey.name == KEY_FILE))))


DESCRIPTIONS = {
    ChainFault.CHANGED: "its contents are not those that its hash was made of",
    ChainFault.MISSING_BEFORE: "what stood before it, after row {other}, is missing",
    ChainFault.DOUBLED: "it stands twice: row {other} is the same",
    ChainFault.MOVED: "it does not stand where it was written: it was moved, or another was put before it",
    ChainFault.UNSEALED: "it carries no seal, though the key had begun by then",
    ChainFault.FORGED: "its seal was not made with the key of this instance: somebody without the key wrote it",
    ChainFault.OTHER_KEY: "it is sealed with another key: bring the audit_key of the instance, or somebody forged it",
    ChainFault.NOT_BEGUN: "the key seals it without having begun: what stood before was written anew without seals",
    ChainFault.NEVER_SEALED: "no row up to this last one is sealed with the key of this instance: written anew",
    ChainFault.EMPTIED: "the log is empty, though init wrote into it",
    ChainFault.CUT_OFF: "it is not there: the log was cut off after row {other}",
    ChainFault.OTHER_HEAD: "it, or a row before it, is not the one that was noted: its hash is another",
}


def describe_chain_fault(verification: ChainVerification) -> str:
    """Return the fault of the row where the chain breaks, "" for a valid chain."""
    return DESCRIPTIONS[verification.fault].format(other=verification.other_row) if verification.fault else ""
