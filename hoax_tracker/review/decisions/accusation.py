"""A claim that alleges a unit's wrongdoing: noted on the claim, and kept away from that unit."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Claim, Officer, RoleName, Unit, db
from hoax_tracker.organisation.unit_tree import find_root_unit


def change_accused_unit(claim: Claim, unit_id: int | None, officer: Officer) -> dict[str, Any]:
    """Note the accused unit (None: nobody) and return what to audit, empty where nothing changes.

    Raises InvalidInputError for an unknown unit, NotAllowedError for an officer of the unit that is accused so far.
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
    """Tell whether the claim accuses somebody else than the officer's own unit; administrators count as outside."""
    return not is_accused(claim, officer) or officer.is_a(RoleName.ADMINISTRATOR)


def require_impartial(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError for somebody of the accused unit, whatever their roles: it is about who reported them."""
    if is_accused(claim, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. "
            "Kontak pelapornya hanya untuk petugas di luarnya."
        )
        raise NotAllowedError("of the accused unit", user_message=message)


def require_may_join(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError for an officer of the accused unit: what joins or parts its allegation is for others."""
    if not is_outside_accused_unit(claim, officer):
        message = _(
            "Klaim %(number)s menuduh perangkat daerah Anda, induknya, atau bawahannya. "
            "Hanya petugas di luarnya yang dapat menggabung atau "
            "memisahkannya.",
            number=claim.id,
        )
        raise NotAllowedError("of the accused unit", user_message=message)


def move_from_accused_unit(claim: Claim) -> dict[str, Any]:
    """Give the claim to PPID Utama, or to nobody where PPID Utama is the accused; return what to audit."""
    root = find_root_unit()
    target = root if root is not None and root.id != claim.accused_unit_id else None
    claim.unit_id = target.id if target else None
    return {"unit": target.code if target else None}
