"""Politeness: one request at a time for each site, with a pause between two."""

from __future__ import annotations

import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Politeness:
    """The limits on requests to sources and pages.

    ``exempt`` holds (host, port) of our own servers, which need no pauses. ``batch`` sources are leased at once,
    ``per_host`` of one host: with the request timeout and ``threads`` they are read before the lease expires.
    """

    exempt: AbstractSet[tuple[str, int]] = frozenset()
    pause_s: float = 1.0
    threads: int = 32
    batch: int = 192
    per_host: int = 6

    def host(self, url: str | None) -> str:
        """Return the host that needs pauses; "" for an exempt or unfetchable one."""
        try:
            parts = urlsplit(url or "")
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return ""
        return "" if (host, port) in self.exempt or parts.scheme not in {"http", "https"} else host

    def pause(self, url: str) -> None:
        """Wait before the next request to the site of ``url``, unless it is exempt."""
        if self.host(url):
            time.sleep(self.pause_s)
