"""Templates and static files: every named file exists, and every file is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from apiflask import APIFlask
from jinja2 import meta, nodes

from hoax_tracker.core.paths import PACKAGE_FOLDER, shipped_folder

TEMPLATES, STATIC = shipped_folder("templates"), PACKAGE_FOLDER / "static"
LONGEST_LINE = 120
IN_CODE = re.compile(r"""["']((?:[a-z_]+/)?[a-z_]+\.(?:html|xml|txt|js))["']""")
# Put together from parts by check/views: the forms of an answer, and a page that is public or retracted.
BY_PARTS = re.compile(r"check/(answer_\w+|clarification|clarification_retracted)\.html")


def template_names() -> set[str]:
    """Every template, as code names it."""
    return {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*")}


def static_names(tree: nodes.Template) -> Iterator[str]:
    """The static files that a template names."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "static":
            yield from (each.value for each in call.args if isinstance(each, nodes.Const))


def code_of(folder: Path) -> str:
    """All Python of a folder."""
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))


def test_no_line_of_a_template_is_long() -> None:
    assert not [
        f"{name}:{number}"
        for name in template_names()
        for number, line in enumerate((TEMPLATES / name).read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]


def test_what_templates_name_is_there_and_nothing_else(app: APIFlask) -> None:
    named, files, code = set[str](), set[str](), code_of(PACKAGE_FOLDER)
    for name in template_names():
        tree = app.jinja_env.parse((TEMPLATES / name).read_text(encoding="utf-8"))
        named |= {each for each in meta.find_referenced_templates(tree) if each}
        files |= set(static_names(tree))
    assert named <= template_names()
    assert files <= {path.name for path in STATIC.iterdir()}
    rendered = {name for name in IN_CODE.findall(code) if "/" in name or name in template_names()}
    unused = {name for name in template_names() - named - rendered if not BY_PARTS.fullmatch(name)}
    assert not unused, "no code and no template names them"
    assert {
        name for name in rendered if name.split("/")[0] in {path.name for path in TEMPLATES.iterdir()}
    } <= template_names()
