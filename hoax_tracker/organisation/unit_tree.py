"""The tree of units. Its root is PPID Utama; every other unit has a parent.

``Unit.is_root`` tells whether one unit is the root. Queries over several units are here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from hoax_tracker.errors import DatabaseNotReadyError
from hoax_tracker.models import Unit, db


@dataclass(frozen=True)
class UnitInTree:
    """A unit and its depth in the tree (0: the root)."""

    unit: Unit
    depth: int


def find_root_unit() -> Unit | None:
    """Return PPID Utama, or None where no units are loaded."""
    return db.session.scalar(sa.select(Unit).where(Unit.is_root).order_by(Unit.id).limit(1))


def require_root_unit() -> Unit:
    """Return PPID Utama. Raises DatabaseNotReadyError where no units are loaded: nobody could answer."""
    root = find_root_unit()
    if root is None:
        raise DatabaseNotReadyError("the reference data was never loaded: run hoax-tracker init")
    return root


def walk_up(unit: Unit | None) -> Iterator[Unit]:
    """Yield a unit and its ancestors, nearest first. A cycle in the rows ends the walk."""
    passed: set[int] = set()
    while unit is not None and unit.id not in passed:
        yield unit
        passed.add(unit.id)
        unit = unit.parent


def is_same_or_below(unit: Unit | None, other: Unit) -> bool:
    """Tell whether ``unit`` is ``other`` or one of its descendants.

    PPID Utama as ``other`` matches only itself, because every unit is below it.
    """
    if other.is_root:
        return unit is not None and unit.id == other.id
    return any(above.id == other.id for above in walk_up(unit))


def nearest_active_parent(unit: Unit) -> Unit | None:
    """Return the nearest active ancestor, or PPID Utama where there is none."""
    above = (ancestor for ancestor in walk_up(unit.parent) if ancestor.id != unit.id)
    return next((ancestor for ancestor in above if ancestor.is_active), None) or find_root_unit()


def list_unit_tree() -> list[UnitInTree]:
    """Return all units depth-first, siblings sorted by name; PPID Utama comes first."""
    below: dict[int | None, list[Unit]] = {}
    for unit in sorted(db.session.scalars(sa.select(Unit)), key=lambda unit: unit.name.casefold()):
        below.setdefault(unit.parent_id, []).append(unit)

    def walk_down(parent_id: int | None, depth: int) -> Iterator[UnitInTree]:
        for unit in below.get(parent_id, []):
            yield UnitInTree(unit, depth)
            yield from walk_down(unit.id, depth + 1)

    return list(walk_down(None, 0))


def list_answering_units() -> list[tuple[int, str]]:
    """Return (id, name) of the active units, which can answer: PPID Utama first, then by name."""
    query = sa.select(Unit.id, Unit.name).where(Unit.is_active).order_by(~Unit.is_root, Unit.name)
    return [(unit_id, name) for unit_id, name in db.session.execute(query)]
