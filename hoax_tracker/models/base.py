"""The database object, column types and the naming rules of constraints."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from hoax_tracker.models.url_keys import DIGEST_LENGTH, page_digest

# Names by rule, so that SQLite's batch migrations can find every constraint again.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = sa.MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)


def table_of(model: type[Base]) -> sa.Table:
    """Return the table of a model. Inserts with it skip the ORM.

    For many new rows, the ORM takes as long as the database.
    """
    return cast(sa.Table, model.__table__)


class SealedBytes(sa.LargeBinary):
    """Bytes encrypted with the contact key (core/encryption.py). A rotation finds what to encrypt anew by this type."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime on every database. SQLite stores no zone, so it is added when reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the time in UTC, as it is stored. Raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: times are aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the time in UTC. SQLite stores no zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TicketHolder:
    """The columns of a resident who sent a report or an objection, and holds its ticket.

    The ticket is kept as a digest, and encrypted only while there is a contact to write to. ``sender_digest`` shows for
    a week what came from the same connection, but never which connection.
    """

    ticket_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    ticket_encrypted: Mapped[bytes | None] = mapped_column(SealedBytes)
    contact_encrypted: Mapped[bytes | None] = mapped_column(SealedBytes)
    contact_purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    language: Mapped[str] = mapped_column(sa.String(5), default="id")
    sender_digest: Mapped[str | None] = mapped_column(sa.String(64), index=True)


def confirmation_column(*, use_alter: bool = False) -> Mapped[int | None]:
    """Return the column that points to the proposal on which what residents read stands (authority/guards.py)."""
    key = sa.ForeignKey("proposal.id", ondelete="RESTRICT", use_alter=use_alter)
    return mapped_column(key, index=True)


def enum_column_type(kind: type[enum.Enum], name: str) -> sa.Enum:
    """Return a column type that stores the enum's values as text, enforced by a CHECK constraint."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def default_page_key(context: Any) -> str | None:
    """Return the page key for the address of a new row. Addresses are never changed afterwards."""
    return page_digest(context.get_current_parameters().get("url"))


PageKey = sa.String(DIGEST_LENGTH)
# JSON as text on SQLite and JSONB's plain sibling on PostgreSQL: both only store and return it.
JsonType: Any = sa.JSON(none_as_null=True)
