"""What tests cost: which of them start processes, and the seconds that each takes.

A test that starts a command or a server carries the mark ``process`` (``browser`` and ``slow`` say it too): a test without
one that does it anyway fails. ``make test-costs`` writes the seconds of each test to build/test-costs.tsv.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

STARTS_PROCESSES = ("process", "browser", "slow", "long")
EVENTS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn"})
TABLE = Path("build/test-costs.tsv")

_started: list[str] = []


def _note_process(event: str, arguments: tuple[object, ...]) -> None:
    if event in EVENTS:
        _started.append(f"{event} {arguments[0] if arguments else ''}".strip())


sys.addaudithook(_note_process)


def processor_seconds() -> float:
    """Return the seconds of processor time of this process and of those that it started and that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note what a whole test costs, its fixtures included."""
    began, used = time.perf_counter(), processor_seconds()
    try:
        return (yield)
    finally:
        if os.environ.get("TEST_COSTS"):
            line = f"{processor_seconds() - used:.2f}\t{time.perf_counter() - began:.2f}\t{item.nodeid}\n"
            with TABLE.open("a", encoding="utf-8") as table:
                table.write(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Begin to listen for processes."""
    _started.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Let a test fail that started a process without saying so."""
    result = yield
    if _started and not any(item.get_closest_marker(mark) for mark in STARTS_PROCESSES):
        pytest.fail(f"starts a process: let it carry the mark `process` ({_started[0]})", pytrace=False)
    return result
