"""Drafts of reports, made by the worker: from the first working day on for the month before, and where officers asked.

A draft is counted while nothing is locked, and then written as one row. A worker that dies before leaves nothing, so
the next one counts again; of two that count at once, the first row stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import force_locale

from hoax_tracker.claims.response_targets import BusinessCalendar, load_targets
from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.insight.figures.month_figures import list_shown_months, next_month
from hoax_tracker.insight.reports.content import ReportContent, write_sentences
from hoax_tracker.insight.reports.monthly import MONTHLY
from hoax_tracker.insight.reports.monthly_numbers import load_report_numbers
from hoax_tracker.insight.reports.tables import write_tables
from hoax_tracker.insight.reports.versions import FIRST_VERSION
from hoax_tracker.models import Clarification, MonthlyReport, Officer, Report, db


def make_due_drafts(settings: Settings, now: datetime) -> int:
    """Make the drafts that are due or that officers asked for; return how many."""
    waiting = db.session.scalars(sa.select(MonthlyReport.month).where(MonthlyReport.content.is_(None))).all()
    made = 0
    for month in [*_list_due_months(now), *waiting]:
        db.session.rollback()  # counting takes long, and whoever writes would wait
        with read_transaction():
            content = write_report(month, settings, now)
        db.session.rollback()
        made += save_draft(month, content)
    return made


def write_report(month: date, settings: Settings, now: datetime) -> ReportContent:
    """Return the report on a month as it stands now."""
    with force_locale("id"):
        numbers = load_report_numbers(month, settings, now)
        return ReportContent(now, write_sentences(numbers), write_tables(numbers))


def save_draft(month: date, content: ReportContent) -> bool:
    """Keep a draft of the month, and tell whether it was missing."""
    with write_transaction():
        newest = MONTHLY.find(month)
        if newest is None:
            newest = MonthlyReport(month=month, version=FIRST_VERSION)
            db.session.add(newest)
        elif newest.content is not None:
            return False
        newest.content = content.as_json()
        return True


def _list_due_months(now: datetime) -> list[date]:
    """Return the months that still lack a report, oldest first.

    After the first report none is skipped, however long no worker ran; before it only the last month is reported.
    """
    shown = list_shown_months(now)
    newest = db.session.scalar(sa.select(sa.func.max(MonthlyReport.month)))
    if newest is not None and newest >= shown[-2]:
        return []
    calendar, today = load_targets().calendar, day_in_kupang(now)
    ended = [month for month in shown[:-1] if _is_report_due(month, today, calendar)]
    if newest is not None:
        return [month for month in ended if month > newest]
    return [month for month in ended[-1:] if month == shown[-2] and _had_begun(month)]


def _is_report_due(month: date, today: date, calendar: BusinessCalendar) -> bool:
    """Tell whether the first working day after the month has come."""
    first_day = next_month(month)
    return today >= next(calendar.open_days(first_day), first_day)


def _had_begun(month: date) -> bool:
    """Tell whether the instance was used by the end of the month. A new one has no month to report on."""
    end = start_of_day(next_month(month))
    used: Sequence[sa.ColumnElement[bool]] = (
        sa.exists().where(Officer.created_at < end),
        sa.exists().where(Clarification.published_at < end),
        sa.exists().where(Report.received_at < end),
    )
    return bool(db.session.scalar(sa.select(sa.or_(*used))))
