"""Choices of forms and filters for claims: units, labels, and the officer's saved lists."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import SavedSearch, Tag, Unit, db
from hoax_tracker.review.decisions.labels import LABELS_OFFERED
from hoax_tracker.review.queue.saved_filters import build_saved_list


def list_filter_choices(officer_id: int) -> dict[str, Any]:
    """Return units (id, name), labels and the officer's saved lists with one read."""
    text = sa.String()
    parts = (
        sa.select(
            sa.literal("unit").label("kind"),
            Unit.id,
            Unit.name,
            (~Unit.is_root).label("below"),
            sa.literal("", text).label("query"),
        ).where(Unit.is_active),
        sa.select(sa.literal("tag"), Tag.id, Tag.name, sa.true(), sa.literal("", text)),
        sa.select(sa.literal("list"), SavedSearch.id, SavedSearch.name, sa.true(), SavedSearch.query).where(
            SavedSearch.officer_id == officer_id
        ),
    )
    choices = sa.union_all(*parts).subquery()
    rows = db.session.execute(sa.select(choices).order_by(choices.c.below, choices.c.name)).all()
    return {
        "units": [(row.id, row.name) for row in rows if row.kind == "unit"],
        "tags": [row.name for row in rows if row.kind == "tag"][:LABELS_OFFERED],
        "lists": [build_saved_list(row.id, row.name, row.query) for row in rows if row.kind == "list"],
    }
