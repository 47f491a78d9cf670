"""Reports that an officer rejected as junk, and how they are restored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l

from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Claim, ClaimAppearance, Report, db

JUNK_REASON = _l("Aduan ini tidak memuat kabar yang dapat diperiksa.")


def junk_reason() -> str:
    """Return the stored reason, always in Indonesian as everything officers write."""
    with force_locale("id"):
        return str(JUNK_REASON)


def reject_chosen_reports(claim: Claim, chosen: Collection[int], now: datetime) -> list[int]:
    """Reject the chosen reports (by id) that wait on the claim; return their ids.

    Raises InvalidInputError where none waits.
    """
    waiting = _report_ids_query(claim).where(Report.rejected_at.is_(None), Report.id.in_(chosen))
    reports = sorted(db.session.scalars(waiting))
    if not reports:
        raise InvalidInputError("no report to reject", user_message=_("Tidak ada aduan yang menunggu pada klaim ini."))
    rejection = {"rejected_at": now, "rejected_reason": junk_reason(), "is_junk": True}
    db.session.execute(sa.update(Report).where(Report.id.in_(reports)).values(rejection))
    return reports


def restore_claim_reports(claim: Claim) -> None:
    """Restore all rejected reports of a claim that is reopened."""
    _clear_junk_mark(Report.id.in_(_report_ids_query(claim)))


def restore_reports(chosen: Collection[int]) -> None:
    """Restore the reports that an undone decision rejected."""
    if chosen:
        _clear_junk_mark(Report.id.in_(chosen))


def _clear_junk_mark(condition: sa.ColumnElement[bool]) -> None:
    """Let those of the reports that are rejected as junk wait again."""
    waits = {"rejected_at": None, "rejected_reason": None, "is_junk": False}
    again = sa.update(Report).where(condition, Report.is_junk).values(waits)
    db.session.execute(again, execution_options={"synchronize_session": "fetch"})


def _report_ids_query(claim: Claim) -> sa.Select[int]:
    return (
        sa.select(Report.id)
        .join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.claim_id == claim.id)
    )
