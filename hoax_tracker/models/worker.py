"""Signs of life of the processes that do the work, and figures that they keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, JsonType, UtcDateTime


class WorkerHeartbeat(Base):
    """A worker that runs, by host and process: when it last got on, and how many rounds failed since one went well.

    ``failed_work`` names what failed in the last of them.
    A worker that ends in order takes its row away; one that was killed leaves a row that grows old.
    """

    __tablename__ = "worker_heartbeat"

    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    failed_rounds: Mapped[int] = mapped_column(default=0)
    failed_work: Mapped[list[str]] = mapped_column(JsonType, default=list)


class KeptFigures(Base):
    """Figures of a page over very many rows, as the worker counted them; no personal data."""

    __tablename__ = "kept_figures"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JsonType)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
