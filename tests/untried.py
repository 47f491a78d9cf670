"""Skip tests whose needs (tests/needs.py) are not met on this machine, and say so.

The last lines of a run say what was not tried and what would bring it. build/untried.txt lists it; these tests have the
mark ``untried`` in the next run, so that another machine tries them beside the slow ones: ``make test-rest``.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.needs import NEEDS, found

UNTRIED = Path("build/untried.txt")
UNMET = "needs "


def needs_of(item: pytest.Item) -> list[str]:
    """Return the needs of a test, by its marks."""
    return sorted({name for mark in item.iter_markers("needs") for name in mark.args})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the needs of its fixtures, ``browser`` where one of them is Chromium, and ``untried``."""
    untried = set(UNTRIED.read_text(encoding="utf-8").splitlines()) if UNTRIED.exists() else set()
    for item in items:
        if item.nodeid in untried:
            item.add_marker(pytest.mark.untried)
        fixtures = set(getattr(item, "fixturenames", ()))
        for name, need in NEEDS.items():
            if need.fixtures & fixtures:
                item.add_marker(pytest.mark.needs(name))
        if unknown := set(needs_of(item)) - set(NEEDS):
            raise pytest.UsageError(f"{item.nodeid}: tests/needs.py does not know {', '.join(unknown)}")
        if {"chromium", "whole_chromium"}.intersection(needs_of(item)):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose needs are not met here, before its fixtures are made."""
    for name in needs_of(item):
        if not found(name):
            pytest.skip(f"{UNMET}{NEEDS[name].name}: {NEEDS[name].remedy}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was not tried on this machine, and what would bring it.

    A run of single tests (those that failed) leaves the list as it is.
    """
    reasons = {
        report.nodeid: report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
    }
    if reasons:
        terminalreporter.section("not tried here")
    for reason, count in Counter(reasons.values()).most_common():
        terminalreporter.write_line(f"{count:>5}  {reason}")
    if any("::" in wanted for wanted in config.args):
        return
    UNTRIED.parent.mkdir(exist_ok=True)
    unmet = [test for test, reason in reasons.items() if reason.startswith(UNMET)]
    UNTRIED.write_text("".join(f"{test}\n" for test in unmet), encoding="utf-8")
