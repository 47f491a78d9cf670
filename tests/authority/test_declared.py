"""Every route, command and job says what it may change; nothing starts otherwise."""

from __future__ import annotations

import pytest

from hoax_tracker.authority import declared
from hoax_tracker.authority.acts import list_acts
from hoax_tracker.cli.common import list_commands
from hoax_tracker.worker.jobs import JOBS


def test_every_command_and_job_is_declared() -> None:
    declared.require_declared_commands(list_commands())
    declared.require_declared_jobs({job.name for job in JOBS})


def test_one_that_is_not_is_named() -> None:
    with pytest.raises(declared.UndeclaredActError, match="publish all"):
        declared.require_declared_commands(list_commands() | {"publish all"})
    with pytest.raises(declared.UndeclaredActError, match="learning"):
        declared.require_declared_jobs({job.name for job in JOBS} - {"learning"})


def test_every_act_has_a_guarded_row_or_says_why_not(app: object) -> None:
    """What the database does not hold itself is named here, so that nobody adds an act past it unseen."""
    from hoax_tracker.authority.guards import GUARDED_TABLES

    held = {act for guarded in GUARDED_TABLES for act in guarded.acts}
    registered = {act.name for act in list_acts()}
    assert {"contacts", "unit", "topic", "district", "programme", "source", "recipients", "model"} <= registered
    # The fall-back to the shipped model is the program's own, so no row of model_version can ask for a confirmation.
    assert {"contacts", "unit", "topic", "district", "programme", "source", "recipients"} <= held
