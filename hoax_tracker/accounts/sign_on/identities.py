"""Links identities to officers: the first time by the verified address, afterwards by the subject.

Sign-on never creates an account, and no role comes from the provider.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_on.client import Identity, SignOnError
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Officer, OfficerIdentity, db


def officer_for_identity(identity: Identity) -> tuple[Officer, bool]:
    """Return the active officer of an identity, and whether the two are linked already. Raises SignOnError."""
    officer = _find_joined_officer(identity)
    is_joined = officer is not None
    officer = officer or _find_officer_by_email(identity)
    if not officer.may_sign_in:
        raise _unknown_officer_error("the officer's account or unit is closed")
    return officer, is_joined


def _find_joined_officer(identity: Identity) -> Officer | None:
    """Return the officer linked to the identity, if any."""
    joined = sa.select(OfficerIdentity.officer_id).filter_by(issuer=identity.issuer, subject=identity.subject)
    return db.session.scalar(sa.select(Officer).where(Officer.id.in_(joined)))


def _find_officer_by_email(identity: Identity) -> Officer:
    """Return the officer with the verified address of an identity. Raises SignOnError."""
    if not identity.email:
        raise _unknown_officer_error("the provider did not verify the address")
    officer = db.session.scalar(sa.select(Officer).where(Officer.email == identity.email))
    if officer is None:
        raise _unknown_officer_error("no officer has that address")
    if db.session.scalar(sa.select(OfficerIdentity.id).filter_by(officer_id=officer.id, issuer=identity.issuer)):
        # The address was given to somebody else, or the account at the provider was made anew: a person decides that.
        raise _unknown_officer_error("the officer is joined to another account at this provider")
    return officer


def join_identity(officer: Officer, issuer: str, subject: str, now: datetime) -> None:
    """Join an identity to an officer who gave everything that is asked for, in the current transaction."""
    db.session.add(OfficerIdentity(officer_id=officer.id, issuer=issuer, subject=subject, joined_at=now))
    detail = {"issuer": issuer}
    audit_log.record_event("identity_joined", f"officer:{officer.id}", officer=officer, now=now, detail=detail)


@dataclass(frozen=True)
class JoinedIdentity:
    """An identity as its officer and administrators see it: the provider's name, and since when."""

    id: int
    label: str
    joined_at: datetime


def list_joined_identities(officer: Officer) -> list[JoinedIdentity]:
    """Return an officer's identities, the oldest first. A provider that is set no longer is named by its address."""
    labels = {provider.issuer: provider.label for provider in current_settings().sign_on}
    rows = db.session.scalars(sa.select(OfficerIdentity).filter_by(officer_id=officer.id).order_by(OfficerIdentity.id))
    return [JoinedIdentity(row.id, labels.get(row.issuer, row.issuer), row.joined_at) for row in rows]


def unlink_own_identity(officer_id: int, identity_id: int, now: datetime) -> None:
    """Delete one of one's own identities: the next sign-on links again by address. Raises NotFoundError."""
    with write_transaction():
        officer = lock_row(Officer, officer_id)
        row = require_identity(officer_id, identity_id)
        detail = {"issuer": row.issuer}
        db.session.delete(row)
        audit_log.record_event("identity_removed", f"officer:{officer_id}", officer=officer, now=now, detail=detail)


def require_identity(officer_id: int, identity_id: int) -> OfficerIdentity:
    """Return one of the officer's identities. Raises NotFoundError, also for another officer's."""
    row = db.session.scalar(sa.select(OfficerIdentity).filter_by(id=identity_id, officer_id=officer_id))
    if row is None:
        raise NotFoundError(f"officer {officer_id} has no identity {identity_id}")
    return row


def forget_identities(
    officer: Officer, keys: Collection[int] | None = None, *, by: Officer | None, now: datetime
) -> int:
    """Forget an officer's identities (None: all) in the current transaction; return how many.

    The next sign-on joins anew.
    """
    deletion = sa.delete(OfficerIdentity).filter_by(officer_id=officer.id)
    if keys is not None:
        deletion = deletion.where(OfficerIdentity.id.in_(keys))
    removed = int(db.session.execute(deletion).rowcount)  # type: ignore[attr-defined]
    if removed:
        audit_log.record_event("identity_removed", f"officer:{officer.id}", officer=by, now=now)
    return removed


def _unknown_officer_error(reason: str) -> SignOnError:
    """Return the error for a person without an account.

    It never reveals whether an officer has an address.
    """
    message = _("Akun itu tidak terdaftar sebagai petugas di sini. Hubungi administrator.")
    return SignOnError(reason, user_message=message)
