"""docs/architecture.md names files that exist, and draws every package."""

from __future__ import annotations

import re

from tests.repository import ROOT
from tests.test_imports import ALLOWED

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:hoax_tracker|classifiers|templates|tests|docs)/[\w./]*)`", PAGE)
    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_ten_rules_are_said_to_be_somewhere() -> None:
    asked = PAGE.split("## Where is …?")[1].split("##")[0]
    assert len([line for line in asked.splitlines() if re.search(r"\| `.+\.py`", line)]) >= 10


def test_the_picture_shows_every_package() -> None:
    picture = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    shown = {name.removesuffix(".py").replace("/", ".") for name in re.findall(r'class="name"[^>]*>([^<]+)<', picture)}
    assert set(ALLOWED) - {"__main__", "migrations"} <= shown
