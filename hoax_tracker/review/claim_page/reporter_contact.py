"""What may tell who a reporter is: the contact, and the pictures of a report and of what was added to it.

One purpose opens them for one visit (OPEN_FOR), at most twenty reports in 24 hours. The audit log keeps the purpose,
and PPID Utama gets a notice. Only officers of the unit that answers the claim and of PPID Utama open a report, whose
power to do so does not wait; never members or former members of an accused branch, whatever their roles, nor who alone
brought the report to their own unit, by assigning or merging the claim. ``require_reader`` holds all of this for the
contact and for each picture, every time one is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _

from hoax_tracker.claims.recusal import is_accused, is_named_branch
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import decrypt_bytes, decrypt_contact
from hoax_tracker.errors import InvalidInputError, NotFoundError, RateLimitedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimAppearance,
    ClaimMove,
    Decision,
    NoticeKind,
    Officer,
    Report,
    ReportAddition,
    ReportPicture,
    Unit,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.notifications.chats import describe_contact
from hoax_tracker.organisation.named_units import load_unit_names
from hoax_tracker.review.decisions import accusation
from hoax_tracker.review.decisions.service import require_officer

CONTACT_SHOWN_ACTION = "contact_shown"
CONTACTS_PER_DAY = 20
DAY = timedelta(days=1)
OPEN_FOR = timedelta(minutes=15)
"""How long one purpose lets the officer see the report's pictures again: a visit to the page."""
REASON_LONGEST = accusation.REASON_LONGEST


@dataclass(frozen=True)
class OpenedReport:
    """The contact of a report (None: it left none), and which pictures it has: None its own, else an addition's id."""

    contact: str | None
    pictures: list[int | None]


def open_report(
    claim_id: int, report_id: int, reason: str, *, key: str, officer: Officer, now: datetime
) -> OpenedReport:
    """Return who sent a report, as far as it tells. The audit log records who saw it and why, never the contact itself.

    Raises NotFoundError where the report is not the claim's or has nothing to open, DecryptionError for a wrong key,
    NotAllowedError for officers who may not open it, InvalidInputError without a reason, and RateLimitedError where the
    day's limit is reached.
    """
    with write_transaction():
        report = require_reader(claim_id, report_id, officer, now)
        reason = _require_purpose(reason)
        if reports_left_today(officer, now) == 0:
            message = _(
                "Anda sudah membuka %(most)s aduan dalam 24 jam terakhir. Lanjutkan besok, atau minta petugas lain.",
                most=CONTACTS_PER_DAY,
            )
            raise RateLimitedError("contacts of a day", retry_after_s=3600, user_message=message)
        contact = decrypt_contact(report.contact_encrypted, key) if report.contact_encrypted else None
        opened = OpenedReport(describe_contact(contact), _list_pictures(report_id))
        detail = {"claim": claim_id, "reason": reason, "contact": contact is not None, "pictures": len(opened.pictures)}
        audit_log.record_event(CONTACT_SHOWN_ACTION, f"report:{report_id}", officer=officer, now=now, detail=detail)
        _notify_ppid(claim_id, report_id, reason, officer, now)
    return opened


def load_picture(
    claim_id: int, report_id: int, *, key: str, officer: Officer, now: datetime, addition_id: int | None = None
) -> bytes | None:
    """Return the picture of a report, or of what was added to it; None where its purpose is still to be given.

    Raises NotFoundError or NotAllowedError.
    """
    require_reader(claim_id, report_id, officer, now)
    query = sa.select(ReportPicture.sealed)
    if addition_id is None:
        query = query.where(ReportPicture.report_id == report_id)
    else:
        query = query.join(ReportAddition, ReportAddition.id == ReportPicture.addition_id)
        query = query.where(ReportAddition.id == addition_id, ReportAddition.report_id == report_id)
    sealed = db.session.scalar(query)
    if sealed is None:
        raise NotFoundError(f"no screenshot of report {report_id} at claim {claim_id}")
    return decrypt_bytes(sealed, key) if is_open(claim_id, report_id, officer, now) else None


def is_open(claim_id: int, report_id: int, officer: Officer, now: datetime) -> bool:
    """Tell whether the officer said a moment ago, on this claim, why they open the report."""
    event = AuditEvent
    query = sa.select(event.detail).where(
        event.officer_id == officer.id,
        event.action == CONTACT_SHOWN_ACTION,
        event.subject == f"report:{report_id}",
        event.at.between(now - OPEN_FOR, now),
    )
    return any(detail.get("claim") == claim_id for detail in db.session.scalars(query))


def _list_pictures(report_id: int) -> list[int | None]:
    """Return which pictures a report has: None for its own, else the id of an addition."""
    added = sa.select(ReportAddition.id).where(ReportAddition.report_id == report_id)
    query = sa.select(ReportPicture.addition_id).where(
        sa.or_(ReportPicture.report_id == report_id, ReportPicture.addition_id.in_(added))
    )
    return list(db.session.scalars(query.order_by(ReportPicture.id)))


