"""A limit on how much of one connection is counted. It refuses nothing: what is beyond it is served and not counted.

It is held in memory, by each process for itself, so that it costs nothing. No address is kept: what is remembered is a
number that Python makes of it with a key of the process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from datetime import datetime, timedelta
from threading import Lock

from hoax_tracker.core.rate_limiting.limiter import network_of_address

MOST_REMEMBERED = 20_000
"""Connections, or connections and things, of one window; those beyond are not counted."""


class ConnectionLimit:
    """Allows a connection ``most`` uses of a thing in each window. Thread-safe."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window_s = most, window.total_seconds()
        self._lock = Lock()
        self._present, self._uses = 0.0, Counter[int]()

    def allows(self, who: str, now: datetime, thing: Hashable = None) -> bool:
        """Tell whether one more use by an address counts, and remember it."""
        window, key = now.timestamp() // self._window_s, hash((network_of_address(who), thing))
        with self._lock:
            if window != self._present:
                self._present, self._uses = window, Counter()
            uses = self._uses[key]
            may_count = uses < self._most and (uses > 0 or len(self._uses) < MOST_REMEMBERED)
            if may_count:
                self._uses[key] = uses + 1
        return may_count
