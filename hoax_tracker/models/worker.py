"""Heartbeats of worker processes, the figures that they keep, and what they count for the early warning."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, JsonType, UtcDateTime, enum_column_type
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
