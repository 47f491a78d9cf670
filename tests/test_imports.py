"""The shape of the code, read from its imports: change a rule and this test together."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository import ROOT

STAGES = ("ingest", "flag", "review", "clarify", "check")
# Tables and errors know nobody above them.
LOW = {"models": (*STAGES, "api", "accounts", "cli", "pipeline", "index"), "fetch": (*STAGES, "models", "api")}
FORBIDDEN = LOW | {stage: (*(other for other in STAGES if other != stage), "pipeline", "cli") for stage in STAGES}


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def offences(folder: Path, forbidden: tuple[str, ...]) -> list[str]:
    """Return the imports below a folder that begin with a forbidden name."""
    return [
        f"{path.relative_to(folder)} imports {name}"
        for path in sorted(folder.rglob("*.py"))
        for name in imports(path)
        if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)
    ]


@pytest.mark.parametrize("part", sorted(FORBIDDEN))
def test_a_part_imports_only_what_it_may(part: str) -> None:
    forbidden = tuple(f"hoax_tracker.{name}" for name in FORBIDDEN[part])
    assert offences(ROOT / "hoax_tracker" / part, forbidden) == []


def test_classifiers_know_neither_flask_nor_the_app() -> None:
    assert offences(ROOT / "classifiers", ("flask", "flask_babel", "hoax_tracker", "sqlalchemy")) == []


@pytest.mark.parametrize(
    ("part", "others"), [("text", ("flagger", "matcher")), ("flagger", ("matcher",)), ("matcher", ("flagger",))]
)
def test_texts_are_read_below_flagging_and_matching(part: str, others: tuple[str, ...]) -> None:
    assert offences(ROOT / "classifiers" / part, tuple(f"classifiers.{other}" for other in others)) == []


def test_nothing_of_training_runs_in_the_product() -> None:
    training = ("classifiers.matcher.training",)
    assert offences(ROOT / "classifiers" / "text", training) == []
    matcher = offences(ROOT / "classifiers" / "matcher", training)
    assert [line for line in matcher if not line.startswith("training/")] == []


def test_the_check_sees_a_forbidden_import(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def f():\n    from hoax_tracker.clarify import service\n", encoding="utf-8")
    assert offences(tmp_path, ("hoax_tracker.clarify",)) == ["bad.py imports hoax_tracker.clarify.service"]


def test_the_top_level_holds_what_is_agreed() -> None:
    agreed = {
        "hoax_tracker",
        "classifiers",
        "templates",
        "data",
        "tests",
        "docs",
        "benchmarks",
        "requirements",
        "deploy",
    }
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders - {"build", "dist", "instance"} - {path for path in folders if path.endswith(".egg-info")} == agreed


@pytest.mark.parametrize("module", ["hoax_tracker.flag.comparing", "hoax_tracker.flag.labels", "benchmarks.index"])
@pytest.mark.process
def test_matrices_are_worked_on_one_thread(module: str) -> None:
    """A second thread waits longer than it works, and is set too late once numpy is imported."""
    code = f"import {module}, threadpoolctl; print({{pool['num_threads'] for pool in threadpoolctl.threadpool_info()}})"
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "{1}", found.stdout
