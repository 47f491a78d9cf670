"""One deadline for a whole exchange: a socket's own timeout restarts with every byte of a slow sender."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any, TypeVar

T = TypeVar("T")


class FetchDeadline:
    """A time by which everything must be done."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Exclude the block's time from the deadline."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._at += time.monotonic() - began

    def remaining_s(self, at_most: float = float("inf")) -> float:
        """Return the remaining seconds, at most ``at_most``. Raises TimeoutError at the deadline."""
        remaining = min(self._at - time.monotonic(), at_most)
        if remaining <= 0:
            raise TimeoutError("the time limit is over")
        return remaining


class TimedResponse(HTTPResponse):
    """An ``http.client`` response whose every read, from the status line on, ends by the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: FetchDeadline, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(raw, sock, deadline))


class _TimedReader(io.RawIOBase):
    """A socket file that sets the remaining time as the socket's timeout before each read."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: FetchDeadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.remaining_s())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def call_with_timeout(seconds: float, function: Callable[..., T], *args: Any) -> T:
    """Return ``function(*args)``, or raise TimeoutError after ``seconds``.

    For calls without a timeout (name lookups): the thread is left to end by itself.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(function(*args))
        except Exception as error:  # noqa: BLE001 - the caller raises it
            future.set_exception(error)

    threading.Thread(target=work, name="lookup", daemon=True).start()
    return future.result(seconds)
