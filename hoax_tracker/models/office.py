"""When the city's offices work, how soon a claim is decided, and which morning digests went out."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, JsonType, UtcDateTime

WEEK: list[list[str] | None] = [*[["07:30", "16:00"]] * 4, ["07:30", "16:30"], None, None]
"""Monday to Sunday, local time, None for a day off: 37.5 hours a week with the breaks, as Perpres 21/2023 asks.

The hours of the city's offices are unverified; they are a default to be edited in the app."""


class OfficeRules(Base):
    """The one row of what an administrator sets for the desk; where it is missing, the defaults hold.

    ``hours`` are seven entries from Monday on: [from, until] in local time, or None for a day off.
    """

    __tablename__ = "office_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    urgent_hours: Mapped[int] = mapped_column(default=3)
    high_hours: Mapped[int] = mapped_column(default=24)
    other_days: Mapped[int] = mapped_column(default=3)
    hours: Mapped[list[list[str] | None]] = mapped_column(JsonType, default=lambda: list(WEEK))
    digest_from: Mapped[str] = mapped_column(sa.String(5), default="07:00")
    review_months: Mapped[int] = mapped_column(default=6)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("id = 1", name="only_one"),
        sa.CheckConstraint(
            "urgent_hours > 0 and high_hours > 0 and other_days > 0 and review_months > 0", name="above_zero"
        ),
    )


class Holiday(Base):
    """A day on which the city's offices are closed.

    One that an administrator took off the list stays as a row that is not kept, so that loading the shipped list again
    does not bring it back. ``is_verified`` says whether somebody compared it with the decree.
    """

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    is_kept: Mapped[bool] = mapped_column(default=True)
    is_verified: Mapped[bool] = mapped_column(default=False)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Digest(Base):
    """A morning digest that was made for an officer: the key makes a second one of the same day impossible."""

    __tablename__ = "digest"

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
