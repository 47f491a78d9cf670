"""In-memory cache of public pages: rendered once, served until a clarification changes or the minute ends.

A page is served only after checking whether anything changed since it was rendered: whether anything was committed at
all (``ChangeMarker``), and if so, the signature of the public rows. So a publication or retraction takes effect at
once, in every process. Pages that are the same for everyone have an ETag, and a browser may keep them a minute.

A small answer's share of Flask (context, sessions, sign-in, routing, headers) costs more than the page itself. So a
request is answered before Flask, with the bytes and headers that the whole application last sent for it, where it has
no cookie but the language, and only while nothing at all was written since the page was found to match the rows. Every
other request goes to Flask. The request's id, its log line and its count are made outside of this
(core/web/request_log.py).

With it the front page reached 0.88 of the requests a second of a bare Flask view, without it 0.41; on PostgreSQL 0.77
and 0.39 (``python -m benchmarks caching``, two cores).
"""

from __future__ import annotations

import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from flask import Response, current_app, g, make_response, render_template, request
from flask_babel import get_locale
from sqlalchemy import event
from werkzeug.datastructures import Headers
from werkzeug.http import generate_etag, parse_etags, remove_entity_headers

from hoax_tracker.check.counting import CountReader
from hoax_tracker.clock import utc_now
from hoax_tracker.core.web import security_headers
from hoax_tracker.core.web.request_log import ROUTE_ENVIRON_KEY
from hoax_tracker.core.web.security_headers import SECURITY_HEADERS
from hoax_tracker.match_index import Signature, published_signature
from hoax_tracker.models import ClarificationRevision, Explainer, Objection, PublicContacts, db
from hoax_tracker.organisation.channels.official_list import list_signature


class ChangeMarker(Protocol):
    """The interface of the markers for both databases. It is thread-safe."""

    def mark(self) -> Hashable | None:
        """Return the present mark, or None where it cannot be known."""

    def close(self, _engine: Any = None) -> None:
        """Close the connection; called when the engine is disposed of."""


class SqliteChangeMarker:
    """SQLite's data_version on a separate connection: every commit of any other connection changes it."""

    def __init__(self, path: str) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._open = True

    def mark(self) -> Hashable | None:
        """Return the counter, or None where the connection is closed."""
        with self._lock:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0]) if self._open else None

    def close(self, _engine: Any = None) -> None:
        """Close the connection."""
        with self._lock:
            self._open = False
            self._connection.close()


class PostgresqlChangeMarker:
    """PostgreSQL's snapshot of finished transactions. Equal text means that the same ones are visible.

    The snapshot covers the whole cluster, so commits in its other databases change it, too. It is read on a separate
    connection, which is opened again after the server went away. Requests that arrive while one is reading share the
    next result: that reading began after all of them arrived.
    """

    QUERY = b"select pg_current_snapshot()::text"

    def __init__(self, engine: sa.Engine) -> None:
        self._lock, self._engine = Lock(), engine
        self._connection: Any = None
        self._open = True
        self._begun = 0
        self._last: Hashable | None = None

    def mark(self) -> Hashable | None:
        """Return the snapshot, or None where the database cannot be read."""
        begun = self._begun
        with self._lock:
            if not self._open:
                return None
            if self._begun == begun:
                self._begun += 1
                self._last = self._ask()
            return self._last

    def _ask(self) -> Hashable | None:
        """Query with the driver's low-level interface: its cursors cost several times the server's work."""
        from hoax_tracker.core.database.postgresql import open_detached_connection

        try:
            self._connection = self._connection or open_detached_connection(self._engine)
            marker: bytes | None = self._connection.pgconn.exec_(self.QUERY).get_value(0, 0)
        except (sa.exc.SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error):
            marker = None
        if marker is None:
            self._drop()
        return marker

    def close(self, _engine: Any = None) -> None:
        """Close the connection."""
        with self._lock:
            self._open = False
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def change_marker_for(engine: sa.Engine) -> ChangeMarker | None:
    """Return the marker for an engine's database; None for a database that only one connection sees."""
    if engine.dialect.name == "postgresql":
        return PostgresqlChangeMarker(engine)
    return SqliteChangeMarker(engine.url.database) if engine.url.database else None


SHARED_CACHE_S = 60


def render_shared_page(template: str, **facts: Any) -> Response:
    """Return a page without personal data: caches may keep it, per language."""
    return make_cacheable(make_response(render_template(template, **facts)))


def make_cacheable(response: Response) -> Response:
    """Let caches keep a response for a minute. Answer 304 where the reader has the same bytes."""
    response.headers["Cache-Control"] = f"public, max-age={SHARED_CACHE_S}"
    response.vary.add("Cookie")
    response.set_etag(generate_etag(response.get_data() + security_headers.SECURITY_HEADERS_BYTES))
    response.make_conditional(request)
    return response


