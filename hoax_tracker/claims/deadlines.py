"""Deadlines of claims: the state that a page shows, and its wording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.units import format_unit
from flask_babel import get_locale
from flask_babel import gettext as _

from hoax_tracker.clock import WITA

SOON = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class DeadlineStatus:
    """``state`` is "late", "soon" or "" (enough time); ``text`` says the same in words."""

    state: str
    text: str


def deadline_status(due_at: datetime, now: datetime, awaits_approval: bool = False) -> DeadlineStatus:
    """Return the state of a deadline at ``now``; a claim whose answer awaits approval is late for nobody."""
    if awaits_approval:
        return DeadlineStatus("", _("Menunggu persetujuan"))
    left = due_at - now
    if left < timedelta(0):
        return DeadlineStatus("late", _("Terlambat %(time)s", time=format_duration(-left)))
    return DeadlineStatus("soon" if left < SOON else "", _("Sisa %(time)s", time=format_duration(left)))


def format_duration(length: timedelta) -> str:
    """Return a duration in everyday words: "35 menit", "2 jam 15 menit", "26 jam", "3 hari"."""
    minutes = max(1, int(length.total_seconds() // 60))
    hours = minutes // 60
    if hours >= 48:
        return _format_unit_count(hours // 24, "day")
    if hours >= 12 or (hours and not minutes % 60):
        return _format_unit_count(hours, "hour")
    return (
        f"{_format_unit_count(hours, 'hour')} {_format_unit_count(minutes % 60, 'minute')}"
        if hours
        else _format_unit_count(minutes, "minute")
    )


def _format_unit_count(count: int, name: str) -> str:
    """Return a count with its unit in the reader's language."""
    return str(format_unit(count, f"duration-{name}", length="long", locale=get_locale()))


def next_midnight(now: datetime) -> datetime:
    """Return the next midnight in Kupang."""
    local = now.astimezone(WITA)
    return (local + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
