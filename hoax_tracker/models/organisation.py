"""Units, topics, places and programmes of the city; its office hours, response targets and sent morning digests."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, JsonType, UtcDateTime, confirmation_column, enum_column_type
from hoax_tracker.models.enums import ChannelKind, Topic

if TYPE_CHECKING:
    pass

WEEK: list[list[str] | None] = [*[["07:30", "16:00"]] * 4, ["07:30", "16:30"], None, None]
"""Monday to Sunday, local time, None for a day off: 37.5 hours a week with the breaks, as Perpres 21/2023 asks.

The hours of the city's offices are unverified; they are a default to be edited in the app."""


class OfficeRules(Base):
    """The single row of the desk's settings, set by an administrator. Without it the defaults apply.

    ``hours`` has seven entries from Monday on: [from, until] in local time, or None for a day off.
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


class PublicContacts(Base):
    """The single row of contacts that residents see, set by an administrator; an empty text is not shown.

    ``emergency`` lists whom to call: name, telephone, note, and the ``cues`` in a message that lead to them.
    """

    __tablename__ = "public_contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(300))
    telephone: Mapped[str] = mapped_column(sa.String(80))
    email: Mapped[str] = mapped_column(sa.String(200))
    website: Mapped[str] = mapped_column(sa.String(300))
    emergency: Mapped[list[dict[str, Any]]] = mapped_column(JsonType, default=list)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)


class Holiday(Base):
    """A day on which the city's offices are closed.

    A holiday that an administrator removed stays as a row marked as not kept, so that loading the shipped list again
    does not restore it. ``is_verified`` says whether somebody compared it with the decree.
    """

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    is_kept: Mapped[bool] = mapped_column(default=True)
    is_verified: Mapped[bool] = mapped_column(default=False)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Digest(Base):
    """A morning digest made for an officer. The primary key prevents a second one on the same day."""

    __tablename__ = "digest"

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Unit(Base):
    """An office of the city that answers claims; the root of the tree is PPID Utama.

    An edit in the app sets ``edited_at``: loading the reference data again leaves such a row unchanged.
    """

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    short_name: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(32))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"), index=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column(use_alter=True)

    parent: Mapped[Unit | None] = relationship(remote_side=[id], backref="children")

    @hybrid_property
    def is_root(self) -> bool:
        """True for PPID Utama, the root of the tree; also usable as a condition in queries."""
        return self.parent_id is None

    @is_root.inplace.expression
    @classmethod
    def _is_root_condition(cls) -> sa.ColumnElement[bool]:
        return cls.parent_id.is_(None)

    @property
    def name_as_source(self) -> str:
        """The name to put after «Menurut»: the root of the tree speaks as PPID Utama."""
        return f"PPID Utama ({self.name})" if self.is_root else self.name


class UnitTopic(Base):
    """The unit that answers a topic by default: exactly one per topic."""

    __tablename__ = "unit_topic"

    topic: Mapped[Topic] = mapped_column(enum_column_type(Topic, "topic"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id", ondelete="CASCADE"), index=True)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    unit: Mapped[Unit] = relationship()


class District(Base):
    """A kecamatan (no parent) or a kelurahan; ``aliases`` is a list of other names and spellings."""

    __tablename__ = "district"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(16))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("district.id", ondelete="CASCADE"), index=True)
    aliases: Mapped[list[str]] = mapped_column(JsonType, default=list)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (sa.CheckConstraint("kind in ('kecamatan', 'kelurahan')", name="kind"),)

    parent: Mapped[District | None] = relationship(remote_side=[id], backref="children")


class Programme(Base):
    """A programme or service that people name, and the unit that runs it.

    ``code`` is the name in the shipped file, kept when the programme is renamed; None for a programme added in the app.
    """

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"), index=True)
    aliases: Mapped[list[str]] = mapped_column(JsonType, default=list)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    unit: Mapped[Unit | None] = relationship()


class OfficialChannel(Base):
    """A domain, telephone number, bank account or social account of the city.

    It counts as official only while it ``is_listed``. ``kind`` and ``value`` (in normal form) never change: another
    number is another row. ``edited_at``: changed in
    the app, so that loading the reference data again leaves the row unchanged.
    """

    __tablename__ = "official_channel"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ChannelKind] = mapped_column(enum_column_type(ChannelKind, "channel_kind"))
    value: Mapped[str] = mapped_column(sa.String(120))
    owner: Mapped[str] = mapped_column(sa.String(160), default="")
    is_listed: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (sa.UniqueConstraint("kind", "value"),)


CHANNEL_FIELDS = ("owner", "is_listed")
