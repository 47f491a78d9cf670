"""``/statistik``: the public statistics; ``/petugas/klarifikasi/<id>/jangkauan``: how far one clarification reached."""

from __future__ import annotations

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, current_app, make_response, redirect, render_template, request
from flask_babel import get_locale

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.check.cache.page_cache import PageCache, RenderedPage, render_shared_page
from hoax_tracker.check.counting import MOST_OF_A_VISITOR
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.errors import NotFoundError
from hoax_tracker.insight import reach as figures, statistics_charts
from hoax_tracker.insight.figures.desk_summary import load_titles
from hoax_tracker.insight.figures.month_figures import settling_moment
from hoax_tracker.insight.figures.public_numbers import load_statistics
from hoax_tracker.insight.reach import ReachSummary, draw_appearances, load_daily_reach, load_reach_summary
from hoax_tracker.insight.statistics_charts import draw_statistics
from hoax_tracker.match_index import Signature
from hoax_tracker.models import Clarification, ClarificationRevision, db

bp = APIBlueprint("statistics", __name__, enable_openapi=False)
CACHED_PAGES = 8


@bp.get("/statistik")
def show_statistics() -> Response:
    """Show the statistics, made once a minute at most: no question in the address has them made anew."""
    if request.args:
        return make_response(redirect(request.path))
    key = (request.host_url, request.full_path, str(get_locale()))
    return _current_statistics_cache().get(key, lambda: RenderedPage(_render_statistics()))


def _render_statistics() -> Response:
    statistics = load_statistics(current_settings(), utc_now())
    return render_shared_page(
        "insight/statistics.html",
        statistics=statistics,
        titles=load_titles(statistics.changes),
        charts=draw_statistics(statistics),
        sentences=statistics_charts,
        first_breakdown_at=settling_moment(statistics.months[0].month),
    )


def _newest_revision() -> Signature:
    """Return what every publication, correction and withdrawal changes. Titles of withdrawn pages are shown nowhere."""
    return (db.session.scalar(sa.select(sa.func.max(ClarificationRevision.id))),)


def _current_statistics_cache() -> PageCache:
    """Return the app's cache of the page, created on first use."""
    pages: PageCache = current_app.extensions.setdefault("kept_statistics", PageCache(CACHED_PAGES, _newest_revision))
    return pages


reach_bp = APIBlueprint("reach", __name__, url_prefix="/petugas/klarifikasi", enable_openapi=False)


@reach_bp.get("/<int:clarification_id>/jangkauan")
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


@reach_bp.app_template_global()
def summarize_reach(page: Clarification) -> ReachSummary:
    """Return the reach of a published page, for pages about it."""
    return load_reach_summary(page, utc_now())


reach_bp.add_app_template_global(figures.describe_reach)
