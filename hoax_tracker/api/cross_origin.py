"""What scripts of other sites may read: answers that are public anyway, without cookies; never what they post."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
EXPOSED_HEADERS = "ETag, Link, Retry-After, X-Request-ID"


def allow_reading(response: Response) -> Response:
    """Let scripts of any site read the answer of a resource that is read (CORS), also after asking first (OPTIONS)."""
    rule = request.url_rule
    if request.method in READING_METHODS and (rule is None or "GET" in (rule.methods or ())):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
            response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
            response.headers["Access-Control-Max-Age"] = "86400"
    return response
