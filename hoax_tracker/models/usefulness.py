"""What readers said of a clarification: counts, and nothing about who said so."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base


class Usefulness(Base):
    """How many readers said that a clarification was useful or was not, and that it is about their message or is not.

    Both are suggestions to officers: no answer and no verdict changes by them.
    """

    __tablename__ = "usefulness"

    clarification_id: Mapped[int] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    useful: Mapped[int] = mapped_column(default=0)
    not_useful: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0, server_default="0")
    not_same: Mapped[int] = mapped_column(default=0, server_default="0")
