"""The administrator's overview page; officers and the city's data have files of their own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import render_template

from hoax_tracker.admin import (
    mail,
    office_hours,
    officers,
    organisation,
    public_contacts,
    system,
    tipline_channels,
    webhooks,
)
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.core.audit.tracked_edits import AUDIT_ACTION_LABELS, list_recent_changes
from hoax_tracker.models import AuditEvent, District, Officer, Programme, Source, Topic, Unit, WebhookEndpoint, db

__all__ = [
    "bp",
    "mail",
    "office_hours",
    "officers",
    "organisation",
    "public_contacts",
    "system",
    "tipline_channels",
    "webhooks",
]

NAMED_MODELS: dict[str, Any] = {
    "officer": Officer,
    "unit": Unit,
    "district": District,
    "programme": Programme,
    "source": Source,
    "webhook": WebhookEndpoint,
}


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
    recent = {"changes": list_recent_changes(), "labels": AUDIT_ACTION_LABELS, "name_of": _event_subject_name}
    return render_template("accounts/listing.html", counts=counts, **recent)


def _count_rows(model: type, condition: Any) -> int:
    """Return how many rows meet the condition."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(condition)) or 0


def _event_subject_name(event: AuditEvent) -> str:
    """Return the present name of the event's subject, e.g. for "unit:12"; "" where it has none."""
    kind, _colon, key = event.subject.partition(":")
    if kind == "topic":
        return str(Topic(key).label)
    row = db.session.get(NAMED_MODELS[kind], int(key)) if kind in NAMED_MODELS and key.isdecimal() else None
    return str(row.name) if row is not None else ""
