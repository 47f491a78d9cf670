"""Edit conflicts: the second of two officers is told who changed the row first.

Nothing of the second officer's edit was saved.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import format_datetime
from flask_babel import gettext as _

from hoax_tracker.core.audit.acts import edits_of
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import AuditEvent, db


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
