"""Who takes which act about a claim: the unit in charge of it, or every officer.

In charge is the unit that the claim is proposed or assigned to, and PPID Utama. What ends, moves or merges a claim
belongs to them; every other officer asks, notes, and proposes what a second person confirms. Each act is declared here
once, and every service that changes a claim asks here, whatever page, list, key or program called it. Whom the claim
accuses is kept away from all of it (claims/recusal.py).
"""

from __future__ import annotations

import enum

from flask_babel import gettext as _

from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Claim, DecisionKind, Officer


class ClaimAct(enum.Enum):
    """An act about a claim that is no kind of decision."""

    TAKE_OVER = "take_over"
    NOTE_ACCUSED = "note_accused"
    LIFT_ACCUSATION = "lift_accusation"


IN_CHARGE_ACTS: frozenset[DecisionKind | ClaimAct] = frozenset(
    {
        DecisionKind.DISMISS,
        DecisionKind.NOT_A_CLAIM,
        DecisionKind.OUT_OF_SCOPE,
        DecisionKind.JUNK,
        DecisionKind.ASSIGN,
        DecisionKind.REOPEN,
        DecisionKind.MERGE,
        DecisionKind.SPLIT,
        ClaimAct.TAKE_OVER,
    }
)
"""What ends, moves or merges a claim, or takes it out of somebody's hands."""
OPEN_ACTS: frozenset[DecisionKind | ClaimAct] = frozenset(
    {
        DecisionKind.INVESTIGATE,
        DecisionKind.CLARIFY,  # a draft: two more people read it
        DecisionKind.LINK,  # a proposal
        DecisionKind.UNDO,  # of one's own decision
        ClaimAct.NOTE_ACCUSED,  # it takes a claim from whom it accuses
        ClaimAct.LIFT_ACCUSATION,  # narrower rules: review/decisions/accusation.py
    }
)
"""What every officer does whom the claim does not accuse."""


def is_in_charge(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer's unit is in charge of the claim; of one that no unit answers, every unit is."""
    return is_unit_in_charge(claim.unit_id, officer)


def is_unit_in_charge(unit_id: int | None, officer: Officer) -> bool:
    """Tell whether the officer is in charge of a claim that ``unit_id`` answers."""
    return officer.unit.is_root or unit_id in (None, officer.unit_id)


def _may_act(act: DecisionKind | ClaimAct, claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer's unit may take the act. Raises LookupError for one that is declared nowhere."""
    if act in IN_CHARGE_ACTS:
        return is_in_charge(claim, officer)
    if act in OPEN_ACTS:
        return True
    raise LookupError(f"hoax_tracker/authority/claim_acts.py does not say who may {act}")


def require_may_act(act: DecisionKind | ClaimAct, claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError where the act belongs to the unit in charge, and that is another one."""
    if _may_act(act, claim, officer):
        return
    message = _(
        "Klaim %(number)s ditangani %(unit)s. Menutup, meneruskan, menggabung, dan mengambil alih hanya oleh unit itu "
        "atau PPID Utama. Anda boleh bertanya, mencatat, dan mengusulkan jawaban.",
        number=claim.id,
        unit=claim.unit.short_name if claim.unit else "–",
    )
    raise NotAllowedError("of a unit that is not in charge", user_message=message)
