"""``/petugas/klarifikasi/<id>/jangkauan``: how far a clarification reached, for officers."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.check.counting import MOST_OF_A_VISITOR
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import NotFoundError
from hoax_tracker.insight import reach as figures
from hoax_tracker.insight.reach import ReachSummary, draw_appearances, load_daily_reach, load_reach_summary
from hoax_tracker.models import Clarification, db

bp = APIBlueprint("reach", __name__, url_prefix="/petugas/klarifikasi", enable_openapi=False)


@bp.get("/<int:clarification_id>/jangkauan")
@sign_in_required()
def show_reach(clarification_id: int) -> str:
    """Show how often a clarification was read and given as an answer, and what appeared before and after it."""
    page = db.session.get(Clarification, clarification_id)
    if page is None:
        raise NotFoundError(f"clarification {clarification_id}")
    now = utc_now()
    reach = load_reach_summary(page, now) if page.published_at else None
    daily = load_daily_reach(page, reach.totals, now) if reach else None
    return render_template(
        "insight/reach.html",
        row=page,
        reach=reach,
        daily=daily,
        chart=draw_appearances(reach, daily) if reach and daily and reach.change else None,
        sentences=figures,
        most_a_day=MOST_OF_A_VISITOR,
    )


@bp.app_template_global()
def summarize_reach(page: Clarification) -> ReachSummary:
    """Return the reach of a published page, for pages about it."""
    return load_reach_summary(page, utc_now())


bp.add_app_template_global(figures.describe_reach)
