"""Tallies: counts that wait in memory and are written in the background, so that no page waits for another writer.

A thread writes everything that waits every few seconds. A process that ends in order writes first; a killed one loses
the counts of those seconds.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from flask import Flask, current_app

from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.errors import DatabaseBusyError, DatabaseUnreachableError

log = logging.getLogger(__name__)

PATIENCE_MS = 5_000
"""Milliseconds that the thread waits for others that write, each time it tries; an end in order waits as long."""

Counted = TypeVar("Counted")
AnyTally = TypeVar("AnyTally", bound="Tally[Any]")


class Tally(Generic[Counted]):
    """The unwritten counts of one process. Thread-safe. A subclass says how they are written."""

    written_every_s = 1.0
    most_waiting = 5_000
    """Different things that wait at most; those beyond are not counted."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock, self._ends = Lock(), Event()
        self._waiting: Counter[Counted] = Counter()
        self._thread: Thread | None = None

    def write_counts(self, counts: Mapping[Counted, int], patience_ms: int) -> None:
        """Add counts to the table in one transaction. Raises the database's errors."""
        raise NotImplementedError

    def count_soon(self, counts: Mapping[Counted, int]) -> None:
        """Count in memory, and have it written soon."""
        self._put(counts)
        self._write_soon()

    def write(self, patience_ms: int = PATIENCE_MS) -> None:
        """Write the waiting counts. They keep waiting where others write for long or the database is away."""
        with self._lock:
            counts, self._waiting = self._waiting, Counter()
        if not counts:
            return
        try:
            self.write_counts(counts, patience_ms)
        except sa.exc.SQLAlchemyError as error:
            if not isinstance(translate_database_error(error), DatabaseBusyError | DatabaseUnreachableError):
                raise
            self.count_soon(counts)

    def end(self) -> None:
        """Write the waiting counts as the process ends."""
        self._stop()
        with self._app.app_context():
            self.write()

    def drop(self) -> None:
        """Discard the waiting counts."""
        with self._lock:
            self._waiting.clear()
        self._stop()

    def _put(self, counts: Mapping[Counted, int]) -> None:
        with self._lock:
            for counted, times in counts.items():
                if counted in self._waiting or len(self._waiting) < self.most_waiting:
                    self._waiting[counted] += times

    def _write_soon(self) -> None:
        """Start the writing thread unless it runs; it ends when nothing waits.

        What waits is put there before: a thread that runs then sees it before it ends.
        """
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None and not self._ends.is_set():
                self._thread = Thread(target=self._write_by_and_by, daemon=True)
                self._thread.start()

    def _write_by_and_by(self) -> None:
        while not self._ends.wait(self.written_every_s):
            with self._app.app_context():
                try:
                    self.write()
                except Exception:
                    log.exception("counts were not written")
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return

    def _stop(self) -> None:
        self._ends.set()
        thread = self._thread
        if thread is not None:
            thread.join(2 * PATIENCE_MS / 1000)


def app_tally(kind: type[AnyTally], make: Callable[[Flask], AnyTally]) -> AnyTally:
    """Return the app's tally of a kind, created on first use."""
    tallies = current_app.extensions.setdefault("tallies", {})
    if kind not in tallies:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        tallies.setdefault(kind, make(app))
    tally: AnyTally = tallies[kind]
    return tally


def end_tallies(app: Flask) -> None:
    """Write what the tallies of an app hold as its process ends."""
    for tally in app.extensions.get("tallies", {}).values():
        try:
            tally.end()
        except Exception:  # the others are still to be written
            log.exception("counts were not written")


def drop_tallies(app: Flask) -> None:
    """Discard what the tallies of an app hold."""
    for tally in app.extensions.get("tallies", {}).values():
        tally.drop()
