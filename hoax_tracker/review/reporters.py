"""What a report holds of the resident who sent it: shown to few, and with a trace."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from hoax_tracker import audit
from hoax_tracker.contacts import decrypt_contact, unseal
from hoax_tracker.database import writing
from hoax_tracker.errors import NotFound
from hoax_tracker.models import Claim, ClaimAppearance, Officer, ReportPicture, db
from hoax_tracker.review import accusation
from hoax_tracker.review.service import require_officer


def show_contact(claim_id: int, report_id: int, *, key: str, officer: Officer, now: datetime) -> str:
    """Return the contact of a reporter of the claim; the audit log keeps who saw it, never what it is.

    Raises NotFound where the report is not the claim's or left no contact, ContactUnreadable for another key,
    NotAllowed for somebody of the unit that the claim accuses: who reports an office need not fear it.
    """
    with writing():
        require_officer(officer)
        accusation.require_outside(db.session.get(Claim, claim_id), officer)
        held = sa.select(ClaimAppearance).where(
            ClaimAppearance.claim_id == claim_id, ClaimAppearance.report_id == report_id
        )
        appearance = db.session.scalar(held)
        report = appearance.report if appearance else None
        if report is None or report.contact_encrypted is None:
            raise NotFound(f"no contact of report {report_id} at claim {claim_id}")
        contact = decrypt_contact(report.contact_encrypted, key)
        audit.record("contact_shown", f"report:{report.id}", officer=officer, now=now, detail={"claim": claim_id})
    return contact


def screenshot(claim_id: int, report_id: int, *, key: str, officer: Officer) -> bytes:
    """Return the screenshot of a report of the claim. Raises as ``show_contact`` does: it may show who took it."""
    require_officer(officer)
    accusation.require_outside(db.session.get(Claim, claim_id), officer)
    query = (
        sa.select(ReportPicture.sealed)
        .join(ClaimAppearance, ClaimAppearance.report_id == ReportPicture.report_id)
        .where(ClaimAppearance.claim_id == claim_id, ReportPicture.report_id == report_id)
    )
    sealed = db.session.scalar(query)
    if sealed is None:
        raise NotFound(f"no screenshot of report {report_id} at claim {claim_id}")
    return unseal(sealed, key)
