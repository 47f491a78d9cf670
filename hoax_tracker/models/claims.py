"""Claims, where they appeared, what officers decided, and their saved searches."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import Base, UtcDateTime, stored_enum
from hoax_tracker.models.intake import Item, Report
from hoax_tracker.models.labels import ClaimStatus, DecisionKind, Topic
from hoax_tracker.models.reference import Unit

OPEN_STATUSES = (ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING)
"""Those of which residents are told that the claim is being examined; ``new`` is the machine's alone."""


class Claim(Base):
    """What is asserted, in one wording, with all its appearances.

    ``version`` is raised by every officer's change (never by the machine); a form carries the version it was drawn
    from, so that the second of two officers is told. ``accused_unit_id`` is the unit whose wrongdoing the claim
    alleges, if any: it is never the only one to approve. ``due_at`` is the target for the first decision.
    """

    __tablename__ = "claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    claimant: Mapped[str | None] = mapped_column(sa.String(200))
    topic: Mapped[Topic] = mapped_column(stored_enum(Topic, "topic"))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"), index=True)
    accused_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"))
    status: Mapped[ClaimStatus] = mapped_column(stored_enum(ClaimStatus, "claim_status"), default=ClaimStatus.NEW)
    priority: Mapped[float]
    sightings: Mapped[int] = mapped_column(default=0)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    examined_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        sa.CheckConstraint("priority between 0 and 1", name="priority"),
        sa.CheckConstraint("last_seen_at >= first_seen_at", name="seen_in_order"),
        sa.Index("ix_claim_queue", "status", "priority"),
    )
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    unit: Mapped[Unit | None] = relationship(foreign_keys=[unit_id])
    accused_unit: Mapped[Unit | None] = relationship(foreign_keys=[accused_unit_id])
    appearances: Mapped[list[ClaimAppearance]] = relationship(
        back_populates="claim", order_by="ClaimAppearance.seen_at", cascade="all, delete-orphan"
    )
    decisions: Mapped[list[Decision]] = relationship(back_populates="claim", order_by="Decision.id")


class ClaimAppearance(Base):
    """One place where a claim was seen: an item or a report, which belongs to one claim only."""

    __tablename__ = "claim_appearance"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="RESTRICT"), unique=True)
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="RESTRICT"), unique=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    similarity: Mapped[float] = mapped_column(default=1.0)

    __table_args__ = (
        sa.CheckConstraint("(item_id is null) <> (report_id is null)", name="one_subject"),
        sa.CheckConstraint("similarity between 0 and 1", name="similarity"),
    )

    claim: Mapped[Claim] = relationship(back_populates="appearances")
    item: Mapped[Item | None] = relationship()
    report: Mapped[Report | None] = relationship()


class Decision(Base):
    """What an officer decided about a claim, and why. Rows are only added."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[DecisionKind] = mapped_column(stored_enum(DecisionKind, "decision_kind"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)

    claim: Mapped[Claim] = relationship(back_populates="decisions")
    officer: Mapped[Officer] = relationship()


class SavedSearch(Base):
    """A list of claims an officer comes back to: the query string of the desk's address."""

    __tablename__ = "saved_search"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(120))
    query: Mapped[str] = mapped_column(sa.String(1000))

    __table_args__ = (sa.UniqueConstraint("officer_id", "name"),)
