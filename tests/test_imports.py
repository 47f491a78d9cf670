"""The structure of the code, checked in its imports. Change a rule together with this test."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from benchmarks.structure import Module, find_module, list_hidden_functions, read_modules
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
    "tipline",
    "help",
    "operations",
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
# Puts everything together: it imports the views of all, which nobody else does.
ASSEMBLY = "app"
FILES_AT_THE_ROOT = {"__init__.py", "__main__.py", "app.py", "pipeline.py", "clock.py", "errors.py"}


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


def face_of(package: str) -> set[str]:
    """The modules that a package says others may use: ``FACE`` in its ``__init__``; "" is the package itself."""
    tree = ast.parse((ROOT / "hoax_tracker" / package / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "FACE":
            return set(ast.literal_eval(node.value))
    return set()


def used_by_others() -> dict[str, set[str]]:
    """The modules of each package that another one uses."""
    used: dict[str, set[str]] = {path.parent.name: set() for path in (ROOT / "hoax_tracker").glob("*/__init__.py")}
    for module in read_modules():
        root, _, rest = module.dotted.partition(".")
        here = rest.partition(".")[0]
        for target in map(find_module, module.used if root == "hoax_tracker" and here != ASSEMBLY else ()):
            package, _, within = target.removeprefix("hoax_tracker.").partition(".")
            if target.startswith("hoax_tracker.") and package in used and package != here:
                used[package].add(within)
    return used


@pytest.mark.slow
def test_a_package_shows_others_what_its_face_says() -> None:
    used = used_by_others()
    assert {package: face_of(package) for package in used} == used


@pytest.mark.slow
def test_what_only_its_own_file_uses_has_an_underscore() -> None:
    assert [f"{module.dotted}.{name}" for module, name in list_hidden_functions()] == []


@pytest.mark.slow
def test_nobody_imports_what_has_an_underscore() -> None:
    product = [one for one in read_modules() if one.dotted.partition(".")[0] in ("hoax_tracker", "classifiers")]
    private = re.compile(r"(hoax_tracker|classifiers)\..*\._[a-z]\w*")
    assert [(one.dotted, name) for one in product for name in one.used if private.fullmatch(name)] == []


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


SCRIPT_IMPORTS = re.compile(r"\bfrom ((?:hoax_tracker|classifiers)[\w.]*) import \(?([\w, ]+)")


@pytest.mark.slow
def test_scripts_in_texts_import_what_is_there() -> None:
    """What tests and benchmarks run in a process of its own stands in a text, which no other check reads."""
    modules = {module.dotted: module for module in read_modules()}
    imported = [(module.dotted, *one) for module in modules.values() for one in list_script_imports(module)]
    assert imported
    assert not [
        (script, source, name)
        for script, source, name in imported
        if f"{source}.{name}" not in modules and not (source in modules and is_bound(modules[source], name))
    ]


def list_script_imports(module: Module) -> Iterator[tuple[str, str]]:
    """Yield module and name of each import of ours that stands in a text."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for source, names in SCRIPT_IMPORTS.findall(node.value):
                yield from ((source, name.split(" as ")[0].strip()) for name in names.split(","))


def is_bound(module: Module, name: str) -> bool:
    """Tell whether a name is defined or imported at the top of a module."""
    tops = {getattr(node, "name", None) for node in module.tree.body} | set(module.aliases)
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            tops |= {target.id for target in targets if isinstance(target, ast.Name)}
    return name in tops