def require_reader(claim_id: int, report_id: int, officer: Officer, now: datetime) -> Report:
    """Return one of the claim's reports for an officer who may know who sent it.

    Raises NotFoundError where the claim has no such report, or nothing in it to open, else NotAllowedError.
    """
    require_officer(officer)
    appearance = db.session.scalar(
        sa.select(ClaimAppearance).where(ClaimAppearance.claim_id == claim_id, ClaimAppearance.report_id == report_id)
    )
    report = appearance.report if appearance else None
    if appearance is None or report is None:
        raise NotFoundError(f"no report {report_id} at claim {claim_id}")
    accusation.require_outside_answerer(appearance.claim, officer, now)
    _require_not_named_since(appearance.claim, report, officer)
    _require_brought_by_other(appearance, officer)
    if report.contact_encrypted is None and not _list_pictures(report_id):
        raise NotFoundError(f"no contact and no picture of report {report_id}")
    return report


def may_open_reports(claim: Claim, officer: Officer) -> bool:
    """Tell whether to offer the officer to open the claim's reports; ``require_reader`` decides."""
    return accusation.is_answering(claim, officer) and not is_accused(claim, officer)


def list_readable_reports(claim: Claim, reports: Iterable[Report], officer: Officer) -> list[Report]:
    """Return the claim's reports whose senders ``require_reader`` does not hide from an officer who answers it."""
    brought = _list_brought_reports(claim.id, officer)
    return [one for one in reports if one.id not in brought and not _is_named_since(claim, one, officer)]


def _require_not_named_since(claim: Claim, report: Report, officer: Officer) -> None:
    """Raise NotAllowedError for a report that is hidden from the officer's branch, which it names."""
    if _is_named_since(claim, report, officer):
        raise accusation.accused_branch_error(
            _("Aduan ini menyebut perangkat daerah Anda, induknya, atau bawahannya. PPID Utama yang membukanya.")
        )


def _is_named_since(claim: Claim, report: Report, officer: Officer) -> bool:
    """Tell whether the report came after "not an accusation" was said, and names the officer's branch.

    Who said it had not read this one: copies of a message keep no unit from its work, but whoever sent a further one
    stays hidden from whom it names. PPID Utama, or another officer outside, opens it.
    """
    if not any(row.lifted_at is not None and row.lifted_at < report.received_at for row in claim.accusations):
        return False
    named = load_unit_names().find("\n".join([report.text, *(one.text for one in report.additions)]))
    return is_named_branch(named, officer.unit)


def _require_brought_by_other(appearance: ClaimAppearance, officer: Officer) -> None:
    """Raise NotAllowedError where the officer brought the report to their own unit by merging or splitting claims."""
    if appearance.report_id in _list_brought_reports(appearance.claim_id, officer):
        raise accusation.brought_by_same_person_error()


def _list_brought_reports(claim_id: int, officer: Officer) -> set[int | None]:
    """Return the reports of a claim that the officer brought to their own unit by merging or splitting claims.

    PPID Utama is exempt: it sees every claim anyway.
    """
    if officer.unit.is_root:
        return set()
    came_from = sa.orm.aliased(Claim)
    joined_by = (
        sa.select(ClaimAppearance.report_id)
        .join(ClaimMove, ClaimMove.appearance_id == ClaimAppearance.id)
        .join(Decision, Decision.id == ClaimMove.decision_id)
        .join(came_from, came_from.id == ClaimMove.from_claim_id)
        .where(ClaimAppearance.claim_id == claim_id, Decision.officer_id == officer.id)
        .where(came_from.unit_id.is_distinct_from(officer.unit_id), accusation.is_standing_decision())
    )
    return set(db.session.scalars(joined_by))


def _require_purpose(reason: str) -> str:
    """Return the stripped purpose. Raises InvalidInputError where it is empty or too long."""
    if not reason.strip():
        message = _("Tulis untuk apa aduan ini dibuka. Log audit menyimpannya dan PPID Utama membacanya.")
        raise InvalidInputError("no reason", user_message=message, field="reason")
    return accusation.require_reason(reason)


def reports_left_today(officer: Officer, now: datetime) -> int:
    """Return how many reports the officer may still open within the 24 hours."""
    opened = (AuditEvent.officer_id == officer.id, AuditEvent.action == CONTACT_SHOWN_ACTION, AuditEvent.at > now - DAY)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent).where(*opened)) or 0
    return max(0, CONTACTS_PER_DAY - count)


def _notify_ppid(claim_id: int, report_id: int, reason: str, officer: Officer, now: datetime) -> None:
    """Notify PPID Utama who opened a report and why, except its members whom the claim accuses."""
    claim = db.session.get_one(Claim, claim_id)
    people = [member for member in notices.list_officers_in(Unit.is_root) if not is_accused(claim, member)]
    with force_locale("id"):
        words = _(
            "%(name)s (%(unit)s) membuka kontak atau gambar pelapor aduan %(number)s: %(reason)s",
            name=officer.name,
            unit=officer.unit.short_name,
            number=report_id,
            reason=reason,
        )
    notices.notify_officers(people, NoticeKind.CONTACT_SHOWN, now, but=officer, claim_id=claim_id, text=words)
