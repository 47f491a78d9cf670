"""A decision taken back by who took it, for some minutes, as long as nobody decided since.

The decision stays in the rows, with another one that undoes it. Pages and tickets say what holds at each moment; mail
to reporters waits as long as a decision can be undone (check/reports/status_mail.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.claims import locks
from hoax_tracker.clock import is_recent
from hoax_tracker.core.database.transactions import Turn, take_turn, writing
from hoax_tracker.errors import Conflict, Invalid, NotFound
from hoax_tracker.models import (
    UNDO_WITHIN,
    Claim,
    ClaimStatus,
    Decision,
    DecisionKind,
    Notice,
    Officer,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.decisions import report_rejections
from hoax_tracker.review.decisions.appearance_moves import give_back, root_of
from hoax_tracker.review.decisions.change_record import put_back
from hoax_tracker.review.decisions.related_rows import gather, read, weigh
from hoax_tracker.review.decisions.service import record, require_officer, told_of

MOVING = (DecisionKind.MERGE, DecisionKind.SPLIT)


@dataclass(frozen=True)
class Undone:
    """The claim that the officer has before them again, and what was taken back."""

    claim_id: int
    kind: DecisionKind


def undo(decision_id: int, *, officer: Officer, now: datetime) -> Undone:
    """Take a decision back. Undoing twice does nothing the second time.

    Raises NotFound, NotAllowed, Conflict where somebody decided since, and Invalid where it is too late, somebody
    else's, or not of a kind that can be undone here.
    """
    with writing(), db.session.no_autoflush:
        require_officer(officer)
        row = db.session.get(Decision, decision_id)
        if row is None:
            raise NotFound(f"decision {decision_id}")
        if row.undone_by:  # type: ignore[attr-defined]
            return Undone(row.claim_id, row.kind)
        require_undoable(row, officer, now)
        take_back(row, officer, now)
        return Undone(row.claim_id, row.kind)


def require_undoable(row: Decision, officer: Officer, now: datetime) -> None:
    """Raise Invalid where the decision cannot be taken back by this officer at this moment."""
    if row.changes is None:
        message = _("Keputusan ini tidak dapat diurungkan dari sini. Buka klaimnya, lalu putuskan lagi.")
    elif row.officer_id != officer.id:
        message = _("Hanya %(name)s yang dapat mengurungkan keputusannya sendiri.", name=row.officer.name)
    elif not is_recent(row.decided_at, UNDO_WITHIN, now):
        minutes = int(UNDO_WITHIN.total_seconds() // 60)
        message = _(
            "Sudah lewat %(minutes)s menit. Keputusan tetap berlaku; buka klaimnya untuk memutuskan lagi.",
            minutes=minutes,
        )
    else:
        return
    raise Invalid(f"decision {row.id} cannot be undone", user_message=message)


def undoable(decisions: Sequence[Decision], officer: Officer, now: datetime) -> Decision | None:
    """Return the newest of a claim's decisions (newest first) where this officer can still take it back."""
    newest = decisions[0] if decisions else None
    if newest is None or newest.changes is None or newest.officer_id != officer.id:
        return None
    return newest if is_recent(newest.decided_at, UNDO_WITHIN, now) else None


def take_back(row: Decision, officer: Officer, now: datetime) -> None:
    """Put the claims of the decision back, each as it was, and keep that this was done."""
    if row.kind in MOVING:
        take_turn(Turn.FLAG)
    changes = {int(key): part for key, part in (row.changes or {}).items()}
    both = read(*changes)  # held here, or the session forgets what it read
    locks.require_free(officer, now, *(one.id for one in both))
    claims = {key: (as_left(key, part["version"]), part) for key, part in changes.items()}
    if row.kind in MOVING:
        give_back(row)
    for claim, part in claims.values():
        put_back(claim, part)
        report_rejections.put_back(part.get("rejected", ()))
    if row.kind in MOVING:
        bring_home(list(claims.values()))
    untell(claims, row.decided_at, now)
    detail = {"undone": row.kind.value}
    also = [(claim, detail) for key, (claim, _part) in claims.items() if key != row.claim_id]
    fields: dict[str, Any] = {"also": also, "undoes_id": row.id, "other_claim_id": row.other_claim_id}
    record(claims[row.claim_id][0], DecisionKind.UNDO, "", officer, now, detail, **fields)


def bring_home(claims: Sequence[tuple[Claim, dict[str, Any]]]) -> None:
    """Bring what joined a claim since, which is merged again, to where that one is found; count priorities anew."""
    for claim, part in claims:
        if claim.status is ClaimStatus.MERGED:
            further = claim.sightings - part.get("sightings", claim.sightings)
            gather(claim, root_of(claim), further)
    weigh([claim for claim, part in claims if not is_as_it_was(claim, part)])


def is_as_it_was(claim: Claim, part: dict[str, Any]) -> bool:
    """Tell whether the claim's priority is made of what it was made of before the decision."""
    return bool(part["before"].get("priority_parts", claim.priority_parts) == claim.priority_parts)


def untell(claims: Iterable[int], decided_at: datetime, now: datetime) -> None:
    """Let what officers were told by the decision be seen: nobody gets a letter about what was taken back."""
    notices.mark(Notice.claim_id.in_(claims), Notice.made_at == decided_at, now=now)


def as_left(claim_id: int, version: int) -> Claim:
    """Return the claim if it is as the decision left it. Raises Conflict, with who was first."""
    claim = db.session.get_one(Claim, claim_id)
    if claim.version != version:
        raise told_of(
            Conflict(f"claim {claim_id} is at version {claim.version}, the decision left {version}"), claim_id
        )
    return claim
