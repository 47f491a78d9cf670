"""The gate's second try: flaky tests are passed and named, real failures fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import retry
from tests.repository import ROOT

pytestmark = pytest.mark.process

PASSES = "def test_passes(): pass\n"
FAILS = "def test_fails(): assert 1 == 2, 'one is not two'\n"
FAILS_ONCE = """
import pathlib, random
def test_fails_once():
    seen = pathlib.Path("seen")
    first, luck = not seen.exists(), random.random()
    seen.write_text(seen.read_text() + str(luck) + "\\n" if seen.exists() else str(luck) + "\\n")
    assert not first, "this time"
"""


def run(folder: Path, *files: str, workers: int = 0) -> subprocess.CompletedProcess[str]:
    """Run test files with the second try in a folder of their own."""
    for number, content in enumerate(files):
        (folder / f"test_{number}.py").write_text(content, encoding="utf-8")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = [sys.executable, "-m", "tests.retry", "-q", f"-n{workers}"]
    return subprocess.run(
        command,
        cwd=folder,
        env=environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.slow
def test_a_run_without_failures_is_run_once(tmp_path: Path) -> None:
    done = run(tmp_path, PASSES)
    assert done.returncode == 0, done.stdout
    assert "alone" not in done.stdout
    assert not (tmp_path / retry.FLAKY).exists()


@pytest.mark.slow
def test_what_passes_alone_is_named_last_and_kept(tmp_path: Path) -> None:
    done = run(tmp_path, PASSES, FAILS_ONCE, workers=2)
    assert done.returncode == 0, done.stdout
    line = "FLAKY: test_1.py::test_fails_once, AssertionError: this time"
    assert done.stdout.splitlines()[-1] == line
    kept = (tmp_path / retry.FLAKY).read_text(encoding="utf-8")
    assert kept.startswith(f"{line}\n    ")
    assert "first, luck = not seen.exists()" in kept
    lucks = (tmp_path / "seen").read_text(encoding="utf-8").split()
    assert len(lucks) == 2
    assert lucks[0] == lucks[1], "the second try has the random numbers of the first"


@pytest.mark.slow
def test_what_fails_again_has_failed(tmp_path: Path) -> None:
    done = run(tmp_path, FAILS, FAILS_ONCE)
    assert done.returncode == 1
    assert "FLAKY: test_1.py::test_fails_once" in done.stdout
    assert "FLAKY: test_0.py" not in done.stdout


@pytest.mark.slow
def test_many_failures_are_no_luck(tmp_path: Path) -> None:
    done = run(tmp_path, *[FAILS_ONCE.replace("seen", f"seen{number}") for number in range(retry.MOST_RETRIED + 1)])
    assert done.returncode == 1
    assert "alone:" not in done.stdout
    assert not (tmp_path / retry.FLAKY).exists()


@pytest.mark.slow
def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    done = run(tmp_path, PASSES, "import nothing_like_it\n")
    assert done.returncode != 0
    assert not (tmp_path / retry.FLAKY).exists()
