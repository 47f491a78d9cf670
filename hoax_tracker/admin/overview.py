"""The administrator's overview page; officers and the city's data have files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import render_template

from hoax_tracker.admin import officers, organisation, system, tipline_channels, webhooks
from hoax_tracker.admin.audit_export import describe_rows
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.core.audit.audit_log import ACTS
from hoax_tracker.models import AuditEvent, District, Officer, Programme, Topic, Unit, db

__all__ = ["bp", "officers", "organisation", "system", "tipline_channels", "webhooks"]


@bp.get("/")
def listing() -> str:
    """Show the sections with their counts, and the latest changes."""
    counts = {
        "officers": _count_rows(Officer, Officer.active),
        "units": _count_rows(Unit, Unit.is_active),
        "topics": len(Topic),
        "districts": _count_rows(District, District.kind == "kelurahan"),
        "programmes": _count_rows(Programme, sa.true()),
    }
    return render_template("accounts/listing.html", counts=counts, changes=describe_rows(_list_recent_changes()))


def _count_rows(model: type, condition: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(condition)) or 0


def _list_recent_changes(count: int = 10) -> Sequence[AuditEvent]:
    """Return the newest changes to the data that administrators maintain."""
    actions = [act.action for act in ACTS.values() if act.is_setup]
    query = sa.select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id.desc())
    return db.session.scalars(query.limit(count)).all()
