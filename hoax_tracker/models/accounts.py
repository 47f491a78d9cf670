"""Officers, their roles, and the tamper-evident audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_security.core import RoleMixin, UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, JsonType, UtcDateTime
from hoax_tracker.models.enums import RoleName
from hoax_tracker.models.organisation import Unit

officer_role = sa.Table(
    "officer_role",
    Base.metadata,
    sa.Column("officer_id", sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base, RoleMixin):
    """A role; ``name`` is a value of RoleName."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(32), unique=True)
    description: Mapped[str | None] = mapped_column(sa.String(200))


class Officer(Base, UserMixin):
    """A person of the city who signs in. Fields named as Flask-Security-Too wants them."""

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]
        secondary=officer_role, lazy="selectin"
    )

    def is_a(self, role: RoleName) -> bool:
        """Tell whether the officer holds the role."""
        return any(held.name == role.value for held in self.roles)

    @property
    def is_officer(self) -> bool:
        """True for who decides about claims."""
        return self.is_a(RoleName.OFFICER)

    @property
    def is_administrator(self) -> bool:
        """True for an administrator (asked by the menu of every officers' page)."""
        return self.is_a(RoleName.ADMINISTRATOR)


class OfficerIdentity(Base):
    """An officer's account at an identity provider; ``subject`` is the provider's lasting id of the person."""

    __tablename__ = "officer_identity"
    __table_args__ = (sa.UniqueConstraint("issuer", "subject"), sa.UniqueConstraint("officer_id", "issuer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)

    officer: Mapped[Officer] = relationship()


class AuditEvent(Base):
    """One act of a person or of the system; ``hash`` covers the row and the hash before it."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    action: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(64), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JsonType, default=dict)
    previous_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)

    officer: Mapped[Officer | None] = relationship()
