"""The parts of gunicorn that we change: how its master ends, and what its log may say."""

from __future__ import annotations

import logging
import signal
from types import FrameType
from typing import TYPE_CHECKING, Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

if TYPE_CHECKING:
    from hoax_tracker.companion import Companion

# What gunicorn says together with an address, a header or an exception's words, and what we say instead.
SAID_WITHOUT = {
    "Invalid request": "a request that is not HTTP was refused",
    "Error handling request": "a request could not be answered",
    "Exception during worker exit": "a web process ended with an exception",
}


class Log(Logger):  # type: ignore[misc]
    """gunicorn's log in our own form; requests are logged by us alone."""

    def setup(self, cfg: Any) -> None:
        """Let our handler write it."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        if without_values not in self.error_log.filters:
            self.error_log.addFilter(without_values)


def without_values(record: logging.LogRecord) -> bool:
    """Take out of a record what a person may have sent; the record itself is kept."""
    for begins, instead in SAID_WITHOUT.items():
        if str(record.msg).startswith(begins):
            record.msg, record.args = instead, ()
    return True


class Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which looks after the worker as well and lets both end at the same time."""

    def __init__(self, app: Any, companion: Companion | None) -> None:
        super().__init__(app)
        self._companion = companion

    def manage_workers(self) -> None:
        """Keep the web processes and the worker running; called every second."""
        super().manage_workers()
        if self._companion is not None:
            self._companion.look_after()

    def stop(self, graceful: bool = True) -> None:
        """Let running requests and the worker's round end; a second signal ends both at once."""
        if self._companion is not None:
            self._companion.ask_to_end()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hurry)
        super().stop(graceful)

    def _hurry(self, _number: int, _frame: FrameType | None) -> None:
        self.kill_workers(signal.SIGQUIT)
        self.SIG_QUEUE.put_nowait(signal.SIGQUIT)
        if self._companion is not None:
            self._companion.hurry()
