"""The worker: wakes up, does what rows say is due, sleeps. Nothing of the work lives in a queue.

Reports that a stopped web process left without a claim are taken in, sources that are due are read and flagged, and
once a day what is kept too long is deleted. A killed worker loses nothing: the next one reads the same rows.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.config import Settings
from hoax_tracker.models import db
from hoax_tracker.retention import purge

log = logging.getLogger(__name__)

PAUSE_S = 20.0
PURGE_EVERY = timedelta(days=1)


def work(settings: Settings, stop: threading.Event, pause_s: float = PAUSE_S) -> None:
    """Work until ``stop`` is set. One failed round is logged, and the next one starts as usual."""
    purged: datetime | None = None
    while not stop.is_set():
        now = utc_now()
        try:
            one_round(settings, now)
            if purged is None or abs(now - purged) >= PURGE_EVERY:  # a clock set back does not put it off
                purge(settings, now)
                purged = now
        except Exception:
            log.exception("a round of the worker failed; the next one starts in %s s", pause_s)
        finally:
            db.session.remove()
        stop.wait(pause_s)


def one_round(settings: Settings, now: datetime) -> None:
    """Do everything that is due now."""
    taken = pipeline.take_in_waiting_reports(now)
    run = pipeline.run_due(settings, now)
    if taken or run.outcome.sources:
        log.info("reports taken in %s, run %s", taken, run.as_json())


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, so that a round ends whole."""
    stop = threading.Event()

    def set_aside(*_: object) -> None:
        """Set it in a thread of its own: the signal may have come in the middle of our own ``stop.wait``."""
        threading.Thread(target=stop.set).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_aside)
    return stop


@contextmanager
def embedded_worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run ``hoax-tracker worker`` beside the web server and end it with it."""
    process = subprocess.Popen([sys.executable, "-m", "hoax_tracker", "worker"])
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
