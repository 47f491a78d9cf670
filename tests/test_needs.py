"""What a machine lacks is skipped before anything is made for it, told at the end, and listed for another machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import ROOT

TESTS = """
import pytest

@pytest.fixture
def redis_url():
    raise AssertionError("made though there is no Redis")

@pytest.mark.needs("caddy")
def test_by_mark(tmp_path): raise AssertionError

def test_by_fixture(redis_url): raise AssertionError

def test_without(): pass
"""


def run_where_nothing_is(folder: Path, tests: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests on a machine that has none of the programs."""
    (folder / "test_some.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  needs\n  browser\n  untried\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.untried", "-p", "no:randomly", "-p", "no:cacheprovider"]
    environ = os.environ | {"PATH": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run([*command, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.process
def test_what_is_missing_is_skipped_and_told(tmp_path: Path) -> None:
    done = run_where_nothing_is(tmp_path, TESTS)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 2 skipped" in done.stdout
    assert "    1  needs Caddy: apt-get install caddy" in done.stdout
    assert "    1  needs Redis: apt-get install redis-server" in done.stdout
    listed = (tmp_path / "build" / "untried.txt").read_text().split()
    assert listed == ["test_some.py::test_by_mark", "test_some.py::test_by_fixture"]
    again = run_where_nothing_is(tmp_path, TESTS, "-m", "untried")
    assert "2 skipped, 1 deselected" in again.stdout


@pytest.mark.slow
@pytest.mark.process
def test_a_need_that_nobody_knows_ends_the_run(tmp_path: Path) -> None:
    done = run_where_nothing_is(tmp_path, TESTS.replace('"caddy"', '"cady"'))
    assert done.returncode != 0
    assert "tests/needs.py does not know cady" in done.stdout + done.stderr
