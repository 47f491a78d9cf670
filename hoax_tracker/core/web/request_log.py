"""Request logging: an id, one log line and one metrics count per request.

What was asked for is never logged. It wraps Flask, so that no response goes unlogged; ``_note_request_route`` passes
the route on to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask, request, request_started

from hoax_tracker.core.structured_logging import accept_request_id, bind_request_id, log_fields, new_request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

ROUTE_ENVIRON_KEY = "hoax_tracker.route"
REQUEST_ID_HEADER = "X-Request-ID"
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines: said only where the answer was no.
PROBE_ROUTES = frozenset({"/healthz", "/readyz", "/readyz/web", "/metrics"})

RequestCounter = Callable[[str, str, int, float], None]


class RequestLogMiddleware:
    """WSGI middleware that logs requests. ``trusted`` tells that our own proxy may set the request id."""

    def __init__(self, app: WSGIApplication, count: RequestCounter, *, trusted: bool) -> None:
        self._app, self._count, self._trusted = app, count, trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request and add its id as a response header."""
        started, status = perf_counter(), 500
        identity = accept_request_id(environ.get("HTTP_X_REQUEST_ID")) if self._trusted else new_request_id()

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, [*headers, (REQUEST_ID_HEADER, identity)], *error)

        with bind_request_id(identity):
            try:
                return self._app(environ, start)
            finally:
                # Before the first byte leaves: who has the answer finds it counted.
                self._note(environ, status, perf_counter() - started)

    def _note(self, environ: WSGIEnvironment, status: int, seconds: float) -> None:
        method = environ["REQUEST_METHOD"]
        method = method if method in KNOWN_METHODS else "OTHER"
        route = environ.get(ROUTE_ENVIRON_KEY, "unknown")
        self._count(method, route, status, seconds)
        if route not in PROBE_ROUTES or status >= 400:
            level = logging.WARNING if status >= 500 else logging.INFO
            fields = log_fields(method=method, route=route, status=status, duration_ms=round(1000 * seconds, 1))
            log.log(level, "request", extra=fields)


def register_request_log(app: Flask, count: RequestCounter, *, trusted: bool) -> None:
    """Install request logging in the app."""
    request_started.connect(_note_request_route, app)  # before anything that may refuse the request
    app.wsgi_app = RequestLogMiddleware(app.wsgi_app, count, trusted=trusted)  # type: ignore[method-assign]
    app.log_exception = _log_unanswered_request  # type: ignore[method-assign,assignment]


def _note_request_route(_app: Flask, **_: Any) -> None:
    """Pass the route's pattern, without the values in it, to the middleware."""
    if request.url_rule is not None:
        request.environ[ROUTE_ENVIRON_KEY] = request.url_rule.rule


def _log_unanswered_request(error: Any) -> None:
    """Log an exception that even the error page could not handle.

    Flask's own log line would include the address.
    """
    log.critical("a request could not be answered", exc_info=error)
