"""Optimistic locking for edits of one row: a concurrent change is never overwritten.

A form carries a digest of the values it showed. ``apply_edit`` compares the digest with the row, writes the
differences, marks the row as edited (reloading the shipped data then skips it) and adds the audit event, all in the
caller's transaction. Of two officers the second is told who changed the row first; nothing of their edit was saved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from flask_babel import format_datetime, gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import edits_of
from hoax_tracker.errors import EditConflictError, NotFoundError
from hoax_tracker.models import AuditEvent, Base, Officer, db


def edit_conflict(subject: str, kind: str = "") -> EditConflictError:
    """Return the EditConflictError for ``subject`` ("claim:12"): who changed it last, how and when.

    Only acts that count as edits are looked at, of one ``kind`` those that begin with it.
    """
    edits = edits_of(kind)
    query = (
        sa.select(AuditEvent)
        .where(AuditEvent.subject == subject, AuditEvent.action.in_(edits))
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    event = db.session.scalar(query)
    if event is None or event.officer is None:
        return EditConflictError(f"{subject} changed in the meantime")
    words = _(
        "%(name)s lebih dulu: «%(what)s», %(when)s. Yang Anda kirim belum disimpan dan tidak ada yang tertimpa.",
        name=event.officer.name,
        what=edits[event.action].short,
        when=format_datetime(event.at, _("d MMMM y, HH.mm 'WITA'")),
    )
    return EditConflictError(f"{subject} changed in the meantime: {event.action}", user_message=words)


Values = Mapping[str, Any]
Row = TypeVar("Row", bound=Base)


class Editable(Protocol):
    """A row that stores when a person changed it."""

    edited_at: Any


def values_digest(values: Values) -> str:
    """Return a digest of the values, 32 hex digits."""
    text = json.dumps(dict(values), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def require_row(model: type[Row], key: Any) -> Row:
    """Return the row with that key. Raises NotFoundError."""
    row = db.session.get(model, key)
    if row is None:
        raise NotFoundError(f"{model.__name__} {key}")
    return row


def lock_row(model: type[Row], key: Any) -> Row:
    """Return the row, locked for update until the transaction ends. Raises NotFoundError."""
    row = db.session.get(model, key, with_for_update=True)
    if row is None:
        raise NotFoundError(f"{model.__name__} {key}")
    return row


def require_unchanged_values(subject: str, values: Values, seen: str) -> None:
    """Raise EditConflictError, naming who changed the row, unless ``seen`` is the values' digest."""
    if seen != values_digest(values):
        raise edit_conflict(subject)


def apply_edit(
    row: Editable, values: Values, seen: str, *, action: str, subject: str, by: Officer | None, now: datetime
) -> bool:
    """Set ``values`` on a row unchanged since the editor saw it, and tell whether anything differed.

    Raises EditConflictError.
    """
    before = {name: getattr(row, name) for name in values}
    require_unchanged_values(subject, before, seen)
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(row, name, value)
    row.edited_at = now
    detail = {"before": {name: before[name] for name in changed}, "after": changed}
    audit_log.record_event(action, subject, officer=by, now=now, detail=detail)
    return True
