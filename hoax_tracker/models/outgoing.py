"""What leaves the instance: letters, who subscribed to them, and messages to the webhooks of other services."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, JsonType, SealedBytes, UtcDateTime, enum_column_type
from hoax_tracker.models.enums import Topic


class OutboxRow:
    """A row that waits to be sent (notifications/outbox_leases.py).

    ``held_until`` is the end of a sender's lease: until then nobody else takes the row, whatever makes it due.
    ``last_error`` is in our words: a code, never an address.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.String(120))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def outbox_constraints() -> tuple[sa.CheckConstraint, ...]:
    """Return the constraints of an outbox: a row has one end, and is due until then."""
    return (
        sa.CheckConstraint("sent_at is null or failed_at is null", name="one_end"),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)", name="due_until_ended"
        ),
    )


class OutgoingMail(OutboxRow, Base):
    """A letter; ``key`` names the act and the reader, so that nobody is told the same thing twice.

    ``sealed`` holds the address and the text, encrypted; it is emptied once the letter was sent or given up.
    """

    __tablename__ = "outgoing_mail"

    key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"), index=True)
    subscription_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("subscription.id", ondelete="CASCADE"), index=True
    )
    sealed: Mapped[bytes | None] = mapped_column(SealedBytes)

    __table_args__ = (
        *outbox_constraints(),
        sa.CheckConstraint("(sealed is null) = (next_try_at is null)", name="sealed_until_ended"),
    )


class SubscriptionChoice:
    """What a resident wants to be told of: everything, a topic, or a kecamatan.

    ``told_revision_id`` is the newest revision that was looked at for them.
    """

    topic: Mapped[Topic | None] = mapped_column(enum_column_type(Topic, "topic"))
    district_id: Mapped[int | None] = mapped_column(sa.ForeignKey("district.id", ondelete="CASCADE"), index=True)
    language: Mapped[str] = mapped_column(sa.String(2))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_revision_id: Mapped[int] = mapped_column(default=0)


class Subscription(SubscriptionChoice, Base):
    """A resident's wish to be told by e-mail. It counts once confirmed.

    ``sealed`` holds the address and the token of its links, encrypted; the digests find them again.
    """

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    address_digest: Mapped[str] = mapped_column(sa.String(64), index=True)
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    sealed: Mapped[bytes] = mapped_column(SealedBytes)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_letter_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("topic is null or district_id is null", name="one_choice"),
        sa.Index("ix_subscription_waiting", "told_revision_id", "confirmed_at"),
    )


class PushedBrowser:
    """A browser that is told by Web Push, and its own outbox (notifications/push/delivery.py).

    ``sealed`` holds the address at the push service and the browser's keys, encrypted. ``held_until`` is the end of a
    sender's lease.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    endpoint_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    sealed: Mapped[bytes] = mapped_column(SealedBytes)
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)


class PushSubscription(PushedBrowser, SubscriptionChoice, Base):
    """A resident's browser. It waits where it has not seen the newest revision."""

    __tablename__ = "push_subscription"

    __table_args__ = (
        sa.CheckConstraint("topic is null or district_id is null", name="one_choice"),
        sa.Index("ix_push_subscription_waiting", "told_revision_id", "last_sent_at"),
    )


class AlarmBrowser(PushedBrowser, Base):
    """An officer's browser that is told of what rises.

    It waits while an unseen notice of what rises has a higher id than ``told_notice_id``. ``browser`` is the name of a
    browser and of a system.
    """

    __tablename__ = "alarm_browser"

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    browser: Mapped[str] = mapped_column(sa.String(60))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_notice_id: Mapped[int] = mapped_column(default=0)


class WebhookEndpoint(Base):
    """An address of another service, and the events (values of ``WebhookEvent``) that it is told.

    Secrets are encrypted with the contact key. The previous one signs together with the present one until
    ``previous_until``. ``off_reason`` says why the program turned the endpoint off, in our words.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    url: Mapped[str] = mapped_column(sa.String(2000))
    events: Mapped[list[str]] = mapped_column(JsonType)
    is_active: Mapped[bool] = mapped_column(default=True)
    off_reason: Mapped[str | None] = mapped_column(sa.String(120))
    sealed_secret: Mapped[bytes] = mapped_column(SealedBytes)
    sealed_previous_secret: Mapped[bytes | None] = mapped_column(SealedBytes)
    previous_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookDelivery(OutboxRow, Base):
    """One message to one endpoint. ``message_id`` stays the same however often it is sent.

    ``body`` holds the exact bytes that are signed. Of the last answer ``answered_at``, ``answer_status`` and the
    beginning of its first line are kept.
    """

    __tablename__ = "webhook_delivery"

    endpoint_id: Mapped[int] = mapped_column(sa.ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(sa.String(64))
    event: Mapped[str] = mapped_column(sa.String(40))
    body: Mapped[str] = mapped_column(sa.Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_status: Mapped[int | None]
    answer_line: Mapped[str | None] = mapped_column(sa.String(120))

    __table_args__ = (*outbox_constraints(), sa.UniqueConstraint("endpoint_id", "message_id"))

    endpoint: Mapped[WebhookEndpoint] = relationship()
