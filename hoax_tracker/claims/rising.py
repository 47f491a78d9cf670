"""Claims that rise: what the early warning found (insight/early_warning/) and nobody has answered."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Alarm


def is_open_alarm() -> sa.ColumnElement[bool]:
    """Return the condition for alarms that go on and that nobody ended."""
    return sa.and_(Alarm.calmed_at.is_(None), Alarm.answer.is_(None))


def is_rising(claim_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has an open alarm. They are few: their ids are read once a statement."""
    alarms = sa.select(Alarm.claim_id).where(is_open_alarm(), Alarm.claim_id.is_not(None))
    return claim_id.in_(alarms)  # type: ignore[no-any-return]
