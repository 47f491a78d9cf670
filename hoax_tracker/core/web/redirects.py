"""Safe redirect targets: the wanted path comes from the address, which anybody can write."""

from __future__ import annotations

from urllib.parse import urlsplit


def local_path(wanted: str | None, *, otherwise: str) -> str:
    """Return the wanted path where it is on this site, else ``otherwise``. Prevents open redirects."""
    if not wanted or not wanted.startswith("/") or "\\" in wanted or any(ord(letter) <= 32 for letter in wanted):
        return otherwise
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc or wanted.startswith("//") else wanted
