"""Officers' decisions about claims. Each is one transaction: the claim, a decision row and an audit event.

A form carries the version of the claim that the officer saw. Where the claim changed since, nothing is written and the
error says who changed it, what and when.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _
from sqlalchemy.orm import joinedload, lazyload

from hoax_tracker.authority.acts import ClaimAct, require_may_act
from hoax_tracker.claims import assignment, locks
from hoax_tracker.claims.public_words import closing_reasons
from hoax_tracker.claims.public_words.judged_claims import end_judgement_of, judge_claims, list_with_merged
from hoax_tracker.claims.recusal import WITH_ACCUSATIONS, is_unit_accused, require_may_decide
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import edit_conflict
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Officer,
    Proposal,
    Report,
    RoleName,
    Unit,
    db,
)
from hoax_tracker.review.decisions import accusation, report_rejections
from hoax_tracker.review.decisions.related_rows import list_narrative_moves
from hoax_tracker.review.decisions.second_person import (
    ChangeRecord,
    decision_transaction,
    is_answered,
    propose_decision,
)

REOPENED_DUE = timedelta(hours=24)
CLOSING_WITH_REASON = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE)
ACCUSED_SET_ACTION = "claim_accused_unit_set"
ACCUSATION_LIFTED_ACTION = "claim_accusation_lifted"


@dataclass(frozen=True)
class DecisionChoice:
    """A decision as an officer requests it; which fields count depends on the kind."""

    kind: DecisionKind
    reason: str = ""
    unit_id: int | None = None
    accused_unit_id: int | None = None
    clarification_id: int | None = None


@dataclass(frozen=True)
class DecisionOutcome:
    """The effect of a decision: ``answered`` counts the reports that now have their answer.

    ``other_id`` is the claim this one was merged into, or the claim that was split from it; ``unit_name`` says who
    answers the claim now. ``is_proposed``: nothing changed yet, a second person confirms it.
    """

    claim_id: int
    kind: DecisionKind
    closed: bool
    answered: int = 0
    decision_id: int = 0
    other_id: int | None = None
    unit_name: str = ""
    is_proposed: bool = False


def decide_claim(
    claim_id: int,
    version: int,
    choice: DecisionChoice,
    *,
    officer: Officer,
    now: datetime,
    confirmed: Proposal | None = None,
) -> DecisionOutcome:
    """Take the decision on the claim at ``version``; one that gives or takes an answer waits for a second person.

    Raises EditConflictError for a stale version, InvalidInputError where the decision does not fit the claim or is
    incomplete, NotAllowedError where the officer may not decide.
    """
    try:
        # Written once everything is decided: each look at other rows would send the half of it ahead.
        with decision_transaction(confirmed):
            claim = require_claim_at_version(claim_id, version, officer, choice.kind)
            own_locks = locks.require_unlocked(officer, now, claim_id)
            if confirmed is None and _changes_answer(claim, choice):
                return _propose_answer(claim, choice, officer, now)
            trace = ChangeRecord(claim)
            if confirmed is not None:
                _settle_judgement(claim, choice, confirmed, now)
            detail = DECISION_EFFECTS[choice.kind](claim, choice, officer, now)
            assignment.notify_unit(claim, now, by=officer, reason=choice.reason)
            if choice.kind in CLOSING_WITH_REASON:
                closing_reasons.propose_reason(choice.reason, by=officer, now=now)
            row = record_decision(claim, choice.kind, choice.reason.strip(), officer, now, detail, trace=trace)
            if own_locks:
                locks.delete_claim_lock(claim_id, officer)
            return decision_outcome(claim, row, detail.get("reports"))
    except EditConflictError as error:
        raise edit_conflict(f"claim:{claim_id}", "claim_") from error


def _changes_answer(claim: Claim, choice: DecisionChoice) -> bool:
    """Tell whether the decision gives the claim an answer, or takes one from it."""
    if choice.kind is DecisionKind.LINK:
        return True
    return choice.kind is DecisionKind.REOPEN and is_answered(claim)


def _propose_answer(claim: Claim, choice: DecisionChoice, officer: Officer, now: datetime) -> DecisionOutcome:
    """Propose an answer, or that it is taken away, once it is known to fit the claim."""
    if choice.kind is DecisionKind.LINK:
        _require_linkable_page(claim, choice)
    values = {"clarification": choice.clarification_id} if choice.clarification_id else {}
    propose_decision(choice.kind, claim, values, reason=choice.reason, officer=officer, now=now)
    return DecisionOutcome(claim.id, choice.kind, closed=False, is_proposed=True)


def _settle_judgement(claim: Claim, choice: DecisionChoice, confirmed: Proposal, now: datetime) -> None:
    """Let the claim's words count as judged, or count no more, as a second person confirmed."""
    ids = list_with_merged([claim.id])
    if choice.kind is DecisionKind.LINK and choice.clarification_id:
        judge_claims(ids, choice.clarification_id, confirmed)
    elif choice.kind is DecisionKind.REOPEN:
        end_judgement_of(ids, now)


