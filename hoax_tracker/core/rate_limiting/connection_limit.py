"""A limit on how much of one connection is counted. It refuses nothing: what is beyond it is served and not counted.

A visitor is an address (of IPv6 a /64 network) and a day in Kupang, whatever else a request says of itself: a name of a
browser is changed as easily as a word. Many phones of a carrier have one address, and are one visitor here.

It is held in memory, by each process for itself, so that it costs nothing. No address is kept: what is remembered is a
number that Python makes of it with a key of the process.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta
from threading import Lock

from hoax_tracker.clock import WITA
from hoax_tracker.core.rate_limiting.limiter import network_of_address

MOST_OF_A_VISITOR = 2
"""So often a thing counts of a visitor in a process: in both of a usual host's too seldom for an alarm, which needs
five. More than once, because many phones of a carrier have one address."""
MOST_REMEMBERED = 100_000
"""Connections and things of one window. Of more, the earliest are forgotten, and count as new when they come again: so
a flood of addresses neither fills the memory nor keeps others from being counted."""


class ConnectionLimit:
    """Allows a connection ``most`` uses of a thing in each window. Thread-safe."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window_s = most, window.total_seconds()
        self._lock = Lock()
        self._present, self._uses = 0.0, dict[int, int]()

    def allows(self, who: str, now: datetime, thing: Hashable = None) -> bool:
        """Tell whether one more use by an address counts, and remember it."""
        # Windows of a day begin with Kupang's.
        local_s = now.timestamp() + now.astimezone(WITA).utcoffset().total_seconds()  # type: ignore[union-attr]
        window, key = local_s // self._window_s, hash((network_of_address(who), thing))
        with self._lock:
            if window != self._present:
                self._present, self._uses = window, {}
            uses = self._uses.get(key, 0)
            if uses >= self._most:
                return False
            if not uses and len(self._uses) >= MOST_REMEMBERED:
                del self._uses[next(iter(self._uses))]
            self._uses[key] = uses + 1
            return True


def visitor_limit() -> ConnectionLimit:
    """Return a limit on how often a thing counts of a visitor."""
    return ConnectionLimit(MOST_OF_A_VISITOR, timedelta(days=1))
