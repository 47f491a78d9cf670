"""Administrators' edits of officers in the app.

Each act is one transaction and is checked against the seen state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts import invitations, officers, password_links
from hoax_tracker.accounts.password_links import HandedLink
from hoax_tracker.core.audit.conflicts import edit_conflict
from hoax_tracker.core.audit.tracked_edits import AUDIT_ACTION_LABELS, lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.link_tokens import token_digest
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import Officer, RoleName, Unit, db
from hoax_tracker.organisation.units import Values, field_error


def officer_values(person: Officer) -> Values:
    """Return the editable values of an officer."""
    return {"name": person.name, "roles": sorted(role.name for role in person.roles), "unit_id": person.unit_id}


def list_all_officers() -> Sequence[Officer]:
    """Return every officer with unit and roles: active accounts first, then by name."""
    rows = db.session.scalars(sa.select(Officer).options(sa.orm.joinedload(Officer.unit)))
    return sorted(rows, key=lambda person: (not person.active, person.name.casefold(), person.email))


def invite_officer_account(email: str, values: Values, *, by: Officer, now: datetime) -> HandedLink:
    """Invite an officer. Raises InvalidInputError."""
    with write_transaction():
        return invitations.invite_officer(email, by=by, now=now, **require_officer_values(values))


def edit_officer_account(officer_id: int, values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change name, roles and unit, and tell whether anything differed.

    Raises EditConflictError or InvalidInputError.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        before = officer_values(person)
        require_unchanged_values(f"officer:{officer_id}", before, seen)
        if values == before:
            return False
        officers.change_officer(person, by=by, now=now, **require_officer_values(values))
    return True


def disable_officer_account(officer_id: int, *, by: Officer, now: datetime) -> Officer:
    """Close an account. Raises EditConflictError for the last administrator."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        officers.disable_officer(person, by=by, now=now)
    return person


def enable_officer_account(officer_id: int, *, by: Officer, now: datetime) -> Officer:
    """Reopen a closed account."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        officers.enable_officer(person, by=by, now=now)
    return person


def send_officer_password_link(officer_id: int, seen: str, *, by: Officer, now: datetime) -> HandedLink:
    """End an officer's password and sessions, and send a link to choose a new password.

    ``seen`` is the account state that the administrator saw. Raises EditConflictError, naming the other administrator,
    where somebody reset the account meanwhile: a second reset would invalidate the link of the first. Raises it for a
    closed account as well.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if seen != password_state(person):
            raise edit_conflict(f"officer:{officer_id}", AUDIT_ACTION_LABELS)
        if not person.may_sign_in:
            message = _("Akun ini ditutup, atau perangkat daerahnya tidak aktif. Buka dulu, lalu setel ulang.")
            raise EditConflictError("closed account", user_message=message)
        return password_links.send_password_link(person, by=by, now=now)


def password_state(person: Officer) -> str:
    """Return a digest of the account's current password and sessions. It changes with each reset."""
    return token_digest(person.fs_uniquifier)[:16]


def require_officer_values(values: Values) -> dict[str, Any]:
    """Return name, roles and unit as arguments for the service.

    Raises InvalidInputError for no role or an unknown unit.
    """
    unit = db.session.get(Unit, values["unit_id"]) if values["unit_id"] else None
    if unit is None:
        raise field_error("unit_id", _("Pilih perangkat daerahnya."))
    if not values["roles"]:
        raise field_error("roles", _("Pilih paling sedikit satu peran."))
    return {"name": values["name"], "roles": [RoleName(role) for role in values["roles"]], "unit": unit}
