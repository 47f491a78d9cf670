"""Visits to web pages: only where the site lets programs read them, a host's one by one, with pauses.

Whoever asks for pages holds their sites first (site_locks.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.fetch import AddressRefused, BadStatus, Fetched, Fetcher, FetchError, Manners, NotForPrograms
from hoax_tracker.core.fetch.robots import Robots

log = logging.getLogger(__name__)

THREADS = 6
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS)

Made = TypeVar("Made")
Make = Callable[[str, Fetched], Made]
"""From the address asked for and its answer to what is kept of it. Raises PageGone where that is no such page."""


class PageGone(FetchError):
    """What answers is not the page that was asked for any more."""


class EmptyPage(FetchError):
    """The site answers as if all were well, and sends nothing: neither a page to keep nor a change of one."""

    user_message = _l("Situs itu mengirim halaman kosong. Coba lagi nanti.")


@dataclass(frozen=True)
class Visit(Generic[Made]):
    """What a visit to the page of a row (``key``) brought: what was made of it, or the error.

    ``is_put_off``: the time was over before the page was asked for.
    """

    key: int
    fetched: Fetched | None = None
    made: Made | None = None
    error: FetchError | None = None
    is_put_off: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether the site says that there is no such page."""
        return isinstance(self.error, PageGone) or (
            isinstance(self.error, BadStatus) and self.error.http_status in GONE
        )

    @property
    def is_refused(self) -> bool:
        """Whether asking again would bring the same: the page is not for programs, or not one that is fetched."""
        return isinstance(self.error, (NotForPrograms, AddressRefused))

    @property
    def trouble(self) -> str | None:
        """Why the page could not be read, in Indonesian; None where it was, or is gone."""
        if self.error is None or self.is_gone:
            return None
        status = f" ({self.error.http_status})" if isinstance(self.error, BadStatus) else ""
        with force_locale("id"):
            return f"{self.error.user_message}{status}"


def visit_all(
    due: Iterable[tuple[int, str]],
    fetcher: Fetcher,
    manners: Manners,
    make: Make[Made],
    alive: Callable[[], None],
    seconds: float,
) -> Iterator[Visit[Made]]:
    """Visit pages, given as (key of a row, address); yield each as its host is done, and call ``alive`` in between.

    After ``seconds`` no more pages are asked for: those left come back as put off.
    """
    end = time.monotonic() + seconds
    groups: dict[str, list[tuple[int, str]]] = {}
    for key, url in due:
        groups.setdefault(manners.host(url) or str(key), []).append((key, url))
    robots = Robots(fetcher, manners.pause)

    def in_turn(pages: Sequence[tuple[int, str]]) -> list[Visit[Made]]:
        """Visit pages of one host, with a pause between them."""
        visits = list[Visit[Made]]()
        for place, (key, url) in enumerate(pages):
            if time.monotonic() >= end:
                return visits + [Visit(left, is_put_off=True) for left, _url in pages[place:]]
            if place:
                manners.pause(url)
            visits.append(visit(key, url, robots, make))
        return visits

    with ThreadPoolExecutor(THREADS) as pool:
        # Each in a context of its own: words for officers and lines in the log belong to what asked for them.
        asked = [pool.submit(copy_context().run, in_turn, pages) for pages in groups.values()]
        for done in as_completed(asked):
            yield from done.result()
            alive()


def visit(key: int, url: str, robots: Robots, make: Make[Made]) -> Visit[Made]:
    """Fetch a page where that is allowed. Any failure becomes an error in the answer: no page stops the others."""
    try:
        fetched = robots.get(url)
        if not fetched.body.strip():
            raise EmptyPage(url, "an empty page")
        return Visit(key, fetched, make(url, fetched))
    except FetchError as error:
        return Visit(key, error=error)
    except Exception as error:
        log.exception("the page of row %s could not be read", key)
        return Visit(key, error=FetchError(url, type(error).__name__))
