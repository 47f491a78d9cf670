"""What the holder of a ticket can do with the report: take out everything stored about it, and erase it or its contact.

Erased are text, link, place, contact, ticket, screenshot, unsent mail and the model's scores. A claim that rests on
this report alone is deleted too. Where officers have begun to work on it, its text is blanked and it is closed, because
decisions and the audit log are kept. A claim with other reports or appearances continues in their words. Officers'
texts stay: clarifications, drafts, reasons. Backups keep the report until they are deleted themselves.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l

from hoax_tracker.check.reports.additions import list_additions
from hoax_tracker.check.reports.status import report_status
from hoax_tracker.check.reports.status_mail import decrypt_report_contact
from hoax_tracker.check.reports.submission import require_report_by_ticket
from hoax_tracker.claims.locks import has_officer_work
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction
from hoax_tracker.items.claim_text import claim_text_of, claim_title_of
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Decision,
    Item,
    OutgoingMail,
    Report,
    ReportedMedia,
    ReportPicture,
    db,
    tell_hosts_of_erasure,
)
from hoax_tracker.privacy.retention import forget_deleted

log = logging.getLogger(__name__)

CHANGE_SIDES = ("before", "after")

register_acts(
    AuditAct("contact_erased", _l("menghapus kontaknya dari %(what)s")),
    AuditAct("report_erased", _l("menghapus %(what)s")),
    group="kontak",
    actor=_l("Pelapor"),
)


def forget_contact(ticket: str, now: datetime) -> None:
    """Delete the contact of the ticket's report, and all unsent mail to it. Raises NotFoundError."""
    with write_transaction():
        report = require_report_by_ticket(ticket)
        report.contact_encrypted = report.ticket_encrypted = None
        report.contact_purged_at = now
        db.session.execute(_unsent_mail_deletion(report))
        audit_log.record_event("contact_erased", f"report:{report.id}", officer=None, now=now)
    forget_deleted()


def erase_report(ticket: str, now: datetime) -> None:
    """Erase the ticket's report. Raises NotFoundError."""
    with write_transaction():
        take_turn(Turn.FLAG)  # nothing is given to its claim meanwhile
        report = require_report_by_ticket(ticket)
        claims, number, text = _list_claims_of_report(report), report.id, claim_text_of(report)
        named = {claim.claimant for claim in claims if claim.text == text and claim.claimant}
        db.session.execute(sa.delete(ClaimAppearance).where(ClaimAppearance.report_id == number))
        db.session.execute(sa.delete(Report).where(Report.id == number))  # and what hangs on it
        audit_log.record_event(
            "report_erased",
            f"report:{number}",
            officer=None,
            now=now,
            detail={"claims": [claim.id for claim in claims]},
        )
        for claim in claims:
            _redact_claimant(claim, named)
            _detach_report(claim, text)
        tell_hosts_of_erasure()
    forget_deleted()
    _rewrite_match_index()


def _unsent_mail_deletion(report: Report) -> sa.Delete:
    return sa.delete(OutgoingMail).where(OutgoingMail.report_id == report.id, OutgoingMail.next_try_at.is_not(None))


def _detach_report(claim: Claim, text: str) -> None:
    """Let a claim continue without a report that said ``text``.

    An answered claim gets no other words: no officer has read what joined it since, and it would be answered in the
    city's name.
    """
    db.session.expire(claim)
    subject = _oldest_appearance_subject(claim)
    if subject is not None and not (claim.status is ClaimStatus.CLARIFIED and claim.text == text):
        if claim.text == text:
            claim.text, claim.title = claim_text_of(subject), claim_title_of(subject)
            claim.version += 1
    elif claim.status is ClaimStatus.NEW and not has_officer_work(claim):
        db.session.delete(claim)
    elif claim.text == text or claim.status in WAITING_STATUSES:
        _blank_claim_text(claim)


def _redact_claimant(claim: Claim, named: set[str]) -> None:
    """Remove the claimant's name from a claim and from the change records of its decisions.

    The name may come from the erased message, and merging passes it on.
    """
    if not named:
        return
    if claim.claimant in named:
        claim.claimant = None
        claim.version += 1
        db.session.flush()
    query = sa.select(Decision).where(sa.or_(Decision.claim_id == claim.id, Decision.other_claim_id == claim.id))
    for row in db.session.scalars(query):
        if row.changes:
            row.changes = {key: _redact_decision_claimant(part, named) for key, part in row.changes.items()}


def _redact_decision_claimant(part: dict[str, Any], named: set[str]) -> dict[str, Any]:
    """Return a claim's change record without the claimant where it is one of the names."""
    sides = [part.get("before", {}).get("claimant"), part.get("after", {}).get("claimant")]
    if not named.intersection(sides):
        return part
    redacted = {
        side: {name: value for name, value in part[side].items() if name != "claimant"} for side in CHANGE_SIDES
    }
    return part | redacted


