"""The demo's officers work by day, in order and after what they answer, whenever the demo is started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hoax_tracker.clock import WITA
from hoax_tracker.demo import replay, sample_data
from hoax_tracker.demo.officers import DemoOffice
from hoax_tracker.demo.replay import CLOSES, OPENS, officer_time

STARTS = [datetime(2026, 11, 27, hour, minute, tzinfo=UTC) for hour in range(24) for minute in (0, 1, 30)]


@pytest.mark.parametrize("started", STARTS, ids=lambda started: f"{started:%H.%M}")
def test_every_act_is_by_day_in_order_and_in_the_past(started: datetime) -> None:
    moments = [started - timedelta(minutes=7 * number) for number in range(60 * 24)][::-1]
    worked = [officer_time(moment, started) for moment in moments]
    assert all(OPENS <= act.astimezone(WITA).time() <= CLOSES for act in worked)
    assert worked == sorted(worked)
    assert worked[-1] <= started


@pytest.mark.parametrize("started", STARTS, ids=lambda started: f"{started:%H.%M}")
def test_an_act_comes_after_what_it_answers_unless_that_came_after_work(started: datetime) -> None:
    last_close = officer_time(started, started)
    for minutes in range(0, 60 * 24 * 3, 11):
        moment = started - timedelta(minutes=minutes)
        if moment <= last_close - timedelta(hours=1):
            assert officer_time(moment, started) >= moment - timedelta(hours=1)


def test_only_residents_feeds_and_disasters_come_at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    started = datetime(2026, 11, 27, 16, 51, tzinfo=UTC)  # 00.51 WITA
    office = DemoOffice.__new__(DemoOffice)
    office.desk = type("Desk", (), {"__getattr__": lambda _self, name: name})()  # type: ignore[assignment]
    monkeypatch.setattr(replay, "bind_sample", lambda act, _sample: act)
    by_name: dict[object, set[bool]] = {}
    for event in replay.demo_events(office):
        by_name.setdefault(getattr(event.act, "__name__", event.act), set()).add(
            OPENS <= event.time(started).astimezone(WITA).time() <= CLOSES
        )
    for name in ("draft", "submit", "approve", "approve_change", "link", "act", "close_old"):
        assert by_name[name] == {True}, name
    assert by_name["decide"] == {True, False}, "a disaster is examined at any hour, nothing else"
    assert [sample["story"] for sample in sample_data.load_sample_decisions() if "at_any_hour" in sample] == ["sirene"]
    assert False in by_name["report"]
    assert sample_data.load_sample_reports()
