"""Claims, their appearances, officers' decisions, saved searches, and digests of media that spread a claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log2
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import Base, JsonType, UtcDateTime, confirmation_column, enum_column_type
from hoax_tracker.models.enums import ClaimStatus, DecisionKind, Topic
from hoax_tracker.models.items import Item, Report
from hoax_tracker.models.organisation import Unit

OPEN_STATUSES = (ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING)
WAITING_STATUSES = (ClaimStatus.NEW, *OPEN_STATUSES)
"""A claim that waits for a decision, in the order of the work on it."""
CLOSED_STATUSES = (ClaimStatus.CLARIFIED, ClaimStatus.DISMISSED)
"""Those of which residents are told that the claim is being examined; ``new`` is the machine's alone."""
HALF_LIFE = timedelta(days=14)
"""A claim that nobody passes on any more counts half after so long (see claims/priority.py)."""
JOIN_WITHIN = timedelta(days=90)
"""What is seen again so long after the claim's last appearance opens a claim of its own."""
_RANKED_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_LEAST = 2.0**-10

UNDO_WITHIN = timedelta(minutes=10)
"""How long an officer can take a decision back; mail to reporters about it waits as long."""


class Claim(Base):
    """An assertion in one wording, with all its appearances.

    Every officer's change raises ``version`` (the machine's never do). A form carries the version that it was rendered
    from, so that the second of two officers learns of the conflict. ``accusations`` are the units that the claim keeps
    away. ``due_at`` is the target for the first decision.
    ``merged_into_id`` is the claim that officers found to be the same (only with status ``merged``): the merged one
    keeps its words and its history; its appearances, reports and clarifications are found at the other.
    ``told_unit_id`` is the unit whose officers were last told that the claim is theirs (see claim_work.py).
    ``priority`` is the priority of a claim seen just now, ``priority_parts`` its components, ``demand`` the number of
    residents' questions it counts. ``rank`` orders claims by the priority that remains after ageing, and is updated
    automatically.
    """

    __tablename__ = "claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    claimant: Mapped[str | None] = mapped_column(sa.String(200))
    topic: Mapped[Topic] = mapped_column(enum_column_type(Topic, "topic"))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"))
    told_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"))
    status: Mapped[ClaimStatus] = mapped_column(enum_column_type(ClaimStatus, "claim_status"), default=ClaimStatus.NEW)
    priority: Mapped[float]
    priority_parts: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    rank: Mapped[float]
    demand: Mapped[int] = mapped_column(default=0)
    sightings: Mapped[int] = mapped_column(default=0)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    examined_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="RESTRICT"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        sa.CheckConstraint("(status = 'merged') = (merged_into_id is not null)", name="merged_somewhere"),
        sa.CheckConstraint("merged_into_id <> id", name="merged_elsewhere"),
        sa.CheckConstraint("priority between 0 and 1", name="priority"),
        sa.CheckConstraint("last_seen_at >= first_seen_at", name="seen_in_order"),
        # The queue and its counts are read from these alone, whatever it is narrowed by (review/queue/queue.py).
        # SQLite has the id in every index.
        sa.Index("ix_claim_due", "status", "due_at", "rank", "unit_id", "topic", postgresql_include=["id"]),
        sa.Index("ix_claim_closed", "status", "last_seen_at", "rank", "unit_id", "topic", postgresql_include=["id"]),
        sa.Index("ix_claim_unit", "unit_id", "status", "due_at"),
        sa.Index("ix_claim_created", "created_at", "priority"),
        sa.Index("ix_claim_queue", "status", "rank"),
    )
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    unit: Mapped[Unit | None] = relationship(foreign_keys=[unit_id])
    appearances: Mapped[list[ClaimAppearance]] = relationship(
        back_populates="claim", order_by="ClaimAppearance.seen_at", cascade="all, delete-orphan"
    )
    decisions: Mapped[list[Decision]] = relationship(
        back_populates="claim", order_by="Decision.id", foreign_keys="Decision.claim_id"
    )
    merged_into: Mapped[Claim | None] = relationship(remote_side=[id], foreign_keys=[merged_into_id])
    accusations: Mapped[list[ClaimAccusation]] = relationship(
        back_populates="claim", order_by="ClaimAccusation.id", passive_deletes="all"
    )


def priority_decay_factor(last_seen_at: datetime, now: datetime) -> float:
    """Return the remaining share of a priority, 1 down to 0: half after HALF_LIFE without an appearance."""
    return float(0.5 ** (max(timedelta(0), now - last_seen_at) / HALF_LIFE))


def rank_of_claim(priority: float, last_seen_at: datetime) -> float:
    """Return the sort key of a claim among all others, higher first.

    Priorities that halve every HALF_LIFE keep their order over time. The key is the logarithm of the priority plus the
    half-lives up to the time when the claim was last seen. So no row must be updated as time passes.
    """
    return log2(max(priority, _LEAST)) + (last_seen_at - _RANKED_SINCE) / HALF_LIFE


@event.listens_for(Claim, "before_insert")
@event.listens_for(Claim, "before_update")
def _update_claim_rank(_mapper: Any, _connection: Any, claim: Claim) -> None:
    claim.rank = rank_of_claim(claim.priority, claim.last_seen_at)


