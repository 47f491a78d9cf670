"""How tests are written, checked in their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
SLEEPS = ("sleep", "wait_for_timeout", "msleep")
GUARDS = ("skip", "skipif", "importorskip", "xfail", "which")
# Where it is said what the machine must have, how that is found, and that a test is left out without it.
MAY_GUARD = {"bare.py", "conftest.py", "installs.py", "needs.py", "services.py", "untried.py"}


def is_sleep(call: ast.Call) -> bool:
    """Whether a call only lets time pass: any ``sleep``, Playwright's, or the wait for an event that nobody knows."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in SLEEPS or (name == "wait" and "Event()" in ast.unparse(call.func))


def sleeps(folder: Path) -> Iterator[str]:
    """Yield where the files below a folder sleep."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and is_sleep(node):
                yield f"{path.relative_to(folder)}:{node.lineno}: {ast.unparse(node)}"


def guards(folder: Path) -> Iterator[str]:
    """Yield where the files below a folder look for a program or leave out tests by themselves."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in GUARDS:
                yield f"{path.relative_to(folder)}:{node.lineno}: {ast.unparse(called)}"


@pytest.mark.slow
def test_no_file_guards_by_hand() -> None:
    found = [where for where in guards(ROOT) if where.partition(":")[0] not in MAY_GUARD]
    assert found == [], "say it in tests/needs.py, once, and mark the test: pytest.mark.needs(…)"


def test_the_check_sees_every_kind_of_guard(tmp_path: Path) -> None:
    lines = ["shutil.which('caddy')", "pytest.mark.skipif(True)", "pytest.skip('no')", "pytest.importorskip('redis')"]
    (tmp_path / "bad.py").write_text("\n".join([*lines, "pytest.mark.needs('caddy')"]), encoding="utf-8")
    assert [where.split(":")[1] for where in guards(tmp_path)] == ["1", "2", "3", "4"]


@pytest.mark.slow
def test_no_test_sleeps() -> None:
    assert list(sleeps(ROOT)) == [], "wait for what is to happen: tests/waiting.py"


def test_the_check_sees_every_kind_of_sleep(tmp_path: Path) -> None:
    lines = ["time.sleep(1)", "sleep(0.1)", "page.wait_for_timeout(50)", "threading.Event().wait(2)", "stop.wait(2)"]
    (tmp_path / "bad.py").write_text("\n".join(lines), encoding="utf-8")
    assert list(sleeps(tmp_path)) == [f"bad.py:{number}: {line}" for number, line in enumerate(lines[:-1], 1)]
