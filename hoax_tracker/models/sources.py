"""Feeds whose hub sends new entries (WebSub)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, UtcDateTime


class HubSubscription(Base):
    """The subscription of a source at its hub.

    ``token`` is the unguessable part of the address to which the hub sends; the secret that signs its messages is
    derived from the token and the secret key, and is in no table. ``next_at`` is when to ask the hub (again).
    ``sent_until`` is until when the hub promised to send; None before it did. ``heard_at`` is when it last sent a
    signed feed. ``unsigned_at`` is when something without a valid signature came, to the hour.
    """

    __tablename__ = "hub_subscription"

    source_id: Mapped[int] = mapped_column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    hub: Mapped[str] = mapped_column(sa.String(2000))
    topic: Mapped[str] = mapped_column(sa.String(2000))
    token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sent_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unsigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str | None] = mapped_column(sa.Text)
