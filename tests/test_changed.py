"""A change leads to the tests that it can reach, and not to all of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import changed
from tests.repository import ROOT


def reached(*names: str) -> set[str]:
    """The test files that a change of these files can reach, beside those that always run."""
    return {str(path.relative_to(ROOT)) for path in changed.tests_reached(names)} - set(changed.RULES)


@pytest.mark.slow
def test_a_module_leads_to_the_tests_beside_it_and_to_those_that_import_it() -> None:
    found = reached("hoax_tracker/check/sharing/card_drawing.py")
    assert {"tests/check/sharing/test_card_drawing.py", "tests/check/sharing/test_poster.py"} <= found
    assert not any(name.startswith("tests/ingest/") for name in found)


def test_a_template_leads_to_the_tests_of_its_stage() -> None:
    assert "tests/help/test_page_help.py" in reached("templates/help/index.html")


def test_a_data_file_leads_to_those_who_name_it() -> None:
    assert "tests/test_units.py" in reached("deploy/hoax-tracker.service", "docs/install.md")


@pytest.mark.slow
def test_a_helper_of_tests_leads_to_those_that_use_it() -> None:
    assert {"tests/operations/test_disks.py", "tests/operations/test_start.py"} <= reached("tests/hardship.py")


@pytest.mark.slow
def test_a_test_leads_to_itself() -> None:
    assert reached("tests/test_units.py") == {"tests/test_units.py"}


@pytest.mark.process
def test_the_change_is_what_is_not_committed_or_else_the_last_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        named = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"]
        subprocess.run(["git", *named, *arguments], cwd=tmp_path, check=True, capture_output=True)

    monkeypatch.setattr(changed, "ROOT", tmp_path)
    git("init", "--initial-branch=main")
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
        git("add", name)
        git("commit", "-m", name)
    assert changed.changed_files("") == {"second"}
    (tmp_path / "new").write_text("")
    (tmp_path / "first").write_text("changed")
    assert changed.changed_files("") == {"first", "new"}
    assert changed.changed_files("HEAD~1") == {"first", "new", "second"}