accusation_branch = sa.Table(
    "claim_accusation_branch",
    Base.metadata,
    sa.Column("accusation_id", sa.Integer, sa.ForeignKey("claim_accusation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("unit_id", sa.Integer, sa.ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True),
)
"""The units of an accusation's branch as the tree was when the accusation was noted: moving a unit away later, or
closing it, opens nothing to them."""


class ClaimAccusation(Base):
    """A unit that a claim keeps away because it is accused, or a whole kind of units ("lurah", "puskesmas").

    It was named in the report ``report_id``, noted by the officer ``officer_id``, or read in an item by the model
    (neither). It stands until somebody outside lifts it, who says why; rows are never deleted.
    """

    __tablename__ = "claim_accusation"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="RESTRICT"))
    unit_kind: Mapped[str | None] = mapped_column(sa.String(32))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="SET NULL"))
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    lifted_reason: Mapped[str] = mapped_column(sa.Text, default="")

    __table_args__ = (
        # Two reports at once note a unit once.
        *(
            sa.Index(
                f"uq_claim_accusation_{column}",
                "claim_id",
                column,
                unique=True,
                sqlite_where=sa.text("lifted_at is null"),
                postgresql_where=sa.text("lifted_at is null"),
            )
            for column in ("unit_id", "unit_kind")
        ),
        sa.CheckConstraint("(unit_id is null) <> (unit_kind is null)", name="one_subject"),
        sa.CheckConstraint(
            "(lifted_at is null) = (lifted_by_id is null) and (lifted_at is null) = (lifted_reason = '')",
            name="lifted_by_somebody",
        ),
    )

    claim: Mapped[Claim] = relationship(back_populates="accusations")
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    branch: Mapped[list[Unit]] = relationship(secondary=accusation_branch, lazy="selectin")
    lifted_by: Mapped[Officer | None] = relationship(foreign_keys=[lifted_by_id])


class ClaimAppearance(Base):
    """One place where a claim was seen: an item or a report, which belongs to one claim only.

    ``opens`` means that the claim's text comes from this appearance, so that positions in the text given by the model
    are right.
    """

    __tablename__ = "claim_appearance"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="RESTRICT"), unique=True)
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="RESTRICT"), unique=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    similarity: Mapped[float] = mapped_column(default=1.0)
    opens: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    __table_args__ = (
        sa.CheckConstraint("(item_id is null) <> (report_id is null)", name="one_subject"),
        sa.CheckConstraint("similarity between 0 and 1", name="similarity"),
        # Which claims were seen lately (insight/early_warning/).
        sa.Index("ix_claim_appearance_seen", "seen_at", "claim_id"),
    )

    claim: Mapped[Claim] = relationship(back_populates="appearances")
    item: Mapped[Item | None] = relationship()
    report: Mapped[Report | None] = relationship()


class Decision(Base):
    """An officer's decision about a claim, with its reason. Rows are only added.

    ``other_claim_id`` is the target claim of a ``merge`` or the new claim of a ``split``. ``changes`` holds, by claim,
    the changes of the decision and the version after it, so that it can be undone (None: it cannot). ``undoes_id`` is
    the decision that this one undoes.
    """

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[DecisionKind] = mapped_column(enum_column_type(DecisionKind, "decision_kind"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    other_claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"))
    changes: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    undoes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decision.id", ondelete="CASCADE"), unique=True)

    __table_args__ = (
        sa.Index("ix_decision_day", "decided_at", "kind", "claim_id"),
        # Few decisions have one: SQLite would take an index full of nothing for one that finds nothing.
        sa.Index(
            "ix_decision_other",
            "other_claim_id",
            sqlite_where=sa.text("other_claim_id is not null"),
            postgresql_where=sa.text("other_claim_id is not null"),
        ),
    )

    claim: Mapped[Claim] = relationship(back_populates="decisions", foreign_keys=[claim_id])
    other_claim: Mapped[Claim | None] = relationship(foreign_keys=[other_claim_id])
    officer: Mapped[Officer] = relationship()
    undoes: Mapped[Decision | None] = relationship(remote_side=[id], backref="undone_by")


class ClaimMove(Base):
    """An appearance that an officer moved to another claim or split from one. Rows are only added.

    Together with its decision it records which item or report belongs to which claim in a person's judgement, who
    judged, and when. A decision that was undone (by the ``undoes_id`` of another) does not count as a judgement.
    """

    __tablename__ = "claim_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(sa.ForeignKey("decision.id", ondelete="CASCADE"), index=True)
    appearance_id: Mapped[int] = mapped_column(sa.ForeignKey("claim_appearance.id", ondelete="CASCADE"), index=True)
    from_claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"))
    to_claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"))
    opened: Mapped[bool] = mapped_column(default=False)

    decision: Mapped[Decision] = relationship()
    appearance: Mapped[ClaimAppearance] = relationship()


class SavedSearch(Base):
    """A list of claims that an officer returns to: the query string of the desk's address."""

    __tablename__ = "saved_search"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(120))
    query: Mapped[str] = mapped_column(sa.String(1000))

    __table_args__ = (sa.UniqueConstraint("officer_id", "name"),)


class MediaFingerprint(Base):
    """A recording or picture that officers know to tell a claim. Of the file only the digest and length are kept.

    ``kind`` is the first part of its MIME type. ``is_known`` is False once two people took that back.
    """

    __tablename__ = "media_fingerprint"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    size_bytes: Mapped[int]
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    is_known: Mapped[bool] = mapped_column(default=True)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (sa.CheckConstraint("size_bytes > 0", name="size_counts"),)


class ReportedMedia(Base):
    """The digest and length of a file that came in a chat with a report; never the file. It goes with the report."""

    __tablename__ = "reported_media"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    size_bytes: Mapped[int]

    __table_args__ = (
        sa.UniqueConstraint("report_id", "sha256"),
        sa.CheckConstraint("size_bytes > 0", name="size_counts"),
    )
