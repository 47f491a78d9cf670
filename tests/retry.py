"""Run pytest, then repeat each failed test alone: ``python -m tests.retry [ARGUMENTS OF PYTEST]``.

A test that fails among others and passes alone is flaky. The gate passes, names it in its last lines (``FLAKY: …``) and
stores its output in build/flaky.txt; the next change must mend it. A test that fails again has failed, and so has a run
with many failures. The second try uses the random seed of the first.
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
    """A failed test: its id, the first line of the reason, and its output."""

    test: str
    message: str
    report: str


@dataclass(frozen=True)
class FailedRun:
    """The failures of a run of pytest; ``seed`` repeats its order and random numbers."""

    seed: int | None
    passed: int
    failures: list[Failure]

    def write(self) -> None:
        """Write build/failed.json."""
        BUILD.mkdir(exist_ok=True)
        FAILED.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls) -> FailedRun:
        """Read the file of the last run."""
        kept = json.loads(FAILED.read_text(encoding="utf-8"))
        return cls(kept["seed"], kept["passed"], [Failure(**failure) for failure in kept["failures"]])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the failed tests to the file (as a pytest plugin, in the process that collects all reports)."""
    reports = [*terminalreporter.stats.get("failed", ()), *terminalreporter.stats.get("error", ())]
    failures = {report.nodeid: failure_from_report(report) for report in reversed(reports)}
    passed = len(terminalreporter.stats.get("passed", ()))
    FailedRun(config.getoption("randomly_seed", None), passed, list(failures.values())).write()


def failure_from_report(report: pytest.TestReport | pytest.CollectReport) -> Failure:
    """Return the failure in a report."""
    said = report.longreprtext
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash else said
    return Failure(report.nodeid, next(iter(message.splitlines()), ""), said)


def run_pytest(*arguments: str) -> int:
    """Delete the file of an earlier run, run pytest with this plugin in a process, and return its exit code."""
    FAILED.unlink(missing_ok=True)
    return subprocess.run([sys.executable, "-m", "pytest", "-p", "tests.retry", *arguments], check=False).returncode


def passes_alone(failure: Failure, seed: int | None) -> bool:
    """Tell whether a test passes alone."""
    print(f"\nonce more, alone: {failure.test}", flush=True)
    again = [] if seed is None else [f"--randomly-seed={seed}"]
    return run_pytest("-n0", *again, failure.test) == 0 and FailedRun.read().passed > 0


def keep_evidence(flaky: Sequence[Failure]) -> None:
    """Append flaky tests to build/flaky.txt: the gate's line, and the indented output."""
    with FLAKY.open("a", encoding="utf-8") as file:
        for failure in flaky:
            said = "".join(f"    {line}\n" for line in failure.report.splitlines())
            file.write(f"FLAKY: {failure.test}, {failure.message}\n{said}")


def main(arguments: Sequence[str]) -> int:
    """Run the tests, repeat the failed ones, and return the exit code of the whole."""
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
