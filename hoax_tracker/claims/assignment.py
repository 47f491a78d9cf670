"""Assignment: each claim belongs to the unit that answers it, whose officers get one notice. Closed units keep no work.

The model suggests the unit, officers change it. Notices are derived from rows (``told_unit_id`` differs from
``unit_id``), so a suggestion, a decision, a bulk act and an undone one are all notified alike, whichever process
stopped in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.authority.row_acts import Values, register_row_act
from hoax_tracker.claims.recusal import is_accused, is_unit_accused
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import WAITING_STATUSES, Claim, NoticeKind, Officer, Proposal, Question, Unit, db
from hoax_tracker.notifications import notices
from hoax_tracker.organisation.units import UNITS, find_root_unit, nearest_active_parent

BATCH = 200

register_acts(
    AuditAct("claim_unit_closed", _l("memindahkan %(what)s dari perangkat daerah yang ditutup")),
    AuditAct(
        "question_unit_closed", _l("mengembalikan pertanyaan tentang %(what)s karena perangkat daerahnya ditutup")
    ),
    actor=_l("Program"),
)


def notify_unit(claim: Claim, now: datetime, *, by: Officer | None = None, reason: str = "") -> int:
    """Notify the officers of the claim's unit, in the current transaction; return how many.

    The same unit is notified once. PPID Utama, whose queue holds every claim, is notified only where somebody (``by``)
    assigned the claim to it, or to a unit without active officers. A unit's first officer is notified of what waits.
    Members of the accused unit are never notified.
    """
    unit = db.session.get(Unit, claim.unit_id) if claim.unit_id else None
    if unit is None or claim.told_unit_id == unit.id or claim.status not in WAITING_STATUSES:
        return 0
    answering = notices.list_answering_officers(unit.id)
    has_officers = any(officer.unit_id == unit.id for officer in answering)
    if by is None and not has_officers:
        return 0
    claim.told_unit_id = unit.id
    if by is None and unit.is_root:
        return 0
    people = [officer for officer in answering if not is_accused(claim, officer)]
    words, kind = reason.strip(), NoticeKind.RETURNED if unit.is_root else NoticeKind.ROUTED
    if not has_officers:
        with force_locale("id"):
            lacking = _("%(unit)s belum punya petugas di sini.", unit=unit.name)
        words = f"{lacking} {words}".strip()
    return notices.notify_officers(people, kind, now, but=by, claim_id=claim.id, text=words)


def notify_waiting_units(now: datetime) -> int:
    """Notify the unit of every claim whose unit changed; return the number of notices."""
    with write_transaction():
        query = (
            sa.select(Claim)
            .where(Claim.status.in_(WAITING_STATUSES), Claim.unit_id.is_not(None))
            .where(Claim.told_unit_id.is_distinct_from(Claim.unit_id), Claim.unit_id.in_(notices.units_with_officers()))
            .order_by(Claim.id)
            .limit(BATCH)
        )
        return sum(notify_unit(claim, now) for claim in db.session.scalars(query).all())


def count_open_work(unit_id: int) -> tuple[int, int]:
    """Return how many waiting claims and open questions a unit has."""
    claims = sa.select(sa.func.count()).where(Claim.unit_id == unit_id, Claim.status.in_(WAITING_STATUSES))
    questions = sa.select(sa.func.count()).where(Question.unit_id == unit_id, Question.closed_at.is_(None))
    return db.session.scalar(claims) or 0, db.session.scalar(questions) or 0


def reassign_open_work(unit: Unit, now: datetime, *, by: Officer | None = None) -> tuple[int, int]:
    """Move the open work of a closing unit to the nearest active unit above, in the current transaction.

    Every claim's version is raised, so that stale forms are refused. Returns how many claims and questions moved.
    """
    target = nearest_active_parent(unit)
    claims = db.session.scalars(
        sa.select(Claim).where(Claim.unit_id == unit.id, Claim.status.in_(WAITING_STATUSES))
    ).all()
    for claim in claims:
        _reassign_claim(claim, unit, target, now, by)
    asked = sa.select(Question).where(Question.unit_id == unit.id, Question.closed_at.is_(None))
    questions = db.session.scalars(asked).all()
    for question in questions:
        _return_unit_question(question, unit, now, by)
    return len(claims), len(questions)


def _move_work_of_closed_unit(
    unit: Unit, before: Values, _proposal: Proposal, by: Officer | None, now: datetime
) -> None:
    """Move the open work of a unit that a confirmed change closed."""
    if before.get("is_active") and not unit.is_active:
        reassign_open_work(unit, now, by=by)


register_row_act(UNITS, then=_move_work_of_closed_unit)


def _reassign_claim(claim: Claim, unit: Unit, target: Unit | None, now: datetime, by: Officer | None) -> None:
    """Reassign a claim of a closed unit; never to the accused unit, then rather to PPID Utama, else to nobody."""
    candidates = (candidate for candidate in (target, find_root_unit()) if candidate is not None)
    target = next((candidate for candidate in candidates if not is_unit_accused(claim, candidate)), None)
    claim.unit_id = target.id if target else None
    claim.version += 1
    detail = {"from": unit.code, "unit": target.code if target else None}
    audit_log.record_event("claim_unit_closed", f"claim:{claim.id}", officer=by, now=now, detail=detail)
    with force_locale("id"):
        reason = _("%(unit)s tidak aktif lagi.", unit=unit.name)
    if target is not None:
        claim.told_unit_id = target.id
        kind = NoticeKind.RETURNED if target.is_root else NoticeKind.ROUTED
        notices.notify_officers(notices.list_answering_officers(target.id), kind, now, claim_id=claim.id, text=reason)


def _return_unit_question(question: Question, unit: Unit, now: datetime, by: Officer | None) -> None:
    """Close a question to a closing unit, and notify the officer who asked."""
    question.closed_at, question.version = now, question.version + 1
    with force_locale("id"):
        question.closed_reason = _("%(unit)s tidak aktif lagi. Tanyakan ke perangkat daerah lain.", unit=unit.name)
    audit_log.record_event(
        "question_unit_closed", f"claim:{question.claim_id}", officer=by, now=now, detail={"unit": unit.code}
    )
    asker, claim_id, reason = [question.asked_by], question.claim_id, question.closed_reason
    notices.notify_officers(asker, NoticeKind.DECLINED, now, claim_id=claim_id, question_id=question.id, text=reason)


def reassign_closed_units_work(now: datetime) -> int:
    """Reassign all open work of inactive units; return how many pieces moved."""
    with write_transaction():
        moved = [reassign_open_work(unit, now) for unit in _closed_units_with_work()]
        return sum(claims + questions for claims, questions in moved)


def _closed_units_with_work() -> Sequence[Unit]:
    """Return the inactive units that have open work."""
    has_open_work = sa.or_(
        sa.exists().where(Claim.unit_id == Unit.id, Claim.status.in_(WAITING_STATUSES)),
        sa.exists().where(Question.unit_id == Unit.id, Question.closed_at.is_(None)),
    )
    query = sa.select(Unit).where(Unit.is_active.is_(False), has_open_work).options(joinedload(Unit.parent))
    return db.session.scalars(query).all()
