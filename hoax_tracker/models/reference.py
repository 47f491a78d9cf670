"""Units, districts and programmes of the city: loaded from data/kupang, editable in the app."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, JsonType, UtcDateTime, stored_enum
from hoax_tracker.models.labels import Topic


class Unit(Base):
    """An office of the city that answers claims; the root of the tree is PPID Utama.

    ``edited_at`` is set by an edit in the app: loading the reference data again leaves such a row alone.
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

    parent: Mapped[Unit | None] = relationship(remote_side=[id], backref="children")

    @property
    def name_as_source(self) -> str:
        """What stands after «Menurut»: the root of the tree speaks as PPID Utama."""
        return self.name if self.parent_id is not None else f"PPID Utama ({self.name})"


class UnitTopic(Base):
    """The unit that answers a topic by default: exactly one per topic."""

    __tablename__ = "unit_topic"

    topic: Mapped[Topic] = mapped_column(stored_enum(Topic, "topic"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id", ondelete="CASCADE"), index=True)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

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

    __table_args__ = (sa.CheckConstraint("kind in ('kecamatan', 'kelurahan')", name="kind"),)

    parent: Mapped[District | None] = relationship(remote_side=[id], backref="children")


class Programme(Base):
    """A programme or service that people name, and the unit that runs it.

    ``code`` is the name in the shipped file, kept when the programme is renamed; None for one added in the app.
    """

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"), index=True)
    aliases: Mapped[list[str]] = mapped_column(JsonType, default=list)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit | None] = relationship()
