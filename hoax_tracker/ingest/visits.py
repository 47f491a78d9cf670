"""Visits to web pages that items lead to: only where the site lets programs read them, a host's one by one."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.database import Turn, writing
from hoax_tracker.fetch import BadStatus, Fetched, Fetcher, FetchError
from hoax_tracker.fetch.addresses import LONGEST_HOST
from hoax_tracker.fetch.robots import Robots
from hoax_tracker.ingest.leases import VISIT, Manners, held_hosts
from hoax_tracker.ingest.page_text import main_text
from hoax_tracker.models import HostVisit, LinkedPage, PageCopy, db

log = logging.getLogger(__name__)

LEASE = VISIT
OF_ONE_HOST, THREADS = 3, 6
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS)


Row = TypeVar("Row", LinkedPage, PageCopy)


@dataclass(frozen=True)
class Visit:
    """What a visit brought: an answer with its main text, "gone", or why it could not be read.

    ``is_refused``: the site does not want the page read; asking again would bring the same. ``is_put_off``: the time
    was over before the page was asked for.
    """

    item_id: int
    fetched: Fetched | None = None
    text: str = ""
    is_gone: bool = False
    trouble: str | None = None
    is_refused: bool = False
    is_put_off: bool = False


def spared(rows: Iterable[Row], now: datetime, manners: Manners) -> Iterator[Row]:
    """Yield the rows that may be visited now: few of one host, none of a host that a worker is asking for anything."""
    held = held_hosts(now, manners)
    room = Counter[str]()
    for row in rows:
        host = manners.host(row.url)
        if host and (host in held or room[host] >= OF_ONE_HOST):
            continue
        room[host] += 1
        yield row


def hold(urls: Iterable[str], now: datetime, manners: Manners) -> None:
    """Let other workers leave the hosts of the addresses alone, in the transaction that leases their rows.

    A host whose name is too long for any server has no row, for which it would be too long as well.
    """
    for host in sorted({manners.host(url) for url in urls} - {""}):
        if len(host) <= LONGEST_HOST:
            db.session.merge(HostVisit(host=host, lease_until=now + VISIT))


def let_go(urls: Iterable[str], now: datetime, manners: Manners) -> None:
    """Let other workers ask the hosts again that were held at ``now``, but for those that another one holds since."""
    hosts = {manners.host(url) for url in urls} - {""}
    if hosts:
        ours = sa.and_(HostVisit.host.in_(hosts), HostVisit.lease_until == now + VISIT)
        with writing(Turn.STORE):
            db.session.execute(sa.delete(HostVisit).where(ours))


def visit_all(
    due: Iterable[tuple[int, str]], fetcher: Fetcher, manners: Manners, alive: Callable[[], None], seconds: float
) -> Iterator[Visit]:
    """Visit pages, given as (item id, address); yield each as its host is done, and call ``alive`` in between.

    After ``seconds`` no more pages are asked for: those left come back as put off.
    """
    end = time.monotonic() + seconds
    groups: dict[str, list[tuple[int, str]]] = {}
    for item_id, url in due:
        groups.setdefault(manners.host(url) or str(item_id), []).append((item_id, url))
    robots = Robots(fetcher)
    with ThreadPoolExecutor(THREADS) as pool:
        # Each in a context of its own: words for officers and lines in the log belong to what asked for them.
        asked = [
            pool.submit(copy_context().run, visit_in_turn, pages, fetcher, robots, manners.pause_s, end)
            for pages in groups.values()
        ]
        for done in as_completed(asked):
            yield from done.result()
            alive()


def visit_in_turn(
    pages: Sequence[tuple[int, str]], fetcher: Fetcher, robots: Robots, pause_s: float, end: float
) -> list[Visit]:
    """Visit pages of one host, with a pause between them; ``end``: the moment (monotonic) to begin none after."""
    visits = []
    for place, (item_id, url) in enumerate(pages):
        if time.monotonic() >= end:
            visits += [Visit(left, is_put_off=True) for left, _url in pages[place:]]
            break
        if place:
            time.sleep(pause_s)
        visits.append(visit(item_id, url, fetcher, robots))
    return visits


def visit(item_id: int, url: str, fetcher: Fetcher, robots: Robots) -> Visit:
    """Fetch a page where that is allowed. Any failure becomes words: one bad page never stops the others."""
    try:
        if not robots.allows(url):
            with force_locale("id"):
                words = _("Situsnya tidak mengizinkan halaman itu dibaca program (robots.txt).")
            return Visit(item_id, trouble=words, is_refused=True)
        fetched = fetcher.get(url)
        if is_front_page(fetched.url) and not is_front_page(url):
            return Visit(item_id, is_gone=True)
        return Visit(item_id, fetched, main_text(fetched.body, fetched.content_type))
    except BadStatus as error:
        if error.http_status in GONE:
            return Visit(item_id, is_gone=True)
        return Visit(item_id, trouble=f"{error.user_message} ({error.http_status})")
    except FetchError as error:
        return Visit(item_id, trouble=str(error.user_message))
    except Exception as error:
        log.exception("page of item %s could not be read", item_id)
        return Visit(item_id, trouble=type(error).__name__)


def is_front_page(url: str) -> bool:
    """Tell whether an address leads to a site's front page, where many sites send readers of what is gone."""
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query
