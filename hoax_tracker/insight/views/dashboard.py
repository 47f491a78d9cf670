"""``/petugas/ringkasan``: the desk at a glance. Each number leads to the list that it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import render_template
from flask_security import current_user

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.claims.alarm_sentences import describe_alarm, name_alarm
from hoax_tracker.claims.deadlines import deadline_status
from hoax_tracker.clarify.listing import ListingPart, clarification_count_query, part_conditions
from hoax_tracker.clock import utc_now
from hoax_tracker.ingest.sources.listing import (
    SCHEDULED_STATES,
    SOURCE_ORDER,
    STATE_EXPRESSION,
    count_sources_by_state,
)
from hoax_tracker.insight.charts import desk_charts
from hoax_tracker.insight.early_warning.alarms import count_open_alarms, list_alarms
from hoax_tracker.insight.figures.desk_summary import day_in_kupang, load_desk_summary
from hoax_tracker.insight.figures.rising_lines import count_last_day
from hoax_tracker.insight.views.early_warning import subject_address
from hoax_tracker.models import Demand, Officer, Source, db
from hoax_tracker.review.public_questions import SHOWN_WITHIN, uncounted_conditions
from hoax_tracker.review.queue import counters

bp = APIBlueprint("dashboard", __name__, url_prefix="/petugas/ringkasan", enable_openapi=False)
RISING_SHOWN = SOURCES_SHOWN = 5


@bp.get("")
@sign_in_required()
def summary() -> str:
    """Show today's numbers, what rises, who waits, the week, late units, and sources that fail."""
    officer: Officer = current_user._get_current_object()
    now = utc_now()
    figures = load_desk_summary(officer, now)
    return render_template(
        "insight/dashboard.html",
        summary=figures,
        today=day_in_kupang(now).isoformat(),
        week_begins=figures.week[0].day.isoformat(),
        rising_count=count_open_alarms(),
        **rising_context(list_alarms(limit=RISING_SHOWN), now),
        **waiting_context(officer, figures.late, now),
        **source_context(),
        week=desk_charts.draw_week(figures.week),
        units=desk_charts.draw_units(figures.units),
        words=desk_charts,
        deadline=deadline_status,
    )


def rising_context(alarms: Any, now: datetime) -> dict[str, Any]:
    """Return what the page shows of what rises."""
    return {
        "alarms": alarms,
        "sparks": desk_charts.draw_rising(alarms, count_last_day(alarms, now)),
        "describe_alarm": describe_alarm,
        "name_alarm": name_alarm,
        "address_of": subject_address,
    }


def waiting_context(officer: Officer, late: int, now: datetime) -> dict[str, Any]:
    """Return what waits beside claims: pages and changes to approve, questions of residents without a claim.

    The menu's own counters come along.
    """
    conditions, since = part_conditions(now), day_in_kupang(now) - SHOWN_WITHIN
    groups = [*uncounted_conditions(since), Demand.set_aside_at.is_(None)]
    to_approve, proposed, asked, *yours = db.session.execute(
        sa.select(
            clarification_count_query(*conditions[ListingPart.AWAITING]),
            clarification_count_query(*conditions[ListingPart.PROPOSED]),
            sa.select(sa.func.count()).select_from(Demand).where(*groups).scalar_subquery(),
            *(query.scalar_subquery() for query in counters.officer_count_queries(officer, now)),
        )
    ).one()
    counters.cache_waiting_counts(late, yours)
    return {"to_approve": to_approve, "proposed": proposed, "asked": asked, "parts": ListingPart}


def source_context() -> dict[str, Any]:
    """Return the first sources that fail, and how many of how many do."""
    counts = count_sources_by_state([])
    failing = sa.select(Source).where(STATE_EXPRESSION == "failing").order_by(*SOURCE_ORDER).limit(SOURCES_SHOWN)
    return {
        "failing": db.session.scalars(failing).all() if counts.get("failing") else [],
        "failing_count": counts.get("failing", 0),
        "read_count": sum(counts.get(state, 0) for state in SCHEDULED_STATES),
    }
