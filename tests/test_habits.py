"""How tests are written, checked in their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SLEEPS = ("sleep", "wait_for_timeout", "msleep")


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


def test_no_test_sleeps() -> None:
    assert list(sleeps(ROOT)) == [], "wait for what is to happen: tests/waiting.py"


def test_the_check_sees_every_kind_of_sleep(tmp_path: Path) -> None:
    lines = ["time.sleep(1)", "sleep(0.1)", "page.wait_for_timeout(50)", "threading.Event().wait(2)", "stop.wait(2)"]
    (tmp_path / "bad.py").write_text("\n".join(lines), encoding="utf-8")
    assert list(sleeps(tmp_path)) == [f"bad.py:{number}: {line}" for number, line in enumerate(lines[:-1], 1)]
