"""What holds a limit of time runs without coverage, and everything else with it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.repository import ROOT
from tests.untraced import reads_clock

TESTS = """
import sys
import time

def test_before():
    assert sys.gettrace()

def test_a_limit():
    began = time.process_time()
    assert not sys.gettrace()
    assert time.process_time() - began < 1

def test_afterwards():
    assert sys.gettrace()
"""


def test_a_clock_is_seen_in_a_function_and_in_one_within() -> None:
    def measure() -> float:
        return time.process_time()

    def measure_within() -> float:
        def cost() -> float:
            return time.monotonic()

        return cost()

    def name_a_day() -> str:
        return time.strftime("%A")

    assert reads_clock(measure.__code__)
    assert reads_clock(measure_within.__code__)
    assert not reads_clock(name_a_day.__code__)


@pytest.mark.process
def test_coverage_pauses_for_a_limit_of_time_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "test_limits.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "rules").write_text("[run]\nsource = .\ncore = ctrace\n", encoding="utf-8")
    coverage = ["coverage", "run", "--rcfile", "rules", "--data-file", "data"]
    command = [sys.executable, "-m", *coverage, "-m", "pytest", "-p", "tests.untraced", "-p", "no:randomly", "-q"]
    environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