def render_private_page(template: str, status: int = 200, **facts: Any) -> Response:
    """Return a page that holds a resident's words: never stored or indexed, its address never passed on."""
    g.private = True
    response = make_response(render_template(template, **facts))
    response.status_code = status
    return response


if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CACHED_PAGES = 512
PAGE_ENVIRON_KEY = "hoax_tracker.kept_page"
PAGE_ARGUMENTS = {"hal"}


@dataclass(frozen=True)
class RenderedPage:
    """A rendered page; ``count_reader`` is called each time it is served again."""

    response: Response
    count_reader: CountReader | None = None
    may_be_kept: bool = True


PageView = Callable[..., Response | RenderedPage]


@dataclass
class CachedPage:
    """A cached page, with the state that must be unchanged for it to be served."""

    keeper: PageCache
    body: bytes
    headers: list[tuple[str, str]]
    minute: int
    mark: Hashable | None
    signature: Signature
    count_reader: CountReader | None = None

    def count(self, environ: WSGIEnvironment) -> None:
        """Count that the page is served to a request. Most pages count nothing."""
        if self.count_reader is not None:
            self.count_reader(environ)


class PageCache:
    """The pages of one process; the least recently used leave first. Thread-safe.

    ``signature`` returns a value that changes with anything that these pages show.
    """

    def __init__(self, most: int, signature: Callable[[], Signature]) -> None:
        self._most, self._signature = most, signature
        self._pages: OrderedDict[tuple[str, ...], CachedPage] = OrderedDict()
        self._lock = Lock()
        self._marker = _current_change_marker()

    def get(self, key: tuple[str, ...], draw: Callable[[], RenderedPage]) -> Response:
        """Return the page for a key, rendered again where anything changed."""
        minute, mark = self._moment()
        with self._lock:
            page = self._pages.get(key)
        if page is not None and page.minute == minute:
            if mark is not None and page.mark == mark:
                return _respond_from_cache(page)
            if page.signature == self._signature():
                page.mark = mark
                return _respond_from_cache(page)
        signature, drawn = self._signature(), draw()
        response = drawn.response
        if drawn.may_be_kept and response.status_code == 200 and "Set-Cookie" not in response.headers:
            state = (minute, mark, signature)
            page = CachedPage(self, response.get_data(), list(response.headers), *state, drawn.count_reader)
            self._keep(key, page)
            request.environ[PAGE_ENVIRON_KEY] = page
        return response

    def is_current(self, page: CachedPage) -> bool:
        """Tell whether nothing at all was written since the page was found to match the rows."""
        minute, mark = self._moment()
        return mark is not None and (page.minute, page.mark) == (minute, mark)

    def _moment(self) -> tuple[int, Hashable | None]:
        return minute_number(utc_now()), self._marker.mark() if self._marker else None

    def _keep(self, key: tuple[str, ...], page: CachedPage) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)


def minute_number(moment: datetime) -> int:
    """Return the number of the minute: the ages that pages state are right for that long."""
    return int(moment.timestamp()) // SHARED_CACHE_S


def _current_change_marker() -> ChangeMarker | None:
    """Return the marker of the app's database, shared by all its caches."""
    extensions = current_app.extensions
    if "change_marker" not in extensions:
        extensions["change_marker"] = change_marker_for(db.engine)
        if extensions["change_marker"] is not None:
            event.listen(db.engine, "engine_disposed", extensions["change_marker"].close)
    marker: ChangeMarker | None = extensions["change_marker"]
    return marker


def public_pages_signature() -> Signature:
    """Return a signature of what public pages show: history, objections, explainers, contacts, channels."""
    revisions = sa.select(sa.func.count(), sa.func.max(ClarificationRevision.id)).select_from(ClarificationRevision)
    objections = sa.select(sa.func.max(Objection.id)), sa.select(sa.func.max(Objection.decided_at))
    history = revisions.add_columns(*(query.scalar_subquery() for query in objections))
    lessons = sa.select(sa.func.count(), sa.func.max(Explainer.changed_at)).where(Explainer.is_shown)
    contacts = sa.select(sa.func.count(), sa.func.max(PublicContacts.edited_at)).select_from(PublicContacts)
    parts = [tuple(db.session.execute(query).one()) for query in (history, lessons, contacts)]
    return published_signature() + parts[0] + parts[1] + parts[2] + list_signature()


def _respond_from_cache(page: CachedPage) -> Response:
    """Return a new response with the cached bytes, or 304 where the reader has them."""
    request.environ[PAGE_ENVIRON_KEY] = page
    page.count(request.environ)
    response = Response(page.body, headers=page.headers)
    response.make_conditional(request)
    return response