def note_accused_unit(
    claim_id: int, version: int, unit_id: int | None, *, officer: Officer, now: datetime, claimant: str | None = None
) -> bool:
    """Note a further unit that the claim accuses (None: none); True where the claim was moved away from it.

    ``claimant`` is who makes the claim ("": unknown; None: unchanged). The audit log says that it changed, never the
    name. Raises as ``decide_claim`` does. For a merged claim the accusation is stored on the claim that answers for it,
    where it takes effect.
    """
    try:
        with write_transaction():
            claim = require_claim_at_version(claim_id, version, officer, ClaimAct.NOTE_ACCUSED)
            locks.require_unlocked(officer, now, claim_id)
            require_unmerged(claim)
            answered_by = claim.unit_id
            detail = accusation.note_accused_unit(claim, unit_id, officer, now)
            if claimant is not None and claimant != (claim.claimant or ""):
                claim.claimant = claimant or None
                detail |= {"claimant": "changed"}
            moved = claim.unit_id != answered_by
            if moved:
                answering = db.session.get(Unit, claim.unit_id) if claim.unit_id else None
                detail |= {"unit": answering.code if answering else None}
                with force_locale("id"):
                    reason = _("Klaim menuduh perangkat daerah itu.")
                record_decision(claim, DecisionKind.ASSIGN, reason, officer, now, detail)
            else:
                claim.version += 1
            audit_log.record_event(ACCUSED_SET_ACTION, f"claim:{claim.id}", officer=officer, now=now, detail=detail)
            return moved
    except EditConflictError as error:
        raise edit_conflict(f"claim:{claim_id}", "claim_") from error


def lift_accusations(
    claim_id: int,
    version: int,
    reason: str,
    *,
    officer: Officer,
    now: datetime,
    chosen: Collection[int] | None = None,
) -> None:
    """Say of units that the claim names that it does not accuse them; ``chosen``: ids of accusations, None for all.

    Raises as ``decide_claim`` does; NotAllowedError for all but PPID Utama and the answering unit, outside the accused
    branch (accusation.py).
    """
    try:
        with write_transaction():
            claim = require_claim_at_version(claim_id, version, officer, ClaimAct.LIFT_ACCUSATION)
            locks.require_unlocked(officer, now, claim_id)
            require_unmerged(claim)
            rows = accusation.lift(claim, chosen, reason, officer, now)
            claim.version += 1
            detail = {"accused": [row.unit.code if row.unit else row.unit_kind for row in rows], "reason": reason}
            subject = f"claim:{claim.id}"
            audit_log.record_event(ACCUSATION_LIFTED_ACTION, subject, officer=officer, now=now, detail=detail)
    except EditConflictError as error:
        raise edit_conflict(f"claim:{claim_id}", "claim_") from error


def require_officer(officer: Officer) -> None:
    """Raise NotAllowedError unless the person has the role that decides."""
    if not officer.is_a(RoleName.OFFICER):
        raise NotAllowedError("deciding needs the role officer")


def require_claim_at_version(claim_id: int, version: int, officer: Officer, act: DecisionKind | ClaimAct) -> Claim:
    """Return the claim if it is unchanged since the officer saw it, and the act is theirs (authority/acts.py).

    Raises NotFoundError, NotAllowedError or EditConflictError.
    """
    require_officer(officer)
    claim = db.session.get(Claim, claim_id, options=WITH_ACCUSATIONS)
    if claim is None:
        raise NotFoundError(f"claim {claim_id}")
    require_may_decide(claim, officer)
    if claim.version != version:
        raise EditConflictError(f"claim {claim_id} is at version {claim.version}, the form was drawn from {version}")
    require_may_act(act, claim, officer)
    return claim


