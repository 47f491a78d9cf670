"""Which items the model in use has not assessed, and which of them officers wait for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, UtcDateTime


class UnassessedItem(Base):
    """An item that waits for the model in use (unassessed.py): the row goes with the assessment.

    ``seen_at`` and ``content_key`` are the item's: in their order items are assessed, whatever order they came in.
    """

    __tablename__ = "unassessed_item"

    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content_key: Mapped[str] = mapped_column(sa.String(64))

    __table_args__ = (sa.Index("ix_unassessed_item_order", "seen_at", "content_key", "item_id"),)


class RecordedItem(Base):
    """An item that an officer recorded and that the worker has not given to a claim: the row goes when it has."""

    __tablename__ = "recorded_item"

    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
