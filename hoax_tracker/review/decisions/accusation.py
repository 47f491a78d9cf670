"""Claims that accuse a unit: the accusation is recorded, and that unit is kept away from the claim."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Claim, Officer, RoleName, Unit, db
from hoax_tracker.organisation.unit_tree import find_root_unit


def change_accused_unit(claim: Claim, unit_id: int | None, officer: Officer) -> dict[str, Any]:
    """Set the accused unit (None: nobody) and return the audit detail, empty where nothing changed.

    Raises InvalidInputError for an unknown unit, NotAllowedError for a member of the unit accused so far.
    """
    if unit_id == claim.accused_unit_id:
        return {}
    before, after = claim.accused_unit, db.session.get(Unit, unit_id) if unit_id else None
    if unit_id and after is None:
        message = _("Perangkat daerah itu tidak ada dalam daftar.")
        raise InvalidInputError("no such unit", user_message=message, field="accused_unit_id")
    if is_accused(claim, officer):  # administrators, too: without the note they would read who reported them
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. "
            "Hanya petugas di luarnya yang dapat mengubah catatan itu."
        )
        raise NotAllowedError("of the accused unit", user_message=message)
    claim.accused_unit_id = unit_id
    return {"accused_before": before.code if before else None, "accused": after.code if after else None}


def is_outside_accused_unit(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer is outside the accused unit. Administrators count as outside."""
    return not is_accused(claim, officer) or officer.is_a(RoleName.ADMINISTRATOR)


def require_impartial(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError for members of the accused unit, whatever their roles: reporters stay hidden from it."""
    if is_accused(claim, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. "
            "Kontak pelapornya hanya untuk petugas di luarnya."
        )
        raise NotAllowedError("of the accused unit", user_message=message)


def require_may_join(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError for a member of the accused unit: others merge and split claims that accuse it."""
    if not is_outside_accused_unit(claim, officer):
        message = _(
            "Klaim %(number)s menuduh perangkat daerah Anda, induknya, atau bawahannya. "
            "Hanya petugas di luarnya yang dapat menggabung atau "
            "memisahkannya.",
            number=claim.id,
        )
        raise NotAllowedError("of the accused unit", user_message=message)


def move_from_accused_unit(claim: Claim) -> dict[str, Any]:
    """Reassign the claim to PPID Utama, or to nobody where PPID Utama is accused. Return the audit detail."""
    root = find_root_unit()
    target = root if root is not None and root.id != claim.accused_unit_id else None
    claim.unit_id = target.id if target else None
    return {"unit": target.code if target else None}
