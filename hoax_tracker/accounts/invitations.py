"""Invitations: an administrator enters a name and an address; the invited person chooses the password.

Nobody else sees the password. An open invitation is a row with the digest of its token. Accepting it creates the
officer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_security.utils import hash_password

from hoax_tracker.accounts import known_browsers, letters, officers
from hoax_tracker.accounts.connections import connection_facts
from hoax_tracker.accounts.password_links import HandedLink
from hoax_tracker.accounts.passwords import require_good_password
from hoax_tracker.accounts.waiting_periods import periods
from hoax_tracker.accounts.waiting_periods.policy import powers_of_roles
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.link_tokens import make_token, token_digest
from hoax_tracker.errors import InvalidInputError, LinkExpiredError
from hoax_tracker.models import AuditEvent, Invitation, Officer, RoleName, Unit, WaitingReason, db
from hoax_tracker.notifications.mail import public_url_for

LASTS = timedelta(hours=72)


def invite_officer(
    email: str,
    name: str,
    roles: Iterable[RoleName],
    *,
    unit: Unit,
    by: Officer | None,
    now: datetime,
    mail: bool = True,
) -> HandedLink:
    """Add an invitation in the current transaction and queue its mail.

    Raises InvalidInputError for an invalid address, an officer's address, an address with an open invitation, or roles
    that one person cannot hold together.
    """
    address = officers.require_unused_address(email)
    officers.require_compatible_roles(roles := list(roles))
    require_uninvited(address, now)
    row = Invitation(
        email=address,
        name=name.strip() or address.split("@")[0],
        unit=unit,
        roles=sorted(role.value for role in roles),
        token_digest="",  # nosec B106 - set by renew_invitation
        invited_by_id=by.id if by else None,
        invited_at=now,
        expires_at=now,
    )
    db.session.add(row)
    handed = renew_invitation(row, now, mail=mail)
    record_invitation_event(row, "officer_invited", by, now, {"roles": row.roles, "unit": unit.code})
    return handed


def require_uninvited(address: str, now: datetime) -> None:
    """Raise InvalidInputError where the address has an open invitation. An expired one is deleted."""
    row = db.session.scalar(sa.select(Invitation).where(Invitation.email == address).with_for_update(of=Invitation))
    if row is None:
        return
    if now < row.expires_at:
        message = _("Alamat itu sudah diundang. Ulangi atau cabut undangannya di daftar petugas.")
        raise InvalidInputError("invited already", user_message=message, field="email")
    db.session.delete(row)
    db.session.flush()


def renew_invitation(row: Invitation, now: datetime, *, mail: bool = True) -> HandedLink:
    """Give an invitation a new token in the current transaction and queue its mail.

    The old link becomes invalid.
    """
    token = make_token()
    row.token_digest, row.expires_at = token_digest(token), now + LASTS
    db.session.flush()
    is_mailed = mail and letters.post_invitation(row, token, now)
    return HandedLink(row.email, public_url_for("account_links.accept_invitation", token=token), is_mailed)


def repeat_invitation(invitation_id: int, *, by: Officer, now: datetime) -> HandedLink:
    """Send an invitation again with a new link, valid for 72 hours. Raises NotFoundError."""
    with write_transaction():
        row = lock_row(Invitation, invitation_id)
        row.invited_by_id = by.id
        handed = renew_invitation(row, now)
        record_invitation_event(row, "invitation_repeated", by, now)
    return handed


def withdraw_invitation(invitation_id: int, *, by: Officer, now: datetime) -> str:
    """Delete an invitation and return the invited person's name. Raises NotFoundError."""
    with write_transaction():
        row = lock_row(Invitation, invitation_id)
        name = row.name
        record_invitation_event(row, "invitation_withdrawn", by, now)
        db.session.delete(row)
    return name


def list_invitations() -> Sequence[Invitation]:
    """Return the invitations not accepted yet, sorted by name."""
    rows = db.session.scalars(sa.select(Invitation).options(sa.orm.joinedload(Invitation.unit)))
    return sorted(rows, key=lambda row: (row.name.casefold(), row.email))


def find_invitation(token: str, now: datetime, *, lock: bool = False) -> Invitation:
    """Return the invitation of a token.

    Raises LinkExpiredError where there is none, where it expired, where its unit was closed, or where the inviter is no
    longer an active administrator.
    """
    query = sa.select(Invitation).where(Invitation.token_digest == token_digest(token))
    row = db.session.scalar(query.with_for_update(of=Invitation) if lock else query)
    if row is None or not now < row.expires_at or not row.unit.is_active:
        raise LinkExpiredError("invitation")
    host = row.invited_by
    if host is not None and not (host.may_sign_in and host.is_administrator):
        raise LinkExpiredError("invitation of somebody who invites no more")
    return row


def accept_invitation(token: str, password: str, now: datetime) -> Officer:
    """Create the invited person's account with the chosen password and delete the invitation.

    Raises LinkExpiredError, or InvalidInputError for a weak password.
    """
    invited = find_invitation(token, now)
    hashed = hash_password(require_good_password(password, invited.name, invited.email))
    with write_transaction():
        row = find_invitation(token, now, lock=True)
        roles, is_first_setup = [RoleName(value) for value in row.roles], not officers.has_administrator()
        officer = officers.add_officer_row(row.email, row.name, roles, unit=row.unit, hashed=hashed, now=now)
        officers.record_added(officer, by=row.invited_by, now=now, more={"invitation": row.id})
        audit_log.record_event(
            "invitation_accepted", f"officer:{officer.id}", officer=officer, now=now, detail=connection_facts()
        )
        if not is_first_setup:  # there is nobody yet who could confirm, or whom it would warn
            let_powers_wait(officer, roles, row, now)
        db.session.delete(row)
    known_browsers.remember_browser(officer)
    return officer


def let_powers_wait(officer: Officer, roles: list[RoleName], row: Invitation, now: datetime) -> None:
    """Let the powers of a new account wait, in the current transaction. Who sent its link made it, too."""
    periods.start_waiting_period(
        officer,
        WaitingReason.INVITATION,
        powers_of_roles(roles),
        by=row.invited_by,
        now=now,
        roles=roles,
        others=list_hosts(row),
    )


def list_hosts(row: Invitation) -> list[int | None]:
    """Return who invited the person or repeated the invitation, according to the audit log."""
    about = AuditEvent.subject == f"invitation:{row.id}"
    # The number may have been an older invitation's, whose row is gone.
    begun = sa.select(sa.func.max(AuditEvent.id)).where(about, AuditEvent.action == "officer_invited").scalar_subquery()
    handed_over = AuditEvent.action.in_(("officer_invited", "invitation_repeated"))
    query = sa.select(AuditEvent.officer_id).where(about, handed_over, AuditEvent.id >= begun)
    return list(db.session.scalars(query.order_by(AuditEvent.id)))


def record_invitation_event(
    row: Invitation, action: str, by: Officer | None, now: datetime, detail: dict[str, object] | None = None
) -> None:
    """Record an act on an invitation in the audit log, in the current transaction."""
    facts = connection_facts() | (detail or {})
    audit_log.record_event(action, f"invitation:{row.id}", officer=by, now=now, detail=facts)
