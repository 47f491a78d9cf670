"""Whether readers found a page useful: two counts, and nothing about who said so."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base


class Usefulness(Base):
    """How many readers said that a clarification was useful to them, and how many that it was not."""

    __tablename__ = "usefulness"

    clarification_id: Mapped[int] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    useful: Mapped[int] = mapped_column(default=0)
    not_useful: Mapped[int] = mapped_column(default=0)