def record_decision(
    claim: Claim,
    kind: DecisionKind,
    reason: str,
    officer: Officer,
    now: datetime,
    detail: dict[str, Any],
    *,
    also: Collection[tuple[Claim, dict[str, Any]]] = (),
    trace: ChangeRecord | None = None,
    moves: Collection[audit_log.AuditEntry] = (),
    **fields: Any,
) -> Decision:
    """Add the decision row (with ``fields``) and its audit event, and return the row.

    The versions of the claim and of those in ``also`` (each with its audit detail) are raised, so that stale forms are
    refused. ``trace`` knows what the decision changed; ``moves`` are events of narratives beside those it tells.
    """
    noted = [(claim, {"reason": reason} | detail), *also]
    for noted_claim, _detail in noted:
        noted_claim.version += 1
    if trace is not None:
        fields["changes"] = trace.changes()
    row = Decision(claim=claim, officer_id=officer.id, kind=kind, reason=reason, decided_at=now, **fields)
    db.session.add(row)
    acts = [(noted_claim, {"status": noted_claim.status.value} | claim_detail) for noted_claim, claim_detail in noted]
    events = [
        audit_log.AuditEntry(f"claim_{kind.value}", f"claim:{noted_claim.id}", claim_detail)
        for noted_claim, claim_detail in acts
    ]
    if trace is not None:
        events += list_narrative_moves(fields["changes"])
    audit_log.record_events([*events, *moves], officer=officer, now=now)
    return row


def decision_outcome(claim: Claim, row: Decision, answered: int | None = None) -> DecisionOutcome:
    """Return the effect of the decision, read from the claim that answers afterwards.

    ``answered``: the number of reports waiting on it, where it is known already.
    """
    decided = row.claim
    if answered is None:
        answered = _count_waiting_reports(claim.id) if claim.status is ClaimStatus.CLARIFIED else 0
    return DecisionOutcome(
        decided.id,
        row.kind,
        decided.status not in WAITING_STATUSES,
        answered,
        row.id,
        row.other_claim_id,
        decided.unit.short_name if decided.unit else "",
    )


def ensure_edit_conflict(error: EditConflictError, claim_id: int) -> EditConflictError:
    """Return an EditConflictError that names who changed the claim; one that does so already is returned unchanged."""
    return (
        error
        if error.user_message is not EditConflictError.user_message
        else edit_conflict(f"claim:{claim_id}", "claim_")
    )


def require_unmerged(claim: Claim) -> None:
    """Raise InvalidInputError, with a link to the other claim, for a merged claim."""
    if claim.status is ClaimStatus.MERGED:
        where = _("Klaim ini sudah digabung ke Klaim %(number)s. Lanjutkan di sana.", number=claim.merged_into_id)
        raise InvalidInputError(f"claim {claim.id} is merged", user_message=where)


def require_waiting(claim: Claim) -> None:
    """Raise InvalidInputError for a closed claim."""
    require_unmerged(claim)
    if claim.status not in WAITING_STATUSES:
        raise InvalidInputError(
            f"claim {claim.id} is {claim.status.value}", user_message=_("Klaim ini sudah selesai. Buka kembali dulu.")
        )


def _set_examination_status(claim: Claim, status: ClaimStatus, now: datetime) -> None:
    """Set a status under examination. The public page shows since when."""
    claim.status = status
    claim.examined_since = claim.examined_since or now


def _close_claim(claim: Claim, choice: DecisionChoice, _officer: Officer, _now: datetime) -> dict[str, Any]:
    """Close the claim without a clarification. Only a plain dismissal needs a reason; the other kinds are one."""
    require_waiting(claim)
    if choice.kind is DecisionKind.DISMISS and not choice.reason.strip():
        message = _("Tulis alasannya: pelapor dan petugas lain akan membacanya.")
        raise InvalidInputError("dismissed without a reason", user_message=message, field="reason")
    claim.status = ClaimStatus.DISMISSED
    return {}


def _investigate_claim(claim: Claim, _choice: DecisionChoice, _officer: Officer, now: datetime) -> dict[str, Any]:
    """Mark the claim as under examination, which the public sees."""
    require_waiting(claim)
    if claim.status is ClaimStatus.INVESTIGATING:
        raise InvalidInputError("already investigated", user_message=_("Klaim ini sudah diperiksa."))
    _set_examination_status(claim, ClaimStatus.INVESTIGATING, now)
    return {}


def _assign_claim(claim: Claim, choice: DecisionChoice, officer: Officer, now: datetime) -> dict[str, Any]:
    """Assign the claim to the unit that answers, never to an accused branch (claims/recusal.py)."""
    require_waiting(claim)
    detail = accusation.note_accused_unit(claim, choice.accused_unit_id, officer, now)
    unit = db.session.get(Unit, choice.unit_id) if choice.unit_id else None
    if unit is None or not unit.is_active:
        raise InvalidInputError(
            "no such unit", user_message=_("Pilih perangkat daerah yang menjawab."), field="unit_id"
        )
    if is_unit_accused(claim, unit):
        message = _(
            "Klaim ini menuduh perangkat daerah itu, induknya, atau bawahannya. "
            "Teruskan ke PPID Utama atau ke yang lain, atau nyatakan dulu bahwa itu bukan tuduhan."
        )
        raise InvalidInputError("assigned to the accused unit", user_message=message, field="unit_id")
    claim.unit_id = unit.id
    _set_examination_status(claim, ClaimStatus.TRIAGED if claim.status is ClaimStatus.NEW else claim.status, now)
    return detail | {"unit": unit.code}


