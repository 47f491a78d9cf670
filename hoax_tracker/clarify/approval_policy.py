"""Who may approve: a pure function of plain facts.

- Never the author, nor an earlier author of the text.
- Never a member of the accused unit, or of one below or above it (claims/recusal.py).
- Otherwise the role approver is needed. Where no approver can approve, an administrator does, with a reason that the
  audit log keeps. An administrator of the accused unit does so only where no other administrator exists.
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
    """A person's roles, and the ids of units they cannot judge impartially."""

    id: int
    roles: frozenset[RoleName]
    units: frozenset[int]


@dataclass(frozen=True)
class ApprovalSubject:
    """The work to approve: its author, its earlier authors, and the units it accuses."""

    author_id: int
    accused: frozenset[int] = frozenset()
    hands: frozenset[int] = frozenset()


def approval_refusal(
    person: ApproverFacts, work: ApprovalSubject, others: Iterable[ApproverFacts], reason: str = ""
) -> ApprovalRefusal | None:
    """Return why ``person`` may not approve ``work``, or None where they may.

    ``others`` are all other people who can sign in; ``reason`` is an administrator's reason for stepping in.
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
    """Tell whether the person may approve as an approver."""
    return RoleName.APPROVER in person.roles and not has_written(person, work) and is_impartial_person(person, work)


def may_step_in(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person is an administrator without a part in the work."""
    return (
        RoleName.ADMINISTRATOR in person.roles and not has_written(person, work) and is_impartial_person(person, work)
    )


def has_written(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person is or was an author of the text."""
    return person.id == work.author_id or person.id in work.hands


def is_impartial_person(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person is impartial towards every accused unit."""
    return not person.units & work.accused
