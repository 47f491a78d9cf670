"""Who has to do something about a claim: units that are asked, officers who are told, one who works on it now."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import Base, UtcDateTime, stored_enum
from hoax_tracker.models.claims import Claim
from hoax_tracker.models.labels import NoticeKind
from hoax_tracker.models.notes import Note
from hoax_tracker.models.reference import Unit


class ClaimLock(Base):
    """Who works on a claim now: others are told by name and decide nothing until it ends or they take it over."""

    __tablename__ = "claim_lock"

    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)

    officer: Mapped[Officer] = relationship()


class Question(Base):
    """What the desk asks a unit about a claim, and what the unit answered.

    It ends with an answer, or with ``closed_at`` alone: withdrawn by the desk, or sent back with ``closed_reason``.
    ``version`` is raised by every change, so that the second of two people is told.
    """

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id", ondelete="RESTRICT"))
    text: Mapped[str] = mapped_column(sa.Text)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_reason: Mapped[str | None] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name="answered_whole"),
        sa.Index("ix_question_open", "unit_id", "closed_at"),
    )
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    claim: Mapped[Claim] = relationship()
    unit: Mapped[Unit] = relationship()
    asked_by: Mapped[Officer] = relationship(foreign_keys=[asked_by_id])
    answered_by: Mapped[Officer | None] = relationship(foreign_keys=[answered_by_id])

    @property
    def is_open(self) -> bool:
        """True while the unit has something to do."""
        return self.closed_at is None


class Notice(Base):
    """Something that one officer is told, in the app until ``seen_at``, and once by mail (``mailed_at``)."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"))
    kind: Mapped[NoticeKind] = mapped_column(stored_enum(NoticeKind, "notice_kind"))
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    question_id: Mapped[int | None] = mapped_column(sa.ForeignKey("question.id", ondelete="CASCADE"), index=True)
    clarification_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True
    )
    source_id: Mapped[int | None] = mapped_column(sa.ForeignKey("source.id", ondelete="CASCADE"), index=True)
    note_id: Mapped[int | None] = mapped_column(sa.ForeignKey("note.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (sa.Index("ix_notice_unseen", "officer_id", "seen_at"),)

    officer: Mapped[Officer] = relationship()
    claim: Mapped[Claim | None] = relationship()
    note: Mapped[Note | None] = relationship()
    question: Mapped[Question | None] = relationship()
