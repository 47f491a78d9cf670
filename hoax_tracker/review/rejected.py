"""The reports of a claim that an officer called junk, and took back."""

from __future__ import annotations

from collections.abc import Collection
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


def reject(claim: Claim, chosen: Collection[int], now: datetime) -> list[int]:
    """Reject those of the chosen reports (by id) that wait on the claim; return their ids. Raises Invalid for none."""
    waiting = reports_of(claim).where(Report.rejected_at.is_(None), Report.id.in_(chosen))
    reports = db.session.scalars(waiting.order_by(Report.id)).all()
    if not reports:
        raise Invalid("no report to reject", user_message=_("Tidak ada aduan yang menunggu pada klaim ini."))
    for report in reports:
        report.rejected_at, report.rejected_reason, report.is_junk = now, reason(), True
    return [report.id for report in reports]


def restore(claim: Claim) -> None:
    """Take the reports of a claim that is opened again back from the junk."""
    take_back(reports_of(claim).where(Report.is_junk))


def put_back(chosen: Collection[int]) -> None:
    """Take reports back from the junk where the decision that rejected them is undone."""
    if chosen:
        take_back(sa.select(Report).where(Report.id.in_(chosen), Report.is_junk))


def take_back(query: sa.Select[Report]) -> None:
    """Let the reports wait again."""
    for report in db.session.scalars(query):
        report.rejected_at, report.rejected_reason, report.is_junk = None, None, False


def reports_of(claim: Claim) -> sa.Select[Report]:
    """Return the query for the reports of a claim."""
    return (
        sa.select(Report)
        .join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.claim_id == claim.id)
    )
