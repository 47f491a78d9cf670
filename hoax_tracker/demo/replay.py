"""Thirty days in a minute: growing feeds are read, and officers and residents act in between, in order of time.

1. The feeds show what had appeared by a time; the pipeline reads them as of that time.
2. People then act through the services (officers.py), so that decisions, revisions and audit events are in order.

Officers work between 08.00 and 16.00 WITA, whenever the demo is started. The samples give hours before the first start,
which may be at night, so the time from one evening to the next is squeezed into the working hours of that day, and
every act keeps its place in the order. It comes after what it answers, unless that arrived after the last working
hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker import pipeline
from hoax_tracker.check.answers.question_log import group_questions
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.demo import sample_data
from hoax_tracker.demo.officers import DemoDesk, DemoOffice
from hoax_tracker.models import Source

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


HISTORY_DAYS = 30
DemoAct = Callable[[datetime], Any]


class DemoClock:
    """The demo's time: set by the replay, and the real time afterwards."""

    def __init__(self) -> None:
        self.turned_to: datetime | None = None

    def __call__(self) -> datetime:
        """Return the set time, or the real one."""
        return self.turned_to or utc_now()


@dataclass(frozen=True)
class DemoEvent:
    """An act at a time; without an act the feeds are only read. ``reads``: the feeds are read first.

    ``is_officers``: an officer acts, so it happens in working hours.
    """

    hours_ago: float
    act: DemoAct | None = None
    reads: bool = True
    is_officers: bool = False

    def time(self, started: datetime) -> datetime:
        """Return when it happens."""
        moment = sample_data.sample_time(started, self.hours_ago)
        return officer_time(moment, started) if self.is_officers else moment


def replay_history(office: DemoOffice, started: datetime, clock: DemoClock, progress: pipeline.Progress) -> None:
    """Replay the thirty days before ``started``."""
    desk, feeds = office.desk, GrowingFeeds(started)
    events = sorted(demo_events(office), key=lambda event: event.time(started))
    for number, event in enumerate(events, 1):
        now = clock.turned_to = event.time(started)
        if event.reads:
            feeds.read(desk.settings, now)
        if event.act is not None:
            event.act(now)
        progress(f"hari {HISTORY_DAYS - int(event.hours_ago // 24)} dari {HISTORY_DAYS}", number, len(events))
    clock.turned_to = None


class GrowingFeeds:
    """The sample feeds, of which each round reads those with new entries: two of three would have none."""

    def __init__(self, started: datetime) -> None:
        self._started = started
        self._read: dict[str, int] = {}

    def read(self, settings: Settings, now: datetime) -> None:
        """Read the feeds that changed since the last round, and all of them at the end."""
        shown = {feed.name: len(feed.visible(self._started, now)) for feed in sample_data.load_sample_feeds()}
        changed = {name for name, count in shown.items() if count != self._read.get(name) or now >= self._started}
        self._read = shown
        if changed:
            wanted = sa.select(Source).where(Source.is_active, Source.name.in_(changed))
            pipeline.run_pipeline(lambda _: wanted, [], settings, now, pipeline.no_progress)


def demo_events(office: DemoOffice) -> Iterator[DemoEvent]:
    """Yield all events, unordered."""
    desk = office.desk
    yield from (DemoEvent(24 * days, desk.close_old, is_officers=True) for days in range(HISTORY_DAYS, 0, -1))
    yield from (DemoEvent(hours) for hours in range(72, -1, -4))
    for sample in sample_data.load_sample_clarifications():
        yield from _clarification_events(sample, desk)
    for sample in sample_data.load_sample_decisions():
        at_any_hour = sample.get("at_any_hour", False)  # a disaster does not wait for the office to open
        yield DemoEvent(sample["hours_ago"], bind_sample(desk.decide, sample), is_officers=not at_any_hour)
    for sample in sample_data.load_sample_work():
        at_any_hour = sample.get("at_any_hour", False)  # what it is about may have come after the office closed
        act = bind_sample(office.act, sample)
        yield DemoEvent(sample["hours_ago"], act, reads=at_any_hour, is_officers=not at_any_hour)
    for sample in sample_data.load_sample_questions():
        yield DemoEvent(sample["hours_ago"], bind_sample(desk.ask, sample), reads=False)
    yield DemoEvent(0, lambda _now: group_questions(), reads=False)
    yield DemoEvent(4, desk.propose_channel, reads=False, is_officers=True)
    for sample in sample_data.load_sample_reports():
        yield DemoEvent(sample["hours_ago"], bind_sample(desk.report, sample))
        if sample["outcome"] == "rejected":
            closing = {"answers": [], "reports": [sample["key"]], "kind": "not_a_claim", "reason": sample["reason"]}
            act = bind_sample(desk.decide, closing)
            yield DemoEvent(sample["rejected_hours_ago"], act, reads=False, is_officers=True)


def _clarification_events(sample: dict[str, Any], desk: DemoDesk) -> Iterator[DemoEvent]:
    steps = [
        (sample["drafted_hours_ago"], desk.draft, True),
        (sample.get("submitted_hours_ago"), desk.submit, False),
        (sample.get("published_hours_ago"), desk.approve, True),
    ]
    if "published_hours_ago" in sample:
        steps.append((0.1, desk.link, False))
    for kind, propose in (("correction", desk.propose_correction), ("retraction", desk.propose_retraction)):
        if kind in sample:
            steps.append((sample[kind]["proposed_hours_ago"], propose, False))
            steps.append((sample[kind]["approved_hours_ago"], desk.approve_change, False))
    for hours_ago, act, reads in steps:
        if hours_ago is not None:
            yield DemoEvent(hours_ago, bind_sample(act, sample), reads, is_officers=True)


def bind_sample(act: Callable[[dict[str, Any], datetime], None], sample: dict[str, Any]) -> DemoAct:
    """Return the act bound to its sample."""
    return lambda now: act(sample, now)


def demo_setup_time(started: datetime) -> datetime:
    """Return when the demo's instance is set up: a day before its first entry."""
    return started - timedelta(days=HISTORY_DAYS + 1)
