"""Liveness, readiness and figures: ``/healthz``, ``/readyz``, ``/readyz/web``, ``/metrics``.

``/healthz`` checks only this process. A missing database is no reason to kill it: it answers again when the database
does. ``/readyz/web`` tells a proxy whether this host may serve: what another host would do no better is no reason to
take it out. The details of ``/readyz`` and all of ``/metrics`` need the token or a request from the machine itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address
from threading import Lock
from time import monotonic
from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort, current_app, jsonify, make_response, request

from hoax_tracker import __version__
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.operations import health_checks

bp = APIBlueprint("health", __name__, enable_openapi=False)

CHECKS_CACHE_S = 2.0

CheckRun = Callable[[Settings, datetime], Mapping[str, health_checks.CheckResult]]


class CachedCheckResults:
    """Keeps the last results for a moment, so that a monitor that asks often costs little."""

    def __init__(self, find: Callable[[], Mapping[str, health_checks.CheckResult]]) -> None:
        self._find = find
        self._found: Mapping[str, health_checks.CheckResult] = {}
        self._until = 0.0
        self._finding = Lock()

    def current(self) -> Mapping[str, health_checks.CheckResult]:
        """Return results that are at most CHECKS_CACHE_S old."""
        with self._finding:
            if monotonic() >= self._until:
                self._found = self._find()
                self._until = monotonic() + CHECKS_CACHE_S
            return self._found


@bp.get("/healthz")
def healthz() -> Response:
    """Answer ok: this process works."""
    return _forbid_caching(jsonify(status="ok", version=__version__))


@bp.get("/readyz")
def readyz() -> Response:
    """Answer 200 where the instance can do its work, else 503. Those who may see them get the reasons."""
    return _respond_with_checks(_cached_results("readiness", health_checks.run_health_checks))


@bp.get("/readyz/web")
def readyz_web() -> Response:
    """Answer 200 where this host may serve residents, else 503: a proxy then asks the other hosts."""
    return _respond_with_checks(_cached_results("web_readiness", health_checks.run_web_host_checks))


def _cached_results(name: str, run: CheckRun) -> Mapping[str, health_checks.CheckResult]:
    """Return the results of ``run``, at most CHECKS_CACHE_S old, which the app keeps under ``name``."""
    settings = current_settings()
    fresh = CachedCheckResults(lambda: run(settings, utc_now()))
    cached: CachedCheckResults = current_app.extensions.setdefault(name, fresh)
    return cached.current()


def _respond_with_checks(results: Mapping[str, health_checks.CheckResult]) -> Response:
    """Return the answer of a readiness probe."""
    ready = all(result == health_checks.OK for result in results.values())
    words = {name: result.said for name, result in results.items()}
    details: dict[str, Any] = {"checks": words, "version": __version__} if _may_see_details() else {}
    response = _forbid_caching(jsonify(status="ok" if ready else "failed", **details))
    response.status_code = 200 if ready else 503
    return response


@bp.get("/metrics")
def metrics() -> Response:
    """Answer with the figures for Prometheus."""
    if not _may_see_details():
        abort(403)
    text, kind = current_app.extensions["metrics"].text()
    response = make_response(text)
    response.headers["Content-Type"] = kind
    return _forbid_caching(response)


def _may_see_details() -> bool:
    """Tell whether the request has the token or comes from this machine."""
    token = current_settings().metrics_token
    sent_token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token and hmac.compare_digest(sent_token.encode(), token.encode())) or _is_from_this_machine()


def _is_from_this_machine() -> bool:
    """Tell whether the request comes from this machine itself, and not through a proxy on it."""
    passed_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"))
    if passed_on and not current_settings().behind_proxy:
        return False  # a proxy that we were not told of makes every resident look like this machine
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _forbid_caching(response: Response) -> Response:
    """Return the response, marked so that nobody caches it."""
    response.headers["Cache-Control"] = "no-store"
    return response
