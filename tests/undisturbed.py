"""Tests that hold a limit of time run with neither coverage nor the garbage collector.

Coverage makes every line several times as slow, libraries' too. The collector looks through all that earlier tests of
the process left, which takes up to a second, whenever the test makes many objects.

Which tests they are is read from their code: whoever looks at a clock of the processor or of the machine, itself or in
a function of its file.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType

import pytest

CLOCKS = frozenset({"process_time", "perf_counter", "monotonic"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Stop what would disturb such a test for as long as it runs."""
    function = getattr(item, "function", None)
    if not isinstance(function, FunctionType) or not reads_clock(function):
        return (yield)
    coverage = sys.modules.get("coverage")
    running = coverage and coverage.Coverage.current()
    if running:
        running.stop()
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        if running:
            running.start()


def reads_clock(function: FunctionType) -> bool:
    """Tell whether a function, or one that it calls from its own file, asks the time to measure a duration."""
    seen: set[FunctionType] = set()
    unread = [function]
    while unread:
        one = unread.pop()
        seen.add(one)
        names = _read_names(one.__code__)
        if CLOCKS & names:
            return True
        called = [one.__globals__.get(name) for name in names]
        unread += [
            other
            for other in called
            if isinstance(other, FunctionType) and other.__module__ == one.__module__ and other not in seen
        ]
    return False


def _read_names(code: CodeType) -> set[str]:
    """Return the names that code reads, and those that functions written in it read."""
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_read_names, inner))
