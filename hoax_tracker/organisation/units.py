"""Administrators' edits of units and their topics. Each edit is one transaction with its audit event.

The units stay one tree below PPID Utama, and every topic keeps a unit that answers it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import apply_edit, lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Officer, Role, RoleName, Topic, Unit, UnitTopic, db
from hoax_tracker.organisation import unit_tree

UNIT_KINDS = {
    "dinas": _l("Dinas"),
    "badan": _l("Badan"),
    "bagian": _l("Bagian"),
    "kecamatan": _l("Kecamatan"),
    "kelurahan": _l("Kelurahan"),
    "puskesmas": _l("Puskesmas"),
    "rsud": _l("Rumah sakit"),
    "bumd": _l("Badan usaha milik daerah"),
    "other": _l("Lainnya"),
}

Values = dict[str, Any]


def unit_values(unit: Unit) -> Values:
    """Return the editable values of a unit."""
    return {name: getattr(unit, name) for name in ("name", "short_name", "kind", "parent_id", "is_active")}


def add_unit(values: Values, *, by: Officer, now: datetime) -> None:
    """Add a unit below its parent. Raises InvalidInputError for an invalid parent."""
    with write_transaction():
        require_valid_unit(None, values)
        unit = Unit(code=unused_unit_code(values["short_name"]), edited_at=now, **values)
        db.session.add(unit)
        db.session.flush()
        audit_log.record_event(
            "unit_added", f"unit:{unit.id}", officer=by, now=now, detail={"code": unit.code, **values}
        )


def change_unit(
    unit_id: int,
    values: Values,
    seen: str,
    *,
    by: Officer,
    now: datetime,
    reassign_open_work: Callable[..., object],
) -> bool:
    """Change a unit unless it changed since the editor saw it, and tell whether anything differed.

    When a unit closes, ``reassign_open_work`` (claims/assignment.py) moves its open work. Raises EditConflictError, or
    InvalidInputError where the tree would contain a cycle or a topic would lose its answering unit.
    """
    with write_transaction():
        unit = lock_row(Unit, unit_id)
        require_valid_unit(unit, values)
        if unit.is_active and not values["is_active"]:
            reassign_open_work(unit, now, by=by)
        return apply_edit(unit, values, seen, action="unit_changed", subject=f"unit:{unit_id}", by=by, now=now)


def require_valid_unit(unit: Unit | None, values: Values) -> None:
    """Raise InvalidInputError unless the units stay one tree and an inactive unit may be closed."""
    root, parent_id = unit_tree.find_root_unit(), values["parent_id"]
    is_root = unit is not None and unit is root
    if is_root and parent_id is not None:
        raise field_error("parent_id", _("PPID Utama tidak berinduk."))
    if not is_root:
        above = list(unit_tree.walk_up(db.session.get(Unit, parent_id) if parent_id is not None else None))
        if root not in above:
            raise field_error("parent_id", _("Pilih induknya. Hanya PPID Utama yang tidak berinduk."))
        if unit in above:
            raise field_error(
                "parent_id", _("Induk tidak boleh perangkat daerah ini sendiri atau salah satu bawahannya.")
            )
    if unit is not None and not values["is_active"]:
        require_may_close(unit, is_root)


def require_may_close(unit: Unit, is_root: bool) -> None:
    """Raise InvalidInputError where the unit must stay active.

    That holds for PPID Utama, for the unit of the last administrators, and for a unit that still answers a topic.
    """
    if is_root:
        raise field_error("is_active", _("PPID Utama tidak dapat dinonaktifkan."))
    query = sa.select(UnitTopic.topic).where(UnitTopic.unit_id == unit.id)
    topics = ", ".join(str(topic.label) for topic in db.session.scalars(query))
    if is_last_administrators_unit(unit):
        message = _("Administrator yang terakhir bekerja di sini. Pindahkan atau angkat yang lain lebih dulu.")
        raise field_error("is_active", message)
    if topics:
        message = _("Masih menjawab topik: %(topics)s. Alihkan topik itu lebih dulu.", topics=topics)
        raise field_error("is_active", message)


def is_last_administrators_unit(unit: Unit) -> bool:
    """Tell whether no other unit has an administrator. Officers of a closed unit cannot sign in."""
    administers = Officer.roles.any(Role.name == RoleName.ADMINISTRATOR.value)
    others = sa.select(Officer.id).join(Officer.unit).where(Officer.active, administers, Unit.is_active)
    return db.session.scalar(others.where(Unit.id != unit.id).limit(1)) is None


def unused_unit_code(short_name: str) -> str:
    """Return an unused code derived from the short name."""
    wanted = re.sub(r"[^a-z0-9]+", "-", short_name.casefold()).strip("-")[:48] or "unit"
    used_codes = set(db.session.scalars(sa.select(Unit.code).where(Unit.code.startswith(wanted, autoescape=True))))
    numbered = (f"{wanted}-{number}" for number in range(2, len(used_codes) + 3))
    return wanted if wanted not in used_codes else next(code for code in numbered if code not in used_codes)


def list_topic_units() -> Sequence[UnitTopic]:
    """Return every topic with its answering unit, sorted by the topic's label."""
    rows = db.session.scalars(sa.select(UnitTopic).options(sa.orm.joinedload(UnitTopic.unit)))
    return sorted(rows, key=lambda row: str(row.topic.label))


def change_topic(topic: Topic, unit_id: int | None, seen: str, *, by: Officer, now: datetime) -> bool:
    """Assign a topic to another unit by default.

    Raises EditConflictError, or InvalidInputError for a missing or inactive unit.
    """
    with write_transaction():
        unit = db.session.get(Unit, unit_id) if unit_id else None
        if unit is None or not unit.is_active:
            raise field_error("unit_id", _("Perangkat daerah itu tidak ada atau tidak aktif."))
        row, subject = lock_row(UnitTopic, topic), f"topic:{topic.value}"
        return apply_edit(row, {"unit_id": unit.id}, seen, action="topic_changed", subject=subject, by=by, now=now)


def field_error(field: str, message: str) -> InvalidInputError:
    """Return an error that the form shows beside the field."""
    return InvalidInputError(f"{field} refused", user_message=message, field=field)
