"""The host that a link leads to, read as a browser reads it. Nothing is fetched.

What stands before an "@" is a user name, a backslash is a slash, "%2e" is a dot. The port, a final dot and
the case of letters do not matter, and neither does the path.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

from hoax_tracker.organisation.channels.known_sites import SECOND_LEVELS, SHARED_HOSTS, SHORTENERS

MAX_HOST_LENGTH = 253
# Browsers drop these four from a host. Other invisible characters make another host, or none.
IGNORED_IN_HOSTS = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))

_SCHEME = re.compile(r"(?:(?:https?|ftp):)?/*", re.IGNORECASE)
# No ending of a host ends so; a message in bold or italics does.
_MARKS = "._*~"
_PORT = re.compile(r":\d*$")
_PLAIN_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


class LinkParts(NamedTuple):
    """What stands before the host of a link (a user name, "" for none), and the host."""

    user: str
    host: str


def split_link(link: str) -> LinkParts:
    """Return the user name and the host of a link, with or without a scheme."""
    rest = _SCHEME.sub("", link.strip().replace("\\", "/"), count=1)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, _at_sign, host = authority.rpartition("@")
    return LinkParts(user, normalise_host(host))


def normalise_host(host: str) -> str:
    """Return a host in the form that two ways of writing it share."""
    plain = unicodedata.normalize("NFKC", unquote(host).translate(IGNORED_IN_HOSTS)).lower().replace("。", ".")
    return _PORT.sub("", plain.rstrip(_MARKS)).rstrip(_MARKS)[:MAX_HOST_LENGTH]


def is_plain_host(host: str) -> bool:
    """Tell whether a host holds nothing but plain letters, digits, hyphens and dots."""
    return _PLAIN_HOST.fullmatch(host) is not None


def is_within(host: str, domain: str) -> bool:
    """Tell whether a host is the domain or lies below it."""
    return host == domain or host.endswith(f".{domain}")


def _suffix_length(labels: list[str]) -> int:
    """Return how many labels at the end of a host are no name of its own: ".id", ".go.id", ".com".

    A short rule in place of the public suffix list: two labels where a country's two letters follow one of
    ``SECOND_LEVELS``, else one.
    """
    return 2 if len(labels) > 1 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVELS else 1


def registered_domain(host: str) -> str:
    """Return the end of a host that somebody registered: "kupangkota.go.id" of "ppid.kupangkota.go.id"."""
    labels = host.split(".")
    return ".".join(labels[-_suffix_length(labels) - 1 :])


def registered_name(host: str) -> str:
    """Return the label that somebody registered: "kupangkota" of "ppid.kupangkota.go.id"; "" for a suffix alone."""
    labels = host.split(".")
    names = labels[: -_suffix_length(labels)]
    return names[-1] if names else ""


def is_shortener(host: str) -> bool:
    """Tell whether a host shortens links."""
    return host.removeprefix("www.") in SHORTENERS


def is_shared_host(host: str) -> bool:
    """Tell whether anybody may have pages at the host."""
    return any(is_within(host, shared) for shared in SHARED_HOSTS)


def punycode_host(host: str) -> str:
    """Return a host as the name system knows it: labels with other than plain letters begin with "xn--"."""
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in host.split(".")
    )
