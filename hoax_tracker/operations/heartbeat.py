"""Heartbeats of workers: one row for each worker, written each round and at every step of a long one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import WorkerHeartbeat, db

BEAT_EVERY = timedelta(seconds=10)
# One source may take half a minute to read, and a purge of a large database some more.
BEAT_FRESH_FOR = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(days=1)


class Heartbeat:
    """The heartbeat row of this process. Write it only between transactions: it opens its own."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._name = f"{socket.gethostname()[:180]}:{os.getpid()}"
        self._started = clock()
        self._beat: datetime | None = None
        self._rounds, self._failed = 0, list[str]()

    def beat(self) -> None:
        """Write the heartbeat, unless it was written a moment ago."""
        now = self._clock()
        if self._beat is None or abs(now - self._beat) >= BEAT_EVERY:
            self._write(now)

    def round_ended(self, failed: Sequence[str] = ()) -> None:
        """Record the result of a round: the names of the work that failed in it."""
        rounds = self._rounds + 1 if failed else 0
        if rounds != self._rounds:
            self._rounds, self._failed = rounds, list(failed)
            self._write(self._clock())

    def end(self) -> None:
        """Delete the row: this worker ends in order."""
        with write_transaction(None):
            db.session.execute(sa.delete(WorkerHeartbeat).where(WorkerHeartbeat.name == self._name))

    def _write(self, now: datetime) -> None:
        row = WorkerHeartbeat(
            name=self._name,
            started_at=self._started,
            beat_at=now,
            failed_rounds=self._rounds,
            failed_work=self._failed,
        )
        with write_transaction(None):
            db.session.merge(row)
            if self._beat is None:
                old = sa.delete(WorkerHeartbeat).where(
                    ~WorkerHeartbeat.beat_at.between(now - FORGOTTEN_AFTER, now + BEAT_FRESH_FOR)
                )
                db.session.execute(old, execution_options={"synchronize_session": False})
        self._beat = now


def newest_beat(now: datetime) -> WorkerHeartbeat | None:
    """Return the row of the worker with the newest heartbeat.

    One from the future is of a clock since set back; a worker that lives has written its own anew.
    """
    past = sa.select(WorkerHeartbeat).where(WorkerHeartbeat.beat_at <= now + BEAT_FRESH_FOR)
    return db.session.scalar(past.order_by(WorkerHeartbeat.beat_at.desc()).limit(1))


def is_beat_fresh(row: WorkerHeartbeat, now: datetime) -> bool:
    """Tell whether the heartbeat is recent."""
    return now - row.beat_at <= BEAT_FRESH_FOR
