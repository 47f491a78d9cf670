"""What a person was told survives a power cut on SQLite: their commits wait for the disk, those of batches need not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.reports import submission
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import db

FULL, NORMAL = 2, 1
pytestmark = pytest.mark.sqlite


def test_a_ticket_is_on_the_disk_before_it_is_given(
    app: APIFlask, commits: Callable[[], list[int]], now: datetime
) -> None:
    settings = app.extensions["settings"]
    submission.submit_report("Air PDAM mati tujuh hari", None, "grup", None, False, now, settings)
    assert commits()
    assert set(commits()) == {FULL}


def test_only_what_comes_again_does_not_wait(app: APIFlask, commits: Callable[[], list[int]], now: datetime) -> None:
    with write_transaction(None, in_batches=True):
        audit_log.record_event("claim_link", "batch", officer=None, now=now)
    with read_transaction():
        db.session.execute(sa.text("select 1"))
    db.session.rollback()
    with write_transaction():
        audit_log.record_event("claim_link", "act", officer=None, now=now)
    assert commits() == [NORMAL, FULL]
