"""The facts that the approval policy needs, read from rows, and the messages of its refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.accounts.waiting_periods import periods
from hoax_tracker.accounts.waiting_periods.policy import account_makers, holds_back
from hoax_tracker.claims.recusal import kept_away_unit_ids
from hoax_tracker.clarify.approval_policy import (
    ApprovalRefusal,
    ApprovalSubject,
    ApproverFacts,
    approval_refusal,
    is_impartial_person,
)
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import AuditEvent, Clarification, Officer, Power, RoleName, db

TAKEN_OVER_ACTION = "clarification_taken_over"
WRITING_ACTIONS = ("clarification_drafted", "clarification_edited", TAKEN_OVER_ACTION)
# What was written before has been approved, or is gone.
ENDING_ACTIONS = (
    "clarification_published",
    "clarification_corrected",
    "clarification_retracted",
    "clarification_retraction_proposed",
)


def refusal_reason(page: Clarification, officer: Officer, reason: str = "", *, now: datetime) -> ApprovalRefusal | None:
    """Return why the officer may not approve the pending draft or change of the page, or None."""
    return work_refusal_reason(approval_subject(page), officer, reason, now=now)


def work_refusal_reason(
    work: ApprovalSubject, officer: Officer, reason: str = "", *, now: datetime
) -> ApprovalRefusal | None:
    """Return why the officer may not approve the work, or None."""
    query = sa.select(Officer).where(Officer.active, Officer.id != officer.id).options(joinedload(Officer.roles))
    others = db.session.scalars(query).unique()
    authors = {work.author_id, *work.hands}
    waits = periods.list_open_periods({officer.id, *authors}, now)
    is_waiting = any(holds_back(period, officer.id, Power.APPROVE) for period in waits)
    return approval_refusal(
        replace(approver_facts(officer), is_waiting=is_waiting),
        replace(work, account_makers=account_makers(waits, authors)),
        [approver_facts(other) for other in others],
        reason,
    )


def is_impartial(page: Clarification, officer: Officer) -> bool:
    """Tell whether the officer is impartial towards everything that the page and its pending change accuse."""
    return is_impartial_person(approver_facts(officer), approval_subject(page))


def approver_facts(officer: Officer) -> ApproverFacts:
    """Return the facts about an officer that the policy needs."""
    roles = frozenset(RoleName(role.name) for role in officer.roles)
    return ApproverFacts(officer.id, roles, frozenset({officer.unit_id}))


def approval_subject(page: Clarification) -> ApprovalSubject:
    """Return the work to approve. A branch counts as accused where the page or any of its claims accuses a unit."""
    author_id = page.proposed_by_id if page.proposed_kind and page.proposed_by_id else page.author_id
    by_page = {page.accused_unit_id}
    if page.proposed_kind and page.proposed:
        by_page.add(page.proposed.get("accused_unit_id"))
    accused = kept_away_unit_ids([claim.id for claim in page.claims], by_page)
    return ApprovalSubject(author_id, accused, previous_authors(page))


def previous_authors(page: Clarification) -> frozenset[int]:
    """Return the ids of earlier authors of the pending text, according to the audit log.

    The author of a declined proposal counts only where the pending one was taken over from them.
    """
    query = sa.select(AuditEvent.action, AuditEvent.officer_id, AuditEvent.detail).order_by(AuditEvent.id)
    subject = AuditEvent.subject == f"clarification:{page.id}"
    author_ids: set[int | None] = set()
    for action, officer_id, detail in db.session.execute(
        query.where(subject, AuditEvent.action.in_(WRITING_ACTIONS + ENDING_ACTIONS))
    ):
        if action in ENDING_ACTIONS:
            author_ids.clear()
        else:
            author_ids |= {officer_id, detail.get("from")}
    return frozenset(key for key in author_ids if key is not None)


def refusal_message(code: ApprovalRefusal, officer: Officer, now: datetime) -> str:
    """Return the message of a refusal, which for a wait says until when."""
    if code is ApprovalRefusal.WAITING:
        return periods.describe_wait(officer, Power.APPROVE, now)
    sentences = {
        ApprovalRefusal.AUTHOR: _("Penulis tidak menyetujui tulisannya sendiri. Minta petugas lain menyetujuinya."),
        ApprovalRefusal.NO_ROLE: _("Menyetujui klarifikasi memerlukan peran Penyetuju."),
        ApprovalRefusal.ACCUSED_UNIT: _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya, jadi orang lain yang menyetujuinya."
        ),
        ApprovalRefusal.OTHERS_CAN: _(
            "Masih ada penyetuju lain yang dapat menyetujuinya. Administrator hanya menggantikan bila tidak ada."
        ),
        ApprovalRefusal.MADE_AUTHOR: _(
            "Anda baru saja membuat atau menyetel ulang akun penulisnya. Orang lain yang menyetujui tulisan ini, atau "
            "Anda sesudah orang kedua mengonfirmasi akun itu, paling lama 24 jam lagi."
        ),
        ApprovalRefusal.REASON_MISSING: _(
            "Tidak ada penyetuju lain. Tulis alasan Anda menyetujui sebagai administrator; log audit menyimpannya."
        ),
    }
    return str(sentences[code])


def require_approver(page: Clarification, officer: Officer, reason: str, now: datetime) -> None:
    """Raise NotAllowedError unless the officer may approve, or InvalidInputError where only the reason is missing."""
    code = refusal_reason(page, officer, reason, now=now)
    if code is None:
        return
    detail, message = f"clarification {page.id}: {code.value}", refusal_message(code, officer, now)
    if code is ApprovalRefusal.REASON_MISSING:
        raise InvalidInputError(detail, user_message=message, field="reason")
    raise NotAllowedError(detail, user_message=message)
