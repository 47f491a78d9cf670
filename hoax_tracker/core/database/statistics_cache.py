"""Statistics over many rows, counted by the worker once an hour, so that no page has to.

When another model becomes active the next round counts them again, and each hour while items are assessed again. With
few rows nothing is cached, and pages count by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Item, KeptFigures, ModelVersion, db

MANY_ENTRIES = 50_000
"""Entries from which on counting takes longer than a page may."""
RECOUNT_INTERVAL = timedelta(hours=1)
MODEL_FIGURE_NAME = "model"
"""The name under which the model is kept whose assessments were counted."""
FIGURES_VALID_FOR = timedelta(hours=3)
"""Older ones count for nothing: no worker runs, or there is little left to count."""


@dataclass(frozen=True)
class CachedFigures:
    """Counted figures in JSON form, and when they were counted."""

    value: Any
    counted_at: datetime


def load_cached_figures(name: str, now: datetime) -> CachedFigures | None:
    """Return the figures of that name, None where the page counts by itself."""
    row = db.session.get(KeptFigures, name)
    return CachedFigures(row.value, row.counted_at) if row and abs(now - row.counted_at) <= FIGURES_VALID_FOR else None


def is_recount_due(now: datetime) -> bool:
    """Tell whether there are many rows whose figures are older than an hour or of another model."""
    if (db.session.scalar(sa.select(sa.func.max(Item.id))) or 0) < MANY_ENTRIES:
        return False
    counted = db.session.get(KeptFigures, MODEL_FIGURE_NAME)
    return counted is None or abs(now - counted.counted_at) >= RECOUNT_INTERVAL or counted.value != model_in_use()


def model_in_use() -> dict[str, int | None]:
    """Return the model whose assessments are counted."""
    return {"id": db.session.scalar(sa.select(ModelVersion.id).where(ModelVersion.is_active))}


def save_figures(figures: Mapping[str, Any], now: datetime) -> None:
    """Replace all cached figures."""
    rows = [{"name": name, "value": value, "counted_at": now} for name, value in figures.items()]
    with write_transaction():
        db.session.execute(sa.delete(KeptFigures))
        db.session.execute(sa.insert(KeptFigures), rows)
