"""The chat channels through which residents write and are answered: WhatsApp, Telegram."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, SealedBytes, UtcDateTime, confirmation_column


class TiplineChannel(Base):
    """A chat channel: who answers there in the city's name, the keys, and what it has cost this month.

    ``account_id`` is the account's number at the service (of the bot, or of the telephone number), ``account`` what
    residents see of it: a user name, or a telephone number in digits. These, the server (``base_url``,
    ``auth_header``), the template, ``is_polled`` and ``is_in_service`` are what a second person confirms.
    ``sealed_keys`` are encrypted with the contact key. ``template_name`` and ``template_language`` are the template by
    which WhatsApp lets news go out a day after the last message, and ``business_id`` the account that has it.
    ``announced`` is a digest of what the service was told last about where to deliver.
    """

    __tablename__ = "tipline_channel"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    account_id: Mapped[str] = mapped_column(sa.String(64), default="")
    account: Mapped[str] = mapped_column(sa.String(64), default="")
    base_url: Mapped[str] = mapped_column(sa.String(300), default="")
    auth_header: Mapped[str] = mapped_column(sa.String(60), default="")
    business_id: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    template_name: Mapped[str] = mapped_column(sa.String(100), default="", server_default="")
    template_language: Mapped[str] = mapped_column(sa.String(10), default="", server_default="")
    is_polled: Mapped[bool] = mapped_column(default=False)
    is_in_service: Mapped[bool] = mapped_column(default=False)
    sealed_keys: Mapped[bytes | None] = mapped_column(SealedBytes)
    keys_saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    monthly_ceiling: Mapped[int | None]
    counted_month: Mapped[str] = mapped_column(sa.String(7), default="")
    counted_replies: Mapped[int] = mapped_column(default=0)
    warned_month: Mapped[str] = mapped_column(sa.String(7), default="")
    polled_offset: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    announced: Mapped[str] = mapped_column(sa.String(64), default="")
    last_fault: Mapped[str | None] = mapped_column(sa.String(200))
    last_fault_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (
        sa.CheckConstraint("monthly_ceiling is null or monthly_ceiling >= 0", name="ceiling_counts"),
        sa.CheckConstraint("counted_replies >= 0", name="replies_count"),
    )
