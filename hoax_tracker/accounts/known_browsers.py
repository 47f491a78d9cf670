"""Browsers in which an officer signed in before: a signed, long-lived cookie.

The browser is not fingerprinted. The cookie holds a random mark for each officer who uses the browser, bound to the
officer's ``fs_uniquifier``. A new password and "end all others" therefore make every browser unknown except the current
one. The cookie alone gives no access.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from flask import Response, after_this_request, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from hoax_tracker.core.current import current_settings
from hoax_tracker.models import Officer

KEPT = timedelta(days=365)
MAX_OFFICERS = 8
"""Of one browser: a cookie may not grow without end on a computer that an office shares."""


def find_known_browser(officer_id: int, uniquifier: str) -> str | None:
    """Return the brake's key for the current browser, or None where the officer never signed in with it."""
    mark = _read_marks().get(str(officer_id))
    if not mark or mark[1] != _binding(mark[0], uniquifier):
        return None
    return hashlib.sha256(f"browser|{officer_id}|{mark[0]}".encode()).hexdigest()


def remember_browser(officer: Officer) -> None:
    """Set the cookie that marks the current browser as used by the officer."""
    marks = _read_marks()
    before = marks.pop(str(officer.id), None)
    is_known = before and before[1] == _binding(before[0], officer.fs_uniquifier)
    mark = before[0] if before and is_known else secrets.token_urlsafe(12)
    marks[str(officer.id)] = [mark, _binding(mark, officer.fs_uniquifier)]
    value = _marks_serializer().dumps(dict(list(marks.items())[-MAX_OFFICERS:]))

    @after_this_request
    def set_marks(response: Response) -> Response:
        response.set_cookie(
            _cookie_name(),
            value,
            max_age=KEPT,
            secure=current_settings().secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def _read_marks() -> dict[str, Any]:
    """Return the marks in the browser's cookie, or {} where its signature is invalid or it expired."""
    try:
        marks = _marks_serializer().loads(request.cookies.get(_cookie_name(), ""), max_age=int(KEPT.total_seconds()))
    except BadSignature:
        return {}
    return marks if isinstance(marks, dict) else {}


def _binding(mark: str, uniquifier: str) -> str:
    """Return the digest that binds a mark to the officer's current ``fs_uniquifier``."""
    return hashlib.sha256(f"{mark}|{uniquifier}".encode()).hexdigest()[:22]


def _marks_serializer() -> URLSafeTimedSerializer:
    """Return the serializer that signs the cookie."""
    return URLSafeTimedSerializer(current_settings().secret_key, salt="known-browsers")


def _cookie_name() -> str:
    """Return the cookie's name.

    Its __Host- prefix stops other hosts, and pages without TLS, from setting it.
    """
    return "__Host-peramban" if current_settings().secure else "peramban"
