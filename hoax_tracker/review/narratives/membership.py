"""Which claims are one story: officers start a narrative, add claims, take them out, and refuse suggestions.

A claim is in one narrative at most. What an act changed can be undone by its opposite: a claim that was taken out is
added again, a refused suggestion is withdrawn. Each act is one transaction with an audit event, which holds numbers of
claims and what an officer wrote, never words of a claim. A claim that is merged into another takes its place with it
(review/decisions/related_rows.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import format_datetime, gettext as _
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.claims import locks
from hoax_tracker.claims.recusal import WITH_ACCUSATIONS, is_accused, is_accusing, may_decide, require_may_decide
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import edit_conflict
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import (
    Claim,
    ClaimStatus,
    Narrative,
    NarrativeClaim,
    NarrativeOrigin,
    NarrativeRefusal,
    Officer,
    RoleName,
    db,
)

TITLE_LIMIT, NOTES_LIMIT, REASON_LIMIT = 200, 2_000, 500


def start_narrative(
    claim_id: int, *, title: str = "", notes: str = "", reason: str = "", officer: Officer, now: datetime
) -> int:
    """Start a narrative with one claim, and return its id.

    Raises NotFoundError, NotAllowedError, ClaimLockedError, InvalidInputError, and EditConflictError where the claim
    came into a narrative in the meantime.
    """
    with write_transaction():
        (claim,) = _require_claims([claim_id], officer, now)
        _require_loose([claim])
        narrative = _add_narrative_row(officer, now, title=title, notes=notes)
        acts = [
            audit_log.AuditEntry("narrative_started", f"narrative:{narrative.id}", {"claim": claim.id}),
            _add_claim_row(narrative, claim, NarrativeOrigin.BY_HAND, reason, officer, now),
        ]
        audit_log.record_events(acts, officer=officer, now=now)
        return narrative.id


def add_claim(
    claim_id: int,
    narrative_id: int,
    *,
    origin: NarrativeOrigin = NarrativeOrigin.BY_HAND,
    reason: str = "",
    officer: Officer,
    now: datetime,
) -> int:
    """Add a claim to a narrative, and return the narrative's id. A second call does nothing.

    Raises as ``start_narrative`` does.
    """
    with write_transaction():
        (claim,) = _require_claims([claim_id], officer, now)
        narrative = follow_narrative_merges(require_narrative(narrative_id))
        if find_narrative_id(claim.id) == narrative.id:
            return narrative.id
        _require_loose([claim])
        _require_may_extend(narrative, officer)
        raise_version(narrative, now)
        entry = _add_claim_row(narrative, claim, origin, reason, officer, now)
        audit_log.record_events([entry], officer=officer, now=now)
        return narrative.id


def join_claims(
    claim_id: int,
    other_id: int,
    *,
    origin: NarrativeOrigin = NarrativeOrigin.BY_HAND,
    reason: str = "",
    officer: Officer,
    now: datetime,
) -> int:
    """Put two claims into one narrative, and return its id: the one of either of them, else a new one.

    Raises as ``start_narrative`` does; also EditConflictError where each is in a narrative of its own.
    """
    if claim_id == other_id:
        message = _("Pilih klaim lain: sebuah klaim selalu satu narasi dengan dirinya sendiri.")
        raise InvalidInputError(f"claim {claim_id} with itself", user_message=message, field="other")
    with write_transaction():
        both = _require_claims([claim_id, other_id], officer, now)
        inside = {claim.id: narrative_id for claim in both if (narrative_id := find_narrative_id(claim.id))}
        acts: list[audit_log.AuditEntry] = []
        if len(set(inside.values())) > 1:
            raise _already_inside(claim_id)
        if inside:
            narrative = require_narrative(next(iter(inside.values())))
            if len(inside) < len(both):
                _require_may_extend(narrative, officer)
            raise_version(narrative, now)
        else:
            narrative = _add_narrative_row(officer, now)
            subject = f"narrative:{narrative.id}"
            acts.append(audit_log.AuditEntry("narrative_started", subject, {"claim": claim_id}))
        missing = [claim for claim in both if claim.id not in inside]
        acts += [_add_claim_row(narrative, claim, origin, reason, officer, now) for claim in missing]
        if missing:
            audit_log.record_events(acts, officer=officer, now=now)
        return narrative.id


def remove_claim(
    claim_id: int, narrative_id: int, *, reason: str = "", officer: Officer, now: datetime
) -> NarrativeClaim:
    """Take a claim out of its narrative, and return its place there.

    Raises EditConflictError where it is not in that narrative any more.
    """
    with write_transaction():
        (claim,) = _require_claims([claim_id], officer, now, is_merged_fine=True)
        row = db.session.scalar(sa.select(NarrativeClaim).where(NarrativeClaim.claim_id == claim.id))
        if row is None or row.narrative_id != narrative_id:
            raise narrative_conflict(narrative_id)
        narrative = require_narrative(narrative_id)
        db.session.delete(row)
        raise_version(narrative, now)
        detail = {"claim": claim.id} | (
            {"reason": stripped_reason} if (stripped_reason := _read_text(reason, REASON_LIMIT)) else {}
        )
        audit_log.record_event(
            "narrative_claim_removed", f"narrative:{narrative.id}", officer=officer, now=now, detail=detail
        )
        return row


def refuse_suggestion(claim_id: int, other_id: int, *, officer: Officer, now: datetime) -> None:
    """Note that two claims are not one story, nor the first one of the story that the other is in.

    It is not suggested again, on neither of their pages. Raises as ``start_narrative`` does.
    """
    with write_transaction():
        (claim,) = _require_claims([claim_id], officer, now)
        _require_may_part(other_id, officer)
        others = {other_id, *_list_fellow_ids(other_id)} - {claim.id}
        fresh = {_in_order(claim.id, key) for key in others} - _list_refused_pairs(claim.id)
        if not fresh:
            return
        for first, second in sorted(fresh):
            row = {"officer_id": officer.id, "refused_at": now}
            db.session.add(NarrativeRefusal(first_claim_id=first, second_claim_id=second, **row))
        detail = {"other": other_id}
        audit_log.record_event(
            "narrative_suggestion_refused", f"claim:{claim.id}", officer=officer, now=now, detail=detail
        )


def withdraw_refusal(claim_id: int, other_id: int, *, officer: Officer, now: datetime) -> None:
    """Withdraw a refused suggestion, with what was refused of the same story. A second call does nothing."""
    with write_transaction():
        (claim,) = _require_claims([claim_id], officer, now)
        _require_may_part(other_id, officer)
        pairs = {_in_order(claim.id, key) for key in (other_id, *_list_fellow_ids(other_id))} & _list_refused_pairs(
            claim.id
        )
        if not pairs:
            return
        for first, second in pairs:
            mine = NarrativeRefusal.first_claim_id == first, NarrativeRefusal.second_claim_id == second
            db.session.execute(sa.delete(NarrativeRefusal).where(*mine))
        audit_log.record_event(
            "narrative_refusal_withdrawn", f"claim:{claim.id}", officer=officer, now=now, detail={"other": other_id}
        )


def _require_may_part(claim_id: int, officer: Officer) -> None:
    """Raise NotAllowedError unless the officer may decide about the claim and every claim of its narrative.

    Nobody hides that a story which accuses their unit came back.
    """
    claim = db.session.get(Claim, claim_id, options=WITH_ACCUSATIONS)
    if claim is None:
        raise NotFoundError(f"claim {claim_id}")
    require_may_decide(claim, officer)
    if narrative_id := find_narrative_id(claim.id):
        require_may_change(require_narrative(narrative_id), officer)


def edit_narrative(narrative_id: int, version: int, *, title: str, notes: str, officer: Officer, now: datetime) -> bool:
    """Change title and notes, and tell whether anything differed.

    Raises EditConflictError for a stale version, NotAllowedError for who may not decide about each of its claims.
    """
    with write_transaction():
        narrative = require_narrative_at_version(narrative_id, version)
        require_may_change(narrative, officer)
        before = {"title": narrative.title, "notes": narrative.notes}
        after = {"title": _read_title(title), "notes": _read_text(notes, NOTES_LIMIT, "notes")}
        if before == after:
            return False
        narrative.title, narrative.notes = after["title"], after["notes"]
        raise_version(narrative, now)
        changed = [name for name in after if after[name] != before[name]]
        detail = {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
        audit_log.record_event(
            "narrative_changed", f"narrative:{narrative.id}", officer=officer, now=now, detail=detail
        )
        return True


def _require_claims(
    claim_ids: Sequence[int], officer: Officer, now: datetime, *, is_merged_fine: bool = False
) -> list[Claim]:
    """Return the claims, in that order, if the officer may decide about each and nobody else works on it.

    A merged claim stands for another, which is the one to choose.
    """
    if not officer.is_a(RoleName.OFFICER):
        raise NotAllowedError("narratives need the role officer")
    query = sa.select(Claim).where(Claim.id.in_(claim_ids)).options(selectinload(Claim.accusations))
    claims = {claim.id: claim for claim in db.session.scalars(query)}
    for claim_id in claim_ids:
        if claim_id not in claims:
            message = _("Tidak ada klaim dengan nomor itu.")
            raise NotFoundError(f"claim {claim_id}", user_message=message)
        claim = claims[claim_id]
        require_may_decide(claim, officer)
        if claim.status is ClaimStatus.MERGED and not is_merged_fine:
            message = _(
                "Klaim %(number)s sudah digabung ke Klaim %(into)s. Pakai klaim itu.",
                number=claim.id,
                into=claim.merged_into_id,
            )
            raise InvalidInputError(f"claim {claim_id} is merged", user_message=message, field="other")
    locks.require_unlocked(officer, now, *claim_ids)
    return [claims[claim_id] for claim_id in claim_ids]


def require_may_change(narrative: Narrative, officer: Officer) -> None:
    """Raise NotAllowedError unless the officer may decide about every claim of the narrative.

    What names or joins a story that accuses a unit is not for that unit's people.
    """
    if not officer.is_a(RoleName.OFFICER):
        raise NotAllowedError("narratives need the role officer")
    for claim in _list_accusing_claims(narrative):
        require_may_decide(claim, officer)


def _require_may_extend(narrative: Narrative, officer: Officer) -> None:
    """Raise NotAllowedError where a claim more could rename the narrative, for who may not name it.

    One without a title goes by that of its oldest claim.
    """
    if not narrative.title:
        require_may_change(narrative, officer)


def may_change(narrative: Narrative, officer: Officer) -> bool:
    """Tell whether the officer may decide about every claim of the narrative."""
    return officer.is_a(RoleName.OFFICER) and all(
        may_decide(claim, officer) for claim in _list_accusing_claims(narrative)
    )


def may_read_notes(narrative: Narrative, officer: Officer) -> bool:
    """Tell whether the officer may read what officers wrote about the narrative: notes, and reasons of their acts.

    As with a claim's notes, nobody may who belongs to a unit that a claim of it accuses.
    """
    claims = _list_accusing_claims(follow_narrative_merges(narrative))
    return not any(is_accused(claim, officer) for claim in claims)


def _list_accusing_claims(narrative: Narrative) -> list[Claim]:
    mine = sa.select(NarrativeClaim.claim_id).where(NarrativeClaim.narrative_id == narrative.id)
    query = sa.select(Claim).where(Claim.id.in_(mine), is_accusing())
    return list(db.session.scalars(query.options(selectinload(Claim.accusations))))


def require_narrative(narrative_id: int) -> Narrative:
    """Return the narrative. Raises NotFoundError."""
    narrative = db.session.get(Narrative, narrative_id)
    if narrative is None:
        raise NotFoundError(f"narrative {narrative_id}", user_message=_("Tidak ada narasi dengan nomor itu."))
    return narrative


def require_narrative_at_version(narrative_id: int, version: int) -> Narrative:
    """Return a narrative that nobody merged or changed since. Raises NotFoundError, EditConflictError."""
    narrative = require_narrative(narrative_id)
    if narrative.version != version or narrative.merged_into_id is not None:
        raise narrative_conflict(narrative_id)
    return narrative


def narrative_conflict(narrative_id: int) -> EditConflictError:
    """Return the error that names who changed the narrative last."""
    return edit_conflict(f"narrative:{narrative_id}", "narrative_")


def follow_narrative_merges(narrative: Narrative) -> Narrative:
    """Return the narrative that this one was merged into, through further merges."""
    while narrative.merged_into_id is not None:
        narrative = require_narrative(narrative.merged_into_id)
    return narrative


def find_narrative_id(claim_id: int) -> int | None:
    """Return the narrative that the claim is in, if any."""
    return db.session.scalar(sa.select(NarrativeClaim.narrative_id).where(NarrativeClaim.claim_id == claim_id))


def _list_fellow_ids(claim_id: int) -> Sequence[int]:
    """Return the ids of all claims in the claim's narrative, empty where it is in none."""
    mine = sa.select(NarrativeClaim.narrative_id).where(NarrativeClaim.claim_id == claim_id).scalar_subquery()
    return db.session.scalars(sa.select(NarrativeClaim.claim_id).where(NarrativeClaim.narrative_id == mine)).all()


