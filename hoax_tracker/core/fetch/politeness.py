"""How sites are asked: one request at a time, with a pause between two."""

from __future__ import annotations

import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Politeness:
    """How sources and pages are asked.

    ``exempt`` holds (host, port) of servers that are ours, and need no sparing. ``batch`` sources are leased at once,
    ``per_host`` of one host: with the time limit of a request and ``threads`` they are read before the lease runs out.
    """

    exempt: AbstractSet[tuple[str, int]] = frozenset()
    pause_s: float = 1.0
    threads: int = 32
    batch: int = 192
    per_host: int = 6

    def host(self, url: str | None) -> str:
        """Return the host that must be spared, empty where it need not be: it is ours, or is not fetched from."""
        try:
            parts = urlsplit(url or "")
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return ""
        return "" if (host, port) in self.exempt or parts.scheme not in {"http", "https"} else host

    def pause(self, url: str) -> None:
        """Wait before the site of ``url`` is asked again, unless it needs no sparing."""
        if self.host(url):
            time.sleep(self.pause_s)
