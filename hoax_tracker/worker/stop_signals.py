"""SIGTERM and SIGINT let a worker finish what it is at."""

from __future__ import annotations

import signal
import threading


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, so that running work finishes. A second signal kills it."""
    stop = threading.Event()

    def set_aside(*_: object) -> None:
        """Set the event in a separate thread.

        The signal may have come in the middle of our own ``stop.wait``.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=stop.set).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_aside)
    return stop
