"""Officers, their roles, their means of sign-in and sessions, and the tamper-evident audit log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_security.core import RoleMixin, UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, JsonType, SealedBytes, UtcDateTime
from hoax_tracker.models.enums import RoleName
from hoax_tracker.models.organisation import Unit

if TYPE_CHECKING:
    from hoax_tracker.models.authority import Proposal

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
    """A member of the city's staff who signs in. The field names follow Flask-Security-Too."""

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
    is_named_second: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Confirms all that waits for a second person, from an office outside (provinsi, Inspektorat)."""
    uses_keys: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Single keys decide about claims only for officers who switched them on."""

    unit: Mapped[Unit] = relationship()
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]
        secondary=officer_role, lazy="selectin"
    )

    @property
    def may_sign_in(self) -> bool:
        """True where both the account and its unit are active."""
        return self.active and self.unit.is_active

    @property
    def mail_language(self) -> str:
        """The language of letters to the officer."""
        return self.language or "id"

    def is_a(self, role: RoleName) -> bool:
        """Tell whether the officer holds the role."""
        return any(own_role.name == role.value for own_role in self.roles)

    @property
    def is_officer(self) -> bool:
        """True for an officer who decides about claims."""
        return self.is_a(RoleName.OFFICER)

    @property
    def is_approver(self) -> bool:
        """True for an approver."""
        return self.is_a(RoleName.APPROVER)

    @property
    def is_administrator(self) -> bool:
        """True for an administrator. The menu of every officers' page asks for it."""
        return self.is_a(RoleName.ADMINISTRATOR)

    @property
    def is_auditor(self) -> bool:
        """True for an auditor, who reads what officers read, and the audit log, and changes nothing."""
        return self.is_a(RoleName.AUDITOR)


class OfficerSession(Base):
    """A browser in which an officer is signed in. The cookie holds the token, the row its digest.

    Without its row a cookie is worth nothing. ``network`` is a part of an address, ``browser`` the name of a browser
    and of a system.
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
    """An account that waits for its owner. The link works once, and the row is then deleted.

    ``proposal``: what a second person confirmed; without one (from an earlier version) the link opens nothing.
    ``handed_by``: who made its link again, and may have it in hand; None is a command on the server.
    """

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id", ondelete="RESTRICT"), index=True)
    roles: Mapped[list[str]] = mapped_column(JsonType)
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    proposal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True)
    handed_by: Mapped[list[int | None]] = mapped_column(JsonType, default=list, server_default="[]")
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    invited_by: Mapped[Officer | None] = relationship()
    proposal: Mapped[Proposal | None] = relationship()


class PasswordLink(Base):
    """A link to set a new password, valid once. Without ``made_by_id`` the officer asked for it."""

    __tablename__ = "password_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    officer: Mapped[Officer] = relationship(foreign_keys=[officer_id])


class PasswordRequest(Base):
    """A request for a password link, which the worker answers.

    Without an officer nobody has the given address, and it is not kept.
    """

    __tablename__ = "password_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    network: Mapped[str] = mapped_column(sa.String(43))


class SignInBrake(Base):
    """The number of failed sign-ins in a row, for one account or one browser known to an account.

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
    """A refused sign-in, kept until the worker has written it to the audit log.

    ``stopped_after`` names a method that succeeded, of a sign-in that waits for the second factor. Completing the
    sign-in deletes the row.
    """

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    network: Mapped[str] = mapped_column(sa.String(43))
    browser: Mapped[str] = mapped_column(sa.String(60))
    stopped_after: Mapped[str | None] = mapped_column(sa.String(16))


class SecondFactor(Base):
    """The code app (TOTP) of an officer, and the count of wrong codes.

    ``sealed_secret`` is encrypted with the contact key. A step is half a minute since 1970. Codes up to ``last_step``
    are used. ``burnt_step`` is a step shown by a wrong clock, so that nobody uses its code when its time comes.
    """

    __tablename__ = "second_factor"

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[bytes | None] = mapped_column(SealedBytes)
    added_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    burnt_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    last_wrong_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A single-use code for an officer without their phone, stored as a keyed digest."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Base):
    """A key stored in an officer's device; the row holds its public half.

    ``last_challenge`` is the time (in microseconds) at which the last answered challenge was made: an older answer does
    not count again.
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


class OfficerIdentity(Base):
    """An officer's account at an identity provider; ``subject`` is its permanent id of the person."""

    __tablename__ = "officer_identity"
    __table_args__ = (sa.UniqueConstraint("issuer", "subject"), sa.UniqueConstraint("officer_id", "issuer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)

    officer: Mapped[Officer] = relationship()


class AuditEvent(Base):
    """One act of a person or of the system; ``hash`` covers the row and the previous row's hash.

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
