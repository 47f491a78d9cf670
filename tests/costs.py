"""Measure the costs of tests: ``make test-costs`` writes a line for each test to build/test-costs.tsv.

Columns: processor seconds (including ended child processes), seconds, the test, and which mark it lacks.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TABLE = Path("build/test-costs.tsv")
MARKS_OF_PROCESSES = ("process", "browser", "slow", "long")
MARKS_OF_COSTS = ("slow", "training", "long")
DEAR_S = 1.0
"""Processor seconds from which on a test is not one for every change."""
PROCESS_EVENTS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn"})

_started: list[str] = []


def pytest_configure() -> None:
    """Listen for started processes where costs are measured."""
    if is_cost_run():
        sys.addaudithook(note_process)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure a whole test, including its fixtures."""
    if not is_cost_run():
        return (yield)
    began, used = time.perf_counter(), processor_seconds()
    _started.clear()
    try:
        return (yield)
    finally:
        spent_s, took_s = processor_seconds() - used, time.perf_counter() - began
        with TABLE.open("a", encoding="utf-8") as table:
            table.write(f"{spent_s:.2f}\t{took_s:.2f}\t{item.nodeid}\t{missing_mark(item, spent_s)}\n")


def missing_mark(item: pytest.Item, spent_s: float) -> str:
    """Return what a test did without having the mark for it."""
    if spent_s >= DEAR_S and not any(map(item.get_closest_marker, MARKS_OF_COSTS)):
        return "dear without a mark"
    if _started and not any(map(item.get_closest_marker, MARKS_OF_PROCESSES)):
        return "a process without a mark"
    return ""


def is_cost_run() -> bool:
    """Tell whether this run measures costs."""
    return bool(os.environ.get("TEST_COSTS"))


def note_process(event: str, arguments: tuple[object, ...]) -> None:
    """Record that a process was started (an audit hook of the interpreter)."""
    if event in PROCESS_EVENTS:
        _started.append(event)


def processor_seconds() -> float:
    """Return the processor seconds of this process and of its ended children."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
