"""What helps to write: texts to begin from, what was typed and not saved yet, claims that meet a published page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, JsonType, UtcDateTime, stored_enum
from hoax_tracker.models.labels import Topic


class TextTemplate(Base):
    """The text that a draft on a topic begins with; what stands in «…» is for the author to fill in."""

    __tablename__ = "text_template"

    topic: Mapped[Topic] = mapped_column(stored_enum(Topic, "topic"), primary_key=True)
    findings: Mapped[str] = mapped_column(sa.Text)
    conclusion: Mapped[str] = mapped_column(sa.Text)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TypedText(Base):
    """What an officer typed into a long form, kept while typing and gone once it is saved or sent.

    ``fields`` are the form's own (name, value) pairs, ``version`` that of the page which the form was drawn from.
    """

    __tablename__ = "typed_text"

    clarification_id: Mapped[int] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True
    )
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[list[Any]] = mapped_column(JsonType)
    version: Mapped[int]
    typed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PageMatch(Base):
    """What the matcher found when a claim was new: the published page that answers it, or that there is none.

    A row for every claim that was looked at, so that none is looked at twice.
    """

    __tablename__ = "page_match"

    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    clarification_id: Mapped[int | None] = mapped_column(sa.ForeignKey("clarification.id", ondelete="CASCADE"))
    probability: Mapped[float] = mapped_column(default=0.0)
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        # Most claims are answered by no page: only those that are stand in it.
        sa.Index(
            "ix_page_match_found",
            "clarification_id",
            "looked_at",
            sqlite_where=sa.text("clarification_id is not null"),
            postgresql_where=sa.text("clarification_id is not null"),
        ),
    )
