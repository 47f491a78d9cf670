"""Claims parted: appearances that say something else become a claim of their own, and a merged one comes out again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.claims import locks
from hoax_tracker.core.database.transactions import Turn, take_turn, writing
from hoax_tracker.errors import Conflict, Invalid, NotFound
from hoax_tracker.items.claim_text import text_of, title_of
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Decision,
    DecisionKind,
    Item,
    Officer,
    Report,
    db,
)
from hoax_tracker.review.decisions import accusation, labels
from hoax_tracker.review.decisions.appearance_moves import appearances_of, give_back, keep, root_of
from hoax_tracker.review.decisions.change_record import Trace
from hoax_tracker.review.decisions.related_rows import PLAIN, bring_back, give, read, seen_span, weigh
from hoax_tracker.review.decisions.service import (
    REOPENED_DUE,
    Outcome,
    outcome_of,
    record,
    require_unmerged,
    seen_claim,
    told_of,
)


def split(
    claim_id: int, version: int, chosen: Collection[int], *, reason: str = "", officer: Officer, now: datetime
) -> Outcome:
    """Part appearances (by their ids) from a claim; they become a claim of their own, with the words of the first.

    Raises as ``merge`` does; Invalid also where nothing, everything or something foreign was chosen.
    """
    try:
        with writing(), db.session.no_autoflush:
            take_turn(Turn.FLAG)
            both = read(claim_id)  # held here, or the session forgets what it read
            claim = seen_claim(claim_id, version, officer)
            locks.require_free(officer, now, *(one.id for one in both))
            accusation.require_may_join(claim, officer)
            require_unmerged(claim)
            moved = parted(claim, chosen)
            trace = Trace(claim)
            other = opened_from(claim, moved, now)
            trace.opened(other, {"status": ClaimStatus.MERGED.value, "merged_into_id": claim.id})
            give(claim.id, other.id, ClaimAppearance.id.in_([part.id for part in moved]))
            set_opening(moved[0].id)
            seen_anew(claim)
            weigh([claim, other])
            said, detail = reason.strip(), {"parted": other.id}
            row = record(claim, DecisionKind.SPLIT, said, officer, now, detail, trace=trace, other_claim=other)
            keep(row, moved, claim, other)
            return outcome_of(claim, row)
    except Conflict as error:
        raise told_of(error, claim_id) from error


def take_out(claim_id: int, version: int, *, reason: str = "", officer: Officer, now: datetime) -> Outcome:
    """Make a merged claim one of its own again, with what it brought, however long ago that was.

    Raises as ``merge`` does; Invalid for a claim that is not merged, or that was only parted from another and that was
    undone: it brought nothing, and would stand in the queue as an empty double.
    """
    try:
        with writing(), db.session.no_autoflush:
            take_turn(Turn.FLAG)
            both = read(claim_id)  # held here, or the session forgets what it read
            claim = seen_claim(claim_id, version, officer)
            if claim.status is not ClaimStatus.MERGED:
                raise Invalid("not merged", user_message=_("Klaim ini tidak sedang digabung."))
            root = root_of(claim)
            locks.require_free(officer, now, root.id, *(one.id for one in both))
            for one in (claim, root):
                accusation.require_may_join(one, officer)
            trace = Trace(root, claim, whole=True)
            joined = newest_merge(claim)
            if joined is None:
                message = _(
                    "Pemisahan itu sudah diurungkan. Pisahkan kemunculannya dari Klaim %(number)s.", number=root.id
                )
                raise Invalid("nothing was brought", user_message=message)
            moved = brought(joined, root)
            if joined.changes is not None:
                bring_back(claim, root.id, joined.changes[str(claim.id)])
                untag(root, joined.changes.get(str(root.id), {}))
            stand_alone(claim, root, now)
            give_back(joined, root.id)
            seen_anew(root)
            weigh([claim, root])
            detail, also = {"parted": claim.id}, [(claim, {"from": root.id})]
            fields: dict[str, Any] = {"also": also, "trace": trace, "other_claim": claim}
            row = record(root, DecisionKind.SPLIT, reason.strip(), officer, now, detail, **fields)
            keep(row, moved, root, claim)
            return outcome_of(root, row)
    except Conflict as error:
        raise told_of(error, claim_id) from error


def parted(claim: Claim, chosen: Collection[int]) -> Sequence[Any]:
    """Return (id, opens, seen_at) of the chosen appearances, the one whose words the new claim takes first."""
    held = appearances_of(claim)
    moved = sorted((one for one in held if one.id in chosen), key=lambda one: (one.seen_at, one.id))
    if not moved or len(moved) != len(set(chosen)):
        message = _("Pilih kemunculan yang dipisahkan.")
        raise Invalid("nothing of the claim chosen", user_message=message, field="appearance")
    if len(moved) == len(held):
        message = _("Sisakan paling sedikit satu kemunculan pada klaim ini.")
        raise Invalid("everything chosen", user_message=message, field="appearance")
    return moved


def opened_from(claim: Claim, moved: Sequence[Any], now: datetime) -> Claim:
    """Open a claim for appearances parted from another. What accused a unit there is taken to accuse it here."""
    subject = subject_of(moved[0].id)
    waits = claim.status in WAITING_STATUSES
    other = Claim(
        title=title_of(subject),
        text=text_of(subject),
        topic=claim.topic,
        unit_id=claim.unit_id,
        accused_unit_id=claim.accused_unit_id,
        status=claim.status if waits else ClaimStatus.TRIAGED,
        priority=claim.priority,
        priority_parts=claim.priority_parts,
        sightings=0,
        first_seen_at=min(one.seen_at for one in moved),
        last_seen_at=max(one.seen_at for one in moved),
        due_at=claim.due_at if waits else now + REOPENED_DUE,
        examined_since=claim.examined_since if waits else now,
        created_at=now,
    )
    db.session.add(other)
    db.session.flush()
    return other


def subject_of(appearance_id: int) -> Item | Report:
    """Return the item or report that appeared."""
    known = (joinedload(ClaimAppearance.item), joinedload(ClaimAppearance.report))
    appearance = db.session.get_one(ClaimAppearance, appearance_id, options=known)
    subject = appearance.item or appearance.report
    if subject is None:
        raise NotFound(f"the subject of appearance {appearance_id}")
    return subject


def set_opening(appearance_id: int) -> None:
    """Note that a claim has its words from this appearance."""
    one = sa.update(ClaimAppearance).where(ClaimAppearance.id == appearance_id)
    db.session.execute(one.values(opens=True), execution_options=PLAIN)


def newest_merge(claim: Claim) -> Decision | None:
    """Return the decision by which the claim is merged now."""
    query = sa.select(Decision).where(
        Decision.claim_id == claim.id,
        Decision.kind == DecisionKind.MERGE,
        ~Decision.undone_by.any(),  # type: ignore[attr-defined]
    )
    return db.session.scalars(query.order_by(Decision.id.desc()).limit(1)).first()


def brought(merge: Decision, root: Claim) -> Sequence[Any]:
    """Return (id, opens) of what a claim brought when it was merged, as far as it is still where it went."""
    one = ClaimAppearance
    query = sa.select(one.id, one.opens).join(ClaimMove, ClaimMove.appearance_id == one.id).order_by(one.id)
    ours = ClaimMove.decision_id == merge.id
    return db.session.execute(query.where(ours, one.claim_id == root.id)).all()


def untag(root: Claim, changed: Mapping[str, Any]) -> None:
    """Take off the labels that a merge (``changed``, as its row keeps it) put on the claim."""
    before, after = (changed.get(side, {}).get("tags", ()) for side in ("before", "after"))
    labels.put_back(root, before, after)


def stand_alone(claim: Claim, root: Claim, now: datetime) -> None:
    """Put the merged claim back in the queue."""
    root.sightings = max(0, root.sightings - claim.sightings)
    claim.merged_into_id, claim.status = None, ClaimStatus.TRIAGED
    claim.examined_since = claim.examined_since or root.examined_since or now
    claim.due_at = now + REOPENED_DUE


def seen_anew(claim: Claim) -> None:
    """Let the claim's time be that of the appearances it has left."""
    first, last = seen_span(claim)
    if first is not None and last is not None:
        claim.first_seen_at, claim.last_seen_at = first, last
