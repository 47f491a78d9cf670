"""Tests that hold a limit of time run without coverage: it makes every line several times as slow, libraries' too.

Which they are is read from their code: whoever looks at a clock of the processor or of the machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType

import pytest

CLOCKS = frozenset({"process_time", "perf_counter", "monotonic"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Stop what notes the lines for as long as such a test runs."""
    coverage = sys.modules.get("coverage")
    running = coverage and coverage.Coverage.current()
    function = getattr(item, "function", None)
    if not running or not function or not reads_clock(function.__code__):
        return (yield)
    running.stop()
    try:
        return (yield)
    finally:
        running.start()


def reads_clock(code: CodeType) -> bool:
    """Tell whether a function, or one that is written in it, asks what time it is to measure a duration."""
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return bool(CLOCKS.intersection(code.co_names)) or any(map(reads_clock, inner))
