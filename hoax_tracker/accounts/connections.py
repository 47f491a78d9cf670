"""Connection facts of a request: a shortened address and the browser's name; and whether an officer used it before.

An officer recognises "Chrome di Android" and a network. Neither identifies more than that.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from flask import Response, after_this_request, has_request_context, request
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import Officer

KEPT_BITS = {4: 24, 6: 48}
"""Of an address: the block of an IPv4 provider, the site of an IPv6 customer. Never the whole address."""
UNKNOWN = "?"
# The first that stands in the browser's name for itself: most name several others, too.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Connection:
    """A network like "203.0.113.0/24" and a browser like "Chrome/Windows"; "?" where unknown."""

    network: str = UNKNOWN
    browser: str = UNKNOWN

    def facts(self) -> dict[str, str]:
        """Return the network and the browser as the audit log stores them."""
        return {"network": self.network, "browser": self.browser}


def current_connection() -> Connection:
    """Return the connection of the current request.

    Outside a request (a command, the worker) network and browser are unknown.
    """
    if not has_request_context():
        return Connection()
    return Connection(coarse_network(request.remote_addr or ""), browser_name(request.user_agent.string))


def connection_facts() -> dict[str, str]:
    """Return what the audit log stores about the current connection, or {} outside a request."""
    return current_connection().facts() if has_request_context() else {}


def coarse_network(address: str) -> str:
    """Return the network of an address: /24 for IPv4, /48 for IPv6, "?" for text that is not an address."""
    try:
        parsed = ip_address(address.split("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, KEPT_BITS[parsed.version]), strict=False))


def browser_name(user_agent: str) -> str:
    """Return browser and system like "Chrome/Windows".

    Both come from fixed lists, so no sent text is stored.
    """
    browser = next((name for mark, name in BROWSERS if mark in user_agent), UNKNOWN)
    system = next((name for mark, name in SYSTEMS if mark in user_agent), UNKNOWN)
    return UNKNOWN if browser == system == UNKNOWN else f"{browser}/{system}"


def browser_in_words(stored: str) -> str:
    """Return a stored browser as display text: "Chrome di Windows"."""
    browser, _slash, system = stored.partition("/")
    if browser == UNKNOWN and system in ("", UNKNOWN):
        return str(_("browser tak dikenal"))
    if UNKNOWN in (browser, system):
        return browser if system == UNKNOWN else str(_("browser di %(system)s", system=system))
    return str(_("%(browser)s di %(system)s", browser=browser, system=system))


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
