"""What a decision changed, claim by claim, as its row keeps it; and how that is put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Claim, ClaimStatus, Clarification, db
from hoax_tracker.review.decisions import labels
from hoax_tracker.review.decisions.related_rows import FOLLOWING, bring_back, ids_of

MOMENTS = ("examined_since", "due_at", "first_seen_at", "last_seen_at")
PLAIN = (
    "unit_id",
    "told_unit_id",
    "accused_unit_id",
    "claimant",
    "priority",
    "priority_parts",
    "demand",
    "merged_into_id",
)
COUNTS = ("sightings",)
State = dict[str, Any]


def state_of(claim: Claim) -> State:
    """Return what decisions change in a claim, as JSON holds it."""
    moments = {name: at.isoformat() if (at := getattr(claim, name)) else None for name in MOMENTS}
    plain = {name: getattr(claim, name) for name in (*PLAIN, *COUNTS)}
    pages = sorted(page.id for page in claim.clarifications)  # type: ignore[attr-defined]
    return {"status": claim.status.value, "pages": pages} | moments | plain


class Trace:
    """The claims as they were when the decision began; ``whole``: with the ids of all that belongs to them."""

    def __init__(self, *claims: Claim, whole: bool = False) -> None:
        self._read = whole_states_of if whole else states_of
        self._claims, self._before = list(claims), self._read(claims)
        self._rejected: dict[int, list[int]] = {}

    def opened(self, claim: Claim, before: State) -> None:
        """Add a claim that the decision itself opened; ``before``: what it becomes when that is taken back."""
        self._claims.append(claim)
        self._before.append(self._read([claim])[0] | before)

    def rejected(self, claim: Claim, reports: list[int]) -> None:
        """Note the reports (by their ids) that the decision rejected as junk."""
        self._rejected[claim.id] = reports

    def changes(self) -> dict[str, Any]:
        """Return, by claim id, the version that the decision left and what differs: before and after."""
        both = zip(self._claims, self._before, self._read(self._claims), strict=True)
        junk = {key: {"rejected": reports} for key, reports in self._rejected.items()}
        return {
            str(claim.id): difference(claim, before, after) | junk.get(claim.id, {}) for claim, before, after in both
        }


def difference(claim: Claim, before: State, after: State) -> dict[str, Any]:
    """Return the version and sightings that the claim was left with, and the values that are not what they were."""
    names = [name for name in after if after[name] != before[name]]
    parts = {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}
    return {"version": claim.version, "sightings": claim.sightings} | parts


def states_of(claims: Sequence[Claim]) -> list[State]:
    """Return what decisions change in each of the claims."""
    return [state_of(claim) for claim in claims]


def whole_states_of(claims: Sequence[Claim]) -> list[State]:
    """Return what decisions change in each of the claims, and what belongs to it."""
    belonging = ids_of(claims)
    return [state_of(claim) | belonging[claim.id] | {"tags": labels.ids_of(claim)} for claim in claims]


def put_back(claim: Claim, changed: dict[str, Any]) -> None:
    """Give the claim back what the decision took; what others changed since (the machine may) stays."""
    before, after, present = changed["before"], changed["after"], state_of(claim)
    if "pages" in before:  # first, as it reads: the columns change together, or the database refuses them
        relink(claim, set(before["pages"]), set(after["pages"]))
    if "tags" in before:
        labels.put_back(claim, before["tags"], after["tags"])
    bring_back(claim, after.get("merged_into_id"), changed)
    for name in before.keys() - {"pages", "tags", *FOLLOWING}:
        if name in COUNTS:
            setattr(claim, name, max(0, present[name] - after[name] + before[name]))
        elif present[name] == after[name]:
            setattr(claim, name, value_of(name, before[name]))


def value_of(name: str, kept: Any) -> Any:
    """Return a value as the column takes it."""
    if name == "status":
        return ClaimStatus(kept)
    return datetime.fromisoformat(kept) if name in MOMENTS and kept else kept


def relink(claim: Claim, before: set[int], after: set[int]) -> None:
    """Take away the clarifications that the decision linked, and link again those that it took away."""
    held: list[Clarification] = claim.clarifications  # type: ignore[attr-defined]
    for page in [page for page in held if page.id in after - before]:
        held.remove(page)
    lost = before - after - {page.id for page in held}
    held.extend(db.session.scalars(sa.select(Clarification).where(Clarification.id.in_(lost))))
