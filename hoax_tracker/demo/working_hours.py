"""When the demo's officers work: between 08.00 and 16.00 WITA, whenever the demo is started.

The samples give hours before the first start, which may be at night. The time from one evening to the next is squeezed
into the working hours of that day, so that every act keeps its place in the order. It comes after what it answers,
unless that arrived after the last working hours.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from hoax_tracker.clock import WITA

OPENS, CLOSES = time(8), time(16)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def officer_time(moment: datetime, started: datetime) -> datetime:
    """Return the working time for an act at ``moment``; never after ``started``."""
    last_day = _last_working_day(started)
    day = min(_working_day(moment), last_day)
    begins, ends = clock_time(day - DAY, CLOSES), clock_time(day, CLOSES)
    if day < last_day:
        return _move_between(moment, (begins, ends), (clock_time(day, OPENS), ends))
    if started <= ends:
        return _move_between(moment, (begins, started), (clock_time(day, OPENS), started))
    if moment <= ends:
        return _move_between(moment, (begins, ends), (clock_time(day, OPENS), ends - HOUR))
    return _move_between(moment, (ends, started), (ends - HOUR, ends))


def _working_day(moment: datetime) -> date:
    """Return the day in Kupang whose working hours end next."""
    local = moment.astimezone(WITA)
    return local.date() if local.time() <= CLOSES else local.date() + DAY


def _last_working_day(started: datetime) -> date:
    """Return the last day that had an hour of work before the start."""
    local = started.astimezone(WITA)
    return local.date() if local >= clock_time(local.date(), OPENS) + HOUR else local.date() - DAY


def clock_time(day: date, clock: time) -> datetime:
    """Return the time of day in Kupang."""
    return datetime.combine(day, clock, WITA)


def _move_between(moment: datetime, span: tuple[datetime, datetime], into: tuple[datetime, datetime]) -> datetime:
    """Return the moment at the same share of the other span."""
    share = (moment - span[0]) / (span[1] - span[0])
    return (into[0] + (into[1] - into[0]) * share).astimezone(moment.tzinfo).replace(microsecond=0)
