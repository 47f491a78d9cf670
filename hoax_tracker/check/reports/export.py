"""Export of everything stored about a report, for the holder of its ticket."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hoax_tracker.check.reports.additions import list_additions
from hoax_tracker.check.reports.status import report_status
from hoax_tracker.check.reports.status_mail import decrypt_report_contact
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import OutgoingMail, Report, ReportPicture, db


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


def _format_optional_moment(moment: Any) -> str | None:
    """Return a time as text, or None."""
    return moment.isoformat(timespec="seconds") if moment else None


def _list_report_letters(report: Report) -> list[OutgoingMail]:
    """Return the mail about the report."""
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
