"""The host that a link leads to, read as a browser reads it. Nothing is fetched.

What stands before an "@" is a user name, a backslash is a slash, "%2e" is a dot. The port, a final dot and
the case of letters do not matter, and neither does the path.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

_SECOND_LEVELS = "ac biz co com desa edu go gov mil my net or org ponpes sch web"
_SHORTENERS = """
    adf.ly bit.ly bitly.com bl.ink buff.ly cutt.ly fb.me gg.gg goo.gl heylink.me intip.in is.gd linktr.ee lnkd.in
    lynk.id me-qr.com n9.cl ouo.io ow.ly qrco.de rb.gy rebrand.ly s.ee s.id short.gy short.io shorturl.asia
    shorturl.at t.co t.ly tiny.cc tiny.one tinyurl.com u.to v.gd wa.link
"""
_SHARED_HOSTS = """
    000webhostapp.com blogspot.com carrd.co facebook.com fb.com firebaseapp.com forms.gle github.io gitlab.io
    glitch.me gmail.com google.com herokuapp.com hotmail.com instagram.com netlify.app notion.site outlook.com
    pages.dev t.me telegram.me threads.com threads.net tiktok.com twitter.com vercel.app wa.me web.app webflow.io
    weebly.com whatsapp.com wixsite.com wordpress.com workers.dev x.com yahoo.com youtu.be youtube.com
"""
_ENDINGS = """
    ai app art asia at bond buzz cam cc cf cfd click cloud club cn co com cyou de dev digital edu email eu example
    fr fun ga gd gg gl gov gq group help hk host icu id in info int invalid io it jp kh kim kr lat life link live
    loan lol ltd ly me media ml mobi monster my name net news nl nz one online org page ph press pro promo pw quest
    rest review rocks ru run sale sbs services sg shop site social solutions space store support systems team tech
    test th tk today top trade tv tw ua uk us vin vip vn website wiki win work world ws wtf xyz zone
"""
_WORD_ENDINGS = """
    ai app at cc co de fr ga gd gg gl gq group help hk host in info it kh kim lat life link live lol me media ml
    name news one online org page ph press pro rest run sale sbs sg shop social store support team th tk today tv
    ua us vn work world ws
"""
_ACCOUNTLESS_HOSTS = "fb.watch l.facebook.com vm.tiktok.com vt.tiktok.com youtu.be"
_RESERVED_NAMES = """
    accounts addlist c dialog events explore groups hashtag home i intent joinchat l.php login marketplace messages p
    pages people permalink.php photo photo.php photos posts profile.php proxy reel reels s search settings share
    sharer sharer.php status stories story.php tv video videos watch
"""

SECOND_LEVELS = frozenset(_SECOND_LEVELS.split())
"""Labels that are no name of their own under a country's two letters: "go" in kupangkota.go.id."""
SHORTENERS = frozenset(_SHORTENERS.split())
"""Services whose addresses show nothing of where they lead: to another address, or to a page of links."""
SHARED_HOSTS = frozenset(_SHARED_HOSTS.split())
"""Sites on which anybody has pages, so that none of them is an official domain."""
ENDINGS = frozenset(_ENDINGS.split())
"""What a name with dots ends in that is an address without a scheme and without a path."""
WORD_ENDINGS = frozenset(_WORD_ENDINGS.split())
"""Endings that are words too: a sentence may begin with one after a full stop without a blank. Before them, a long name
or the city's, a hyphen, a digit or a further dot makes an address."""
ACCOUNTLESS_HOSTS = frozenset(_ACCOUNTLESS_HOSTS.split())
"""Hosts of social sites whose addresses do not tell the account."""
RESERVED_NAMES = frozenset(_RESERVED_NAMES.split())
"""First parts of a social site's path that are no account."""


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
