"""Questions that residents ask repeatedly, in any words: demand that officers see."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, UtcDateTime
from hoax_tracker.models.claims import Claim


class Demand(Base):
    """A group of questions that the matcher finds to be the same.

    ``text`` is the first of them, without personal data. ``claim_id`` is the claim that it counts for; ``suggested_id``
    is a new claim that may be the one, which officers decide. ``set_aside_at`` is when an officer found nothing in it
    for this office. ``opening_at`` and ``opened_by_id`` record when an officer asked for a separate claim, and who; the
    worker opens it.
    """

    __tablename__ = "demand"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    first_day: Mapped[date] = mapped_column(sa.Date)
    last_day: Mapped[date] = mapped_column(sa.Date, index=True)
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="SET NULL"), index=True)
    suggested_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id", ondelete="SET NULL"))
    set_aside_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opening_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="SET NULL"))

    claim: Mapped[Claim | None] = relationship(foreign_keys=[claim_id])
    suggested: Mapped[Claim | None] = relationship(foreign_keys=[suggested_id])
