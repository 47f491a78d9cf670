"""A reporter's contact and screenshot: few officers may open them, each gives a reason, and each look is audited.

A contact is opened by an officer of the unit that answers the claim, or of PPID Utama, at most twenty times in 24
hours. The audit log keeps the reason, and PPID Utama gets a notice. Members and former members of the accused unit
never open it, whatever their roles. Nor does an officer who alone brought the report to their own unit, by assigning or
merging the claim: a colleague or PPID Utama does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.claims.recusal import is_accused, is_recused_unit
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import decrypt_bytes, decrypt_contact
from hoax_tracker.errors import InvalidInputError, NotAllowedError, NotFoundError, RateLimitedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimAppearance,
    ClaimMove,
    Decision,
    DecisionKind,
    NoticeKind,
    Officer,
    ReportAddition,
    ReportPicture,
    Unit,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.decisions import accusation
from hoax_tracker.review.decisions.service import require_officer

CONTACT_SHOWN_ACTION = "contact_shown"
CONTACTS_PER_DAY = 20
DAY = timedelta(days=1)
REASON_LONGEST = 300


def show_contact(claim_id: int, report_id: int, reason: str, *, key: str, officer: Officer, now: datetime) -> str:
    """Return the decrypted contact of a reporter. The audit log records who saw it and why, never the contact itself.

    Raises NotFoundError where the report is not the claim's or has no contact, DecryptionError for a wrong key,
    NotAllowedError for officers who may not open it, InvalidInputError without a reason, and RateLimitedError where the
    day's limit is reached.
    """
    with write_transaction():
        sealed = require_sealed_contact(claim_id, report_id, officer, now)
        reason = require_contact_reason(reason)
        if contacts_left_today(officer, now) == 0:
            message = _(
                "Anda sudah membuka %(most)s kontak dalam 24 jam terakhir. Lanjutkan besok, atau minta petugas lain.",
                most=CONTACTS_PER_DAY,
            )
            raise RateLimitedError("contacts of a day", retry_after_s=3600, user_message=message)
        contact = decrypt_contact(sealed, key)
        detail = {"claim": claim_id, "reason": reason}
        audit_log.record_event(CONTACT_SHOWN_ACTION, f"report:{report_id}", officer=officer, now=now, detail=detail)
        notify_ppid(claim_id, report_id, reason, officer, now)
    return contact


def require_sealed_contact(claim_id: int, report_id: int, officer: Officer, now: datetime) -> bytes:
    """Return the encrypted contact of one of the claim's reports. Raises NotFoundError or NotAllowedError."""
    require_officer(officer)
    appearance = db.session.scalar(
        sa.select(ClaimAppearance).where(ClaimAppearance.claim_id == claim_id, ClaimAppearance.report_id == report_id)
    )
    report = appearance.report if appearance else None
    if appearance is None or report is None or report.contact_encrypted is None:
        raise NotFoundError(f"no contact of report {report_id} at claim {claim_id}")
    require_contact_reader(appearance.claim, officer)
    require_brought_by_other(appearance, officer)
    return report.contact_encrypted


