"""Whom a claim accuses decides nothing about it: they may say what they know, others decide."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.errors import NotAllowed
from hoax_tracker.models import Claim, Officer, RoleName, Unit, db


def lies_within(unit: Unit | None, other: Unit) -> bool:
    """Tell whether ``unit`` is ``other`` or lies under it in the tree.

    Every unit lies under PPID Utama; where that is the other, it stands for itself alone.
    """
    if other.parent_id is None:
        return unit is not None and unit.id == other.id
    seen: set[int] = set()
    while unit is not None and unit.id not in seen:
        if unit.id == other.id:
            return True
        seen.add(unit.id)
        unit = unit.parent
    return False


def is_accused(claim: Claim, officer: Officer) -> bool:
    """Tell whether the claim accuses the officer's own unit, or one that it lies under."""
    return claim.accused_unit is not None and lies_within(officer.unit, claim.accused_unit)


def may_decide(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer may decide about the claim.

    Somebody of the accused unit may only as an administrator, where no officer of another unit could.
    """
    if not officer.is_a(RoleName.OFFICER):
        return False
    if not is_accused(claim, officer):
        return True
    return officer.is_a(RoleName.ADMINISTRATOR) and not others(claim)


def others(claim: Claim) -> bool:
    """Tell whether an officer who may sign in belongs to none of the accused."""
    query = sa.select(Officer).where(Officer.active).options(sa.orm.joinedload(Officer.unit))
    people = db.session.scalars(query).all()
    return any(one.is_a(RoleName.OFFICER) and not is_accused(claim, one) for one in people)


def require_decider(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowed unless the officer may decide about the claim."""
    if not officer.is_a(RoleName.OFFICER):
        raise NotAllowed("deciding needs the role officer")
    if not may_decide(claim, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda. Anda boleh memberi keterangan; "
            "petugas di luarnya yang memutuskan."
        )
        raise NotAllowed("of the accused unit", user_message=message)
