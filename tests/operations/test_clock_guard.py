"""A clock that leaps deletes nothing for a day; one that goes on at ordinary steps does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import ClockSeen, Item, Officer, Source, db
from hoax_tracker.operations.clock_guard import CLOCK_LEAP, CLOCK_WATCH_PERIOD, deleting_resumes_at, is_clock_steady
from hoax_tracker.worker import loop

DAY, MONTHS = timedelta(days=1), timedelta(days=100)


def seen(*moments: datetime) -> list[bool]:
    """What the watch says at one moment after the other."""
    return [is_clock_steady(moment) for moment in moments]


def test_an_ordinary_clock_is_steady(app: APIFlask, now: datetime) -> None:
    moments = [now, now + DAY, now + DAY - timedelta(minutes=5), now + CLOCK_LEAP]
    assert seen(*moments) == [True] * 4
    assert db.session.scalars(sa.select(ClockSeen.seen_at)).all() == moments[-1:]


def test_two_machines_whose_clocks_differ_do_not_doubt_each_other(app: APIFlask, now: datetime) -> None:
    early, hours = timedelta(hours=2), timedelta(hours=1)
    for number in range(30):
        assert is_clock_steady(now + number * hours, "a")
        steady = is_clock_steady(now + number * hours - early, "b")
    assert steady


def test_a_machine_that_was_never_seen_is_held_against_the_others(app: APIFlask, now: datetime) -> None:
    assert is_clock_steady(now, "a")
    assert not is_clock_steady(now + MONTHS, "new")
    assert is_clock_steady(now + timedelta(minutes=1), "third") is False, (
        "against the one that leapt: a day costs nothing"
    )


def test_a_machine_that_runs_some_hours_a_week_deletes_now_and_then(app: APIFlask, now: datetime) -> None:
    looks = [now + timedelta(weeks=week, hours=hour) for week in range(10) for hour in range(9)]
    steady = seen(*looks)
    assert any(steady[9 * 5 :])
    assert not all(steady[9:18])


@pytest.mark.parametrize("leap", [MONTHS, -MONTHS, CLOCK_LEAP + timedelta(minutes=1), timedelta(hours=-2)])
def test_a_leap_is_waited_out(app: APIFlask, now: datetime, leap: timedelta) -> None:
    after = now + leap
    moments = [
        now,
        after,
        after + CLOCK_WATCH_PERIOD - timedelta(minutes=1),
        after + CLOCK_WATCH_PERIOD,
        after + 2 * DAY,
    ]
    assert seen(*moments[:3]) == [True, False, False]
    assert deleting_resumes_at(moments[2]) == after + CLOCK_WATCH_PERIOD
    assert seen(*moments[3:]) == [True, True]
    assert deleting_resumes_at(moments[-1]) is None


def test_a_clock_that_is_set_right_is_watched_anew(app: APIFlask, now: datetime) -> None:
    assert seen(now, now + MONTHS, now + timedelta(hours=2)) == [True, False, False]
    assert seen(now + timedelta(hours=25), now + timedelta(hours=26)) == [False, True]


def test_a_clock_that_was_set_right_names_no_day_of_the_wrong_one(app: APIFlask, now: datetime) -> None:
    is_clock_steady(now, "a")
    for wrong in (now + MONTHS, now - MONTHS):
        assert not is_clock_steady(wrong, "a")
        assert deleting_resumes_at(now) == now + CLOCK_WATCH_PERIOD
        assert deleting_resumes_at(wrong) == wrong + CLOCK_WATCH_PERIOD


def test_months_without_the_program_end_by_themselves(app: APIFlask, now: datetime) -> None:
    back = now + MONTHS
    days = [back + number * DAY for number in range(4)]
    assert seen(now, *days) == [True, False, True, True, True]


class Stop:
    """Lets a worker do as many rounds as there are moments, at these moments."""

    def __init__(self, patch: pytest.MonkeyPatch, moments: list[datetime]) -> None:
        self.left = list(moments)
        patch.setattr(loop, "utc_now", lambda: self.left.pop(0))
        patch.setattr(loop, "run_round", lambda *_: [])
        patch.setattr(loop.pipeline, "propose_retrained_model", lambda _: None)

    def is_set(self) -> bool:
        return not self.left

    def wait(self, _seconds: float) -> None:
        """Do not wait."""


@pytest.fixture
def work(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a worker do rounds at the moments."""
    return lambda *moments: loop.run_worker(settings, Stop(monkeypatch, list(moments)))  # type: ignore[arg-type]


def test_the_worker_deletes_nothing_while_the_clock_is_doubted(
    app: APIFlask,
    settings: Settings,
    now: datetime,
    work: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = Source(name="s", created_at=now)
    db.session.add(source)
    db.session.flush()
    db.session.add(Item(source_id=source.id, entry_key="k", content_key="k", fetched_at=now))
    db.session.commit()
    count = sa.select(sa.func.count()).select_from(Item)
    hours = timedelta(hours=1)
    work(now, now + MONTHS, now + MONTHS + 23 * hours)
    assert db.session.scalar(count) == 1
    work(now + MONTHS + 24 * hours)
    assert db.session.scalar(count) == 0
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


def test_an_administrator_sees_that_deleting_is_put_off(
    now: datetime, administrator: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    browser = sign_in(administrator)
    assert "melompat" not in browser.get("/petugas/kelola/sistem").text
    seen(now, now + MONTHS)
    assert "Jam mesin ini melompat jauh" in browser.get("/petugas/kelola/sistem").text
