"""Solved puzzles raise the limit; a puzzle is ours, fresh and used once; browsers solve it or do without."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.rate_limits import SOLVED_LIMIT_FACTOR, consume_report_limit
from hoax_tracker.check.reports import proof_of_work
from hoax_tracker.check.reports.proof_of_work import LONGEST_ANSWER, PUZZLE_VALID_FOR, is_solved, new_puzzle
from hoax_tracker.check.views import reports
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import RateLimitedError, ServiceBusyError
from hoax_tracker.models import Report, db
from tests.check.conftest import MARKET, kept
from tests.shared_app import change_settings

WHO = "203.0.113.7"


def spend_report(*arguments: Any) -> None:
    """Count a report in a transaction of its own."""
    with write_transaction(None):
        consume_report_limit(*arguments)


def solve(puzzle: str, settings: Settings, now: datetime) -> str:
    """The smallest number that solves a puzzle."""
    return next(str(number) for number in count() if is_solved(puzzle, str(number), settings, now))


def test_a_puzzle_is_ours_and_fresh(app: APIFlask, settings: Settings, now: datetime) -> None:
    puzzle = new_puzzle(settings, now)
    answer = solve(puzzle, settings, now)
    assert is_solved(puzzle, answer, settings, now + PUZZLE_VALID_FOR)
    assert not is_solved(puzzle, answer, settings, now + PUZZLE_VALID_FOR + timedelta(seconds=2))
    assert not is_solved(puzzle, answer, settings, now - timedelta(seconds=2)), "made before its time"
    assert not is_solved(puzzle, answer, replace(settings, secret_key="x" * 40), now)
    older = "0" + puzzle[1:]
    assert not is_solved(older, answer, settings, now)


@pytest.mark.parametrize("answer", ["", "-1", "1.0", "x", "٣", "9" * (LONGEST_ANSWER + 1)])
def test_what_is_no_answer(app: APIFlask, settings: Settings, now: datetime, answer: str) -> None:
    assert not is_solved(new_puzzle(settings, now), answer, settings, now)
    for odd in ("", ".", "..", "zz.x.y", "\ud800.\ud800"):
        assert not is_solved(odd.encode("utf-8", "replace").decode(), "1", settings, now)


def test_one_in_many_numbers_solves_it(
    app: APIFlask, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a puzzle that is always the same: of one in thousands three of these numbers solve it.
    monkeypatch.setattr(proof_of_work.secrets, "token_hex", lambda size: "ab" * size)
    settings = replace(settings, secret_key="s" * 40)
    puzzle = new_puzzle(settings, now)
    assert sum(is_solved(puzzle, str(number), settings, now) for number in range(2_000)) < 3


def test_who_computes_has_more_room(app: APIFlask, settings: Settings, now: datetime) -> None:
    few = replace(settings, reports_per_hour=1, reports_per_hour_in_total=100)
    spend_report(WHO, few, now)
    with pytest.raises(RateLimitedError):
        spend_report(WHO, few, now)
    for _ in range(SOLVED_LIMIT_FACTOR):
        puzzle = new_puzzle(few, now)
        spend_report(WHO, few, now, puzzle, solve(puzzle, few, now))
    with pytest.raises(RateLimitedError):
        spend_report(WHO, few, now, puzzle := new_puzzle(few, now), solve(puzzle, few, now))


def test_a_puzzle_counts_once(app: APIFlask, settings: Settings, now: datetime) -> None:
    few = replace(settings, reports_per_hour=1)
    puzzle = new_puzzle(few, now)
    answer = solve(puzzle, few, now)
    spend_report(WHO, few, now, puzzle, answer)
    spend_report(WHO, few, now, puzzle, answer)  # as one without work
    with pytest.raises(RateLimitedError):
        spend_report(WHO, few, now, puzzle, answer)


def test_a_thousand_reports_a_minute_from_one_address(app: APIFlask, settings: Settings, now: datetime) -> None:
    few = replace(settings, reports_per_hour=10)
    passed = 0
    for _ in range(1_000):
        try:
            spend_report(WHO, few, now)
        except RateLimitedError:
            continue
        passed += 1
    assert passed == 10
    spend_report("203.0.113.8", few, now)


def test_a_flood_without_work_closes_nothing_to_who_computes(app: APIFlask, settings: Settings, now: datetime) -> None:
    full = replace(settings, reports_per_hour_in_total=5)
    for number in range(5):
        spend_report(f"198.51.100.{number}", full, now)
    with pytest.raises(ServiceBusyError):
        spend_report(WHO, full, now)
    puzzle = new_puzzle(full, now)
    spend_report(WHO, full, now, puzzle, solve(puzzle, full, now))


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.usefixtures("one_moment")
def test_a_browser_solves_it_and_one_without_scripts_need_not(
    app: APIFlask, address: str, chromium: Any, scripts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (
        proof_of_work,
        reports,
    ):  # a browser sends the form without an answer that is not found in five seconds
        monkeypatch.setattr(module, "ZERO_BITS", 8)
    change_settings(app, reports_per_hour=1)
    page = chromium.new_context(java_script_enabled=scripts).new_page()
    for _ in range(2):
        page.goto(f"{address}/lapor")
        page.fill("#teks", MARKET)
        for step in ("2", "3"):
            with page.expect_navigation():  # until the page's scripts have run
                page.click(f"button[value='{step}']")
        page.click("button[value='kirim']")
        page.wait_for_selector(".ticket, .fault")
    # The second one only fits into the room of those who compute.
    assert ("Aduan terkirim" in page.text_content("body")) is scripts
    assert kept(lambda: len(db.session.scalars(sa.select(Report.id)).all())) == (2 if scripts else 1)
