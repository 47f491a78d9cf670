"""Feeds whose hub sends what is new (WebSub)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, UtcDateTime


class HubSubscription(Base):
    """What a hub is asked to send for a source.

    ``token`` is the unguessable part of the address to which it is sent; the secret that signs it is made from it and
    the secret key, and stands in no table. ``next_at``: when the hub is asked (again). ``sent_until``: until then it
    sends, as it promised; None before it did. ``heard_at``: when it last sent a feed that it had signed;
    ``unsigned_at``: when something without a valid signature came, to the hour.
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
