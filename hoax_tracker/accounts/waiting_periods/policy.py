"""What waits after somebody else changed an account, and who may end the wait. No function here asks the database.

- A role, another unit, an invitation, a reopened account, or a reset by somebody else lets its owner approve, withdraw,
  open contacts and confirm only after 24 hours, or once a second person confirmed it.
- A role holds back what it lets do. An account that was made or reset is held back whole, with what it is given later:
  whoever reset it might confirm a role that somebody else gives it.
- The second person is an administrator or the named second: not who did it, not the person concerned, and not somebody
  whose own power to confirm waits.
- What an administrator does whose own power waits counts as done by who gave that power, too. Otherwise a fresh
  administrator would act, and who made them would confirm.
- Who made or reset an author's account approves nothing of that author meanwhile: that would be one person, too.
- Who types a command on the server may be any administrator, so only the named second confirms it.

Which of those powers a person needs to approve at all: clarify/approval_policy.py.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from hoax_tracker.models import Officer, Power, RoleName, WaitingPeriod, WaitingReason

WAIT = timedelta(hours=24)
POWERS_OF_ROLE: dict[RoleName, frozenset[Power]] = {
    RoleName.OFFICER: frozenset({Power.CONTACTS}),
    RoleName.APPROVER: frozenset({Power.APPROVE}),
    RoleName.ADMINISTRATOR: frozenset({Power.APPROVE, Power.CONFIRM}),
    RoleName.AUDITOR: frozenset(),
}
POWERS_OF_UNIT = frozenset({Power.APPROVE, Power.CONTACTS})
"""What depends on the unit: whom a claim accuses, and whose contacts may be opened."""
TAKEOVER_REASONS = frozenset(WaitingReason) - {WaitingReason.ROLES, WaitingReason.UNIT, WaitingReason.NAMED_SECOND}
"""Changes after which whoever made them might act in the account's name."""
ROLE_REASONS = (WaitingReason.ROLES, WaitingReason.INVITATION)
"""Changes that a rejection undoes by taking the given roles away. After any other the account is closed."""


class ConfirmationRefusal(enum.Enum):
    """Why a person may not confirm or reject a change."""

    NO_ROLE = "no_role"
    WAITING = "waiting"
    OWN_ACCOUNT = "own_account"
    OWN_ACT = "own_act"
    BY_COMMAND = "by_command"


@dataclass(frozen=True)
class Confirmer:
    """Who wants to confirm; ``is_waiting``: their own power to confirm waits."""

    id: int
    is_administrator: bool
    is_named_second: bool
    is_waiting: bool


def powers_of_roles(roles: Iterable[RoleName]) -> frozenset[Power]:
    """Return the powers that the roles give."""
    return frozenset().union(*(POWERS_OF_ROLE[role] for role in roles))


def powers_of(person: Officer) -> frozenset[Power]:
    """Return the powers that the officer has once nothing waits."""
    powers = powers_of_roles(RoleName(role.name) for role in person.roles)
    return powers | {Power.CONFIRM} if person.is_named_second else powers


def holds_back(period: WaitingPeriod, officer_id: int, power: Power) -> bool:
    """Tell whether the period lets this officer's power wait."""
    return period.officer_id == officer_id and (period.reason in TAKEOVER_REASONS or power.value in period.powers)


def waiting_powers(period: WaitingPeriod) -> list[Power]:
    """Return what its officer has and the period lets wait: roles may have been taken away or given since."""
    present = powers_of(period.officer)
    return [power for power in Power if power in present and holds_back(period, period.officer_id, power)]


def account_makers(periods: Iterable[WaitingPeriod], officer_ids: Collection[int]) -> frozenset[int | None]:
    """Return who made or reset one of these accounts: they might act in its owner's name."""
    taken_over = (row for row in periods if row.officer_id in officer_ids and row.reason in TAKEOVER_REASONS)
    return frozenset(hand for period in taken_over for hand in period.made_by)


def confirmation_refusal(
    person: Confirmer, officer_id: int, made_by: Collection[int | None]
) -> ConfirmationRefusal | None:
    """Return why the person may not confirm a change of an officer's account, or None."""
    refusal = rejection_refusal(person, officer_id)
    if refusal is not None:
        return refusal
    if person.id in made_by:
        return ConfirmationRefusal.OWN_ACT
    is_independent = person.is_named_second and not person.is_administrator
    return ConfirmationRefusal.BY_COMMAND if None in made_by and not is_independent else None


def rejection_refusal(person: Confirmer, officer_id: int) -> ConfirmationRefusal | None:
    """Return why the person may not reject a change of an officer's account, or None. Who made it may."""
    if not (person.is_administrator or person.is_named_second):
        return ConfirmationRefusal.NO_ROLE
    if person.id == officer_id:
        return ConfirmationRefusal.OWN_ACCOUNT
    return ConfirmationRefusal.WAITING if person.is_waiting else None
