"""Claims joined and parted: nothing is lost. The merged one keeps its words and history, its appearances move.

Tickets follow, because a report stands where its appearance is; what waits for an answer to the one waits for the
other's. Near-copies of a merged claim join where it went (flag/service.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker import locks
from hoax_tracker.database import Turn, take_turn, writing
from hoax_tracker.errors import Conflict, Invalid, NotFound
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Item,
    Officer,
    Report,
    db,
)
from hoax_tracker.review import accusation, tags
from hoax_tracker.review.following import bring_back, carry, expire, weigh
from hoax_tracker.review.service import (
    REOPENED_DUE,
    WAITING,
    Outcome,
    note,
    outcome_of,
    record,
    require_unmerged,
    require_waiting,
    seen_claim,
    told_of,
)
from hoax_tracker.review.trace import Trace
from hoax_tracker.subjects import text_of, title_of

UNFINISHED = (ClarificationStatus.DRAFT, ClarificationStatus.AWAITING_APPROVAL)


def merge(
    claim_id: int,
    version: int,
    into_id: int,
    *,
    into_version: int | None = None,
    reason: str = "",
    officer: Officer,
    now: datetime,
) -> Outcome:
    """Join a waiting claim to another, whose answer counts for it from then on.

    Raises Conflict where somebody changed one of the two first (``into_version`` None: it was not seen), Invalid where
    they cannot be joined, NotAllowed for an officer of a unit that one of them accuses.
    """
    try:
        with writing():
            take_turn(Turn.FLAG)  # the machine gives appearances to claims, too
            claim = seen_claim(claim_id, version, officer)
            for one in (claim_id, into_id):
                locks.require_free(one, officer, now)
            into = target_of(claim, into_id, into_version)
            require_mergeable(claim, into, officer)
            trace = Trace(claim, into, whole=True)
            moved = appearances_of(claim)
            detail = absorb(claim, into, now)
            row = record(claim, DecisionKind.MERGE, reason.strip(), officer, now, detail | {"into": into.id})
            note(into, DecisionKind.MERGE, officer, now, {"merged": claim.id})
            keep(row, moved, claim, into)
            weigh([into], claim.priority_parts)
            row.changes = trace.changes()
            return outcome_of(into, row)
    except Conflict as error:
        raise told_of(error, claim_id) from error


def split(
    claim_id: int, version: int, chosen: Collection[int], *, reason: str = "", officer: Officer, now: datetime
) -> Outcome:
    """Part appearances (by their ids) from a claim; they become a claim of their own, with the words of the first.

    Raises as ``merge`` does; Invalid also where nothing, everything or something foreign was chosen.
    """
    try:
        with writing():
            take_turn(Turn.FLAG)
            claim = seen_claim(claim_id, version, officer)
            locks.require_free(claim_id, officer, now)
            accusation.require_may_join(claim, officer)
            require_unmerged(claim)
            moved = parted(claim, chosen)
            trace = Trace(claim)
            other = opened_from(claim, moved, now)
            trace.opened(other, {"status": ClaimStatus.MERGED.value, "merged_into_id": claim.id})
            row = record(claim, DecisionKind.SPLIT, reason.strip(), officer, now, {"parted": other.id})
            keep(row, moved, claim, other)
            moved[0].opens = True
            seen_anew(claim)
            weigh([claim, other])
            row.changes = trace.changes()
            return outcome_of(claim, row)
    except Conflict as error:
        raise told_of(error, claim_id) from error


def take_out(claim_id: int, version: int, *, reason: str = "", officer: Officer, now: datetime) -> Outcome:
    """Make a merged claim one of its own again, with what it brought, however long ago that was.

    Raises as ``merge`` does; Invalid for a claim that is not merged.
    """
    try:
        with writing():
            take_turn(Turn.FLAG)
            claim = seen_claim(claim_id, version, officer)
            if claim.status is not ClaimStatus.MERGED:
                raise Invalid("not merged", user_message=_("Klaim ini tidak sedang digabung."))
            root = root_of(claim)
            for one in (claim, root):
                locks.require_free(one.id, officer, now)
                accusation.require_may_join(one, officer)
            trace = Trace(root, claim, whole=True)
            joined = newest_merge(claim)
            moved = brought(joined, root)
            if joined is not None and joined.changes is not None:
                bring_back(claim, root.id, joined.changes[str(claim.id)])
                untag(root, joined.changes.get(str(root.id), {}))
            stand_alone(claim, root, now)
            row = record(root, DecisionKind.SPLIT, reason.strip(), officer, now, {"parted": claim.id})
            note(claim, DecisionKind.SPLIT, officer, now, {"from": root.id})
            keep(row, moved, root, claim)
            seen_anew(root)
            weigh([claim, root])
            row.changes = trace.changes()
            return outcome_of(root, row)
    except Conflict as error:
        raise told_of(error, claim_id) from error


def root_of(claim: Claim) -> Claim:
    """Return the claim in which a merged one is found now, over several merges."""
    while claim.merged_into is not None:
        claim = claim.merged_into
    return claim


def target_of(claim: Claim, into_id: int, version: int | None) -> Claim:
    """Return the claim to merge into: where the chosen one is found now."""
    chosen = db.session.get(Claim, into_id)
    if chosen is None:
        message = _("Tidak ada klaim dengan nomor itu.")
        raise Invalid(f"no claim {into_id}", user_message=message, field="into")
    if version is not None and chosen.version != version:
        raise told_of(Conflict(f"claim {into_id} is at version {chosen.version}, not {version}"), into_id)
    into = root_of(chosen)
    if into.id == claim.id:
        message = (
            _("Klaim tidak dapat digabung dengan dirinya sendiri.")
            if into_id == claim.id
            else _("Klaim %(number)s sudah digabung ke klaim ini.", number=into_id)
        )
        raise Invalid(f"claim {claim.id} into itself", user_message=message, field="into")
    return into


def require_mergeable(claim: Claim, into: Claim, officer: Officer) -> None:
    """Raise NotAllowed or Invalid where the two must stay apart."""
    require_waiting(claim)
    for one in (claim, into):
        accusation.require_may_join(one, officer)
    accused = {one.accused_unit_id for one in (claim, into)} - {None}
    hidden = claim.accused_unit_id is not None and into.accused_unit_id is None and into.status not in WAITING
    if len(accused) > 1 or hidden:
        message = _(
            "Kedua klaim tidak menuduh pihak yang sama. Samakan catatan tuduhannya dulu, atau biarkan terpisah."
        )
        raise Invalid("different accusations", user_message=message, field="into")
    draft = unfinished(claim)
    if draft is not None and (into.status not in WAITING or unfinished(into)):
        message = _(
            "%(name)s sedang menyusun klarifikasi untuk klaim ini. Selesaikan rancangannya dulu.",
            name=draft.author.name,
        )
        raise Invalid("drafted", user_message=message, field="into")


def unfinished(claim: Claim) -> Clarification | None:
    """Return the clarification that somebody writes for the claim, if any."""
    pages: list[Clarification] = claim.clarifications  # type: ignore[attr-defined]
    return next((page for page in pages if page.status in UNFINISHED), None)


def appearances_of(claim: Claim) -> Sequence[ClaimAppearance]:
    """Return where the claim appeared, the one that opened it first."""
    query = sa.select(ClaimAppearance).where(ClaimAppearance.claim_id == claim.id)
    return db.session.scalars(query.order_by(ClaimAppearance.opens.desc(), ClaimAppearance.id)).all()


def absorb(claim: Claim, into: Claim, now: datetime) -> dict[str, Any]:
    """Give the other claim what this one had; return what to audit."""
    detail: dict[str, Any] = {}
    into.first_seen_at = min(into.first_seen_at, claim.first_seen_at)
    into.last_seen_at = max(into.last_seen_at, claim.last_seen_at)
    into.sightings += claim.sightings
    into.priority = max(into.priority, claim.priority)
    if into.status in WAITING:
        into.due_at = min(into.due_at, claim.due_at)
        into.status = max(into.status, claim.status, key=WAITING.index)
        into.examined_since = min(filter(None, (into.examined_since, claim.examined_since)), default=None)
    if claim.accused_unit_id is not None and into.accused_unit_id is None:
        into.accused_unit_id = claim.accused_unit_id
        if into.unit_id == into.accused_unit_id:
            detail = accusation.move_away(into)
    move_pages(claim, into)
    carry(claim, into)
    tags.copy(claim, into)
    claim.status, claim.merged_into_id = ClaimStatus.MERGED, into.id
    return detail


def move_pages(claim: Claim, into: Claim) -> None:
    """Let the clarifications of the claim belong to the other."""
    held: list[Clarification] = into.clarifications  # type: ignore[attr-defined]
    held.extend(page for page in claim.clarifications if page not in held)  # type: ignore[attr-defined]
    claim.clarifications.clear()  # type: ignore[attr-defined]


def keep(row: Decision, moved: Iterable[ClaimAppearance], source: Claim, target: Claim) -> None:
    """Move the appearances, and keep in rows which went where by this decision."""
    row.other_claim_id = target.id if row.claim_id == source.id else source.id
    db.session.flush()
    for one in moved:
        ids = {"from_claim_id": source.id, "to_claim_id": target.id}
        db.session.add(ClaimMove(decision_id=row.id, appearance_id=one.id, opened=one.opens, **ids))
        one.claim_id, one.opens = target.id, False
    db.session.flush()
    expire(source, target)


def parted(claim: Claim, chosen: Collection[int]) -> Sequence[ClaimAppearance]:
    """Return the chosen appearances, the one whose words the new claim takes first."""
    held = appearances_of(claim)
    moved = sorted((one for one in held if one.id in chosen), key=lambda one: (one.seen_at, one.id))
    if not moved or len(moved) != len(set(chosen)):
        message = _("Pilih kemunculan yang dipisahkan.")
        raise Invalid("nothing of the claim chosen", user_message=message, field="appearance")
    if len(moved) == len(held):
        message = _("Sisakan paling sedikit satu kemunculan pada klaim ini.")
        raise Invalid("everything chosen", user_message=message, field="appearance")
    return moved


def opened_from(claim: Claim, moved: Sequence[ClaimAppearance], now: datetime) -> Claim:
    """Open a claim for appearances parted from another. What accused a unit there is taken to accuse it here."""
    subject = subject_of(moved[0])
    waits = claim.status in WAITING
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


def subject_of(appearance: ClaimAppearance) -> Item | Report:
    """Return the item or report that appeared."""
    subject = appearance.item or appearance.report
    if subject is None:
        raise NotFound(f"the subject of appearance {appearance.id}")
    return subject


def newest_merge(claim: Claim) -> Decision | None:
    """Return the decision by which the claim is merged now."""
    query = sa.select(Decision).where(
        Decision.claim_id == claim.id,
        Decision.kind == DecisionKind.MERGE,
        ~Decision.undone_by.any(),  # type: ignore[attr-defined]
    )
    return db.session.scalars(query.order_by(Decision.id.desc()).limit(1)).first()


def brought(merge: Decision | None, root: Claim) -> Sequence[ClaimAppearance]:
    """Return what a claim brought when it was merged, as far as it is still where it went."""
    query = sa.select(ClaimAppearance, ClaimMove.opened).join(ClaimMove, ClaimMove.appearance_id == ClaimAppearance.id)
    ours = ClaimMove.decision_id == (merge.id if merge else None)
    found = db.session.execute(query.where(ours, ClaimAppearance.claim_id == root.id)).all()
    for appearance, opened in found:
        appearance.opens = opened
    return [appearance for appearance, _opened in found]


def untag(root: Claim, changed: Mapping[str, Any]) -> None:
    """Take off the labels that a merge (``changed``, as its row keeps it) put on the claim."""
    before, after = (changed.get(side, {}).get("tags", ()) for side in ("before", "after"))
    tags.put_back(root, before, after)


def stand_alone(claim: Claim, root: Claim, now: datetime) -> None:
    """Put the merged claim back in the queue."""
    root.sightings = max(0, root.sightings - claim.sightings)
    claim.merged_into_id, claim.status = None, ClaimStatus.TRIAGED
    claim.examined_since = claim.examined_since or root.examined_since or now
    claim.due_at = now + REOPENED_DUE


def seen_anew(claim: Claim) -> None:
    """Let the claim's time be that of the appearances it has left."""
    seen = ClaimAppearance.seen_at
    query = sa.select(sa.func.min(seen), sa.func.max(seen)).where(ClaimAppearance.claim_id == claim.id)
    first, last = db.session.execute(query).one()
    if first is not None:
        claim.first_seen_at, claim.last_seen_at = first, last
