"""Fingerprints of an instance's keys. The keys themselves are outside the database."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, UtcDateTime


class InstanceKey(Base):
    """A key that every host of the instance must have; ``host`` is the machine that recorded it."""

    __tablename__ = "instance_key"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    host: Mapped[str] = mapped_column(sa.String(180))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
