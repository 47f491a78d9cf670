"""Two keys that identify copies: the canonical form of a link, and a digest of a text."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from hoax_tracker.core.content.html_to_text import compatibility_form

_LENGTH_LIMIT = 8192
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that say how a reader came, never what is read.
_TRACKING_NAMES = """fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh
    mibextid fb_action_ids fb_action_types fb_source fb_ref __cft__[0] __tn__ _rdr __twitter_impression ref_src ref_url
    mkt_tok _hsenc _hsmi hsctatracking oly_anon_id oly_enc_id vero_id wickedid rb_clickid srsltid _ga _gl
    _branch_match_id guccounter guce_referrer guce_referrer_sig is_from_webapp sender_device"""
_TRACKING = frozenset(_TRACKING_NAMES.split())
_TRACKING_PREFIXES = ("utm_", "mc_", "pk_", "mtm_", "hsa_")
_AMP_PARAMETERS = frozenset({"amp", "amp=", "amp=1", "amp=true", "outputtype=amp"})

_STORY = re.compile(r"[-0-9]")

# One stray "%" would make the parser encode every "%" of the address once more.
_STRAY_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")

# All that is no word becomes a space, and spaces part words in a third of the time in which a pattern finds them. Bytes
# are replaced twenty times as fast as characters; in UTF-8 those of other characters than ASCII's are above 127.
_ASCII_MARKS = bytes(code if code > 127 or re.match(r"\w", chr(code)) else 32 for code in range(256))
_OTHER_MARKS = re.compile(r"[^\x00-\x7f\w]")


def canonical_url(url: str) -> str:
    """Return the one form shared by all links to the same page. It is itself canonical and can be fetched.

    Scheme and host are in lower case. Default port, user, fragment, tracking parameters and AMP form are removed; the
    other parameters keep their order. Raises ValueError where ``url`` is not an absolute http(s) address.
    """
    parsed = _parse_address(url)
    host = (parsed.host or "").rstrip(".").lower()  # urllib3 leaves "0X0" as it is
    if parsed.scheme not in _DEFAULT_PORTS or not host:
        raise ValueError(f"not an absolute http(s) address: {url[:200]!r}")
    port = None if parsed.port == _DEFAULT_PORTS[parsed.scheme] else parsed.port
    path = _without_amp(parsed.path or "/")
    return Url(parsed.scheme, None, host, port, path, _kept_query(parsed.query), _kept_fragment(parsed.fragment)).url


def absolute_url(base: str, link: str) -> str | None:
    """Return the canonical form of ``link``, resolved against ``base``, or None unless it is a web page."""
    try:
        return canonical_url(urljoin(base, link.strip()))
    except ValueError:
        return None


def content_key(title: str, text: str) -> str:
    """Return the SHA-256 (hex) of the words.

    Texts that differ only in case, space or punctuation share a key. For a text without any word (emoji, punctuation)
    the digest covers its characters instead.
    """
    words = f"{_normalise_words(title)}\n{_normalise_words(text)}"
    if words == "\n":
        words = "\n\n" + "".join(f"{title}{text}".split())
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def _parse_address(url: str) -> Url:
    if len(url) > _LENGTH_LIMIT:
        raise ValueError(f"longer than {_LENGTH_LIMIT} characters: {url[:200]!r}")
    try:
        return parse_url(_STRAY_PERCENT.sub("%25", url.strip()))
    except LocationParseError as error:
        raise ValueError(f"not an address: {url[:200]!r}") from error


def _without_amp(path: str) -> str:
    """Return the path of the story itself for the path of its AMP form, ".../2026/air-bersih/amp/".

    "/amp" alone, or after a plain word, may be a page of its own and stays.
    """
    slash = "/" if path.endswith("/") else ""
    story, _, last = path.removesuffix("/").rpartition("/")
    is_amp = last == "amp" and _STORY.search(story.rpartition("/")[2])
    return story + slash if is_amp else path


def _kept_query(query: str | None) -> str | None:
    if not query:
        return None
    return "&".join(part for part in query.split("&") if part and not _is_tracking(part)) or None


def _is_tracking(part: str) -> bool:
    name = unquote(part.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES) or part.lower() in _AMP_PARAMETERS


def _kept_fragment(fragment: str | None) -> str | None:
    """Return the fragment only where it names the page ("#!/berita/1"), not a place in it."""
    return fragment if fragment and fragment.startswith(("!", "/")) else None


def _normalise_words(text: str) -> str:
    folded = text.casefold() if text.isascii() else compatibility_form(text).casefold()
    if not folded.isascii():
        folded = _OTHER_MARKS.sub(" ", folded)
    words = folded.encode("utf-8", "surrogatepass").translate(_ASCII_MARKS).decode("utf-8", "surrogatepass")
    return " ".join(words.split())
