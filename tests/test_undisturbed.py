"""What holds a limit of time runs without coverage and garbage collection, and everything else with them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.repository import ROOT
from tests.undisturbed import reads_clock

TESTS = """
import gc
import sys
import time

def test_before():
    assert sys.gettrace() and gc.isenabled()

def test_a_limit():
    began = time.process_time()
    assert not sys.gettrace() and not gc.isenabled()
    assert time.process_time() - began < 1

def test_afterwards():
    assert sys.gettrace() and gc.isenabled()
"""


def measure_apart() -> float:
    return time.perf_counter()


def test_a_clock_is_seen_in_a_function_in_one_within_and_in_one_of_its_file() -> None:
    def measure() -> float:
        return time.process_time()

    def measure_within() -> float:
        def cost() -> float:
            return time.monotonic()

        return cost()

    def measure_elsewhere() -> float:
        return measure_apart()

    def name_a_day() -> str:
        return time.strftime("%A")

    assert reads_clock(measure)
    assert reads_clock(measure_within)
    assert reads_clock(measure_elsewhere)
    assert not reads_clock(name_a_day)


@pytest.mark.slow
@pytest.mark.process
def test_coverage_pauses_for_a_limit_of_time_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "test_limits.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "rules").write_text("[run]\nsource = .\ncore = ctrace\n", encoding="utf-8")
    coverage = ["coverage", "run", "--rcfile", "rules", "--data-file", "data"]
    command = [sys.executable, "-m", *coverage, "-m", "pytest", "-p", "tests.undisturbed", "-p", "no:randomly", "-q"]
    environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
