"""Outgoing e-mail letters."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, UtcDateTime


class OutgoingMail(Base):
    """A letter; ``key`` names the act and the reader, so that nobody is told the same thing twice.

    ``sealed`` holds the address and the text, encrypted; it is emptied once the letter was sent or given up.
    ``held_until`` is the end of a sender's lease: until then nobody else takes the letter, whatever makes it due.
    ``last_error`` is in our words: a code, never an address.
    """

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.String(120))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("sent_at is null or failed_at is null", name="one_end"),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)", name="due_until_ended"
        ),
        sa.CheckConstraint("(sealed is null) = (next_try_at is null)", name="sealed_until_ended"),
    )
