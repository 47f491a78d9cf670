"""Keys that tell pages apart by their addresses, and their digests, by which rows are found."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

DIGEST_LENGTH = 32

_TRACKING = re.compile(r"^(?:utm_|mc_|fb_)|^(?:fbclid|gclid|igsh|igshid|mibextid|ref_src|_rdr|si)$", re.IGNORECASE)
_SOCIAL = frozenset(
    ["facebook.com", "web.facebook.com", "instagram.com", "x.com", "twitter.com", "tiktok.com", "t.me", "youtube.com"]
)
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


def page_key(url: str) -> tuple[str, ...] | None:
    """Return the parts of an address that identify a page: host, path, query, naming fragment ("#!/p/1").

    Tracking parameters are left out. Return None where the address leads to no page of its own: a site's front page, an
    account.
    """
    try:
        parts = urlsplit(url if _SCHEME.match(url) else f"https://{url}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    path = unquote(parts.path).rstrip("/")
    query = urlencode(sorted(pair for pair in parse_qsl(parts.query) if not _TRACKING.search(pair[0])))
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    if (
        not host
        or not (path or query or fragment.strip("!/"))
        or (_is_account_page(host, path, query) and not fragment)
    ):
        return None
    return host, path, query, fragment


def page_digest(url: str | None) -> str | None:
    """Return the digest (hex) of the page key of an address, or None where it has none.

    The digest is the same for all addresses of a page.
    """
    key = page_key(url) if url else None
    if key is None:
        return None
    return hashlib.blake2b("\n".join(key).encode("utf-8", "replace"), digest_size=DIGEST_LENGTH // 2).hexdigest()


def _is_account_page(host: str, path: str, query: str) -> bool:
    """Tell whether an address of a social site leads to an account, whose content keeps changing."""
    segments = path.strip("/").split("/")
    if host not in _SOCIAL or len(segments) > 1:
        return False
    return not query or segments[0].startswith("@") or segments[0] == "profile.php"
