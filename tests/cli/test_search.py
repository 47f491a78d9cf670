"""``search check`` and ``search rebuild``."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.models import db
from tests import factories
from tests.cli.conftest import Inside, Run


@pytest.mark.sqlite
def test_what_differs_is_told_and_made_right(instance: Path, inside: Inside, run: Run) -> None:
    assert (run("search", "check").code, run("search", "check").out) == (0, "right\n")
    with inside():
        factories.make_claim("satu")
        db.session.execute(sa.text("insert into words_of_claim(words_of_claim) values ('delete-all')"))
        db.session.commit()
    assert run("search", "check").code == 1
    assert "claim" in run("search", "check").out
    assert run("search", "rebuild").code == 0
    assert run("search", "check").code == 0


@pytest.mark.postgresql
def test_postgresql_keeps_its_own(instance: Path, run: Run) -> None:
    assert (run("search", "rebuild").code, run("search", "check").code) == (0, 0)
