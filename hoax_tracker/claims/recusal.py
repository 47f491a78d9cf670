"""Recusal: members of an accused unit decide nothing about the claim; they may comment, others decide.

The accused are the people of the unit, of units below it, and of units above it, which answer for it: the head of a
puskesmas reports to the head of its Dinas. PPID Utama, at the top, decides for all and counts as accused only where a
claim names it. Every part of the program asks here.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Claim, Officer, RoleName, Unit, db
from hoax_tracker.organisation.unit_tree import is_same_or_below


def is_recused_unit(unit: Unit | None, accused: Unit) -> bool:
    """Tell whether a unit is recused from what accuses another: it is the same one, below it or above it."""
    return unit is not None and (is_same_or_below(unit, accused) or is_same_or_below(accused, unit))


def recused_unit_ids(unit: Unit, units: Iterable[Unit]) -> frozenset[int]:
    """Return the ids of those of the ``units`` on which the people of ``unit`` are no judges."""
    return frozenset(other.id for other in units if is_recused_unit(unit, other))


def find_recused_unit_ids(unit: Unit) -> frozenset[int]:
    """Return the ids of all units on which the people of ``unit`` are no judges."""
    if unit.is_root:  # as is_recused_unit answers, without reading every unit
        return frozenset({unit.id})
    return recused_unit_ids(unit, db.session.scalars(sa.select(Unit)).all())


def is_accused(claim: Claim, officer: Officer) -> bool:
    """Tell whether the claim accuses the officer's unit, or one above or below it."""
    return claim.accused_unit is not None and is_recused_unit(officer.unit, claim.accused_unit)


def may_decide(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer may decide about the claim.

    A member of the accused unit may only as an administrator, and only where no officer of another unit exists.
    """
    if not officer.is_a(RoleName.OFFICER):
        return False
    if not is_accused(claim, officer):
        return True
    return officer.is_a(RoleName.ADMINISTRATOR) and not has_impartial_officer(claim)


def has_impartial_officer(claim: Claim) -> bool:
    """Tell whether an active officer belongs to none of the accused units."""
    query = sa.select(Officer).where(Officer.active).options(sa.orm.joinedload(Officer.unit))
    people = db.session.scalars(query).all()
    return any(officer.is_a(RoleName.OFFICER) and not is_accused(claim, officer) for officer in people)


def require_may_decide(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError unless the officer may decide about the claim."""
    if not officer.is_a(RoleName.OFFICER):
        raise NotAllowedError("deciding needs the role officer")
    if not may_decide(claim, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. Anda boleh memberi keterangan; "
            "petugas di luarnya yang memutuskan."
        )
        raise NotAllowedError("of the accused unit", user_message=message)