def _list_refused_pairs(claim_id: int) -> set[tuple[int, int]]:
    """Return the pairs with this claim of which an officer said that they are not one story."""
    row = NarrativeRefusal
    query = sa.select(row.first_claim_id, row.second_claim_id)
    pairs = db.session.execute(query.where(sa.or_(row.first_claim_id == claim_id, row.second_claim_id == claim_id)))
    return {(first, second) for first, second in pairs}


def _in_order(one: int, other: int) -> tuple[int, int]:
    """Return two ids as a refusal stores them."""
    return min(one, other), max(one, other)


def _require_loose(claims: Sequence[Claim]) -> None:
    """Raise EditConflictError where one of the claims is in a narrative."""
    for claim in claims:
        if find_narrative_id(claim.id) is not None:
            raise _already_inside(claim.id)


def _already_inside(claim_id: int) -> EditConflictError:
    """Return the error that says who put the claim into which narrative."""
    query = sa.select(NarrativeClaim).where(NarrativeClaim.claim_id == claim_id)
    row = db.session.scalar(query.options(joinedload(NarrativeClaim.added_by).lazyload(Officer.roles)))
    if row is None:
        return EditConflictError(f"claim {claim_id} changed in the meantime")
    message = _(
        "Klaim %(number)s sudah ada di Narasi %(narrative)s: dimasukkan %(name)s, %(when)s. Keluarkan dulu dari sana, "
        "atau gabungkan kedua narasinya.",
        number=claim_id,
        narrative=row.narrative_id,
        name=row.added_by.name,
        when=format_datetime(row.added_at, _("d MMMM y, HH.mm 'WITA'")),
    )
    return EditConflictError(f"claim {claim_id} is in narrative {row.narrative_id}", user_message=message)


