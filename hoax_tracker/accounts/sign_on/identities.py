"""Which officer an identity belongs to: joined once by the address that the provider verified, then by its subject.

No account is made by signing on, and no role comes from outside.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_on.client import Identity, SignOnError
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, OfficerIdentity, db


def officer_for_identity(identity: Identity, now: datetime) -> Officer:
    """Return the active officer of an identity, joining the two where this is the first time. Raises SignOnError."""
    with write_transaction(None):
        officer = find_joined_officer(identity) or join_by_email(identity, now)
        if not officer.may_sign_in:
            raise unknown_officer_error("the officer's account or unit is closed")
        return officer


def find_joined_officer(identity: Identity) -> Officer | None:
    """Return the officer that the identity was joined to."""
    joined = sa.select(OfficerIdentity.officer_id).filter_by(issuer=identity.issuer, subject=identity.subject)
    return db.session.scalar(sa.select(Officer).where(Officer.id.in_(joined)))


def join_by_email(identity: Identity, now: datetime) -> Officer:
    """Join an identity to the officer with its verified address, in the current transaction. Raises SignOnError."""
    if not identity.email:
        raise unknown_officer_error("the provider did not verify the address")
    officer = db.session.scalar(sa.select(Officer).where(Officer.email == identity.email))
    if officer is None:
        raise unknown_officer_error("no officer has that address")
    if not officer.may_sign_in:
        raise unknown_officer_error("the officer's account or unit is closed")
    if db.session.scalar(sa.select(OfficerIdentity.id).filter_by(officer_id=officer.id, issuer=identity.issuer)):
        # The address was given to somebody else, or the account at the provider was made anew: a person decides that.
        raise unknown_officer_error("the officer is joined to another account at this provider")
    db.session.add(
        OfficerIdentity(officer_id=officer.id, issuer=identity.issuer, subject=identity.subject, joined_at=now)
    )
    detail = {"issuer": identity.issuer}
    audit_log.record_event("identity_joined", f"officer:{officer.id}", officer=officer, now=now, detail=detail)
    return officer


def unlink_identities(officer: Officer, *, by: Officer | None, now: datetime) -> int:
    """Forget an officer's identities, so that the next sign-on joins anew by address; return how many there were."""
    with write_transaction(None):
        deletion = sa.delete(OfficerIdentity).filter_by(officer_id=officer.id)
        removed = int(db.session.execute(deletion).rowcount)  # type: ignore[attr-defined]
        if removed:
            audit_log.record_event("identity_removed", f"officer:{officer.id}", officer=by, now=now)
        return removed


def unknown_officer_error(reason: str) -> SignOnError:
    """Return the error for a person without an account here; it never says whether an address has one."""
    message = _("Akun itu tidak terdaftar sebagai petugas di sini. Hubungi administrator.")
    return SignOnError(reason, user_message=message)
