"""Thirty days in a minute: feeds are read as they grew, and officers and residents act in between, in order of time.

1. The feeds show what had appeared by a moment; the pipeline reads them as of that moment.
2. Whoever acts then does so through the services (officers.py), so decisions, revisions and audit stand in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hoax_tracker import pipeline
from hoax_tracker.check.answers.question_groups import group_questions
from hoax_tracker.clock import utc_now
from hoax_tracker.demo import sample_data
from hoax_tracker.demo.collaboration import Office
from hoax_tracker.demo.officers import Desk

DAYS = 30
Act = Callable[[datetime], Any]


class Clock:
    """The time of the demo's world: turned by the replay, and the real one when that is over."""

    def __init__(self) -> None:
        self.turned_to: datetime | None = None

    def __call__(self) -> datetime:
        """Return the moment it was turned to, or the real one."""
        return self.turned_to or utc_now()


@dataclass(frozen=True)
class Event:
    """An act at a moment; without one, the feeds are only read. ``reads``: the feeds are read just before."""

    hours_ago: float
    act: Act | None = None
    reads: bool = True


def replay(office: Office, started: datetime, clock: Clock, progress: pipeline.Progress) -> None:
    """Let the thirty days before ``started`` happen."""
    desk = office.desk
    events = sorted(events_of(office), key=lambda event: -event.hours_ago)
    for number, event in enumerate(events, 1):
        now = clock.turned_to = sample_data.moment(started, event.hours_ago)
        if event.reads:
            pipeline.run_all(desk.settings, now)
        if event.act is not None:
            event.act(now)
        progress(f"hari {DAYS - int(event.hours_ago // 24)} dari {DAYS}", number, len(events))
    clock.turned_to = None


def events_of(office: Office) -> Iterator[Event]:
    """Yield everything that happens, in no order."""
    desk = office.desk
    yield from (Event(24 * days, desk.close_old) for days in range(DAYS, 0, -1))
    yield from (Event(hours) for hours in range(72, -1, -4))
    for sample in sample_data.clarifications():
        yield from life_of(sample, desk)
    for sample in sample_data.decisions():
        yield Event(sample["hours_ago"], bound(desk.decide, sample))
    for sample in sample_data.work():
        yield Event(sample["hours_ago"], bound(office.act, sample), reads=False)
    for sample in sample_data.questions():
        yield Event(sample["hours_ago"], bound(desk.ask, sample), reads=False)
    yield Event(0, lambda _now: group_questions(), reads=False)
    for sample in sample_data.reports():
        yield Event(sample["hours_ago"], bound(desk.report, sample))
        if sample["outcome"] == "rejected":
            closing = {"answers": [], "reports": [sample["key"]], "kind": "not_a_claim", "reason": sample["reason"]}
            yield Event(sample["rejected_hours_ago"], bound(desk.decide, closing), reads=False)


def life_of(sample: dict[str, Any], desk: Desk) -> Iterator[Event]:
    """Yield what happens to one clarification, from its draft on."""
    yield Event(sample["drafted_hours_ago"], bound(desk.draft, sample))
    if "submitted_hours_ago" in sample:
        yield Event(sample["submitted_hours_ago"], bound(desk.submit, sample), reads=False)
    if "published_hours_ago" in sample:
        yield Event(sample["published_hours_ago"], bound(desk.approve, sample))
        yield Event(0.1, bound(desk.link, sample), reads=False)
    for kind, propose in (("correction", desk.propose_correction), ("retraction", desk.propose_retraction)):
        if kind in sample:
            yield Event(sample[kind]["proposed_hours_ago"], bound(propose, sample), reads=False)
            yield Event(sample[kind]["approved_hours_ago"], bound(desk.approve_change, sample), reads=False)


def bound(act: Callable[[dict[str, Any], datetime], None], sample: dict[str, Any]) -> Act:
    """Return the act with its sample."""
    return lambda now: act(sample, now)


def opening(started: datetime) -> datetime:
    """Return the moment at which the demo's instance is set up: a day before its first entry."""
    return started - timedelta(days=DAYS + 1)
