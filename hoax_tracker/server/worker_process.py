"""The worker beside the web server: started with it, restarted when it dies, never alive without it.

The server holds one end of a pipe; the other is the worker's standard input. However the server ends, even by SIGKILL,
its end closes, and the worker ends after its round. The server also closes it to ask for that. A pipe rather than a
signal, because a service manager or Ctrl+C may signal both at once.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from hoax_tracker.core.structured_logging import log_fields

log = logging.getLogger(__name__)

ENDS_WITHIN_S = 35.0
NICER = 5
SWITCHED_AFTER_S = 0.001
"""How long a thread that computes keeps the others of its process: one that answers a page or holds the database's lock
takes turns many times with those that decide messages or parse feeds."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


class WorkerProcess:
    """The worker process of a web server; ``look_after`` is called regularly while the server runs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause_s = 0.0
        self._ending_by: float | None = None

    def look_after(self) -> None:
        """Start the worker where it does not run, after a pause that grows while it keeps dying."""
        now = monotonic()
        if self._ending_by is not None or (self._process is not None and self._process.poll() is None):
            return
        if self._process is not None:
            self._bury(now)
        if now >= self._started + self._pause_s:
            self._start(now)

    def _start(self, now: float) -> None:
        command = [sys.executable, "-m", "hoax_tracker", "worker", "--end-with-stdin"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own
        self._started = now

    def _bury(self, now: float) -> None:
        """Record the end of a worker, and set the pause before the next."""
        long_lived = now - self._started > LONGEST_PAUSE_S
        self._pause_s = FIRST_PAUSE_S if long_lived else min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, self._pause_s * 2))
        log.error("the worker ended by itself", extra=log_fields(starts_again_in_s=self._pause_s))
        self.let_go()
        self._process, self._started = None, now

    def ask_to_end(self) -> None:
        """Ask the worker to end after its round, within ENDS_WITHIN_S of the first request."""
        if self._ending_by is None:
            self._ending_by = monotonic() + ENDS_WITHIN_S
            self.let_go()

    def let_go(self) -> None:
        """Close our end of the pipe, also in a forked process that inherited it."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def hurry(self) -> None:
        """End the worker now; the next one restarts its unfinished work."""
        if self._process is not None:
            self._process.kill()

    def wait(self) -> None:
        """Return when the worker has ended; after a timeout it is killed."""
        self.ask_to_end()
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, (self._ending_by or 0.0) - monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("the worker's round took too long; it begins again with the next start")
            self._process.kill()
            self._process.wait()


@contextmanager
def run_worker_process(wanted: bool) -> Iterator[WorkerProcess | None]:
    """Yield the worker that runs during the block; None where none is wanted."""
    if not wanted:
        yield None
        return
    companion = WorkerProcess()
    companion.look_after()
    try:
        yield companion
    finally:
        companion.wait()


def let_web_go_first() -> None:
    """Lower the worker's priority: residents wait for web processes, nobody for a feed."""
    if hasattr(os, "nice"):
        os.nice(NICER)


def end_with_stdin(stop: threading.Event) -> None:
    """Set the event when standard input ends."""

    def watch() -> None:
        # Not by ``sys.stdin``: its lock would hold up the end of the program.
        while os.read(0, 1024):
            pass
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