def _add_narrative_row(officer: Officer, now: datetime, *, title: str = "", notes: str = "") -> Narrative:
    """Add an empty narrative in the current transaction."""
    narrative = Narrative(
        title=_read_title(title),
        notes=_read_text(notes, NOTES_LIMIT, "notes"),
        created_by_id=officer.id,
        created_at=now,
        changed_at=now,
    )
    db.session.add(narrative)
    db.session.flush()
    return narrative


def _add_claim_row(
    narrative: Narrative, claim: Claim, origin: NarrativeOrigin, reason: str, officer: Officer, now: datetime
) -> audit_log.AuditEntry:
    """Add the claim to the narrative in the current transaction; return the audit event."""
    stripped_reason = _read_text(reason, REASON_LIMIT)
    about = {"origin": origin, "reason": stripped_reason, "added_by_id": officer.id, "added_at": now}
    db.session.add(NarrativeClaim(narrative_id=narrative.id, claim_id=claim.id, **about))
    detail = {"claim": claim.id, "origin": origin.value} | ({"reason": stripped_reason} if stripped_reason else {})
    return audit_log.AuditEntry("narrative_claim_added", f"narrative:{narrative.id}", detail)


def raise_version(narrative: Narrative, now: datetime) -> None:
    """Note that the narrative changed."""
    narrative.version += 1
    narrative.changed_at = now


def _read_title(text: str) -> str:
    """Return a typed title with single blanks. Raises InvalidInputError for one that is too long."""
    return " ".join(_read_text(text, TITLE_LIMIT, "title").split())


def _read_text(text: str, limit: int, field: str = "reason") -> str:
    """Return a typed text without NUL. Raises InvalidInputError for one that is too long."""
    stripped = text.replace("\x00", " ").strip()
    if len(stripped) > limit:
        message = _("Terlalu panjang: paling banyak %(max)s huruf. Yang lain belum disimpan.", max=limit)
        raise InvalidInputError("a text that is too long", user_message=message, field=field)
    return stripped
