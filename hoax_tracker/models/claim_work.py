"""Officers' work: notes, labels, locks, questions to units, narratives, alarms, notices, and demand that they see."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import Base, JsonType, UtcDateTime, enum_column_type
from hoax_tracker.models.claims import Claim
from hoax_tracker.models.enums import AlarmAnswer, Measure, NarrativeOrigin, NoticeKind, RisingKind, Topic
from hoax_tracker.models.organisation import District, Unit


class Note(Base):
    """An officer's note about a claim: plain text, for officers only; ``told`` names those mentioned."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    told: Mapped[list[str]] = mapped_column(JsonType, default=list)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    claim: Mapped[Claim] = relationship()
    officer: Mapped[Officer] = relationship()


claim_tag = sa.Table(
    "claim_tag",
    Base.metadata,
    sa.Column("claim_id", sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_claim_tag_tag", "tag_id", "claim_id"),
)


class Tag(Base):
    """A label that officers put on claims, in lower case; ``claim.tags`` holds a claim's labels, by name."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)

    claims: Mapped[list[Claim]] = relationship(secondary=claim_tag, backref=backref("tags", order_by="Tag.name"))


class ClaimLock(Base):
    """The officer who is working on a claim.

    Others see the name and cannot decide until the lock ends or they take it over.
    """

    __tablename__ = "claim_lock"

    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)

    officer: Mapped[Officer] = relationship()


class Question(Base):
    """A question from the desk to a unit about a claim, and the unit's answer.

    It ends with an answer, or with ``closed_at`` alone: the desk withdrew it, or the unit sent it back with
    ``closed_reason``. Beside an answer that PPID Utama wrote down for the unit, ``closed_reason`` says by what it is
    known. Every change raises ``version``, so that the second of two people learns of the conflict.
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
        """True while the unit still has to respond."""
        return self.closed_at is None


class Narrative(Base):
    """A story that comes back in claim after claim, with another date, amount or place each time.

    Without a ``title`` it goes by that of its oldest claim: words that a resident reported are not copied. Every change
    raises ``version``. A merged one keeps its words: ``merged_row_ids`` are the places (NarrativeClaim) that went to
    ``merged_into_id``, so that the merge can be undone.
    """

    __tablename__ = "narrative"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("narrative.id", ondelete="CASCADE"), index=True)
    merged_row_ids: Mapped[list[int] | None] = mapped_column(JsonType)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (sa.CheckConstraint("merged_into_id <> id", name="merged_elsewhere"),)
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    created_by: Mapped[Officer] = relationship()


class NarrativeClaim(Base):
    """A claim in its narrative: at most one. ``reason`` is what the officer wrote who put it there."""

    __tablename__ = "narrative_claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    narrative_id: Mapped[int] = mapped_column(sa.ForeignKey("narrative.id", ondelete="CASCADE"), index=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), unique=True)
    origin: Mapped[NarrativeOrigin] = mapped_column(enum_column_type(NarrativeOrigin, "narrative_origin"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    narrative: Mapped[Narrative] = relationship()
    claim: Mapped[Claim] = relationship()
    added_by: Mapped[Officer] = relationship()


class NarrativeRefusal(Base):
    """Two claims, the lower number first, of which an officer said that they are not one story.

    It is not suggested again.
    """

    __tablename__ = "narrative_refusal"

    first_claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    second_claim_id: Mapped[int] = mapped_column(
        sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Alarm(Base):
    """A claim, a topic or a place (kecamatan) that rises: its count in the last ``hours``, and what was usual in these.

    ``told_at`` is when officers on duty were told. An officer ends it for all (``answer``), or it ends by itself:
    ``last_sign_at`` is when the count stood out last, ``calmed_at`` a day later. A subject has one alarm until then,
    and its next one after.
    """

    __tablename__ = "alarm"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[RisingKind] = mapped_column(enum_column_type(RisingKind, "rising_kind"))
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    topic: Mapped[Topic | None] = mapped_column(enum_column_type(Topic, "topic"))
    district_id: Mapped[int | None] = mapped_column(sa.ForeignKey("district.id", ondelete="CASCADE"), index=True)
    measure: Mapped[Measure] = mapped_column(enum_column_type(Measure, "measure"))
    hours: Mapped[int]
    count: Mapped[int]
    usual: Mapped[float]
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_sign_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[AlarmAnswer | None] = mapped_column(enum_column_type(AlarmAnswer, "alarm_answer"))
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    calmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name="answered_whole"),
        sa.Index(
            "uq_alarm_going_on",
            "subject",
            unique=True,
            sqlite_where=sa.text("calmed_at is null"),
            postgresql_where=sa.text("calmed_at is null"),
        ),
        sa.Index("ix_alarm_raised", "raised_at"),
    )

    claim: Mapped[Claim | None] = relationship()
    district: Mapped[District | None] = relationship()
    answered_by: Mapped[Officer | None] = relationship()


class Notice(Base):
    """A message to one officer, shown in the app until ``seen_at`` and mailed once (``mailed_at``)."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"))
    kind: Mapped[NoticeKind] = mapped_column(enum_column_type(NoticeKind, "notice_kind"))
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    question_id: Mapped[int | None] = mapped_column(sa.ForeignKey("question.id", ondelete="CASCADE"), index=True)
    clarification_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True
    )
    source_id: Mapped[int | None] = mapped_column(sa.ForeignKey("source.id", ondelete="CASCADE"), index=True)
    note_id: Mapped[int | None] = mapped_column(sa.ForeignKey("note.id", ondelete="CASCADE"), index=True)
    alarm_id: Mapped[int | None] = mapped_column(sa.ForeignKey("alarm.id", ondelete="CASCADE"), index=True)
    proposal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), index=True)
    objection_id: Mapped[int | None] = mapped_column(sa.ForeignKey("objection.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (sa.Index("ix_notice_unseen", "officer_id", "seen_at"),)

    officer: Mapped[Officer] = relationship()
    claim: Mapped[Claim | None] = relationship()
    note: Mapped[Note | None] = relationship()
    question: Mapped[Question | None] = relationship()
    alarm: Mapped[Alarm | None] = relationship()


class Demand(Base):
    """A group of questions that the matcher finds to be the same.

    ``text`` is the first of them, without personal data. ``claim_id`` is the claim that it counts for; ``suggested_id``
    is a new claim that may be the one, which officers decide. ``set_aside_at`` is when an officer found nothing in it
    for this office. ``opening_at`` and ``opened_by_id`` record when an officer asked for a separate claim, and who; the
    worker opens it.
    """

    __tablename__ = "demand"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    first_day: Mapped[date] = mapped_column(sa.Date)
    last_day: Mapped[date] = mapped_column(sa.Date, index=True)
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="SET NULL"), index=True)
    suggested_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="SET NULL"))
    set_aside_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opening_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="SET NULL"))

    claim: Mapped[Claim | None] = relationship(foreign_keys=[claim_id])
    suggested: Mapped[Claim | None] = relationship(foreign_keys=[suggested_id])
