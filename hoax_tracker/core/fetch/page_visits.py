"""Visits to web pages: only where robots.txt allows, one at a time for each host, with pauses.

The caller locks the pages' sites first (site_locks.py).
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

from flask_babel import force_locale, lazy_gettext as _l

from hoax_tracker.core.fetch import (
    AddressRefusedError,
    Fetcher,
    FetchError,
    FetchResponse,
    HttpStatusError,
    Politeness,
    RobotsDisallowedError,
)
from hoax_tracker.core.fetch.robots import RobotsChecker

log = logging.getLogger(__name__)

VISIT_THREADS = 6
GONE_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS)

Made = TypeVar("Made")
PageMaker = Callable[[str, FetchResponse], Made]
"""From the address asked for and its answer to what is kept of it. Raises PageGoneError where that is no such page."""


class PageGoneError(FetchError):
    """The response is no longer the requested page."""


class EmptyPageError(FetchError):
    """The site reports success and sends nothing, which is neither a page nor a change of one."""

    user_message = _l("Situs itu mengirim halaman kosong. Coba lagi nanti.")


@dataclass(frozen=True)
class PageVisit(Generic[Made]):
    """The result of a visit to the page of a row (``key``): its content or the error.

    ``is_put_off``: time ran out before the page was requested.
    """

    key: int
    fetched: FetchResponse | None = None
    made: Made | None = None
    error: FetchError | None = None
    is_put_off: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether the site says that the page does not exist."""
        return isinstance(self.error, PageGoneError) or (
            isinstance(self.error, HttpStatusError) and self.error.http_status in GONE_STATUSES
        )

    @property
    def is_refused(self) -> bool:
        """Whether a retry would fail alike: robots.txt forbids the page, or its address is not fetched."""
        return isinstance(self.error, (RobotsDisallowedError, AddressRefusedError))

    @property
    def trouble(self) -> str | None:
        """Why the page could not be read, in Indonesian; None where it was read, or is gone."""
        if self.error is None or self.is_gone:
            return None
        status = f" ({self.error.http_status})" if isinstance(self.error, HttpStatusError) else ""
        with force_locale("id"):
            return f"{self.error.user_message}{status}"


def visit_pages(
    due: Iterable[tuple[int, str]],
    fetcher: Fetcher,
    manners: Politeness,
    make: PageMaker[Made],
    alive: Callable[[], None],
    seconds: float,
) -> Iterator[PageVisit[Made]]:
    """Visit pages, given as (row key, address); yield each when its host is done, calling ``alive`` in between.

    After ``seconds`` no further page is requested; the remaining ones are returned as put off.
    """
    end = time.monotonic() + seconds
    groups: dict[str, list[tuple[int, str]]] = {}
    for key, url in due:
        groups.setdefault(manners.host(url) or str(key), []).append((key, url))
    robots = RobotsChecker(fetcher, manners.pause)

    def in_turn(pages: Sequence[tuple[int, str]]) -> list[PageVisit[Made]]:
        """Visit the pages of one host with pauses in between."""
        visits = list[PageVisit[Made]]()
        for place, (key, url) in enumerate(pages):
            if time.monotonic() >= end:
                return visits + [PageVisit(row_key, is_put_off=True) for row_key, _url in pages[place:]]
            if place:
                manners.pause(url)
            visits.append(_visit_page(key, url, robots, make))
        return visits

    with ThreadPoolExecutor(VISIT_THREADS) as pool:
        # Each in a context of its own: words for officers and lines in the log belong to what asked for them.
        asked = [pool.submit(copy_context().run, in_turn, pages) for pages in groups.values()]
        for done in as_completed(asked):
            yield from done.result()
            alive()


def _visit_page(key: int, url: str, robots: RobotsChecker, make: PageMaker[Made]) -> PageVisit[Made]:
    """Fetch a page where that is allowed. Any failure becomes an error in the result."""
    try:
        fetched = robots.get(url)
        if not fetched.body.strip():
            raise EmptyPageError(url, "an empty page")
        return PageVisit(key, fetched, make(url, fetched))
    except FetchError as error:
        return PageVisit(key, error=error)
    except Exception as error:
        log.exception("the page of row %s could not be read", key)
        return PageVisit(key, error=FetchError(url, type(error).__name__))
