"""Officers as an administrator changes them in the app: each act is one transaction, on the state that was seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts import officers
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, RoleName, Unit, db
from hoax_tracker.organisation.units import Values, field_error


def officer_values(person: Officer) -> Values:
    """Return what can be edited of an officer."""
    return {"name": person.name, "roles": sorted(role.name for role in person.roles), "unit_id": person.unit_id}


def list_all_officers() -> Sequence[Officer]:
    """Return every officer with unit and roles: who may sign in first, then by name."""
    rows = db.session.scalars(sa.select(Officer).options(sa.orm.joinedload(Officer.unit)))
    return sorted(rows, key=lambda person: (not person.active, person.name.casefold(), person.email))


def add_officer_account(email: str, values: Values, *, by: Officer, now: datetime) -> str:
    """Add an officer and return the password, to be told once. Raises InvalidInputError."""
    password = officers.generate_password()
    with write_transaction():
        officers.add_officer(email, password=password, by=by, now=now, **require_officer_values(values))
    return password


def edit_officer_account(officer_id: int, values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change name, roles and unit; tell whether anything differed. Raises EditConflictError or InvalidInputError."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        before = officer_values(person)
        require_unchanged_values(f"officer:{officer_id}", before, seen)
        if values == before:
            return False
        officers.change_officer(person, by=by, now=now, **require_officer_values(values))
    return True


def disable_officer_account(officer_id: int, *, by: Officer, now: datetime) -> Officer:
    """Close an account. Raises InvalidInputError for the last administrator."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        officers.disable_officer(person, by=by, now=now)
    return person


def enable_officer_account(officer_id: int, *, by: Officer, now: datetime) -> Officer:
    """Open a closed account again."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        officers.enable_officer(person, by=by, now=now)
    return person


def reset_officer_password(officer_id: int, *, by: Officer, now: datetime) -> tuple[Officer, str]:
    """Give a new password and return it, to be told once; open sessions of the account end."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        password = officers.reset_password(person, by=by, now=now)
    return person, password


def require_officer_values(values: Values) -> dict[str, Any]:
    """Return name, roles and unit as the service takes them.

    Raises InvalidInputError for no role or an unknown unit.
    """
    unit = db.session.get(Unit, values["unit_id"]) if values["unit_id"] else None
    if unit is None:
        raise field_error("unit_id", _("Pilih perangkat daerahnya."))
    if not values["roles"]:
        raise field_error("roles", _("Pilih paling sedikit satu peran."))
    return {"name": values["name"], "roles": [RoleName(role) for role in values["roles"]], "unit": unit}
