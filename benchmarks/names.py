"""How findable names are: top-level functions of one word or of a name that stands twice, and vague locals."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("hoax_tracker", "classifiers")
VAGUE_LOCALS = frozenset({"one", "found", "held", "given", "known", "at"})


def read_modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield each module of the product with its tree; what a migration did stays as it was."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "versions" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def measure_names() -> dict[str, Any]:
    """Return both shares of the names of top-level functions, and how often each vague local is bound, with where."""
    modules = list(read_modules())
    functions = [
        (node.name, path)
        for path, tree in modules
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    one_word = [f"{path}: {name}" for name, path in functions if "_" not in name.strip("_")]
    places = Counter(name for name, _path in set(functions))
    twice = {name: count for name, count in places.items() if count > 1}
    bound = [
        (node.id, path)
        for path, tree in modules
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in VAGUE_LOCALS
    ]
    return {
        "functions": len(functions),
        "one_word_percent": round(100 * len(one_word) / len(functions), 1),
        "one_word": one_word,
        "in_two_modules_percent": round(100 * len(twice) / len(places), 1),
        "in_two_modules": twice,
        "vague_locals": Counter(name for name, _path in bound),
        "vague_locals_by_package": Counter("/".join(path.split("/")[:2]) for _name, path in bound),
    }
