"""Rotation of the contact key: a new one encrypts, the older ones still decrypt, what they sealed is encrypted anew.

The key comes first and its fingerprint after it: a host that was killed between the two refuses to start until
``rotate_contact_key`` is called again, and nothing was sealed meanwhile. Encrypting anew keeps no note of where it is:
each sealed value shows by itself whether the newest key made it, so that it goes on after a kill by beginning again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.secret_files import replace_secret
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import HELD_S, read_transaction, write_transaction
from hoax_tracker.core.encryption import BETWEEN_KEYS, DecryptionError, encrypt_anew
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Base, db
from hoax_tracker.models.base import SealedBytes
from hoax_tracker.operations import instance_keys

KEYS_AT_ONCE = 500
"""Primary keys that are read ahead. Of what is sealed one value at a time is in memory."""


@dataclass(frozen=True)
class ResealedColumn:
    """What became of a column: how many values were encrypted anew, and how many stay because no key opens them."""

    name: str
    resealed: int
    unreadable: int


def rotate_contact_key(settings: Settings, now: datetime) -> Settings:
    """Return the settings with a new key before the others, or finish a rotation that was interrupted.

    Raises KeysDifferError where this host has not the keys of the instance, InvalidInputError where the environment
    holds the keys: then whoever set them puts the new one there.
    """
    if not instance_keys.is_rotation_unfinished(settings):
        instance_keys.require_instance_keys(settings)
        if not instance_keys.is_from_file(settings, instance_keys.CONTACT_KEY):
            raise InvalidInputError(
                "HOAX_TRACKER_CONTACT_KEY is set: put a new key and a comma before its value on every host, then run "
                "this command again"
            )
        keys = Fernet.generate_key().decode() + BETWEEN_KEYS + settings.contact_key
        replace_secret(settings.data_folder / instance_keys.CONTACT_KEY, keys)
        settings = replace(settings, contact_key=keys)
    with write_transaction():
        instance_keys.write_record(settings, now)
        audit_log.record_event("keys_rotated", "instance", officer=None, now=now)
    return settings


def sealed_columns() -> list[sa.Column[Any]]:
    """Return every column that holds what the contact key sealed."""
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    return [column for column in columns if isinstance(column.type, SealedBytes)]


def reseal_all(settings: Settings, now: datetime) -> Iterator[ResealedColumn]:
    """Encrypt anew, with the newest key, what older ones sealed; yield what became of each column.

    The audit log has it once all is done.
    """
    done = []
    for column in sealed_columns():
        done.append(_reseal_column(column, settings.contact_key))
        yield done[-1]
    with write_transaction():
        detail = {"resealed": sum(one.resealed for one in done), "unreadable": sum(one.unreadable for one in done)}
        audit_log.record_event("keys_resealed", "instance", officer=None, now=now, detail=detail)


def _reseal_column(column: sa.Column[Any], keys: str) -> ResealedColumn:
    """Encrypt the values of a column anew, in short transactions by primary key."""
    resealed, unreadable, after = 0, 0, None
    while waiting := _list_sealed_rows(column, after):
        after = waiting[-1]
        while waiting:
            handled, changed, closed = _reseal_some(column, waiting, keys)
            waiting, resealed, unreadable = waiting[handled:], resealed + changed, unreadable + closed
    return ResealedColumn(f"{column.table.name}.{column.name}", resealed, unreadable)


def _list_sealed_rows(column: sa.Column[Any], after: Any) -> Sequence[Any]:
    """Return the next primary keys whose row holds a sealed value."""
    (key,) = column.table.primary_key
    query = sa.select(key).where(column.is_not(None)).order_by(key).limit(KEYS_AT_ONCE)
    with read_transaction():
        found = db.session.scalars(query if after is None else query.where(key > after)).all()
        db.session.rollback()
    return found


def _reseal_some(column: sa.Column[Any], rows: Sequence[Any], keys: str) -> tuple[int, int, int]:
    """Encrypt the values of the first rows anew, for as long as a transaction should take.

    Return how many rows were looked at, how many changed, and how many no key opens. A value that somebody changed
    meanwhile is left alone: whoever changed it has the newest key.
    """
    (key,) = column.table.primary_key
    handled, changed, closed, end = 0, 0, 0, time.monotonic() + HELD_S
    with write_transaction(None, in_batches=True):
        for row in rows:
            handled += 1
            sealed = db.session.scalar(sa.select(column).where(key == row))
            try:
                anew = encrypt_anew(sealed, keys) if sealed else None
            except DecryptionError:
                closed += 1
                continue
            if anew is not None:
                same = sa.and_(key == row, column == sealed)
                db.session.execute(sa.update(column.table).where(same).values({column.name: anew}))
                changed += 1
            if time.monotonic() > end:
                break
    return handled, changed, closed
