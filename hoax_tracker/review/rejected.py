"""The reports of a claim that an officer called junk, and took back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.errors import Invalid
from hoax_tracker.models import Claim, ClaimAppearance, Report, db

JUNK = _l("Aduan ini tidak memuat kabar yang dapat diperiksa.")


def reason() -> str:
    """Return the reason as it is kept: what officers write is Indonesian."""
    with force_locale("id"):
        return str(JUNK)


def reject(claim: Claim, now: datetime) -> int:
    """Reject the claim's reports; return how many. Raises Invalid for none."""
    reports = db.session.scalars(reports_of(claim).where(Report.rejected_at.is_(None))).all()
    if not reports:
        raise Invalid("no report to reject", user_message=_("Tidak ada aduan yang menunggu pada klaim ini."))
    for report in reports:
        report.rejected_at, report.rejected_reason, report.is_junk = now, reason(), True
    return len(reports)


def restore(claim: Claim) -> None:
    """Take the reports of a claim that is opened again back from the junk."""
    for report in db.session.scalars(reports_of(claim).where(Report.is_junk)):
        report.rejected_at, report.rejected_reason, report.is_junk = None, None, False


def reports_of(claim: Claim) -> sa.Select[Report]:
    """Return the query for the reports of a claim."""
    return (
        sa.select(Report)
        .join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.claim_id == claim.id)
    )
