"""Bulk decisions: one act on several claims, each decided, refused and undone on its own.

A claim that somebody changed since it was selected is left alone, and the result says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.core.audit.tracked_edits import edit_conflict
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import Claim, Decision, Officer, db
from hoax_tracker.review.decisions import labels as tags, service, undo as undoing
from hoax_tracker.review.decisions.service import DecisionChoice

BULK_LIMIT = 100
REFUSAL_ERRORS = (InvalidInputError, EditConflictError, NotAllowedError, NotFoundError)


@dataclass(frozen=True)
class ChosenClaim:
    """A selected claim, with the version the officer saw."""

    id: int
    version: int


@dataclass(frozen=True)
class BulkAct:
    """The act on each claim: a decision, or labels to add."""

    choice: DecisionChoice | None = None
    labels: str = ""


@dataclass(frozen=True)
class BulkResult:
    """The outcome for one claim: ``fault`` says why nothing was done; ``decision_id`` and ``added`` allow undoing."""

    claim_id: int
    fault: str = ""
    decision_id: int | None = None
    added: tuple[str, ...] = ()


def apply_bulk_act(act: BulkAct, chosen: Sequence[ChosenClaim], *, officer: Officer, now: datetime) -> list[BulkResult]:
    """Apply the act to each claim in its own transaction, and return the outcomes in the same order."""
    if act.labels:
        tags.read_label_names(act.labels)
    return [_apply_to_claim(act, chosen_claim, officer, now) for chosen_claim in chosen[:BULK_LIMIT]]


def _apply_to_claim(act: BulkAct, chosen_claim: ChosenClaim, officer: Officer, now: datetime) -> BulkResult:
    try:
        if act.choice is None:
            _require_unchanged_claim(chosen_claim)
            return BulkResult(
                chosen_claim.id, added=tuple(tags.add_labels(chosen_claim.id, act.labels, officer=officer, now=now))
            )
        outcome = service.decide_claim(
            chosen_claim.id,
            chosen_claim.version,
            act.choice,
            officer=officer,
            now=now,
        )
        return BulkResult(chosen_claim.id, decision_id=outcome.decision_id)
    except REFUSAL_ERRORS as error:
        return BulkResult(chosen_claim.id, fault=str(error.user_message))


def _require_unchanged_claim(chosen_claim: ChosenClaim) -> None:
    """Raise EditConflictError where the claim changed since it was selected."""
    version = db.session.scalar(sa.select(Claim.version).where(Claim.id == chosen_claim.id))
    if version is not None and version != chosen_claim.version:
        raise edit_conflict(f"claim:{chosen_claim.id}", "claim_")


def undo_decisions(decisions: Sequence[int], *, officer: Officer, now: datetime) -> list[BulkResult]:
    """Undo decisions one by one, and return the outcomes."""
    results = []
    for decision_id in decisions[:BULK_LIMIT]:
        try:
            results.append(BulkResult(undoing.undo_decision(decision_id, officer=officer, now=now).claim_id))
        except REFUSAL_ERRORS as error:
            results.append(BulkResult(_claim_id_of_decision(decision_id), fault=str(error.user_message)))
    return results


def _claim_id_of_decision(decision_id: int) -> int:
    """Return the claim a decision was about, 0 where there is none."""
    return db.session.scalar(sa.select(Decision.claim_id).where(Decision.id == decision_id)) or 0


def undo_labels(labels: str, claim_id: int, *, officer: Officer, now: datetime) -> BulkResult:
    """Remove labels that a bulk act added to a claim, and return the outcome."""
    try:
        for name in tags.read_label_names(labels):
            tags.remove_label(claim_id, name, officer=officer, now=now)
    except REFUSAL_ERRORS as error:
        return BulkResult(claim_id, fault=str(error.user_message))
    return BulkResult(claim_id)
