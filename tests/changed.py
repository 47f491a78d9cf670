"""Print the test files that a change can reach: ``make test-changed``. A quick first answer, not the last one.

The change is what is not committed, or the last commit where all is; ``SINCE=main`` counts from there. A changed file
leads

1. to the tests that lie where it lies: hoax_tracker/review/queue or templates/review to tests/review;
2. to the tests that import it, or import what imports it, read from all import statements. Modules that bring
   everything together (HUBS) lead no further: through them everything would reach everything;
3. to the tests that name it, where it is no Python: data/kupang/units.csv to whoever says "units.csv";
4. and always to the tests of the repository's own rules.

What goes through rows or addresses instead of imports is seen by the first step or not at all: ``make test`` sees it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("hoax_tracker", "classifiers", "tests", "benchmarks")
RULES = ("tests/test_habits.py", "tests/test_architecture.py", "tests/test_translations.py")
HUBS = (
    "hoax_tracker.app",
    "hoax_tracker.cli",
    "hoax_tracker.demo",
    "tests.conftest",
    "tests.shared_app",
    "tests.factories",
)
STEPS = 2


def git(*arguments: str) -> list[str]:
    """Return the lines that git prints here."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def changed_files(since: str) -> set[str]:
    """Return the files that changed since a commit; without one what is not committed, or else the last commit."""
    new = set(git("ls-files", "--others", "--exclude-standard"))
    open_ones = new | set(git("diff", "--name-only", "HEAD"))
    if since:
        return open_ones | set(git("diff", "--name-only", f"{since}..."))
    return open_ones or set(git("diff", "--name-only", "HEAD~1", "HEAD"))


def module_name(path: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(tree: ast.Module) -> Iterator[str]:
    """Yield what a file imports, anywhere in it; of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


class ImportMap:
    """Who imports whom in this repository, by the files of the modules."""

    def __init__(self) -> None:
        files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
        modules = {module_name(path): path for path in files}
        self._importers: dict[Path, set[Path]] = defaultdict(set)
        self.texts = {path: path.read_text(encoding="utf-8") for path in files}
        for path, text in self.texts.items():
            for name in imported_names(ast.parse(text)):
                if name in modules:
                    self._importers[modules[name]].add(path)

    def reached(self, start: Path) -> set[Path]:
        """Return the files that import a file within so many steps; a package's own face is no step."""
        found, edge = {start}, {start}
        for _ in range(STEPS):
            edge = {path for one in edge for path in self.importers(one)} - found
            found |= edge
        return found

    def importers(self, path: Path) -> set[Path]:
        """Return who imports a file, also through the ``__init__`` of its package."""
        direct = set() if module_name(path).startswith(HUBS) else self._importers[path]
        faces = {one for one in direct if one.name == "__init__.py" and one.parent == path.parent}
        return direct | {path for face in faces for path in self._importers[face]}


@cache
def read_import_map() -> ImportMap:
    """Return who imports whom now, read once a process."""
    return ImportMap()


def is_test(path: Path) -> bool:
    """Tell whether pytest collects a file."""
    return path.name.startswith("test_") and path.suffix == ".py"


def tests_beside(name: str) -> set[Path]:
    """Return the tests that lie where a file of the product lies, in the nearest folder that exists."""
    parts = Path(name).parts
    places = {"hoax_tracker": parts[1:-1], "templates": parts[1:-1], "classifiers": parts[:-1]}
    inner = places.get(parts[0], ())
    while inner:
        folder = ROOT.joinpath("tests", *inner)
        if folder.is_dir():
            named = set(folder.rglob(f"test_{Path(name).stem}*.py"))
            return named | {path for path in folder.glob("*.py") if is_test(path)}
        inner = inner[:-1]
    return set()


def tests_reached(changed: Iterable[str]) -> set[Path]:
    """Return the test files that a change of these files can reach."""
    imports, found = read_import_map(), {ROOT / name for name in RULES}
    for name in changed:
        path = ROOT / name
        found |= tests_beside(name)
        if path.suffix == ".py":
            found |= imports.reached(path)
        else:
            found |= {test for test, text in imports.texts.items() if path.name in text}
    return {path for path in found if is_test(path) and path.exists()}


def main(arguments: list[str]) -> int:
    """Print the tests, one a line."""
    for path in sorted(tests_reached(changed_files("".join(arguments)))):
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
