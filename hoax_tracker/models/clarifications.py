"""Clarifications, all their published revisions, the claims they answer, objections to them, and evidence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import (
    Base,
    JsonType,
    PageKey,
    SealedBytes,
    TicketHolder,
    UtcDateTime,
    confirmation_column,
    default_page_key,
    enum_column_type,
)
from hoax_tracker.models.claims import Claim
from hoax_tracker.models.enums import (
    ClarificationStatus,
    EvidenceKind,
    ObjectionGround,
    ObjectionOutcome,
    Topic,
    Verdict,
)
from hoax_tracker.models.organisation import Unit

PUBLIC_STATUSES = (ClarificationStatus.PUBLISHED, ClarificationStatus.CORRECTED)
UNFINISHED_STATUSES = (ClarificationStatus.DRAFT, ClarificationStatus.AWAITING_APPROVAL)

clarification_claim = sa.Table(
    "clarification_claim",
    Base.metadata,
    sa.Column("clarification_id", sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("claim_id", sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Clarification(Base):
    """The official page that answers claims.

    ``title`` states the fact, ``claim_quote`` quotes the claim as it circulated. ``wordings`` are other wordings of the
    claim: never shown to the public, but used to match messages. ``findings`` and ``conclusion`` are Markdown. The
    database itself rejects an approver who is the author, and a public status without an approver, a verdict and a
    date. A change of a public page waits in ``proposed`` (the new content, or nothing for a retraction) until a second
    person approves it.
    """

    __tablename__ = "clarification"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    number: Mapped[int | None] = mapped_column(unique=True)
    status: Mapped[ClarificationStatus] = mapped_column(
        enum_column_type(ClarificationStatus, "clarification_status"),
        default=ClarificationStatus.DRAFT,
    )
    verdict: Mapped[Verdict | None] = mapped_column(enum_column_type(Verdict, "verdict"))
    topic: Mapped[Topic] = mapped_column(enum_column_type(Topic, "topic"))
    title: Mapped[str] = mapped_column(sa.String(300), default="")
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    claim_quote: Mapped[str] = mapped_column(sa.Text, default="")
    wordings: Mapped[list[str]] = mapped_column(JsonType, default=list, server_default="[]")
    circulated_where: Mapped[str] = mapped_column(sa.String(200), default="")
    circulated_since: Mapped[date | None]
    picture: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    """The picture that circulates, crossed with the verdict (claims/crossed_pictures.py)."""
    findings: Mapped[str] = mapped_column(sa.Text, default="")
    conclusion: Mapped[str] = mapped_column(sa.Text, default="")
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id", ondelete="RESTRICT"), index=True)
    accused_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="RESTRICT"))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    approver_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    approval_reason: Mapped[str | None] = mapped_column(sa.Text)
    returned_reason: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proposed: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    proposed_kind: Mapped[ClarificationStatus | None] = mapped_column(
        enum_column_type(ClarificationStatus, "proposed_kind")
    )
    proposed_note: Mapped[str | None] = mapped_column(sa.Text)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    emergency_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """One person published it because of danger to life; without a confirmation it is withdrawn then."""
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (
        sa.CheckConstraint("approver_id is null or approver_id <> author_id", name="two_people"),
        sa.CheckConstraint(
            "status in ('draft', 'awaiting_approval') or (confirmation_id is not null and verdict is not null "
            "and published_at is not null and slug is not null and number is not null)",
            name="public_needs_approval",
        ),
        sa.Index("ix_clarification_changed", "status", "changed_at"),
        sa.Index("ix_clarification_created", "created_at"),
        # The public list of a topic, and how long it is.
        sa.Index("ix_clarification_topic", "topic", "published_at", "status"),
        # Few pages wait with a change: only those stand in it.
        sa.Index(
            "ix_clarification_proposed",
            "changed_at",
            sqlite_where=sa.text("proposed_kind is not null"),
            postgresql_where=sa.text("proposed_kind is not null"),
        ),
    )
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    unit: Mapped[Unit] = relationship(foreign_keys=[unit_id])
    accused_unit: Mapped[Unit | None] = relationship(foreign_keys=[accused_unit_id])
    author: Mapped[Officer] = relationship(foreign_keys=[author_id])
    approver: Mapped[Officer | None] = relationship(foreign_keys=[approver_id])
    proposed_by: Mapped[Officer | None] = relationship(foreign_keys=[proposed_by_id])
    claims: Mapped[list[Claim]] = relationship(secondary=clarification_claim, backref="clarifications")
    sources: Mapped[list[Evidence]] = relationship(
        primaryjoin="and_(Clarification.id == Evidence.clarification_id, Evidence.file_name.is_(None))",
        back_populates="clarification",
        order_by="Evidence.id",
    )
    revisions: Mapped[list[ClarificationRevision]] = relationship(
        back_populates="clarification", order_by="ClarificationRevision.number"
    )

    @property
    def is_public(self) -> bool:
        """True while the page answers messages: published or corrected. A retracted page only says so."""
        return self.status in PUBLIC_STATUSES


class ClarificationRevision(Base):
    """A state of a public page as it was shown, with the change and its reason. Rows are only added."""

    __tablename__ = "clarification_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    clarification_id: Mapped[int] = mapped_column(sa.ForeignKey("clarification.id", ondelete="RESTRICT"))
    number: Mapped[int]
    kind: Mapped[ClarificationStatus] = mapped_column(enum_column_type(ClarificationStatus, "revision_kind"))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    content: Mapped[dict[str, Any]] = mapped_column(JsonType)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    approver_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (
        sa.UniqueConstraint("clarification_id", "number"),
        sa.CheckConstraint("approver_id <> author_id", name="two_people"),
    )

    clarification: Mapped[Clarification] = relationship(back_populates="revisions")


class JudgedClaim(Base):
    """A claim whose words count as judged: a message in these words is told the page's verdict.

    Only what the second person saw when they confirmed it is here, so that a claim that joins later is none. Ended, it
    counts no longer.
    """

    __tablename__ = "judged_claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    clarification_id: Mapped[int] = mapped_column(sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True)
    confirmation_id: Mapped[int | None] = confirmation_column()
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Objection(Base):
    """What is said to be wrong with a page: alike ones are one row, with one deadline and one decision.

    ``reason`` is what residents read of the decision, which stands on a second person's confirmation.
    """

    __tablename__ = "objection"

    id: Mapped[int] = mapped_column(primary_key=True)
    clarification_id: Mapped[int] = mapped_column(sa.ForeignKey("clarification.id", ondelete="RESTRICT"), index=True)
    ground: Mapped[ObjectionGround] = mapped_column(enum_column_type(ObjectionGround, "objection_ground"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[ObjectionOutcome | None] = mapped_column(enum_column_type(ObjectionOutcome, "objection_outcome"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    working_days: Mapped[int | None]
    """How long the decision took: the office's calendar may change later."""
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (
        sa.CheckConstraint(
            "(outcome is null) = (decided_at is null) and (outcome is null) = (working_days is null) "
            "and (outcome is null or reason <> '')",
            name="decided_whole",
        ),
        sa.Index(
            "ix_objection_undecided",
            "due_at",
            sqlite_where=sa.text("outcome is null"),
            postgresql_where=sa.text("outcome is null"),
        ),
    )

    clarification: Mapped[Clarification] = relationship()
    statements: Mapped[list[ObjectionStatement]] = relationship(
        back_populates="objection", order_by="ObjectionStatement.id"
    )


