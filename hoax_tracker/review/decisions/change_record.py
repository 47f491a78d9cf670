"""The change record of a decision: what it changed in each claim, stored in its row, and how that is restored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Claim, ClaimStatus, Clarification, db
from hoax_tracker.review.decisions import labels
from hoax_tracker.review.decisions.related_rows import RELATED_COLUMNS, related_row_ids, restore_related_rows

MOMENT_FIELDS = ("examined_since", "due_at", "first_seen_at", "last_seen_at")
PLAIN_FIELDS = (
    "unit_id",
    "told_unit_id",
    "claimant",
    "priority",
    "priority_parts",
    "demand",
    "merged_into_id",
)
COUNT_FIELDS = ("sightings",)
ClaimState = dict[str, Any]


def _claim_state(claim: Claim) -> ClaimState:
    """Return the fields of a claim that decisions change, as JSON values."""
    moments = {name: moment.isoformat() if (moment := getattr(claim, name)) else None for name in MOMENT_FIELDS}
    plain = {name: getattr(claim, name) for name in (*PLAIN_FIELDS, *COUNT_FIELDS)}
    pages = sorted(page.id for page in claim.clarifications)  # type: ignore[attr-defined]
    return {"status": claim.status.value, "pages": pages} | moments | plain


class ChangeRecord:
    """The state of the claims before a decision; ``whole`` adds the ids of all rows that belong to them."""

    def __init__(self, *claims: Claim, whole: bool = False) -> None:
        self._read = _list_whole_states if whole else _list_claim_states
        self._claims, self._before = list(claims), self._read(claims)
        self._rejected: dict[int, list[int]] = {}

    def opened(self, claim: Claim, before: ClaimState) -> None:
        """Add a claim that the decision opened; ``before`` is the status it gets when the decision is undone."""
        self._claims.append(claim)
        self._before.append(self._read([claim])[0] | before)

    def rejected(self, claim: Claim, reports: list[int]) -> None:
        """Record the ids of reports that the decision rejected as junk."""
        self._rejected[claim.id] = reports

    def changes(self) -> dict[str, Any]:
        """Return by claim id the version the decision left and the values before and after."""
        both = zip(self._claims, self._before, self._read(self._claims), strict=True)
        junk = {key: {"rejected": reports} for key, reports in self._rejected.items()}
        return {
            str(claim.id): _state_difference(claim, before, after) | junk.get(claim.id, {})
            for claim, before, after in both
        }


def _state_difference(claim: Claim, before: ClaimState, after: ClaimState) -> dict[str, Any]:
    """Return the version and sightings the claim was left with, and the changed values before and after."""
    names = [name for name in after if after[name] != before[name]]
    parts = {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}
    return {"version": claim.version, "sightings": claim.sightings} | parts


def _list_claim_states(claims: Sequence[Claim]) -> list[ClaimState]:
    """Return the fields that decisions change, for each of the claims."""
    return [_claim_state(claim) for claim in claims]


def _list_whole_states(claims: Sequence[Claim]) -> list[ClaimState]:
    """Return the fields that decisions change and the ids of related rows, for each of the claims."""
    belonging = related_row_ids(claims)
    return [_claim_state(claim) | belonging[claim.id] | {"tags": labels.tag_ids_of_claim(claim)} for claim in claims]


def restore_claim_state(claim: Claim, changed: dict[str, Any]) -> None:
    """Restore the fields that the decision changed. Values that others changed since are kept."""
    before, after, present = changed["before"], changed["after"], _claim_state(claim)
    if "pages" in before:  # first, as it reads: the columns change together, or the database refuses them
        _restore_clarification_links(claim, set(before["pages"]), set(after["pages"]))
    if "tags" in before:
        labels.restore_labels(claim, before["tags"], after["tags"])
    restore_related_rows(claim, after.get("merged_into_id"), changed)
    # Whom a claim accuses is not undone (claims/recusal.py); older records hold it among the fields.
    for name in before.keys() - {"pages", "tags", "accused_unit_id", *RELATED_COLUMNS}:
        if name in COUNT_FIELDS:
            setattr(claim, name, max(0, present[name] - after[name] + before[name]))
        elif present[name] == after[name]:
            setattr(claim, name, _read_column_value(name, before[name]))


def _read_column_value(name: str, stored: Any) -> Any:
    """Return a JSON value in the type of its column."""
    if name == "status":
        return ClaimStatus(stored)
    return datetime.fromisoformat(stored) if name in MOMENT_FIELDS and stored else stored


def _restore_clarification_links(claim: Claim, before: set[int], after: set[int]) -> None:
    """Remove the clarification links that the decision added, and add those it removed."""
    pages: list[Clarification] = claim.clarifications  # type: ignore[attr-defined]
    for page in [page for page in pages if page.id in after - before]:
        pages.remove(page)
    lost = before - after - {page.id for page in pages}
    pages.extend(db.session.scalars(sa.select(Clarification).where(Clarification.id.in_(lost))))
