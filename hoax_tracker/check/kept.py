"""Public pages kept ready in memory: drawn once, served until a clarification changes or their minute is over.

A page is served only after asking whether anything changed since it was drawn: on SQLite a counter that every commit of
another connection raises (no query at all), else the signature of the public rows. So what was published or retracted
counts at once, in every process.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, request
from flask_babel import get_locale
from sqlalchemy import event

from hoax_tracker.check.responses import KEPT_S
from hoax_tracker.clock import utc_now
from hoax_tracker.index import Signature, published_signature
from hoax_tracker.models import ClarificationRevision, db

PAGES = 512
PAGED_BY = {"hal"}

View = Callable[..., Response]


@dataclass
class Page:
    """A drawn page, with what must not have changed for it to be served."""

    body: bytes
    headers: list[tuple[str, str]]
    minute: int
    counter: int | None
    signature: Signature


class Changes:
    """SQLite's data_version, asked on a connection of its own: every commit of any other connection changes it."""

    def __init__(self, path: str) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._open = True

    def counter(self) -> int | None:
        """Return the counter, or None where it cannot be known."""
        with self._lock:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0]) if self._open else None

    def close(self, _engine: Any = None) -> None:
        """Close the connection, with the engine."""
        with self._lock:
            self._open = False
            self._connection.close()


class KeptPages:
    """The pages of one process, the longest unused leaving first. Safe to use from many threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, ...], Page] = OrderedDict()
        self._lock = Lock()
        self._changes: Changes | None = None
        if db.engine.dialect.name == "sqlite" and db.engine.url.database:
            self._changes = Changes(db.engine.url.database)
            event.listen(db.engine, "engine_disposed", self._changes.close)

    def get(self, key: tuple[str, ...], draw: Callable[[], Response]) -> Response:
        """Return the page for a key, drawn anew where anything changed."""
        minute, counter = int(utc_now().timestamp()) // KEPT_S, self._changes.counter() if self._changes else None
        with self._lock:
            page = self._pages.get(key)
        if page is not None and page.minute == minute:
            if counter is not None and page.counter == counter:
                return as_response(page)
            if page.signature == shown_signature():
                page.counter = counter
                return as_response(page)
        signature = shown_signature()
        response = draw()
        if response.status_code == 200 and "Set-Cookie" not in response.headers:
            self._keep(key, Page(response.get_data(), list(response.headers), minute, counter, signature))
        return response

    def _keep(self, key: tuple[str, ...], page: Page) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)


def shown_signature() -> Signature:
    """Return what changes with anything a public page shows of clarifications: their rows and their history."""
    history = db.session.execute(sa.select(sa.func.count(), sa.func.max(ClarificationRevision.id))).one()
    return published_signature() + tuple(history)


def as_response(page: Page) -> Response:
    """Return a fresh response with the kept bytes, or 304 where the reader has them."""
    response = Response(page.body, headers=page.headers)
    response.make_conditional(request)
    return response


def kept(view: View) -> View:
    """Keep what a view draws, per address, language and host; searches are drawn each time, and so is a 304."""

    @wraps(view)
    def served(*args: Any, **kwargs: Any) -> Response:
        if not set(request.args) <= PAGED_BY:
            return view(*args, **kwargs)
        pages: KeptPages = current_app.extensions.get("kept_pages") or start()
        key = (request.host_url, request.full_path, str(get_locale()))
        return pages.get(key, lambda: view(*args, **kwargs))

    return served


def start() -> KeptPages:
    """Return the app's pages, made on first use."""
    pages: KeptPages = current_app.extensions.setdefault("kept_pages", KeptPages())
    return pages
