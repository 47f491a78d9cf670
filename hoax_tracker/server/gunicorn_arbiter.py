"""Our changes to gunicorn: how its master ends, what its log may hold, which threads answer a request."""

from __future__ import annotations

import logging
import re
import selectors
import signal
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from hoax_tracker.check.answers.admission import PLACES

if TYPE_CHECKING:
    from hoax_tracker.server.worker_process import WorkerProcess

# What gunicorn says together with an address, a header or an exception's words, and what we say instead.
SAFE_LOG_MESSAGES = {
    "Invalid request": "a request that is not HTTP was refused",
    "Error handling request": "a request could not be answered",
    "Exception during worker exit": "a web process ended with an exception",
}

# Threads of a web process by what is asked for: none of these keeps another. A message that is refused has to find a
# thread beside those that are decided or wait; what else is sent may wait for the database, or for the rest of a file.
THREADS = {"pages": 8, "messages": PLACES + 2, "others": 8}
# How requests begin that bring a message or a search, which are matched alike, and those for pages.
MESSAGE = re.compile(rb"(GET|HEAD|POST) (/cek|/api/v1/(check|search)|/v1alpha1/claims)\b")
PAGE = re.compile(rb"(GET|HEAD) ")
LOOKED_AT = 24


class GunicornLog(Logger):  # type: ignore[misc]
    """gunicorn's log in our own format. Only our own log records requests."""

    def setup(self, cfg: Any) -> None:
        """Send gunicorn's error log to our handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        if _strip_request_values not in self.error_log.filters:
            self.error_log.addFilter(_strip_request_values)


def _strip_request_values(record: logging.LogRecord) -> bool:
    """Remove values that a person may have sent from a log record. The record itself is kept."""
    for begins, instead in SAFE_LOG_MESSAGES.items():
        if str(record.msg).startswith(begins):
            record.msg, record.args = instead, ()
    return True


class PagesFirst(ThreadWorker):  # type: ignore[misc]
    """gunicorn's web process with separate threads for pages.

    A crowd of messages, reports or uploads delays no page.
    """

    def get_thread_pool(self) -> Lanes:
        """Return the thread pools."""
        return Lanes()

    def enqueue_req(self, conn: Any) -> None:
        """Pass a connection to a thread. A new one waits for its first byte without a thread, as long as an idle one.

        gunicorn would give it a thread for five seconds, and has no setting for that.
        """
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))


class Lanes:
    """Several thread pools with the interface of one."""

    def __init__(self) -> None:
        self._pools = {name: ThreadPoolExecutor(count, name) for name, count in THREADS.items()}

    def submit(self, handle: Callable[[Any], Any], conn: Any) -> Future[Any]:
        """Pass a connection to the threads for its kind of request."""
        return self._pools[lane_of(conn.sock)].submit(handle, conn)

    def shutdown(self, wait: bool = True) -> None:
        """Shut down all pools."""
        for pool in self._pools.values():
            pool.shutdown(wait=wait)


def lane_of(connection: socket.socket) -> str:
    """Return the pool for the next request of a connection, without consuming its bytes."""
    try:
        begins = connection.recv(LOOKED_AT, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return "pages"  # it broke
    if MESSAGE.match(begins):
        return "messages"
    return "pages" if PAGE.match(begins) or not begins else "others"


class GunicornMaster(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which also watches the worker and ends both at the same time."""

    def __init__(self, app: Any, companion: WorkerProcess | None) -> None:
        super().__init__(app)
        self._companion = companion

    def manage_workers(self) -> None:
        """Keep the web processes and the worker running; called every second."""
        super().manage_workers()
        if self._companion is not None:
            self._companion.look_after()

    def stop(self, graceful: bool = True) -> None:
        """Let running requests and the worker's round finish. A second signal ends both at once."""
        if self._companion is not None:
            self._companion.ask_to_end()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hurry)
        super().stop(graceful)

    def _hurry(self, _number: int, frame: FrameType | None) -> None:
        self.signal(signal.SIGQUIT, frame)
        if self._companion is not None:
            self._companion.hurry()
