"""Districts and programmes as people name them, changed by an administrator: each act is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import change, held
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.models import District, Officer, Programme, Unit, db
from hoax_tracker.organisation.units import Values, refused

ALIAS_LONGEST = 80
ALIASES_MOST = 50


def district_values(row: District) -> Values:
    """Return what can be edited of a district."""
    return {"name": row.name, "aliases": list(row.aliases)}


def programme_values(row: Programme) -> Values:
    """Return what can be edited of a programme."""
    return {"name": row.name, "unit_id": row.unit_id, "aliases": list(row.aliases)}


def districts() -> list[tuple[District, list[District]]]:
    """Return each kecamatan with its kelurahan, both by name."""
    rows = db.session.scalars(sa.select(District).order_by(District.name)).all()
    return [(one, [row for row in rows if row.parent_id == one.id]) for one in rows if one.parent_id is None]


def programmes() -> Sequence[Programme]:
    """Return the programmes with their units, by name."""
    rows = db.session.scalars(sa.select(Programme).options(sa.orm.joinedload(Programme.unit)))
    return sorted(rows, key=lambda row: row.name.casefold())


def change_district(district_id: int, values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change a district's name and its other names. Raises Conflict or Invalid."""
    with writing():
        check_aliases(values)
        row, subject = held(District, district_id), f"district:{district_id}"
        return change(row, values, seen, action="district_changed", subject=subject, by=by, now=now)


def add_programme(values: Values, *, by: Officer, now: datetime) -> None:
    """Add a programme. Raises Invalid for a name that is taken."""
    with writing():
        check_programme(None, values)
        row = Programme(edited_at=now, **values)
        db.session.add(row)
        db.session.flush()
        audit_log.record("programme_added", f"programme:{row.id}", officer=by, now=now, detail=values)


def change_programme(programme_id: int, values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change a programme. Raises Conflict, or Invalid for a name that is taken."""
    with writing():
        check_programme(programme_id, values)
        row, subject = held(Programme, programme_id), f"programme:{programme_id}"
        return change(row, values, seen, action="programme_changed", subject=subject, by=by, now=now)


def check_programme(programme_id: int | None, values: Values) -> None:
    """Raise Invalid unless name, unit and other names can be kept."""
    check_aliases(values)
    same = sa.select(Programme.id).where(sa.func.lower(Programme.name) == values["name"].lower())
    if any(other != programme_id for other in db.session.scalars(same)):
        raise refused("name", _("Nama itu sudah dipakai program lain."))
    if values["unit_id"] is not None and db.session.get(Unit, values["unit_id"]) is None:
        raise refused("unit_id", _("Perangkat daerah itu tidak ada."))


def check_aliases(values: Values) -> None:
    """Raise Invalid for too many other names, or one that is too long or says nothing new."""
    aliases = values["aliases"]
    if len(aliases) > ALIASES_MOST or any(len(alias) > ALIAS_LONGEST for alias in aliases):
        message = _("Paling banyak %(n)s sebutan, masing-masing %(m)s huruf.", n=ALIASES_MOST, m=ALIAS_LONGEST)
        raise refused("aliases", message)
    if values["name"].casefold() in (alias.casefold() for alias in aliases):
        raise refused("aliases", _("Nama resminya tidak perlu ditulis lagi di sini."))