def may_open_contacts(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer may open contacts of the claim's reporters."""
    return officer.is_officer and not is_accused(claim, officer) and is_answering(claim, officer)


def is_answering(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer belongs to the unit that answers the claim, or to PPID Utama."""
    return officer.unit.is_root or officer.unit_id == claim.unit_id


def require_contact_reader(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError for past and present members of the accused unit, and for units that do not answer it."""
    accusation.require_impartial(claim, officer)
    if claim.accused_unit is not None and any(
        is_recused_unit(unit, claim.accused_unit) for unit in former_units(officer)
    ):
        message = _(
            "Klaim ini menuduh perangkat daerah tempat Anda pernah bertugas, induknya, atau bawahannya. Kontak "
            "pelapornya hanya untuk petugas di luarnya."
        )
        raise NotAllowedError("of the accused unit before", user_message=message)
    if not is_answering(claim, officer):
        message = _("Kontak pelapor hanya dibuka perangkat daerah yang menjawab klaim ini, atau PPID Utama.")
        raise NotAllowedError("of a unit that does not answer", user_message=message)


def former_units(officer: Officer) -> Sequence[Unit]:
    """Return the units the officer belonged to before, according to the audit log."""
    moved = (AuditEvent.subject == f"officer:{officer.id}", AuditEvent.action == "officer_changed")
    details = db.session.scalars(sa.select(AuditEvent.detail).where(*moved))
    codes = {detail.get("before", {}).get("unit") for detail in details}
    return db.session.scalars(sa.select(Unit).where(Unit.code.in_(codes))).all() if codes else []


def require_brought_by_other(appearance: ClaimAppearance, officer: Officer) -> None:
    """Raise NotAllowedError where the officer alone brought the report to their own unit.

    PPID Utama is exempt: it sees every claim anyway.
    """
    if officer.unit.is_root:
        return
    undone = sa.select(Decision.undoes_id).where(Decision.undoes_id.is_not(None))
    stands = Decision.id.not_in(undone)
    given_by = sa.select(Decision.officer_id).where(
        Decision.claim_id == appearance.claim_id, Decision.kind == DecisionKind.ASSIGN, stands
    )
    came_from = sa.orm.aliased(Claim)
    joined_by = (
        sa.select(ClaimMove.id)
        .join(Decision, Decision.id == ClaimMove.decision_id)
        .join(came_from, came_from.id == ClaimMove.from_claim_id)
        .where(ClaimMove.appearance_id == appearance.id, Decision.officer_id == officer.id, stands)
        .where(came_from.unit_id.is_distinct_from(officer.unit_id))
    )
    last_giver = db.session.scalar(given_by.order_by(Decision.id.desc()).limit(1))
    if last_giver == officer.id or db.session.scalar(joined_by.limit(1)) is not None:
        message = _(
            "Anda sendiri yang membawa aduan ini ke perangkat daerah Anda. Minta rekan seperangkat daerah atau PPID "
            "Utama membuka kontaknya."
        )
        raise NotAllowedError("brought by the same person", user_message=message)


def require_contact_reason(reason: str) -> str:
    """Return the stripped reason. Raises InvalidInputError where it is empty or too long."""
    words = " ".join(reason.split())
    if not words:
        message = _("Tulis untuk apa kontak ini dibuka. Log audit menyimpannya dan PPID Utama membacanya.")
        raise InvalidInputError("no reason", user_message=message, field="reason")
    if len(words) > REASON_LONGEST:
        raise InvalidInputError(
            "long reason", user_message=_("Paling banyak %(max)s huruf.", max=REASON_LONGEST), field="reason"
        )
    return words


def contacts_left_today(officer: Officer, now: datetime) -> int:
    """Return how many contacts the officer may still open within the 24 hours."""
    opened = (AuditEvent.officer_id == officer.id, AuditEvent.action == CONTACT_SHOWN_ACTION, AuditEvent.at > now - DAY)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent).where(*opened)) or 0
    return max(0, CONTACTS_PER_DAY - count)


def notify_ppid(claim_id: int, report_id: int, reason: str, officer: Officer, now: datetime) -> None:
    """Notify PPID Utama who opened a contact and why, except its members whom the claim accuses."""
    claim = db.session.get_one(Claim, claim_id)
    people = [member for member in notices.list_officers_in(Unit.is_root) if not is_accused(claim, member)]
    with force_locale("id"):
        words = _(
            "%(name)s (%(unit)s) membuka kontak pelapor aduan %(number)s: %(reason)s",
            name=officer.name,
            unit=officer.unit.short_name,
            number=report_id,
            reason=reason,
        )
    notices.notify_officers(people, NoticeKind.CONTACT_SHOWN, now, but=officer, claim_id=claim_id, text=words)


def load_report_screenshot(
    claim_id: int, report_id: int, *, key: str, officer: Officer, addition_id: int | None = None
) -> bytes:
    """Return the screenshot of one of the claim's reports, or of what was added to that report.

    It may reveal the reporter, so the rules for contacts hold. Raises NotFoundError or NotAllowedError.
    """
    require_officer(officer)
    claim = db.session.get(Claim, claim_id)
    if claim is not None:
        accusation.require_impartial(claim, officer)
    in_claim = sa.exists().where(ClaimAppearance.claim_id == claim_id, ClaimAppearance.report_id == report_id)
    query = sa.select(ReportPicture.sealed).where(in_claim)
    if addition_id is None:
        query = query.where(ReportPicture.report_id == report_id)
    else:
        query = query.join(ReportAddition, ReportAddition.id == ReportPicture.addition_id)
        query = query.where(ReportAddition.id == addition_id, ReportAddition.report_id == report_id)
    sealed = db.session.scalar(query)
    if sealed is None:
        raise NotFoundError(f"no screenshot of report {report_id} at claim {claim_id}")
    return decrypt_bytes(sealed, key)
