"""``jobs``: what stands in the worker's queue, and running what failed now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import db
from tests.cli.conftest import Inside, Run


@pytest.mark.sqlite
def test_on_sqlite_the_command_says_that_nothing_is_queued(instance: Path, run: Run) -> None:
    assert "nothing is queued" in run("jobs", "list").out
    listed = run("jobs", "list", "--json")
    assert (listed.code, listed.out) == (0, "")
    assert "nothing is queued" in run("jobs", "retry", "--all").out


def test_what_to_retry_must_be_named(instance: Path, run: Run) -> None:
    assert run("jobs", "retry").code == 2
    assert run("jobs", "retry", "letters", "--all").code == 2


@pytest.mark.postgresql
def test_jobs_are_listed_and_run_again(instance: Path, run: Run, inside: Inside) -> None:
    assert run("jobs", "list").out == "nothing waits, runs or failed\n"
    with inside():
        with write_transaction(None):
            wake_job(WokenJob.LETTERS)
            wake_job(WokenJob.WEBHOOKS)
        with write_transaction(None):
            db.session.execute(
                sa.text(
                    'update procrastinate_jobs set attempts = 3, args = \'{"fault": "SMTPException"}\','
                    " scheduled_at = now() + interval '5 minutes' where task_name = 'letters'"
                )
            )
    letters, webhooks = run("jobs", "list").out.splitlines()
    assert letters.startswith("letters: failed 3 times (SMTPException), again at ")
    assert webhooks == "webhooks: 1 waiting"
    row = json.loads(run("jobs", "list", "--json").out.splitlines()[0])
    assert (row["name"], row["failed"], row["tries"], row["waiting"]) == ("letters", 1, 3, 0)
    assert run("jobs", "retry", "webhooks").out == "none failed\n"
    assert run("jobs", "retry", "letters").out == "1 failed: will run now\n"
    with inside():
        due = sa.text("select count(*) from procrastinate_jobs where coalesce(scheduled_at, now()) <= now()")
        assert db.session.scalar(due) == 2
