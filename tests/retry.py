"""Runs pytest, then each test that failed once more, alone: ``python -m tests.retry [ARGUMENTS OF PYTEST]``.

A test that fails among the others and passes alone fails by luck. The gate passes over it, names it in its last lines
(``FLAKY: …``) and keeps what it said in build/flaky.txt: it is to be mended in the next change. A test that fails again
has failed, and so has a run in which many fail. The second try has the random numbers of the first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

BUILD = Path("build")
FAILED, FLAKY = BUILD / "failed.json", BUILD / "flaky.txt"
# More than this is no luck.
MOST_RETRIED = 5


@dataclass(frozen=True)
class Failure:
    """A test that failed: its id for pytest, the first line of why, and everything that was said."""

    test: str
    message: str
    report: str


@dataclass(frozen=True)
class FailedRun:
    """What a run of pytest leaves for the second try. ``seed`` gives the same order and random numbers again."""

    seed: int | None
    passed: int
    failures: list[Failure]

    def write(self) -> None:
        """Write it to build/failed.json."""
        BUILD.mkdir(exist_ok=True)
        FAILED.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls) -> FailedRun:
        """Read what the last run wrote."""
        kept = json.loads(FAILED.read_text(encoding="utf-8"))
        return cls(kept["seed"], kept["passed"], [Failure(**failure) for failure in kept["failures"]])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write down which tests failed (as a plugin of pytest, in the process that hears of all of them)."""
    reports = [*terminalreporter.stats.get("failed", ()), *terminalreporter.stats.get("error", ())]
    failures = {report.nodeid: failure_from_report(report) for report in reversed(reports)}
    passed = len(terminalreporter.stats.get("passed", ()))
    FailedRun(config.getoption("randomly_seed", None), passed, list(failures.values())).write()


def failure_from_report(report: pytest.TestReport | pytest.CollectReport) -> Failure:
    """Return what a report says of a failed test."""
    said = report.longreprtext
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash else said
    return Failure(report.nodeid, next(iter(message.splitlines()), ""), said)


def run_pytest(*arguments: str) -> int:
    """Run pytest with this plugin in a process of its own; return its exit code. What an earlier run wrote is gone."""
    FAILED.unlink(missing_ok=True)
    return subprocess.run([sys.executable, "-m", "pytest", "-p", "tests.retry", *arguments], check=False).returncode


def passes_alone(failure: Failure, seed: int | None) -> bool:
    """Tell whether a test passes with nothing beside it."""
    print(f"\nonce more, alone: {failure.test}", flush=True)
    again = [] if seed is None else [f"--randomly-seed={seed}"]
    return run_pytest("-n0", *again, failure.test) == 0 and FailedRun.read().passed > 0


def keep_evidence(flaky: Sequence[Failure]) -> None:
    """Add the tests to build/flaky.txt: the line that the gate ends with, and indented what the test said."""
    with FLAKY.open("a", encoding="utf-8") as file:
        for failure in flaky:
            said = "".join(f"    {line}\n" for line in failure.report.splitlines())
            file.write(f"FLAKY: {failure.test}, {failure.message}\n{said}")


def main(arguments: Sequence[str]) -> int:
    """Run the tests and those that failed once more; return the exit code of the whole."""
    code = run_pytest(*arguments)
    if code != pytest.ExitCode.TESTS_FAILED or not FAILED.exists():
        return code
    run = FailedRun.read()
    if not 0 < len(run.failures) <= MOST_RETRIED:
        print(f"{len(run.failures)} tests failed: more than {MOST_RETRIED} is no luck, so none is tried again")
        return code
    flaky = [failure for failure in run.failures if passes_alone(failure, run.seed)]
    if flaky:
        keep_evidence(flaky)
    for failure in flaky:
        print(f"FLAKY: {failure.test}, {failure.message}")
    return 0 if len(flaky) == len(run.failures) else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
