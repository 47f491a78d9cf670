"""Politeness to other sites: robots.txt (RFC 9309), and one request at a time with a pause between two.

robots.txt is requested once for each host and run. A site without one allows everything; a site that does not answer
allows nothing for now. Feeds are made for programs and are not checked.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from hoax_tracker.core.fetch.client import USER_AGENT, Fetcher, FetchResponse
from hoax_tracker.core.fetch.errors import HttpStatusError, RobotsDisallowedError

ROBOTS_USER_AGENT = USER_AGENT.partition("/")[0]
"""What a group of rules names us by: not every word of what we say of ourselves."""
_WITH_VERSION = re.compile(rf"(?im)^([ \t]*user-agent[ \t]*:[ \t]*{ROBOTS_USER_AGENT})/.*$")
"""A line that names us as a site's log does: whoever copies it from there means us, whatever the version."""
ROBOTS_LIMIT_BYTES = 500 * 2**10
"""More than RFC 9309 asks to read; what follows does not count."""


class RobotsChecker:
    """Checks pages against their site's robots.txt. Thread-safe.

    ``pause`` is called with the address of each page whose site was just requested.
    """

    def __init__(self, fetcher: Fetcher, pause: Callable[[str], None] = lambda url: None) -> None:
        self._fetcher, self._pause = fetcher, pause
        self._rules: dict[str, Protego | None] = {}
        self._lock = threading.Lock()

    def get(self, url: str) -> FetchResponse:
        """Return the page at an address if it and all its redirects are allowed. Raises a FetchError."""
        self.require(url)
        return self._fetcher.get(url, allowed=self.require)

    def require(self, url: str) -> None:
        """Raise RobotsDisallowedError unless the page is allowed, another FetchError where the site did not answer."""
        if not self.allows(url):
            raise RobotsDisallowedError(url, "robots.txt")

    def allows(self, url: str) -> bool:
        """Tell whether a page is allowed. Raises FetchError where the site did not answer."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            is_cached, rules = site in self._rules, self._rules.get(site)
        if not is_cached:
            rules = self._read(f"{site}/robots.txt")
            self._pause(url)
            with self._lock:
                self._rules[site] = rules
        return rules is None or bool(rules.can_fetch(url, ROBOTS_USER_AGENT))

    def _read(self, url: str) -> Protego | None:
        """Return the rules of a site, None where it has none."""
        try:
            body = self._fetcher.get(url).body[:ROBOTS_LIMIT_BYTES]
        except HttpStatusError as error:
            if 400 <= error.http_status < 500:
                return None
            raise
        # A byte order mark, as some editors write it, is no part of the first line.
        return Protego.parse(_WITH_VERSION.sub(r"\1", body.decode("utf-8-sig", "replace")))


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