def cache_view(view: PageView) -> Callable[..., Response]:
    """Cache the result of a view by address, language and host. Searches and 304 responses are not cached."""

    @wraps(view)
    def served(*args: Any, **kwargs: Any) -> Response:
        if not set(request.args) <= PAGE_ARGUMENTS:
            return _as_rendered(view(*args, **kwargs)).response
        pages: PageCache = current_app.extensions.get("kept_pages") or _current_page_cache()
        key = (request.host_url, request.full_path, str(get_locale()))
        return pages.get(key, lambda: _as_rendered(view(*args, **kwargs)))

    return served


def _as_rendered(drawn: Response | RenderedPage) -> RenderedPage:
    """Return what a view drew, with what counts its readers where the view gave that."""
    return drawn if isinstance(drawn, RenderedPage) else RenderedPage(drawn)


def _current_page_cache() -> PageCache:
    """Return the app's cache of pages, created on first use."""
    pages: PageCache = current_app.extensions.setdefault("kept_pages", PageCache(CACHED_PAGES, public_pages_signature))
    return pages


if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LANGUAGE_COOKIE_ONLY = re.compile(r"bahasa=[a-z]{2}\Z")
KEY_VARIABLES = (
    "wsgi.url_scheme",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
)

HeaderPair = tuple[str, str]


@dataclass(frozen=True)
class CachedResponse:
    """The response sent for a page: headers of a 200 and of a 304, its ``etag`` or "", and its route."""

    page: CachedPage
    headers: list[HeaderPair]
    not_modified: list[HeaderPair]
    etag: str
    route: str

    def is_known_to(self, if_none_match: str | None) -> bool:
        """Tell whether the reader has it, by the ETags in their request."""
        if not if_none_match or not self.etag:
            return False
        return if_none_match == f'"{self.etag}"' or parse_etags(if_none_match).contains_weak(self.etag)


class CachedPageMiddleware:
    """WSGI middleware that answers cached pages before the application ``app``."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app, self._minute = app, 0
        self._answers: OrderedDict[tuple[str, ...], CachedResponse] = OrderedDict()
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        key = _cache_key(environ)
        if key is None:
            return self._app(environ, start_response)
        answer = self._answers.get(key)
        if answer is None or not answer.page.keeper.is_current(answer.page):
            return self._app(environ, self._remembering(key, environ, start_response))
        environ[ROUTE_ENVIRON_KEY] = answer.route
        answer.page.count(environ)
        if answer.is_known_to(environ.get("HTTP_IF_NONE_MATCH")):
            start_response("304 NOT MODIFIED", list(answer.not_modified))
            return []
        start_response("200 OK", list(answer.headers))
        return [answer.page.body]

    def _remembering(
        self, key: tuple[str, ...], environ: WSGIEnvironment, start_response: StartResponse
    ) -> StartResponse:
        """Return a ``start_response`` that records the headers of a cached page as they are sent."""

        def start(status: str, headers: list[HeaderPair], *error: Any) -> Any:
            page = environ.get(PAGE_ENVIRON_KEY)
            if page is not None and status.startswith("200"):
                self._remember(key, page, headers, environ.get(ROUTE_ENVIRON_KEY, ""))
            return start_response(status, headers, *error)

        return start

    def _remember(self, key: tuple[str, ...], page: CachedPage, headers: list[HeaderPair], route: str) -> None:
        names = {name.lower(): value for name, value in headers}
        if "set-cookie" in names:
            return
        short = Headers(headers)
        remove_entity_headers(short)
        for name in (*SECURITY_HEADERS, "Strict-Transport-Security"):
            short.remove(name)
        etag = names.get("etag", "").removeprefix("W/").strip('"')
        with self._lock:
            self._forget_before(page.minute)
            self._answers[key] = CachedResponse(page, list(headers), list(short), etag, route)
            self._answers.move_to_end(key)
            while len(self._answers) > CACHED_PAGES:
                self._answers.popitem(last=False)

    def _forget_before(self, minute: int) -> None:
        """Drop the entries of past minutes: an answer holds words that somebody pasted."""
        if minute != self._minute:
            old = [key for key, entry in self._answers.items() if entry.page.minute < minute]
            for key in old:
                del self._answers[key]
            self._minute = minute


def _cache_key(environ: WSGIEnvironment) -> tuple[str, ...] | None:
    """Return the cache key of a request, or None where Flask must answer it.

    Flask answers other methods than GET, and requests with cookies that may identify a person.
    """
    cookie = environ.get("HTTP_COOKIE", "")
    if environ["REQUEST_METHOD"] != "GET" or (cookie and not LANGUAGE_COOKIE_ONLY.match(cookie)):
        return None
    return (cookie, *(environ.get(name, "") for name in KEY_VARIABLES))
