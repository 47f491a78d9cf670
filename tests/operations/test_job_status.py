"""Jobs on the page *Sistem*, in /metrics and /readyz."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, db
from hoax_tracker.operations import health_checks, metrics
from hoax_tracker.operations.health_checks import Heartbeat

PAGE = "/petugas/kelola/sistem"


def fail(work: str, attempts: int) -> None:
    """Let a job have failed so many times."""
    statement = (
        'update procrastinate_jobs set attempts = :attempts, args = \'{"fault": "OperationalError"}\','
        " scheduled_at = now() + interval '5 minutes' where task_name = :work"
    )
    with write_transaction(None):
        db.session.execute(sa.text(statement), {"attempts": attempts, "work": work})


@pytest.mark.sqlite
def test_on_sqlite_the_page_says_how_work_is_done(
    administrator: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    assert "melihat tiap 20 detik apa yang perlu dikerjakan" in sign_in(administrator).get(PAGE).text


@pytest.mark.postgresql
def test_waiting_and_failed_jobs_stand_on_the_page_in_words(
    administrator: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    browser = sign_in(administrator)
    assert "Tidak ada yang menunggu, berjalan, atau gagal." in browser.get(PAGE).text
    with write_transaction(None):
        wake_job(WokenJob.WEBHOOKS)
        wake_job(WokenJob.REPORTS)
    fail("webhooks", 2)
    page = browser.get(PAGE).text
    assert "</time><b>menerima aduan warga</b>: 1 menunggu</li>" in page
    assert '<b>mengabari layanan lain</b>: <b class="wrong">gagal 2 kali</b> (<span lang="en">OperationalError' in page
    assert "hoax-tracker jobs retry --all" in page


@pytest.mark.postgresql
def test_work_that_keeps_failing_is_a_fault_of_the_worker(app: APIFlask, settings: Settings) -> None:
    Heartbeat().beat()
    with write_transaction(None):
        wake_job(WokenJob.LETTERS)
    fail("letters", 2)
    assert health_checks.worker(settings, utc_now()) == health_checks.OK
    fail("letters", 3)
    assert health_checks.worker(settings, utc_now()).said == "failing: letters (3 times)"


@pytest.mark.postgresql
def test_jobs_are_counted_by_kind_and_state(app: APIFlask) -> None:
    with write_transaction(None):
        wake_job(WokenJob.LETTERS)
        wake_job(WokenJob.PUSHES)
    fail("letters", 1)
    jobs, oldest = metrics.job_metrics(utc_now())
    values = {tuple(labels): value for labels, value in jobs.values}
    assert values["letters", "failed"] == values["pushes", "waiting"] == 1
    assert values["letters", "waiting"] == values["pushes", "running"] == 0
    assert oldest.name == "jobs_oldest_age_seconds"