class ObjectionStatement(TicketHolder, Base):
    """What one resident wrote. ``told_at``: when the program looked whether to write to them of the decision."""

    __tablename__ = "objection_statement"

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(sa.ForeignKey("objection.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("contact_encrypted is null or consent_at is not null", name="contact_needs_consent"),
    )

    objection: Mapped[Objection] = relationship(back_populates="statements")


class Evidence(Base):
    """A link or file that supports a claim's examination, came with a unit's answer, or is a page's source.

    A page's file is its crossed picture. ``digest`` is the SHA-256 of the file as it was sent, or of the page as it was
    kept (EvidenceCopy).
    """

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[EvidenceKind] = mapped_column(enum_column_type(EvidenceKind, "evidence_kind"))
    title: Mapped[str] = mapped_column(sa.String(300))
    url: Mapped[str | None] = mapped_column(sa.String(2000))
    page_key: Mapped[str | None] = mapped_column(PageKey, default=default_page_key, index=True)
    file_name: Mapped[str | None] = mapped_column(sa.String(255))
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    dated: Mapped[date | None]
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    clarification_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True
    )
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"), index=True)
    question_id: Mapped[int | None] = mapped_column(sa.ForeignKey("question.id", ondelete="CASCADE"), index=True)
    added_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (
        sa.CheckConstraint("url is not null or file_name is not null", name="points_somewhere"),
        sa.CheckConstraint(
            "claim_id is not null or clarification_id is not null or report_id is not null",
            name="belongs_somewhere",
        ),
    )

    clarification: Mapped[Clarification | None] = relationship(back_populates="sources")
    added_by: Mapped[Officer | None] = relationship()
    copy: Mapped[EvidenceCopy | None] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class EvidenceCopy(Base):
    """The kept copy of a piece of evidence, for officers only: a file, or the page behind a link.

    ``sealed`` is compressed and encrypted; it is None where the copy could not be fetched yet (``last_error``) or was
    deleted after its retention. A link is checked again at ``next_look_at``. ``changed_at`` and ``gone_at`` are the
    times when it first differed from the copy (``text_digest``), or returned nothing.
    """

    __tablename__ = "evidence_copy"

    evidence_id: Mapped[int] = mapped_column(sa.ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(SealedBytes, deferred=True)
    media_type: Mapped[str | None] = mapped_column(sa.String(100))
    size_bytes: Mapped[int] = mapped_column(default=0)
    text_digest: Mapped[str | None] = mapped_column(sa.String(64))
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    next_look_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    looks: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.String(300))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ClarificationBasis(Base):
    """The earlier clarification from which a draft was begun: another claim of the same narrative had it as answer."""

    __tablename__ = "clarification_basis"

    clarification_id: Mapped[int] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True
    )
    earlier_id: Mapped[int] = mapped_column(sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True)

    earlier: Mapped[Clarification] = relationship(foreign_keys=[earlier_id])


