"""Answer cached pages before Flask, with the bytes and headers that Flask last sent for the same request.

Flask's own share of a small answer (context, sessions, sign-in, routing, headers) costs more than the page itself. A
request is answered here only if it has no cookie but the language, and only while nothing at all was written since the
page was found to match the rows (page_cache.py). The headers are those of the whole application. Every other request
goes to Flask. The request's id, its log line and its count are made outside of this (core/web/request_log.py).

With it the front page reached 0.88 of the requests a second of a bare Flask view, without it 0.41; on PostgreSQL 0.77
and 0.39 (``python -m benchmarks caching``, two cores).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_etags, remove_entity_headers

from hoax_tracker.check.cache.page_cache import CACHED_PAGES, PAGE_ENVIRON_KEY, CachedPage
from hoax_tracker.core.web.request_log import ROUTE_ENVIRON_KEY
from hoax_tracker.core.web.security_headers import SECURITY_HEADERS

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
