"""Browsers that an officer has signed in with: a signed cookie that lasts, and nothing that is read off the browser.

The cookie holds, for each officer who uses the browser, a random mark bound to their ``fs_uniquifier``: a new password
and "end all others" make every browser unknown again but the one in hand. It opens nothing by itself.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from hoax_tracker.models import Officer

KEPT = timedelta(days=365)
MAX_OFFICERS = 8
"""Of one browser: a cookie may not grow without end on a computer that an office shares."""


def find_known_browser(officer_id: int, uniquifier: str) -> str | None:
    """Return the counter's name for the present browser where the officer signed in with it before, else None."""
    mark = read_marks().get(str(officer_id))
    if not mark or mark[1] != binding(mark[0], uniquifier):
        return None
    return hashlib.sha256(f"browser|{officer_id}|{mark[0]}".encode()).hexdigest()


def remember_browser(officer: Officer) -> None:
    """Let the present answer mark the browser as one that the officer uses."""
    marks = read_marks()
    before = marks.pop(str(officer.id), None)
    known = before and before[1] == binding(before[0], officer.fs_uniquifier)
    mark = before[0] if before and known else secrets.token_urlsafe(12)
    marks[str(officer.id)] = [mark, binding(mark, officer.fs_uniquifier)]
    value = marks_serializer().dumps(dict(list(marks.items())[-MAX_OFFICERS:]))

    @after_this_request
    def set_marks(response: Response) -> Response:
        response.set_cookie(
            cookie_name(),
            value,
            max_age=KEPT,
            secure=current_app.extensions["settings"].secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def read_marks() -> dict[str, Any]:
    """Return what the browser's cookie holds; nothing of one that we did not sign, or that is too old."""
    try:
        found = marks_serializer().loads(request.cookies.get(cookie_name(), ""), max_age=int(KEPT.total_seconds()))
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def binding(mark: str, uniquifier: str) -> str:
    """Return what binds a mark to the officer's present ``fs_uniquifier``."""
    return hashlib.sha256(f"{mark}|{uniquifier}".encode()).hexdigest()[:22]


def marks_serializer() -> URLSafeTimedSerializer:
    """Return what signs the cookie."""
    return URLSafeTimedSerializer(current_app.extensions["settings"].secret_key, salt="known-browsers")


def cookie_name() -> str:
    """Return the cookie's name; its prefix lets no other host, and no page without TLS, set it."""
    return "__Host-peramban" if current_app.extensions["settings"].secure else "peramban"
