"""Heartbeats of worker processes, and the figures that they keep."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, JsonType, UtcDateTime


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
