"""Backups and restores, as the audit log keeps them: any host may make a backup, every one shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.acts import AuditAct, register_acts
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, db

MADE = "backup_made"
RESTORED = "backup_restored"
STALE_AFTER = timedelta(days=7)
"""The timer of deploy/ makes one each night: after a week without, somebody has to look."""

register_acts(
    AuditAct(MADE, _l("membuat cadangan")),
    AuditAct(RESTORED, _l("memulihkan layanan dari cadangan")),
    actor=_l("Program"),
)


class LastBackup(NamedTuple):
    """When the last backup was made, None where none ever was, and whether one is due."""

    made_at: datetime | None
    is_due: bool


def record_backup(now: datetime, **detail: Any) -> None:
    """Record that an archive was made: whoever has it can read what only officers may."""
    with write_transaction():
        audit_log.record_event(MADE, "backup", officer=None, now=now, detail=detail)


def record_restore(now: datetime, **detail: Any) -> None:
    """Record, in the restored log, that an archive took the place of an instance: what came after it is gone there."""
    with write_transaction():
        audit_log.record_event(RESTORED, "backup", officer=None, now=now, detail=detail)


def find_last_backup(now: datetime) -> LastBackup:
    """Return when the last backup was made."""
    newest = sa.select(AuditEvent.at).where(AuditEvent.action == MADE).order_by(AuditEvent.id.desc()).limit(1)
    made_at = db.session.scalar(newest)
    return LastBackup(made_at, made_at is None or now - made_at > STALE_AFTER)
