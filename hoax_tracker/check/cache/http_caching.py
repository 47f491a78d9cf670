"""HTTP caching of public pages: those the same for everyone have an ETag and may be kept a minute."""

from __future__ import annotations

from typing import Any

from flask import Response, g, make_response, render_template, request
from werkzeug.http import generate_etag

from hoax_tracker.core.web import security_headers

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
