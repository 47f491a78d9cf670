"""Who may approve: a pure function of plain facts.

- Never the author, nor an earlier author of the text.
- Never a member of the accused unit, or of one below or above it (claims/recusal.py).
- Otherwise the role approver is needed. Where no approver can approve, an administrator does, with a reason that the
  audit log keeps. An administrator of the accused unit does so only where no other administrator exists.
- Not who made or reset the author's account, as long as that waits for a second person.
- Not as long as the power to approve waits, because somebody else gave the role or reset the account
  (accounts/waiting_periods/policy.py). Who waits still counts as somebody who can approve: letting a colleague wait
  opens no way for an administrator to step in.
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
    WAITING = "waiting"
    MADE_AUTHOR = "made_author"


@dataclass(frozen=True)
class ApproverFacts:
    """A person's roles, and the ids of units they cannot judge impartially. ``is_waiting``: their power waits."""

    id: int
    roles: frozenset[RoleName]
    units: frozenset[int]
    is_waiting: bool = False


@dataclass(frozen=True)
class ApprovalSubject:
    """The work to approve: its author, its earlier authors, and the units it accuses.

    ``account_makers`` made or reset an author's account, which still waits; None stands for a command on the server.
    """

    author_id: int
    accused: frozenset[int] = frozenset()
    hands: frozenset[int] = frozenset()
    account_makers: frozenset[int | None] = frozenset()


def approval_refusal(
    person: ApproverFacts, work: ApprovalSubject, others: Iterable[ApproverFacts], reason: str = ""
) -> ApprovalRefusal | None:
    """Return why ``person`` may not approve ``work``, or None where they may.

    ``others`` are all other people who can sign in; ``reason`` is an administrator's reason for stepping in.
    """
    refusal = role_refusal(person, work, list(others), reason)
    if refusal not in (None, ApprovalRefusal.REASON_MISSING):
        return refusal
    if has_made_author(person, work):
        return ApprovalRefusal.MADE_AUTHOR
    return ApprovalRefusal.WAITING if person.is_waiting else refusal


def role_refusal(
    person: ApproverFacts, work: ApprovalSubject, others: list[ApproverFacts], reason: str
) -> ApprovalRefusal | None:
    """Return why ``person`` may not approve by role, unit or their part in the text, or None."""
    if has_written(person, work):
        return ApprovalRefusal.AUTHOR
    if may_approve_by_role(person, work):
        return None
    if RoleName.ADMINISTRATOR not in person.roles:
        return ApprovalRefusal.ACCUSED_UNIT if RoleName.APPROVER in person.roles else ApprovalRefusal.NO_ROLE
    return administrator_refusal(person, work, others, reason)


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


def has_made_author(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person may have acted in the author's name. A command may be any administrator's."""
    by_command = None in work.account_makers and RoleName.ADMINISTRATOR in person.roles
    return by_command or person.id in work.account_makers


def is_impartial_person(person: ApproverFacts, work: ApprovalSubject) -> bool:
    """Tell whether the person is impartial towards every accused unit."""
    return not person.units & work.accused
