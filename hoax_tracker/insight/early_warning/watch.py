"""The worker's look at what rises, every five minutes: count what is new, compare, begin and calm alarms, tell."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import is_recent
from hoax_tracker.core.database.transactions import Turn, read_transaction, write_transaction
from hoax_tracker.insight.early_warning.alarms import update_alarms
from hoax_tracker.insight.early_warning.duty import tell_officers_on_duty
from hoax_tracker.insight.early_warning.hourly_counts import (
    APPEARANCES_AT_ONCE,
    count_new_appearances,
    forget_old_counts,
    load_state,
    recount_lately,
)
from hoax_tracker.insight.early_warning.rising_subjects import find_rising_subjects
from hoax_tracker.models import Alarm, EarlyWarningState, db

LOOK_EVERY = timedelta(minutes=5)
BATCHES_AT_ONCE = 10


def watch_for_waves(now: datetime) -> int:
    """Look for what rises, where five minutes went by; return how many alarms began.

    After an upgrade many appearances are to be counted first, some in each round; until then nothing is compared.
    """
    state = db.session.get(EarlyWarningState, 1)
    if state is not None and state.looked_at is not None and is_recent(state.looked_at, LOOK_EVERY, now):
        return 0
    if not _count_what_is_new(now):
        return 0
    db.session.rollback()  # who writes does not wait for the comparison
    with read_transaction():
        since_hour = db.session.get_one(EarlyWarningState, 1).since_hour
        alarmed = db.session.scalars(sa.select(Alarm.subject).where(Alarm.calmed_at.is_(None))).all()
        rising = find_rising_subjects(now, since_hour, alarmed)
    db.session.rollback()
    with write_transaction():
        alarm_count = update_alarms(rising, now)
        db.session.flush()
        tell_officers_on_duty(now)
        db.session.get_one(EarlyWarningState, 1).looked_at = now
    return alarm_count


def _count_what_is_new(now: datetime) -> bool:
    """Bring the hourly counts up to date; return False where appearances are left to the next round."""
    for _batch in range(BATCHES_AT_ONCE):
        with write_transaction(Turn.FLAG):
            if count_new_appearances(load_state(now), now) < APPEARANCES_AT_ONCE:
                break
    else:
        return False
    with write_transaction(Turn.FLAG):
        recount_lately(load_state(now), now)
        forget_old_counts(now)
    return True
