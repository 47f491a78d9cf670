"""Administrators' edits of districts and programmes, as people name them. Each edit is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import apply_edit, lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import District, Officer, Programme, Unit, db
from hoax_tracker.organisation.units import Values, field_error

ALIAS_LONGEST = 80
ALIASES_MOST = 50


def district_values(row: District) -> Values:
    """Return the editable values of a district."""
    return {"name": row.name, "aliases": list(row.aliases)}


def programme_values(row: Programme) -> Values:
    """Return the editable values of a programme."""
    return {"name": row.name, "unit_id": row.unit_id, "aliases": list(row.aliases)}


def list_districts() -> list[tuple[District, list[District]]]:
    """Return each kecamatan with its kelurahan, both sorted by name."""
    rows = db.session.scalars(sa.select(District).order_by(District.name)).all()
    return [
        (parent, [row for row in rows if row.parent_id == parent.id]) for parent in rows if parent.parent_id is None
    ]


def list_programmes() -> Sequence[Programme]:
    """Return the programmes with their units, sorted by name."""
    rows = db.session.scalars(sa.select(Programme).options(sa.orm.joinedload(Programme.unit)))
    return sorted(rows, key=lambda row: row.name.casefold())


def change_district(district_id: int, values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change a district's name and its other names. Raises EditConflictError or InvalidInputError."""
    with write_transaction():
        require_valid_aliases(values)
        row, subject = lock_row(District, district_id), f"district:{district_id}"
        return apply_edit(row, values, seen, action="district_changed", subject=subject, by=by, now=now)


def add_programme(values: Values, *, by: Officer, now: datetime) -> None:
    """Add a programme. Raises InvalidInputError for a name already in use."""
    with write_transaction():
        require_valid_programme(None, values)
        row = Programme(edited_at=now, **values)
        db.session.add(row)
        db.session.flush()
        audit_log.record_event("programme_added", f"programme:{row.id}", officer=by, now=now, detail=values)


def change_programme(programme_id: int, values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change a programme. Raises EditConflictError, or InvalidInputError for a name already in use."""
    with write_transaction():
        require_valid_programme(programme_id, values)
        row, subject = lock_row(Programme, programme_id), f"programme:{programme_id}"
        return apply_edit(row, values, seen, action="programme_changed", subject=subject, by=by, now=now)


def require_valid_programme(programme_id: int | None, values: Values) -> None:
    """Raise InvalidInputError unless name, unit and other names are valid."""
    require_valid_aliases(values)
    same = sa.select(Programme.id).where(sa.func.lower(Programme.name) == values["name"].lower())
    if any(other != programme_id for other in db.session.scalars(same)):
        raise field_error("name", _("Nama itu sudah dipakai program lain."))
    if values["unit_id"] is not None and db.session.get(Unit, values["unit_id"]) is None:
        raise field_error("unit_id", _("Perangkat daerah itu tidak ada."))


def require_valid_aliases(values: Values) -> None:
    """Raise InvalidInputError for too many other names, a too long one, or one that repeats a name."""
    aliases = values["aliases"]
    if len(aliases) > ALIASES_MOST or any(len(alias) > ALIAS_LONGEST for alias in aliases):
        message = _("Paling banyak %(n)s sebutan, masing-masing %(m)s huruf.", n=ALIASES_MOST, m=ALIAS_LONGEST)
        raise field_error("aliases", message)
    if values["name"].casefold() in (alias.casefold() for alias in aliases):
        raise field_error("aliases", _("Nama resminya tidak perlu ditulis lagi di sini."))
