"""Which items the model in use has not assessed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base


class UnassessedItem(Base):
    """An item that waits for the model in use (unassessed.py): the row goes with the assessment."""

    __tablename__ = "unassessed_item"

    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