def _link_clarification(claim: Claim, choice: DecisionChoice, _officer: Officer, _now: datetime) -> dict[str, Any]:
    """Answer the claim, and every report that waits on it, with a published clarification."""
    page = _require_linkable_page(claim, choice)
    if page not in (pages := claim.clarifications):  # type: ignore[attr-defined]
        pages.append(page)  # not the other way round: a page may answer thousands
    claim.status = ClaimStatus.CLARIFIED
    return {"clarification": page.id, "reports": _count_waiting_reports(claim.id)}


def _require_linkable_page(claim: Claim, choice: DecisionChoice) -> Clarification:
    """Return the published page that is to answer the claim. Raises InvalidInputError where it cannot."""
    require_waiting(claim)
    approving = joinedload(Clarification.approver).options(joinedload(Officer.unit), lazyload(Officer.roles))
    key = choice.clarification_id
    page = db.session.get(Clarification, key, options=[approving]) if key else None
    if page is None or not page.is_public:
        gone = _("Klarifikasi itu tidak ada atau belum terbit.")
        message = gone if key else _("Cari dan pilih dulu klarifikasi yang sudah terbit.")
        raise InvalidInputError("not a published clarification", user_message=message, field="clarification")
    approver = page.approver.unit if page.approver else None
    if is_unit_accused(claim, approver):
        message = _(
            "Klarifikasi itu disetujui perangkat daerah yang dituduh klaim ini, induknya, atau bawahannya. "
            "Susun klarifikasi baru."
        )
        raise InvalidInputError("approved by the accused unit", user_message=message, field="clarification")
    return page


def _reopen_claim(claim: Claim, _choice: DecisionChoice, _officer: Officer, now: datetime) -> dict[str, Any]:
    """Put a closed claim back in the queue with a new deadline and without its clarifications."""
    require_unmerged(claim)
    if claim.status in WAITING_STATUSES:
        raise InvalidInputError("not closed", user_message=_("Klaim ini masih menunggu keputusan."))
    # A draft stays with its claim, and with what the claim accuses.
    answered = [page for page in claim.clarifications if page.published_at is not None]  # type: ignore[attr-defined]
    unlinked = [page.id for page in answered]
    for page in answered:
        claim.clarifications.remove(page)  # type: ignore[attr-defined]
    _set_examination_status(claim, ClaimStatus.TRIAGED, now)
    claim.due_at = now + REOPENED_DUE
    report_rejections.restore_claim_reports(claim)
    return {"unlinked": unlinked}


def _refuse_decision(_claim: Claim, _choice: DecisionChoice, _officer: Officer, _now: datetime) -> dict[str, Any]:
    """Refuse a kind of decision that has a service of its own: drafting, merging, undoing."""
    raise InvalidInputError("not decided this way")


def _count_waiting_reports(claim_id: int) -> int:
    """Return how many residents' reports wait for the claim's answer."""
    query = (
        sa.select(sa.func.count())
        .select_from(ClaimAppearance)
        .join(Report, Report.id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id == claim_id, Report.rejected_at.is_(None))
    )
    return db.session.scalar(query) or 0


DecisionEffect = Callable[[Claim, DecisionChoice, Officer, datetime], dict[str, Any]]
DECISION_EFFECTS: dict[DecisionKind, DecisionEffect] = {
    DecisionKind.DISMISS: _close_claim,
    DecisionKind.NOT_A_CLAIM: _close_claim,
    DecisionKind.OUT_OF_SCOPE: _close_claim,
    DecisionKind.INVESTIGATE: _investigate_claim,
    DecisionKind.ASSIGN: _assign_claim,
    DecisionKind.LINK: _link_clarification,
    DecisionKind.REOPEN: _reopen_claim,
    DecisionKind.CLARIFY: _refuse_decision,
    DecisionKind.MERGE: _refuse_decision,
    DecisionKind.SPLIT: _refuse_decision,
    DecisionKind.JUNK: _refuse_decision,
    DecisionKind.UNDO: _refuse_decision,
}
