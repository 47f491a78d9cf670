"""docs/architecture.md names files that exist, and draws every package."""

from __future__ import annotations

import ast
import re

from tests.repository import ROOT
from tests.test_imports import ALLOWED

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:hoax_tracker|classifiers|templates|tests|docs)/[\w./]*)`", PAGE)
    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_each_package_is_there_for_what_its_first_sentence_says() -> None:
    said = {}
    for init in (*ROOT.glob("hoax_tracker/*/__init__.py"), *ROOT.glob("classifiers/*/__init__.py")):
        docstring = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
        sentence = docstring.split("\n\n")[0].replace("``", "`")
        said[init.parent.relative_to(ROOT).as_posix()] = " ".join(sentence.split())
    table = PAGE.split("## What each package is for")[1].split("##")[0]
    shown = dict(re.findall(r"^\| `(\S+)/` \| (.+) \|$", table, re.MULTILINE))
    assert shown == said


def test_ten_rules_are_said_to_be_somewhere() -> None:
    asked = PAGE.split("## Where is …?")[1].split("##")[0]
    assert len([line for line in asked.splitlines() if re.search(r"\| `.+\.py`", line)]) >= 10


def test_the_picture_shows_every_package() -> None:
    picture = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    shown = {name.removesuffix(".py").replace("/", ".") for name in re.findall(r'class="name"[^>]*>([^<]+)<', picture)}
    assert set(ALLOWED) - {"__main__", "migrations"} <= shown