def _oldest_appearance_subject(claim: Claim) -> Item | Report | None:
    """Return the item or report of the oldest appearance; None where none is left."""
    query = sa.select(ClaimAppearance).where(ClaimAppearance.claim_id == claim.id).order_by(ClaimAppearance.id)
    row = db.session.scalars(query.limit(1)).first()
    return (row.item or row.report) if row else None


def _list_claims_of_report(report: Report) -> list[Claim]:
    """Return the claims that may hold the report's words: its present claim and earlier ones."""
    now_in = sa.select(ClaimAppearance.claim_id).where(ClaimAppearance.report_id == report.id)
    moves = [
        sa.select(side)
        .join(ClaimAppearance, ClaimAppearance.id == ClaimMove.appearance_id)
        .where(ClaimAppearance.report_id == report.id)
        for side in (ClaimMove.from_claim_id, ClaimMove.to_claim_id)  # a split that was undone leaves its claim behind
    ]
    query = sa.select(Claim).where(sa.or_(*(Claim.id.in_(ids) for ids in (now_in, *moves)))).order_by(Claim.id)
    return list(db.session.scalars(query))


def _blank_claim_text(claim: Claim) -> None:
    """Blank the text of a claim that officers have worked on, and close it where it still waits."""
    with force_locale("id"):
        claim.title = claim.text = _("Aduan ini dihapus oleh pelapornya.")
    claim.claimant = None
    claim.version += 1
    if claim.status in WAITING_STATUSES:
        claim.status = ClaimStatus.DISMISSED


def _rewrite_match_index() -> None:
    """Rewrite the files of the match index, which otherwise keep the stems of the erased words."""
    try:
        current_match_index().forget()
    except Exception:  # the report is erased; the worker's next rewriting takes the stems
        db.session.rollback()
        log.exception("the match index could not be written anew after an erasure")


def export_report(number: str, report: Report, settings: Settings) -> dict[str, Any]:
    """Return the report as JSON data. Only the first letter and the end of the contact are included.

    Others may have seen the ticket; the reporter recognises the contact.
    """
    state = report_status(report)
    contact = decrypt_report_contact(report, settings) if report.contact_encrypted else None
    return {
        "tiket": number,
        "masuk": report.received_at.isoformat(timespec="seconds"),
        "isi": report.text,
        "tautan": report.url,
        "tempat": report.seen_where,
        "tangkapan_layar": screenshot_size(report),
        "tambahan": [
            {
                "ditambah": _format_optional_moment(row.added_at),
                "isi": row.text,
                "tangkapan_layar": f"{row.picture.width}x{row.picture.height}" if row.picture else None,
            }
            for row in list_additions(report)
        ],
        "sidik_berkas": _list_media_digests(report),
        "kontak": _mask_contact(contact) if contact else None,
        "izin_kontak": _format_optional_moment(report.consent_at),
        "kontak_dihapus": _format_optional_moment(report.contact_purged_at),
        "bahasa": report.language,
        "tahap": state.stage.value,
        "sejak": _format_optional_moment(state.at),
        "alasan": state.reason or None,
        "surel": [
            {
                "dibuat": _format_optional_moment(row.posted_at),
                "terkirim": _format_optional_moment(row.sent_at),
                "ditolak": _format_optional_moment(row.failed_at),
            }
            for row in _list_report_letters(report)
        ],
    }


def _list_media_digests(report: Report) -> list[str]:
    """Return the SHA-256 of the files that came with the report."""
    query = sa.select(ReportedMedia.sha256).where(ReportedMedia.report_id == report.id).order_by(ReportedMedia.id)
    return list(db.session.scalars(query))


def _format_optional_moment(moment: Any) -> str | None:
    """Return a time as text, or None."""
    return moment.isoformat(timespec="seconds") if moment else None


def _list_report_letters(report: Report) -> list[OutgoingMail]:
    query = sa.select(OutgoingMail).where(OutgoingMail.report_id == report.id).order_by(OutgoingMail.id)
    return list(db.session.scalars(query))


def screenshot_size(report: Report) -> str | None:
    """Return the size of the stored screenshot, or None."""
    row = db.session.scalar(sa.select(ReportPicture).where(ReportPicture.report_id == report.id))
    return f"{row.width}x{row.height}" if row else None


def _mask_contact(contact: str) -> str:
    """Return a contact masked so that only its owner recognises it."""
    name, separator, domain = contact.partition("@")
    return f"{name[:1]}…@{domain}" if separator else f"…{contact[-3:]}"
