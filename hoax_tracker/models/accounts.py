"""Officers, their roles, how they sign in and stay signed in, and the tamper-evident audit log."""

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
    language: Mapped[str | None] = mapped_column(sa.String(2))
    gets_mail: Mapped[bool] = mapped_column(default=True)
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    has_second_factor: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """A code app or a passkey: asked with every page of the desk, so it stands with the officer."""
    second_factor_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]
        secondary=officer_role, lazy="selectin"
    )

    @property
    def may_sign_in(self) -> bool:
        """True where neither the account is closed nor its unit."""
        return self.active and self.unit.is_active

    @property
    def mail_language(self) -> str:
        """The language of letters to the officer."""
        return self.language or "id"

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

    @property
    def is_auditor(self) -> bool:
        """True for who reads everything that officers read, and the audit log, and does nothing."""
        return self.is_a(RoleName.AUDITOR)


class OfficerSession(Base):
    """One browser in which an officer is signed in; the cookie holds the token, the row its digest.

    Without its row a cookie is worth nothing. ``network`` is a part of an address, ``browser`` a name and a system.
    """

    __tablename__ = "officer_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    network: Mapped[str] = mapped_column(sa.String(43))
    browser: Mapped[str] = mapped_column(sa.String(60))


class Invitation(Base):
    """An account that waits for its owner: the link works once, and the row goes with it."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id", ondelete="RESTRICT"), index=True)
    roles: Mapped[list[str]] = mapped_column(JsonType)
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    invited_by: Mapped[Officer | None] = relationship()


class PasswordLink(Base):
    """A link to a new password that works once; without ``made_by_id`` the officer asked for it."""

    __tablename__ = "password_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    officer: Mapped[Officer] = relationship(foreign_keys=[officer_id])


class PasswordRequest(Base):
    """Somebody asked for a link; the worker answers. Without an officer the address was nobody's, and is not kept."""

    __tablename__ = "password_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    network: Mapped[str] = mapped_column(sa.String(43))


class SignInBrake(Base):
    """How often signing in failed in a row, for one account or for one browser that an account knows.

    ``key`` is a digest. Addresses that nobody has share a few rows, so that trying one takes as long as any other.
    """

    __tablename__ = "sign_in_brake"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    failures: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    waits_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInFailure(Base):
    """An attempt that was refused, until the worker has written it into the audit log."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    network: Mapped[str] = mapped_column(sa.String(43))
    browser: Mapped[str] = mapped_column(sa.String(60))


class SecondFactor(Base):
    """The code app (TOTP) of an officer, and the codes that did not fit.

    ``sealed_secret`` is encrypted with the contact key. A step is half a minute since 1970: codes up to ``last_step``
    are used; ``burnt_step`` is one that a wrong clock showed, so that nobody uses it when its time comes.
    """

    __tablename__ = "second_factor"

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    added_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    burnt_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    last_wrong_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code for the day the phone is lost, as a keyed digest; it works once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Base):
    """A key that lies in an officer's device; we hold its public half.

    ``last_challenge`` is the moment (in microseconds) at which the last challenge it answered was made: an older answer
    does not count again.
    """

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    last_challenge: Mapped[int] = mapped_column(sa.BigInteger)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    officer: Mapped[Officer] = relationship()


class SecondFactorReset(Base):
    """One administrator asked to reset an officer's second factor; another one has to agree."""

    __tablename__ = "second_factor_reset"

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)

    asked_by: Mapped[Officer] = relationship(foreign_keys=asked_by_id)


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
    """One act of a person or of the system; ``hash`` covers the row and the hash before it.

    ``seal`` is an HMAC of the hash under a key outside the database; None in rows from before there was a key.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index(None, "officer_id", "id"),
        sa.Index(None, "subject", "id"),
        sa.Index(None, "action", "id"),
        sa.Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"))
    action: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonType, default=dict)
    previous_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    seal: Mapped[str | None] = mapped_column(sa.String(64))

    officer: Mapped[Officer | None] = relationship()
