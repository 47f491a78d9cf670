"""Signs of life of the processes that do the work."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, UtcDateTime


class WorkerHeartbeat(Base):
    """A worker that runs, by host and process: when it last got on, and how many rounds failed since one went well.

    A worker that ends in order takes its row away; one that was killed leaves a row that grows old.
    """

    __tablename__ = "worker_heartbeat"

    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    failed_rounds: Mapped[int] = mapped_column(default=0)
