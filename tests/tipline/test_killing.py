"""A worker that is killed anywhere loses no message, and doubles a reply only between sending and recording it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import db
from tests import databases
from tests.repository import ROOT
from tests.tipline.killing import KILLS, PEOPLE, SENT_BUT_NOT_RECORDED


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("rounds", [2, pytest.param(5, marks=pytest.mark.long)])
def test_every_message_is_answered_however_workers_are_killed(app: APIFlask, settings: Settings, rounds: int) -> None:
    kills = rounds * len(KILLS)
    db.session.remove()
    db.engine.dispose()
    environ = databases.command_environment(settings.data_folder, HOAX_TRACKER_LIMIT_FACTOR="100")
    command = [sys.executable, "-m", "tests.tipline.killing", str(kills)]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] == kills
    assert found["unanswered"] == 0
    assert found["reports"] == PEOPLE * kills // 2
    replies = Counter(recipient for recipient, _text in found["sent"])
    doubled = sum(replies.values()) - PEOPLE * kills
    may_double = rounds * sum(one.step == SENT_BUT_NOT_RECORDED and one.when == "before" for one in KILLS)
    assert all(count >= kills for count in replies.values())
    # A commit that a kill falls before may be that of a record, too.
    assert (
        may_double
        <= doubled
        <= may_double + rounds * sum("commit" in one.step and one.when == "before" for one in KILLS)
    )
