"""Limits are counted in the database: shared by connections, and without anybody's address."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.database import writing
from hoax_tracker.errors import TooMany
from hoax_tracker.limits import spend
from hoax_tracker.models import RateLimit, db

HOUR = timedelta(hours=1)


def use(who: str, now: datetime, name: str = "report") -> None:
    with writing():
        spend(name, who, limit=3, window=HOUR, secret="s" * 32, now=now)


def test_the_fourth_in_a_window_is_refused_and_told_how_long_to_wait(app: APIFlask, now: datetime) -> None:
    for _ in range(3):
        use("10.0.0.1", now)
    with pytest.raises(TooMany) as caught:
        use("10.0.0.1", now)
    assert 0 < caught.value.retry_after_s <= 3600


def test_others_and_other_acts_and_later_windows_are_free(app: APIFlask, now: datetime) -> None:
    for _ in range(3):
        use("10.0.0.1", now)
    use("10.0.0.2", now)
    use("10.0.0.1", now, "check")
    use("10.0.0.1", now + HOUR)


def test_no_address_is_stored_and_old_counters_go(app: APIFlask, now: datetime) -> None:
    use("10.0.0.1", now)
    use("10.0.0.2", now + 3 * HOUR)
    rows = db.session.scalars(sa.select(RateLimit)).all()
    assert len(rows) == 1
    assert "10.0.0" not in rows[0].key
