"""Conversations in chat programs (WhatsApp, Telegram): who wrote, what, what was replied, and with which pages."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, SealedBytes, UtcDateTime, confirmation_column
from hoax_tracker.models.outgoing import OutboxRow, outbox_constraints


class Chat(Base):
    """A conversation with one person in one channel.

    ``sender_digest`` is a keyed digest of the channel's id of the person, ``sender_encrypted`` that id, and
    ``state_encrypted`` what the next message may refer to. ``due_at`` is when the messages that wait are answered,
    None where none waits; ``held_until`` is the end of a worker's lease. ``erase_when_sent``: the person had
    everything erased, and the row goes with the reply that says so. ``blocked_until``: an officer ended the answers
    till then, for ``blocked_reason``, a key of tipline/desk/blocking.py. ``paused_until``: till then an officer reads
    in place of the machine.
    """

    __tablename__ = "chat"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(20))
    sender_digest: Mapped[str] = mapped_column(sa.String(64))
    sender_encrypted: Mapped[bytes] = mapped_column(SealedBytes)
    state_encrypted: Mapped[bytes | None] = mapped_column(SealedBytes)
    language: Mapped[str] = mapped_column(sa.String(5), default="id")
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_message_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erase_when_sent: Mapped[bool] = mapped_column(default=False)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blocked_reason: Mapped[str | None] = mapped_column(sa.String(20))
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("channel", "sender_digest"),
        sa.CheckConstraint("(blocked_until is null) = (blocked_reason is null)", name="blocked_for_a_reason"),
    )


class ChatMessage(Base):
    """A message that came in. ``message_digest`` is a keyed digest of the channel's id, which may hold a number.

    After an erasure it stands alone, without chat and body: a channel delivers for days what it takes for lost.
    """

    __tablename__ = "chat_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int | None] = mapped_column(sa.ForeignKey("chat.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(20))
    message_digest: Mapped[str] = mapped_column(sa.String(64))
    body_encrypted: Mapped[bytes | None] = mapped_column(SealedBytes)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("channel", "message_digest"),
        sa.CheckConstraint("body_encrypted is null or chat_id is not null", name="body_of_chat"),
    )


class ChatReply(OutboxRow, Base):
    """A reply, or word of a ticket or a page. ``key`` names what it answers, so that it is made once.

    ``awaits_message``: the channel takes it only after the person's next message. ``template_sent_at``: when the person
    was asked by an approved template whether to read it. ``sent_digest`` is a keyed digest of the
    channel's id of what was sent, and ``window_closed_at`` when the channel said afterwards that its window was closed.
    ``report_id``: the report whose step it tells.
    ``confirmation_id``: the proposal on which an officer's own words stand (their keys begin with "officer:";
    authority/guards.py).
    """

    __tablename__ = "chat_reply"

    chat_id: Mapped[int] = mapped_column(sa.ForeignKey("chat.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(80))
    body_encrypted: Mapped[bytes] = mapped_column(SealedBytes)
    awaits_message: Mapped[bool] = mapped_column(default=False)
    template_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_digest: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    window_closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"), index=True)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (*outbox_constraints(), sa.UniqueConstraint("chat_id", "key"))


class ChatAnswer(Base):
    """A page with which somebody was answered, and since when its changes are news to them."""

    __tablename__ = "chat_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(sa.ForeignKey("chat.id", ondelete="CASCADE"))
    clarification_id: Mapped[int] = mapped_column(sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.UniqueConstraint("chat_id", "clarification_id"),)


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
