"""Who may approve: a pure function of plain facts.

- Never the author, nor who had a hand in the text before its author took it over.
- Never somebody of the accused unit, or of one under or above it (claims/recusal.py).
- Others need the role approver. Where nobody who holds it can approve, an administrator does, with a reason that the
  audit keeps; one of the accused unit only where there is no other administrator either.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from hoax_tracker.models import RoleName


class ApprovalRefusal(enum.Enum):
    """Why a person may not approve."""

    AUTHOR = "author"
    NO_ROLE = "no_role"
    ACCUSED_UNIT = "accused_unit"
    OTHERS_CAN = "others_can"
    REASON_MISSING = "reason_missing"


@dataclass(frozen=True)
class ApproverFacts:
    """What counts of a person: their roles, and the ids of the units that they are no judges of."""

    id: int
    roles: frozenset[RoleName]
    units: frozenset[int]


@dataclass(frozen=True)
class ApprovalSubject:
    """What is to be approved: who wrote it, the units that the claim accuses, and who had a hand in it before."""

    author_id: int
    accused: frozenset[int] = frozenset()
    hands: frozenset[int] = frozenset()


def approval_refusal(
    person: ApproverFacts, work: ApprovalSubject, others: Iterable[ApproverFacts], reason: str = ""
) -> ApprovalRefusal | None:
    """Return why ``person`` may not approve ``work``, or None where they may.

    ``others`` are all other people who can sign in; ``reason`` is what an administrator gives for stepping in.
    """
    if has_written(person, work):
        return ApprovalRefusal.AUTHOR
    if may_approve_by_role(person, work):
        return None
    if RoleName.ADMINISTRATOR not in person.roles:
        return ApprovalRefusal.ACCUSED_UNIT if RoleName.APPROVER in person.roles else ApprovalRefusal.NO_ROLE
    return administrator_refusal(person, work, list(others), reason)


def administrator_refusal(
    person: ApproverFacts, work: ApprovalSubject, others: list[ApproverFacts], reason: str
) -> ApprovalRefusal | None:
    """Return why an administrator who cannot approve as an approver may not step in, or None."""
    if any(may_approve_by_role(other, work) for other in others):
        return ApprovalRefusal.OTHERS_CAN
    if not is_impartial_person(person, work) and any(may_step_in(other, work) for other in others):
        return ApprovalRefusal.ACCUSED_UNIT
    return None if reason.strip() else ApprovalRefusal.REASON_MISSING


def may_approve_by_role(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person can approve by their role alone."""
    return RoleName.APPROVER in person.roles and not has_written(person, work) and is_impartial_person(person, work)


def may_step_in(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person is an administrator who has nothing to do with the work."""
    return (
        RoleName.ADMINISTRATOR in person.roles and not has_written(person, work) and is_impartial_person(person, work)
    )


def has_written(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the text is the person's, or was."""
    return person.id == work.author_id or person.id in work.hands


def is_impartial_person(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person is a judge of all that is accused."""
    return not person.units & work.accused
