"""What is noted of every request: its id, one line in the log, one count in the metrics. Never what it asked for.

This stands outside Flask, so that nothing is answered unseen; the route is told to it by ``note_route``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask, request, request_started

from hoax_tracker.core.structured_logging import accepted_id, facts, new_id, under

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

ROUTE = "hoax_tracker.route"
HEADER = "X-Request-ID"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines: said only where the answer was no.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

Count = Callable[[str, str, int, float], None]


class Observed:
    """A WSGI application whose requests are noted. ``trusted`` tells that a proxy of ours may give the id."""

    def __init__(self, app: WSGIApplication, count: Count, *, trusted: bool) -> None:
        self._app, self._count, self._trusted = app, count, trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, with its id in a header."""
        started, status = perf_counter(), 500
        identity = accepted_id(environ.get("HTTP_X_REQUEST_ID")) if self._trusted else new_id()

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, [*headers, (HEADER, identity)], *error)

        with under(identity):
            try:
                return self._app(environ, start)
            finally:
                # Before the first byte leaves: who has the answer finds it counted.
                self._note(environ, status, perf_counter() - started)

    def _note(self, environ: WSGIEnvironment, status: int, seconds: float) -> None:
        method = environ["REQUEST_METHOD"]
        method = method if method in METHODS else "OTHER"
        route = environ.get(ROUTE, "unknown")
        self._count(method, route, status, seconds)
        if route not in PROBES or status >= 400:
            level = logging.WARNING if status >= 500 else logging.INFO
            said = facts(method=method, route=route, status=status, duration_ms=round(1000 * seconds, 1))
            log.log(level, "request", extra=said)


def register(app: Flask, count: Count, *, trusted: bool) -> None:
    """Let the app's requests be noted."""
    request_started.connect(note_route, app)  # before anything that may refuse the request
    app.wsgi_app = Observed(app.wsgi_app, count, trusted=trusted)  # type: ignore[method-assign]
    app.log_exception = say_unanswered  # type: ignore[method-assign,assignment]


def note_route(_app: Flask, **_: Any) -> None:
    """Tell the outside which route answers: its pattern, without what stands in it."""
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule


def say_unanswered(error: Any) -> None:
    """Log an exception that even the error page did not survive; Flask itself would write the address beside it."""
    log.critical("a request could not be answered", exc_info=error)
