"""Who works on a claim. Locks: one officer at a time, by name, for a limited time, and others may take it over.

A lock is a courtesy between people beside the version that every form carries. Losing it loses no text, and without it
nothing is overwritten. It expires by itself; one in the future (the clock was set back) does not count.
A claim that no officer has begun with (``has_officer_work``) is the machine's alone, and may go as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import format_datetime, gettext as _, lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.authority.acts import ClaimAct, require_may_act
from hoax_tracker.claims.recusal import require_may_decide
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import ClaimLockedError, NotFoundError
from hoax_tracker.models import (
    Claim,
    ClaimAccusation,
    ClaimLock,
    Decision,
    DecisionKind,
    Evidence,
    NarrativeClaim,
    Note,
    Officer,
    Question,
    Role,
    RoleName,
    claim_tag,
    clarification_claim,
    db,
    officer_role,
)

LOCK_DURATION = timedelta(minutes=10)

_DECISION_SENTENCES: dict[DecisionKind, Any] = {
    DecisionKind.DISMISS: _l("menutup %(what)s tanpa klarifikasi"),
    DecisionKind.NOT_A_CLAIM: _l("menilai %(what)s bukan klaim"),
    DecisionKind.OUT_OF_SCOPE: _l("menilai %(what)s di luar kewenangan"),
    DecisionKind.INVESTIGATE: _l("mulai memeriksa %(what)s"),
    DecisionKind.ASSIGN: _l("meneruskan %(what)s ke perangkat daerah"),
    DecisionKind.CLARIFY: _l("mulai menyusun klarifikasi untuk %(what)s"),
    DecisionKind.LINK: _l("menautkan %(what)s ke klarifikasi yang sudah terbit"),
    DecisionKind.REOPEN: _l("membuka kembali %(what)s"),
    DecisionKind.MERGE: _l("menggabungkan %(what)s dengan klaim lain"),
    DecisionKind.SPLIT: _l("memisahkan kemunculan dari %(what)s"),
    DecisionKind.JUNK: _l("menolak aduan yang bukan kabar pada %(what)s"),
    DecisionKind.UNDO: _l("mengurungkan keputusan tentang %(what)s"),
}
register_acts(
    AuditAct("claim_taken_over", _l("mengambil alih %(what)s dari petugas lain")),
    *(AuditAct(f"claim_{kind.value}", _DECISION_SENTENCES[kind], kind.label) for kind in DecisionKind),
)


@dataclass(frozen=True)
class LockHolder:
    """The officer who works on a claim, since when, and until when unless they continue."""

    officer_id: int
    name: str
    since: datetime
    until: datetime


def has_officer_work(claim: Claim) -> bool:
    """Tell whether officers have begun with the claim: a decision, question, note, label, page, evidence or merge."""
    began: list[sa.ColumnElement[bool]] = [
        sa.or_(Decision.claim_id == claim.id, Decision.other_claim_id == claim.id),
        Claim.merged_into_id == claim.id,
        sa.and_(ClaimAccusation.claim_id == claim.id, ClaimAccusation.officer_id.is_not(None)),
        *(table.claim_id == claim.id for table in (Question, Note, Evidence, NarrativeClaim)),
        *(table.c.claim_id == claim.id for table in (claim_tag, clarification_claim)),
    ]
    return any(db.session.scalar(sa.select(sa.exists().where(condition))) for condition in began)


def find_lock_holder(claim_id: int, now: datetime) -> LockHolder | None:
    """Return the officer who works on the claim now, if they may still decide."""
    query = sa.select(ClaimLock).where(ClaimLock.claim_id == claim_id, is_deciding_officer(ClaimLock.officer_id))
    who = joinedload(ClaimLock.officer).lazyload(Officer.roles)
    return holder_of_lock(db.session.scalar(query.options(who)), now)


def is_deciding_officer(officer_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    """Return the condition that the officer may still decide; others' locks do not count."""
    roles = officer_role.c
    named = sa.select(roles.officer_id).join(Role, Role.id == roles.role_id).where(Role.name == RoleName.OFFICER.value)
    return officer_id.in_(named.join(Officer, Officer.id == roles.officer_id).where(Officer.active))


def holder_of_lock(lock: ClaimLock | None, now: datetime) -> LockHolder | None:
    """Return the present holder from a loaded lock, whose query left out officers who may not decide any more."""
    if lock is None or not lock.taken_at <= now < lock.ends_at:
        return None
    return LockHolder(lock.officer_id, lock.officer.name, lock.taken_at, lock.ends_at)


def lock_claim(claim_id: int, *, officer: Officer, now: datetime, over: bool = False) -> LockHolder:
    """Take or extend the lock; ``over`` takes it from another officer, which the audit log records.

    Raises ClaimLockedError where another officer has it, NotAllowedError for officers who may not decide.
    """
    with write_transaction():
        claim = db.session.get(Claim, claim_id)
        if claim is None:
            raise NotFoundError(f"claim {claim_id}")
        require_may_decide(claim, officer)
        holder = find_lock_holder(claim_id, now)
        if holder is not None and holder.officer_id != officer.id:
            if not over:
                raise _claim_locked_error(holder)
            require_may_act(ClaimAct.TAKE_OVER, claim, officer)
            detail = {"from": holder.officer_id}
            audit_log.record_event("claim_taken_over", f"claim:{claim_id}", officer=officer, now=now, detail=detail)
        mine = holder is not None and holder.officer_id == officer.id
        lock = ClaimLock(claim_id=claim_id, officer_id=officer.id, taken_at=now, ends_at=now + LOCK_DURATION)
        if mine and holder is not None:
            lock.taken_at = holder.since
        db.session.merge(lock)
        return LockHolder(officer.id, officer.name, lock.taken_at, lock.ends_at)


def release_claim(claim_id: int, *, officer: Officer) -> None:
    """Release the lock if the officer has it."""
    with write_transaction(None):
        delete_claim_lock(claim_id, officer)


def delete_claim_lock(claim_id: int, officer: Officer) -> None:
    """Delete the claim's lock in the current transaction."""
    mine = sa.delete(ClaimLock).where(ClaimLock.claim_id == claim_id, ClaimLock.officer_id == officer.id)
    db.session.execute(mine)


def require_unlocked(officer: Officer, now: datetime, *claim_ids: int) -> set[int]:
    """Raise ClaimLockedError where another officer has a lock; return those that the officer has."""
    who = joinedload(ClaimLock.officer).lazyload(Officer.roles)
    query = (
        sa.select(ClaimLock)
        .where(ClaimLock.claim_id.in_(claim_ids), is_deciding_officer(ClaimLock.officer_id))
        .options(who)
    )
    locks = db.session.scalars(query.order_by(ClaimLock.claim_id)).all()
    for holder in (holder_of_lock(lock, now) for lock in locks):
        if holder is not None and holder.officer_id != officer.id:
            raise _claim_locked_error(holder)
    return {lock.claim_id for lock in locks if lock.officer_id == officer.id}


def _claim_locked_error(holder: LockHolder) -> ClaimLockedError:
    message = _(
        "%(name)s sedang mengerjakan klaim ini sejak %(since)s. Yang Anda kirim belum disimpan. "
        "Tunggu, atau ambil alih.",
        name=holder.name,
        since=format_datetime(holder.since, _("HH.mm 'WITA'")),
    )
    return ClaimLockedError(f"held by officer {holder.officer_id}", user_message=message)
