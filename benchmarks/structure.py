"""How the code is cut: what modules show others, what crosses packages, what import lines and comments take."""

from __future__ import annotations

import ast
import gc
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("hoax_tracker", "classifiers")
OTHERS = ("tests", "benchmarks", "docs")
NEVER_SHOWN = "hoax_tracker/migrations/"
# Decorators that only wrap a function; every other one hands it to somebody: a route, a command, a listener.
WRAPPERS = {"cache", "lru_cache", "contextmanager", "wraps", "overload", "cached", "staticmethod"}
SHORT_FILE, LONG_LINE = 40, 120


@dataclass
class Module:
    """One source file: what it defines at its top, and what it uses of others."""

    path: Path
    tree: ast.Module
    aliases: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Dotted names, imported or reached through an imported module."""
    words: set[str] = field(default_factory=set)
    """The last part of each text that could name something: an address of a view, a patched function."""

    @property
    def dotted(self) -> str:
        """Return the name under which others import it."""
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")

    def list_functions(self) -> list[ast.FunctionDef]:
        """Return the functions at its top."""
        return [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]


def read_module(path: Path) -> Module:
    """Parse a file and note what it uses."""
    module = Module(path, ast.parse(path.read_text(encoding="utf-8")))
    for node in ast.walk(module.tree):
        _note_use(module, node)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and (root := _spell(node)):
            first, _, rest = root.partition(".")
            if first in module.aliases:
                module.used.add(f"{module.aliases[first]}.{rest}")
    return module


def _note_use(module: Module, node: ast.AST) -> None:
    if isinstance(node, ast.ImportFrom):
        for name in node.names:
            module.aliases[name.asname or name.name] = f"{node.module}.{name.name}"
            module.used.add(f"{node.module}.{name.name}")
    elif isinstance(node, ast.Import):
        for name in node.names:
            module.aliases[name.asname or name.name.partition(".")[0]] = (
                name.name if name.asname else name.name.partition(".")[0]
            )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
        module.words.update(re.split(r"[.:]", word)[-1] for word in node.value.split())


def _spell(node: ast.expr) -> str:
    """Return "a.b.c" for such an expression, otherwise nothing."""
    if isinstance(node, ast.Name):
        return node.id
    root = _spell(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{root}.{node.attr}" if root and isinstance(node, ast.Attribute) else ""


@cache
def read_modules() -> tuple[Module, ...]:
    """Return every Python file of the product, its tests and its measurements."""
    gc.disable()  # a million nodes that all stay: to look for garbage among them takes as long as to parse
    try:
        return tuple(read_module(path) for top in (*PRODUCT, *OTHERS) for path in sorted((ROOT / top).rglob("*.py")))
    finally:
        gc.freeze()
        gc.enable()


@cache
def named_in_texts() -> frozenset[str]:
    """Return the words of templates, documents and settings that could name a function."""
    texts = [
        *(ROOT / "templates").rglob("*.*"),
        *(ROOT / "docs").glob("*.md"),
        ROOT / "setup.cfg",
        ROOT / "pyproject.toml",
    ]
    return frozenset(re.findall(r"\w+", " ".join(path.read_text(encoding="utf-8") for path in texts if path.is_file())))


def is_handed_on(function: ast.FunctionDef) -> bool:
    """Tell whether a decorator gives the function to somebody who calls it."""
    called = [one.func if isinstance(one, ast.Call) else one for one in function.decorator_list]
    return any(_spell(one).rpartition(".")[2] not in WRAPPERS for one in called)


def list_hidden_functions() -> Iterator[tuple[Module, str]]:
    """Yield the functions without an underscore that nothing but their own file uses, with their module."""
    modules = read_modules()
    users = Counter(name for module in modules for name in module.used)
    words = Counter(word for module in modules for word in module.words)
    for module in _product():
        for function in module.list_functions():
            name = function.name
            shown = users[f"{module.dotted}.{name}"] or is_handed_on(function) or name in named_in_texts()
            if not (name.startswith("_") or shown or words[name]):
                yield module, name


def _product() -> list[Module]:
    return [
        one for one in read_modules() if one.dotted.partition(".")[0] in PRODUCT and NEVER_SHOWN not in str(one.path)
    ]


def measure() -> dict[str, object]:
    """Count files, lines, imports, comments, what is shown to nobody and what crosses packages."""
    product = _product()
    sources = {one.path: one.path.read_text(encoding="utf-8") for one in product}
    lines = {path: [line for line in text.splitlines() if line.strip()] for path, text in sources.items()}
    code = sum(map(len, lines.values()))
    functions = [function for one in product for function in one.list_functions()]
    importers = Counter(find_module(name) for one in read_modules() for name in {find_module(use) for use in one.used})
    names = Counter(path.stem for path in sources if path.stem != "__init__")
    templates = [line for path in (ROOT / "templates").rglob("*.*") for line in path.read_text("utf-8").splitlines()]
    return {
        "files": len(product),
        "lines_of_code": code,
        "functions_at_the_top": len(functions),
        "of_these_with_an_underscore": sum(one.name.startswith("_") for one in functions),
        "public_and_used_by_their_own_file_alone": len(list(list_hidden_functions())),
        "import_lines_share": round(sum(map(_count_import_lines, product)) / code, 3),
        "comment_lines_share": round(sum(map(_count_comment_lines, sources.values())) / code, 4),
        "names_that_cross_packages": len(_list_crossing_names(product)),
        "short_files_with_one_importer": sum(
            len(lines[one.path]) < SHORT_FILE and importers[one.dotted] <= 1
            for one in product
            if one.path.stem != "__init__"
        ),
        "files_that_share_their_name": round(
            sum(count for count in names.values() if count > 1) / sum(names.values()), 3
        ),
        "template_lines_over_120": sum(len(line) > LONG_LINE for line in templates),
    }


@cache
def _module_names() -> frozenset[str]:
    return frozenset(one.dotted for one in read_modules())


@cache
def find_module(name: str) -> str:
    """Return the module in which a dotted name lies."""
    while name and name not in _module_names():
        name = name.rpartition(".")[0]
    return name


def _count_import_lines(module: Module) -> int:
    imports = (node for node in ast.walk(module.tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in imports)


def _count_comment_lines(text: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip() for token in tokens)


def _list_crossing_names(product: list[Module]) -> set[str]:
    """Return the names of the product that a package uses of another."""
    return {
        name
        for one in product
        for name in one.used
        if name.startswith("hoax_tracker.") and _package(name) != _package(one.dotted) and name not in _module_names()
    }


def _package(dotted: str) -> str:
    return ".".join(dotted.split(".")[:2])