class TextTemplate(Base):
    """The initial text of a draft on a topic. The author replaces the parts in «…»."""

    __tablename__ = "text_template"

    topic: Mapped[Topic] = mapped_column(enum_column_type(Topic, "topic"), primary_key=True)
    findings: Mapped[str] = mapped_column(sa.Text)
    conclusion: Mapped[str] = mapped_column(sa.Text)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Explainer(Base):
    """A short lesson for residents, without a verdict; shown where no clarification answers a message.

    ``cues`` are words or phrases of a message that lead to it.
    """

    __tablename__ = "explainer"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    summary: Mapped[str] = mapped_column(sa.String(500), default="")
    body: Mapped[str] = mapped_column(sa.Text, default="")
    cues: Mapped[list[str]] = mapped_column(JsonType, default=list)
    is_shown: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()


EXPLAINER_FIELDS = ("title", "summary", "body", "cues", "is_shown")


class TypedText(Base):
    """An officer's unsaved input in a long form, kept while typing and deleted once it is saved or sent.

    ``fields`` holds the form's own (name, value) pairs, ``version`` the version of the page that the form was rendered
    from.
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
    """The matcher's result for a new claim: the published page that answers it, or none.

    Every checked claim has a row, so that none is checked twice.
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


class Usefulness(Base):
    """Readers' votes on a clarification: useful or not, and about their message or not.

    Both are suggestions to officers: they change no answer and no verdict.
    """

    __tablename__ = "usefulness"

    clarification_id: Mapped[int] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    useful: Mapped[int] = mapped_column(default=0)
    not_useful: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0, server_default="0")
    not_same: Mapped[int] = mapped_column(default=0, server_default="0")


class ClarificationReach(Base):
    """How often a clarification was shown on a day in Kupang. Only counts: nothing says who, or at what time.

    ``views``: its page was opened. ``short_visits``: its short address was followed, which then opens the page.
    ``answers``: it answered a checked message. ``comparisons``: it was shown to compare a message with.
    """

    __tablename__ = "clarification_reach"

    clarification_id: Mapped[int] = mapped_column(
        sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True, index=True)
    views: Mapped[int] = mapped_column(default=0, server_default="0")
    short_visits: Mapped[int] = mapped_column(default=0, server_default="0")
    answers: Mapped[int] = mapped_column(default=0, server_default="0")
    comparisons: Mapped[int] = mapped_column(default=0, server_default="0")
