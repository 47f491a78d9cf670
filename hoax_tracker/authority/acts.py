"""The registry of acts that need a second person, and who takes which act about a claim.

Each act is registered once, by the package that applies it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Claim, DecisionKind, Officer, Proposal, RoleName


class ActClass(enum.Enum):
    """What an act may change.

    PUBLIC: what residents see or are told in the city's name. POWER: who decides. PERSONAL: it shows data of residents.
    DESK: the rest, which each officer does alone.
    """

    PUBLIC = "public"
    POWER = "power"
    PERSONAL = "personal"
    DESK = "desk"


CONFIRMING_ROLES: dict[ActClass, frozenset[RoleName]] = {
    ActClass.PUBLIC: frozenset({RoleName.APPROVER}),
    ActClass.POWER: frozenset({RoleName.APPROVER, RoleName.ADMINISTRATOR}),
}
"""Who confirms, beside the outside second person (``Officer.is_named_second``), who confirms everything."""


@dataclass(frozen=True)
class Shown:
    """A proposal in words: what it is about, what it does, and each line that changes, before and after.

    ``link``: the endpoint of its page and the arguments of that.
    """

    title: str
    effect: str = ""
    lines: tuple[tuple[str, str, str], ...] = ()
    link: tuple[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Act:
    """An act that a second person confirms.

    ``apply`` carries it out, in the transaction of the confirmation, and returns the audit detail. ``show`` puts it in
    words. ``read_current`` returns what counts now: where that differs from what the proposal was made from, it cannot
    be confirmed. ``is_impartial`` tells whether a person may judge it, ``may_withdraw`` whether they take it back: by
    default everybody who wrote in it.
    ``undo`` takes back what took effect at once (closing an account), where it is refused. ``audited`` is what the
    audit log keeps of the values. ``is_read_at_its_page``: it is more than its words here, so it is confirmed where all
    of it is read.
    """

    name: str
    label: Any
    act_class: ActClass
    apply: Callable[[Proposal, Officer | None, datetime], Mapping[str, Any] | None]
    show: Callable[[Proposal], Shown]
    read_current: Callable[[Proposal], Mapping[str, Any]] = field(default=lambda proposal: proposal.before)
    is_impartial: Callable[[Proposal, Officer], bool] = field(default=lambda proposal, person: True)
    may_withdraw: Callable[[Proposal, Officer], bool] = field(
        default=lambda proposal, person: person.id in proposal.hand_ids
    )
    undo: Callable[[Proposal, Officer | None, datetime], None] = field(default=lambda proposal, by, now: None)
    audited: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    is_read_at_its_page: bool = False

    @property
    def roles(self) -> frozenset[RoleName]:
        """The roles that confirm it."""
        return CONFIRMING_ROLES[self.act_class]


_acts: dict[str, Act] = {}


def register_act(act: Act) -> Act:
    """Add an act to the registry. Raises ValueError for a second act of a name."""
    if _acts.setdefault(act.name, act) is not act:
        raise ValueError(f"the act {act.name} is registered twice")
    return act


def find_act(name: str) -> Act:
    """Return the act of a name. Raises KeyError for one that nobody registered."""
    return _acts[name]


def label_of_act(name: str) -> str:
    """Return what an act is called; its name where nobody registered it, as in an old log."""
    return str(_acts[name].label) if name in _acts else name


def list_acts() -> list[Act]:
    """Return all registered acts, by name."""
    return [_acts[name] for name in sorted(_acts)]


def acts_of_class(act_class: ActClass) -> list[str]:
    """Return the names of the acts of a class."""
    return [act.name for act in list_acts() if act.act_class is act_class]


def tracked_lines(proposal: Proposal, labels: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return (label, before, after) of each value that the proposal changes, in the order of the labels."""
    return tuple(
        (str(label), in_words(proposal.before.get(name)), in_words(proposal.values.get(name)))
        for name, label in labels.items()
        if proposal.before.get(name) != proposal.values.get(name)
    )


def in_words(value: Any) -> str:
    """Return a stored value as text: lists joined, nothing as a dash."""
    if isinstance(value, dict):
        return ", ".join(in_words(part) for part in value.values() if part)
    if isinstance(value, list | tuple):
        return "; ".join(in_words(part) for part in value) or "–"
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    return "–" if value is None or value == "" else str(value)


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
        DecisionKind.CLARIFY,  # a draft: somebody else has to confirm it
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
    raise LookupError(f"hoax_tracker/authority/acts.py does not say who may {act}")


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
