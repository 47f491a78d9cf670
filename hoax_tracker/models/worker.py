"""What workers keep: heartbeats, figures, counts for the early warning, drafted reports, fingerprints of the keys.

The keys themselves are outside the database.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import Base, JsonType, UtcDateTime, confirmation_column, enum_column_type
from hoax_tracker.models.enums import Measure


class WorkerHeartbeat(Base):
    """The heartbeat of a running worker, by host and process, and its failed rounds since the last success.

    ``failed_work`` names the work that failed in the last of them. A worker that ends in order deletes its row; a
    killed one leaves a row that grows old.
    """

    __tablename__ = "worker_heartbeat"

    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    failed_rounds: Mapped[int] = mapped_column(default=0)
    failed_work: Mapped[list[str]] = mapped_column(JsonType, default=list)


class MonthlyStatistics(Base):
    """The figures of a month that was counted for good (``month``: its first day); counts only, no personal data.

    Rows are only added.
    """

    __tablename__ = "monthly_statistics"

    month: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JsonType)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KeptFigures(Base):
    """Figures of a page over very many rows, as counted by the worker; no personal data."""

    __tablename__ = "kept_figures"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JsonType)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HourlyCount(Base):
    """How often a topic or a place was seen, reported or asked about in one hour of the last weeks.

    ``hour`` counts hours since 1970. Questions are counted by day, in the first hour of the day in Kupang.
    """

    __tablename__ = "hourly_count"

    subject: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    measure: Mapped[Measure] = mapped_column(enum_column_type(Measure, "measure"), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)
    count: Mapped[int]


class EarlyWarningState(Base):
    """The single row of what the early warning has looked at.

    ``counted_to`` is the newest appearance in the hourly counts, ``since_hour`` the first hour that they hold,
    ``looked_at`` the last comparison.
    """

    __tablename__ = "early_warning_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    counted_to: Mapped[int] = mapped_column(default=0)
    since_hour: Mapped[int]
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)


class MonthlyReport(Base):
    """A version of the report on a month (its first day): a draft until ``sent_at``, and from then on unchanged.

    ``content`` holds every word and number of it as they were counted; None while the worker has still to count.
    ``reason`` says why it is sent anew, ``comment`` is the officers' own text.
    """

    __tablename__ = "monthly_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(sa.Date)
    version: Mapped[int]
    content: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    letters: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        sa.UniqueConstraint("month", "version"),
        sa.CheckConstraint("sent_at is null or (content is not null and sent_by_id is not null)", name="sent_whole"),
        # One draft a month, whoever makes it.
        sa.Index(
            "uq_monthly_report_draft",
            "month",
            unique=True,
            sqlite_where=sa.text("sent_at is null"),
            postgresql_where=sa.text("sent_at is null"),
        ),
    )

    sent_by: Mapped[Officer | None] = relationship()


class YearlyReport(Base):
    """A version of the PPID's report on a year: a draft until ``sent_at``, and from then on unchanged.

    ``register`` holds what officers entered: numbers of the PPID's own register, and their texts. ``content`` holds
    every word and number of the report as it was sent. ``reason`` says why it is sent anew.
    """

    __tablename__ = "yearly_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    version: Mapped[int]
    register: Mapped[dict[str, Any]] = mapped_column(JsonType)
    content: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    letters: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        sa.UniqueConstraint("year", "version"),
        sa.CheckConstraint("sent_at is null or (content is not null and sent_by_id is not null)", name="sent_whole"),
        # One draft a year, whoever begins it.
        sa.Index(
            "uq_yearly_report_draft",
            "year",
            unique=True,
            sqlite_where=sa.text("sent_at is null"),
            postgresql_where=sa.text("sent_at is null"),
        ),
    )

    sent_by: Mapped[Officer | None] = relationship()


class ReportRecipients(Base):
    """The single row of addresses that get the monthly report, set by an administrator."""

    __tablename__ = "report_recipients"

    id: Mapped[int] = mapped_column(primary_key=True)
    addresses: Mapped[list[str]] = mapped_column(JsonType, default=list)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)


class InstanceKey(Base):
    """A key that every host of the instance must have; ``host`` is the machine that recorded it."""

    __tablename__ = "instance_key"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    host: Mapped[str] = mapped_column(sa.String(180))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
