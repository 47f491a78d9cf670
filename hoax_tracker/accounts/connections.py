"""Connection facts of a request: a shortened network address and the browser's name, and nothing else.

An officer recognises "Chrome di Android" and a network. Neither identifies more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from flask import has_request_context, request
from flask_babel import gettext as _

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
