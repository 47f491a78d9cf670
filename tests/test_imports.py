"""The structure of the code, checked in its imports. Change a rule together with this test."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.repository import ROOT

# What a package may import, beside itself: one line a package, from the ground up. A stage never imports another, and
# its views stand above the pipeline with the other faces. docs/architecture.md draws it.
GROUND = {"errors", "clock", "models"}
BELOW_DOMAIN = GROUND | {"core", "match_index"}
DOMAIN = {"items", "claims", "organisation", "accounts", "authority", "notifications", "privacy", "desk_search"}
BELOW_STAGES = BELOW_DOMAIN | DOMAIN
STAGES = {"ingest", "flag", "review", "clarify", "check"}
# Beside the stages: reads what they wrote, and nothing of them.
OUTLOOK = {"insight"}
BELOW_FACES = BELOW_STAGES | STAGES | OUTLOOK | {"pipeline"}
FACES = {
    "admin",
    "api",
    "help",
    "operations",
    "tipline",
    "insight.views",
    "authority.views",
    *(f"{stage}.views" for stage in STAGES),
}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "clock": set(),
    "models": {"clock", "errors"},
    "core": GROUND,
    "match_index": GROUND | {"core"},
    "notifications": BELOW_DOMAIN,
    "items": BELOW_DOMAIN,
    "authority": BELOW_DOMAIN | {"notifications"},
    "claims": BELOW_DOMAIN | {"notifications", "organisation", "authority"},
    "desk_search": BELOW_DOMAIN | {"claims"},
    "privacy": BELOW_DOMAIN | {"desk_search"},
    "organisation": BELOW_DOMAIN | {"authority", "notifications"},
    "accounts": BELOW_DOMAIN | {"authority", "organisation", "notifications"},
    **dict.fromkeys(STAGES | OUTLOOK, BELOW_STAGES),
    "pipeline": BELOW_STAGES | STAGES | OUTLOOK,
    "operations": BELOW_FACES,
    "tipline": BELOW_FACES,
    "admin": BELOW_FACES | {"operations", "tipline"},
    "api": BELOW_FACES,
    "help": BELOW_FACES,
    **{f"{stage}.views": BELOW_STAGES | {stage, "pipeline"} for stage in STAGES},
    "insight.views": BELOW_FACES,
    "authority.views": BELOW_STAGES,
    "app": BELOW_FACES | FACES,
    "server": BELOW_FACES | FACES | {"app"},
    "worker": BELOW_FACES | FACES | {"app"},
    "demo": BELOW_FACES | FACES | {"app", "server", "worker"},
    "cli": BELOW_FACES | FACES | {"app", "server", "worker", "demo"},
    "__main__": {"cli"},
    # What a migration did stays as it was, with the tables of the desk's search and the guards as they are now.
    "migrations": GROUND | {"core", "desk_search", "authority"},
}
FILES_AT_THE_ROOT = {"__init__.py", "__main__.py", "app.py", "pipeline.py", "clock.py", "errors.py"}
MOST_FILES = 18


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, anywhere in it, also for types and inside functions."""
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


def package_of(dotted: str) -> str:
    """Return the package that a dotted name lies in, as ``ALLOWED`` calls it; "" for ``hoax_tracker`` itself."""
    parts = dotted.split(".")[1:]
    if len(parts) > 1 and parts[0] in STAGES | OUTLOOK | {"authority"} and parts[1] == "views":
        return f"{parts[0]}.views"
    return parts[0] if parts and parts[0] != "__version__" else ""


@cache
def arrows() -> dict[tuple[str, str], list[str]]:
    """Return which package of the product imports which, with the files that do."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted((ROOT / "hoax_tracker").rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        here = package_of(dotted.removesuffix(".__init__"))
        for name in imports(path):
            there = package_of(name) if name.startswith("hoax_tracker.") else ""
            if there and there != here:
                found.setdefault((here, there), []).append(str(path.relative_to(ROOT)))
    return found


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    beyond = {there: files for (here, there), files in arrows().items() if here == package}
    assert {there: files for there, files in beyond.items() if there not in ALLOWED[package]} == {}


def test_every_package_has_its_line() -> None:
    assert {here for here, _ in arrows()} - {""} <= set(ALLOWED)


def test_what_may_be_imported_makes_no_circle() -> None:
    """A package that may import another, and what that may import in turn, never comes back to itself."""

    def reach(package: str, way: tuple[str, ...] = ()) -> None:
        assert package not in way, " -> ".join((*way, package))
        for other in ALLOWED[package]:
            reach_once(other, (*way, package))

    seen: set[str] = set()

    def reach_once(package: str, way: tuple[str, ...]) -> None:
        assert package not in way, " -> ".join((*way, package))
        if package not in seen:
            reach(package, way)
            seen.add(package)

    for package in ALLOWED:
        reach_once(package, ())


def test_the_root_of_the_package_holds_six_files() -> None:
    assert {path.name for path in (ROOT / "hoax_tracker").glob("*.py")} == FILES_AT_THE_ROOT


@pytest.mark.parametrize("top", ["hoax_tracker", "classifiers"])
def test_no_folder_grows_past_what_one_can_hold_in_mind(top: str) -> None:
    folders = {path.parent for path in (ROOT / top).rglob("*.py")} - {ROOT / "hoax_tracker/migrations/versions"}
    counted = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) - 1 for folder in folders}
    assert {folder: files for folder, files in counted.items() if files > MOST_FILES} == {}


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


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["hoax_tracker.flag.model.comparison", "hoax_tracker.flag.model.training_labels", "benchmarks.index"]
)
@pytest.mark.process
def test_matrices_are_worked_on_one_thread(module: str) -> None:
    """A second thread waits longer than it works, and is set too late once numpy is imported."""
    code = f"import {module}, threadpoolctl; print({{pool['num_threads'] for pool in threadpoolctl.threadpool_info()}})"
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "{1}", found.stdout
