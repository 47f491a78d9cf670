"""Second persons: what one person proposes and another confirms, and who depends on whom.

A row that residents read in the city's name points to the proposal it stands on (``confirmation_id``). Triggers on both
databases refuse such a row without a confirmed proposal, a confirmation by somebody who is not independent, and any
change of a settled proposal (authority/guards.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import Base, JsonType, UtcDateTime, enum_column_type
from hoax_tracker.models.enums import ProposalOutcome


class ProposalHand(Base):
    """A person who wrote in a proposal. None of them confirms it."""

    __tablename__ = "proposal_hand"

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), primary_key=True)


class Proposal(Base):
    """What somebody wants to change: the act, the row it is about ("channel:5"), and the values before and after.

    Without ``proposed_by_id`` it was a command on the server. A settled row never changes again. ``stands_until``: in
    an emergency it took effect before a second person saw it, and is taken back then.
    """

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(64))
    before: Mapped[dict[str, Any]] = mapped_column(JsonType, default=dict)
    values: Mapped[dict[str, Any]] = mapped_column(JsonType, default=dict)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stands_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[ProposalOutcome] = mapped_column(
        enum_column_type(ProposalOutcome, "proposal_outcome"), default=ProposalOutcome.OPEN
    )
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_reason: Mapped[str] = mapped_column(sa.Text, default="")

    __table_args__ = (
        sa.CheckConstraint("(outcome = 'open') = (settled_at is null)", name="settled_whole"),
        sa.CheckConstraint("outcome <> 'confirmed' or settled_by_id is not null", name="confirmed_by_somebody"),
        sa.CheckConstraint("outcome <> 'confirmed' or settled_by_id <> proposed_by_id", name="confirmed_by_another"),
        # Two people who propose a change of the same thing change one proposal.
        sa.Index(
            "uq_proposal_open",
            "act",
            "subject",
            unique=True,
            sqlite_where=sa.text("outcome = 'open'"),
            postgresql_where=sa.text("outcome = 'open'"),
        ),
        sa.Index("ix_proposal_subject", "subject", "id"),
        sa.Index("ix_proposal_outcome", "outcome", "proposed_at"),
    )

    proposed_by: Mapped[Officer | None] = relationship(foreign_keys=[proposed_by_id])
    settled_by: Mapped[Officer | None] = relationship(foreign_keys=[settled_by_id])
    hands: Mapped[list[ProposalHand]] = relationship(order_by=ProposalHand.officer_id, lazy="selectin")

    @property
    def hand_ids(self) -> frozenset[int | None]:
        """The ids of all who wrote in it; None for a command on the server."""
        return frozenset({hand.officer_id for hand in self.hands} | {self.proposed_by_id})


class OfficerTie(Base):
    """``maker`` invited, made, reset, reopened or moved the officer, or gave a role: for a time they are one person.

    Rows are only added. Without ``maker_id`` it was a command on the server. Whoever made the maker is tied as well.
    """

    __tablename__ = "officer_tie"

    id: Mapped[int] = mapped_column(primary_key=True)
    maker_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    because: Mapped[str] = mapped_column(sa.String(40))
    tied_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.Index("ix_officer_tie_officer", "officer_id", "tied_at"),)
