"""One act on several claims: each is decided, refused and undone as if it were alone.

A claim that somebody changed since it was chosen is left as it is, and the result says which and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.core.audit.conflicts import told
from hoax_tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from hoax_tracker.models import Claim, Decision, DecisionKind, Officer, db
from hoax_tracker.review.decisions import labels as tags
from hoax_tracker.review.decisions import service
from hoax_tracker.review.decisions import undo as undoing
from hoax_tracker.review.decisions.service import LABELS, Choice

MOST = 100
REFUSALS = (Invalid, Conflict, NotAllowed, NotFound)


@dataclass(frozen=True)
class Chosen:
    """A claim as the officer saw it."""

    id: int
    version: int


@dataclass(frozen=True)
class Act:
    """What is done with each: a decision, or labels that are put on."""

    choice: Choice | None = None
    labels: str = ""


@dataclass(frozen=True)
class Result:
    """What came of one claim: ``fault`` says why nothing did; ``decision_id`` and ``added`` are what undoing takes."""

    claim_id: int
    fault: str = ""
    decision_id: int | None = None
    added: tuple[str, ...] = ()


def run(act: Act, chosen: Sequence[Chosen], *, officer: Officer, now: datetime) -> list[Result]:
    """Do it with each of the claims, one transaction each, and return what came of them in the same order."""
    if act.labels:
        tags.names_in(act.labels)
    return [one_of(act, one, officer, now) for one in chosen[:MOST]]


def one_of(act: Act, one: Chosen, officer: Officer, now: datetime) -> Result:
    """Do it with one claim."""
    try:
        if act.choice is None:
            require_unchanged(one)
            return Result(one.id, added=tuple(tags.put_on(one.id, act.labels, officer=officer, now=now)))
        outcome = service.decide(one.id, one.version, fitted(act.choice, one.id), officer=officer, now=now)
        return Result(one.id, decision_id=outcome.decision_id)
    except REFUSALS as error:
        return Result(one.id, fault=str(error.user_message))


def require_unchanged(one: Chosen) -> None:
    """Raise Conflict, with who was first, where the claim is not as it was chosen."""
    version = db.session.scalar(sa.select(Claim.version).where(Claim.id == one.id))
    if version is not None and version != one.version:
        raise told(f"claim:{one.id}", LABELS)


def fitted(choice: Choice, claim_id: int) -> Choice:
    """Return the decision for one claim: whom it accuses stays as it is noted."""
    if choice.kind is not DecisionKind.ASSIGN:
        return choice
    accused = db.session.scalar(sa.select(Claim.accused_unit_id).where(Claim.id == claim_id))
    return replace(choice, accused_unit_id=accused)


def undo(decisions: Sequence[int], *, officer: Officer, now: datetime) -> list[Result]:
    """Take decisions back, each as if it were alone; return what came of them."""
    results = []
    for decision_id in decisions[:MOST]:
        try:
            results.append(Result(undoing.undo(decision_id, officer=officer, now=now).claim_id))
        except REFUSALS as error:
            results.append(Result(claim_of(decision_id), fault=str(error.user_message)))
    return results


def claim_of(decision_id: int) -> int:
    """Return the claim that a decision was about, 0 where there is no such."""
    return db.session.scalar(sa.select(Decision.claim_id).where(Decision.id == decision_id)) or 0


def take_off(labels: str, claim_id: int, *, officer: Officer, now: datetime) -> Result:
    """Take labels off a claim again that were put on it; return what came of it."""
    try:
        for name in tags.names_in(labels):
            tags.take_off(claim_id, name, officer=officer, now=now)
    except REFUSALS as error:
        return Result(claim_id, fault=str(error.user_message))
    return Result(claim_id)
