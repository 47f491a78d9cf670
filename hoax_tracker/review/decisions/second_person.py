"""Decisions that change what residents are told: an answer given to a claim, or taken from it.

Linking a claim to a published page, merging it into an answered one, and taking it away again are proposals; confirmed,
the same service carries the decision out in the proposer's name. What a decision changed in each claim is stored in its
row, from which it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.claims.public_words.judged_claims import has_answering_page, list_answering_pages
from hoax_tracker.claims.recusal import WITH_ACCUSATIONS, is_accused_by_any, standing_accusations
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Claim, ClaimStatus, Clarification, DecisionKind, Officer, Proposal, db
from hoax_tracker.review.decisions import labels
from hoax_tracker.review.decisions.related_rows import RELATED_COLUMNS, related_row_ids, restore_related_rows


@contextmanager
def decision_transaction(confirmed: Proposal | None) -> Iterator[None]:
    """Run a block as one write, or within that of the confirmation that carries the decision out."""
    if confirmed is None:
        with write_transaction(), db.session.no_autoflush:
            yield
    else:
        with db.session.no_autoflush:
            yield


def is_answered(*claims: Claim) -> bool:
    """Tell whether residents are told a verdict about one of the claims."""
    if any(claim.status is ClaimStatus.CLARIFIED for claim in claims):
        return True
    return has_answering_page([claim.id for claim in claims])


def propose_decision(
    kind: DecisionKind,
    claim: Claim,
    values: Mapping[str, Any],
    *,
    reason: str,
    officer: Officer,
    now: datetime,
    other: Claim | None = None,
) -> Proposal:
    """Let the decision wait for a second person, in the current transaction."""
    about = {"kind": kind.value, "claim": claim.id, "reason": reason.strip()}
    before = {"version": claim.version, "other": other.id if other else None, "other_version": _version_of(other)}
    return proposals.propose(
        "decision", f"claim:{claim.id}", about | dict(values), by=officer, now=now, before=before, note=reason.strip()
    )


def _version_of(claim: Claim | None) -> int | None:
    """Return a claim's version, None for none."""
    return claim.version if claim else None


def _apply_decision(row: Proposal, _by: Officer | None, now: datetime) -> dict[str, Any]:
    """Carry the confirmed decision out in the name of who proposed it, in the current transaction."""
    from hoax_tracker.review.decisions import merge, service, split  # they propose, and so import this module

    values, kind = row.values, DecisionKind(row.values["kind"])
    officer = row.proposed_by
    if officer is None:
        raise NotFoundError("a decision without a person")
    decided_by: dict[str, Any] = {"officer": officer, "now": now, "confirmed": row}
    place = (values["claim"], row.before["version"])
    if kind is DecisionKind.MERGE:
        outcome = merge.merge_claims(*place, values["into"], reason=values["reason"], **decided_by)
    elif kind is DecisionKind.SPLIT and values.get("appearances"):
        outcome = split.split_claim(*place, values["appearances"], reason=values["reason"], **decided_by)
    elif kind is DecisionKind.SPLIT:
        outcome = split.unmerge_claim(*place, reason=values["reason"], **decided_by)
    else:
        choice = service.DecisionChoice(kind, values["reason"], clarification_id=values.get("clarification"))
        outcome = service.decide_claim(*place, choice, **decided_by)
    return {"decision": outcome.decision_id}


def _read_versions(row: Proposal) -> dict[str, Any]:
    """Return the versions of the claims that a proposal is about, as it remembers them."""
    other_id = row.before.get("other")
    claim, other = _claim_of(row), db.session.get(Claim, other_id) if other_id else None
    return {"version": claim.version, "other": other_id, "other_version": _version_of(other)}


def _claim_of(row: Proposal) -> Claim:
    """Return the claim that a proposal is about, with what it accuses."""
    claim = db.session.get(Claim, row.values["claim"], options=WITH_ACCUSATIONS)
    if claim is None:
        raise NotFoundError(f"claim {row.values['claim']}")
    return claim


def _show_decision(row: Proposal) -> Shown:
    """Put a proposed decision in words."""
    claim, kind = _claim_of(row), DecisionKind(row.values["kind"])
    page = _find_page(row)
    answer = _("%(verdict)s: %(title)s", verdict=page.verdict.label, title=page.title) if page and page.verdict else "–"
    asked = _("Sedang diperiksa")
    gives = kind in (DecisionKind.LINK, DecisionKind.MERGE)
    lines = (
        (_("Kabar"), claim.text, claim.text),
        (_("Warga membaca"), *((asked, answer) if gives else (answer, asked))),
    )
    effect = _("Siapa pun yang menempel kata-kata ini akan dijawab begitu, dan aduannya dianggap terjawab.")
    link = ("review.claim", {"claim_id": claim.id})
    return Shown(f"{kind.label}: {claim.title}", effect if gives else "", lines, link)


def _find_page(row: Proposal) -> Clarification | None:
    """Return the page whose answer the decision gives or takes."""
    if key := row.values.get("clarification"):
        return db.session.get(Clarification, key)
    other_id = row.before.get("other")
    claim = (db.session.get(Claim, other_id) if other_id else None) or _claim_of(row)
    pages = list_answering_pages(claim)
    return db.session.get(Clarification, pages[-1]) if pages else None


def _is_impartial(row: Proposal, person: Officer) -> bool:
    """Tell whether the person is impartial towards what the claims and the page accuse."""
    other_id = row.before.get("other")
    claims = [_claim_of(row), *([db.session.get_one(Claim, other_id)] if other_id else [])]
    page = _find_page(row)
    claims += list(page.claims) if page and len(page.claims) < 50 else []
    return not is_accused_by_any(claims, person)


register_act(
    Act(
        "decision",
        _l("Kabar dianggap sama"),
        ActClass.PUBLIC,
        apply=_apply_decision,
        show=_show_decision,
        read_current=_read_versions,
        is_impartial=_is_impartial,
    )
)


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


def _list_accused(claim: Claim) -> list[list[Any]]:
    """Return whom the claim accuses at present, as JSON values."""
    return sorted(([row.unit_id, row.unit_kind] for row in standing_accusations(claim)), key=repr)


def _list_whole_states(claims: Sequence[Claim]) -> list[ClaimState]:
    """Return the fields that decisions change and the ids of related rows, for each of the claims."""
    belonging = related_row_ids(claims)
    return [
        _claim_state(claim)
        | belonging[claim.id]
        | {"tags": labels.tag_ids_of_claim(claim), "accused": _list_accused(claim)}
        for claim in claims
    ]


def restore_claim_state(claim: Claim, changed: dict[str, Any]) -> None:
    """Restore the fields that the decision changed. Values that others changed since are kept."""
    before, after, present = changed["before"], changed["after"], _claim_state(claim)
    if "pages" in before:  # first, as it reads: the columns change together, or the database refuses them
        _restore_clarification_links(claim, set(before["pages"]), set(after["pages"]))
    if "tags" in before:
        labels.restore_labels(claim, before["tags"], after["tags"])
    restore_related_rows(claim, after.get("merged_into_id"), changed)
    for name in before.keys() - {"pages", "tags", "accused", *RELATED_COLUMNS}:
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
