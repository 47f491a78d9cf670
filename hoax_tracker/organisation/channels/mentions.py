"""What a message names as a way to reach somebody: links, e-mail addresses, telephone numbers, accounts.

A link needs no scheme. Without one, a name with dots counts where it ends as addresses do, so that a missing
blank after a full stop makes none. Nothing here is stored, logged or fetched.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from hoax_tracker.organisation.channels.hosts import is_plain_host, is_within, split_link
from hoax_tracker.organisation.channels.known_sites import ENDINGS, WORD_ENDINGS
from hoax_tracker.organisation.channels.numbers import find_numbers, normalise_telephone
from hoax_tracker.organisation.channels.resemblance import write_with_plain_letters
from hoax_tracker.organisation.channels.social import find_handles, is_social_host, read_account

MOST_MENTIONS = 200
CHARACTERS_READ = 20_000
"""More than people forward; the cost of reading grows with the length."""
MAX_WRITTEN_LENGTH = 200


class MentionKind(enum.Enum):
    """What a message names."""

    LINK = "link"
    EMAIL = "email"
    TELEPHONE = "telephone"
    BANK_ACCOUNT = "bank_account"
    SOCIAL_ACCOUNT = "social_account"


@dataclass(frozen=True)
class Mention:
    """Something that a message names; ``written`` as it stands there, ``value`` in normal form.

    ``user`` stands before the host of a link. ``banks`` stand beside a bank account. ``is_sure``: it is what it looks
    like, so that its absence from the list means something.
    """

    kind: MentionKind
    written: str
    value: str
    user: str = ""
    banks: frozenset[str] = frozenset()
    is_sure: bool = True


_DEFANGED_DOT = re.compile(r"\s?[\[({](?:\.|dot|titik)[\])}]\s?", re.IGNORECASE)
_DEFANGED_SCHEME = re.compile(r"\bh(?:xx|\*\*)p(s?)\b", re.IGNORECASE)
_DEFANGED_COLON = re.compile(r"(?<=ps)\[:\]|(?<=p)\[:\]", re.IGNORECASE)
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_LABEL = rf"[\w{_INVISIBLE}](?:[\w{_INVISIBLE}\u0300-\u036f-]{{0,61}}[\w{_INVISIBLE}\u0300-\u036f])?"
_DOT = r"[.\u3002\uff0e\uff61]"
_STOP = r"\s<>\"'“”()"
# A user name may hold whatever is no slash: it is read first, so that no part of it passes for the host.
_LINK = re.compile(
    rf"https?:[/\\]*[^\s/\\?#]{{0,300}}@[^{_STOP}]{{1,2000}}"
    rf"|(?:https?:[/\\]*|ftp://|(?<![\w.-])www\.)[^{_STOP}]{{1,2000}}"
    rf"|(?<![\w@./\\=&%{_INVISIBLE}-])(?:[\w.+-]{{1,64}}(?::[^\s/\\?#@]{{0,64}})?@)?"
    rf"(?:{_LABEL}{_DOT}){{1,40}}{_LABEL}(?![\w@]|{_DOT}\w)(?::\d{{1,5}}(?!\w))?(?:[/?#\\][^{_STOP}]{{0,2000}})?",
    re.IGNORECASE,
)
_END_MARKS = ".,;:!?*~`|]}»…"
_AFTER_HOST = re.compile(r"[,;!|…»*~`](?!(?:[\w-]+[.])+[^\W\d])")
_COUNTRY = re.compile(r"[a-z]{2}")
PLAIN_ENDINGS = frozenset(map(write_with_plain_letters, ENDINGS))
PLAIN_WORD_ENDINGS = frozenset(map(write_with_plain_letters, WORD_ENDINGS))
MIN_NAME_BEFORE_WORD, CITY_NAME = 12, "kupang"


def find_mentions(text: str) -> list[Mention]:
    """Return what a message names, each once, at most 200: links first, then numbers, then names of accounts.

    The first 20,000 characters are read.
    """
    plain = _refang(text[:CHARACTERS_READ])
    links = list(_LINK.finditer(plain))
    rest = _blank_out(plain, links)
    mentions: dict[tuple[MentionKind, str, str], Mention] = {}
    for mention in _iterate_mentions(links, rest):
        mentions.setdefault((mention.kind, mention.value, mention.user), mention)
        if len(mentions) >= MOST_MENTIONS:
            break
    return list(mentions.values())


def _refang(text: str) -> str:
    """Return a text with addresses that were written so that nobody clicks them as addresses again."""
    spelt = _DEFANGED_SCHEME.sub(r"http\1", _DEFANGED_DOT.sub(".", text))
    return _DEFANGED_COLON.sub(":", spelt)


def _blank_out(text: str, matches: list[re.Match[str]]) -> str:
    """Return a text of the same length without the matches, so that a number in a link is no telephone number."""
    parts, position = [], 0
    for match in matches:
        parts += [text[position : match.start()], "\n" * len(match[0]) if _is_address(match[0]) else match[0]]
        position = match.end()
    return "".join([*parts, text[position:]])


def _iterate_mentions(links: list[re.Match[str]], rest: str) -> Iterator[Mention]:
    """Yield the mentions of a text: its links, and the text without them."""
    for match in links:
        if _is_address(match[0]):
            yield from _read_link(match[0].rstrip(_END_MARKS))
    for number in find_numbers(rest):
        kind = MentionKind.TELEPHONE if number.is_telephone else MentionKind.BANK_ACCOUNT
        yield Mention(kind, number.written.strip(), number.digits, banks=number.banks, is_sure=number.is_sure)
    for account in find_handles(rest):
        yield Mention(MentionKind.SOCIAL_ACCOUNT, account.written, account.value)


def _is_address(written: str) -> bool:
    """Tell whether text of a link's form is an address, not two sentences without a blank between them."""
    lowered = unicodedata.normalize("NFKC", written).lower()
    if lowered.startswith(("http:", "https:", "ftp:", "www.")):
        return True
    user, host = split_link(written)
    name, _dot, last = host.rpartition(".")
    ending = write_with_plain_letters(last)
    if not any(map(str.isalpha, last)) or not any(map(str.isalpha, name)):
        return False
    if user or _has_path(lowered):
        return _COUNTRY.fullmatch(ending) is not None or ending in PLAIN_ENDINGS
    if ending in PLAIN_WORD_ENDINGS:
        return len(name) >= MIN_NAME_BEFORE_WORD or CITY_NAME in name or re.search(r"[-\d.]", name) is not None
    return ending in PLAIN_ENDINGS


def _has_path(written: str) -> bool:
    """Tell whether a path, a query or a port follows the host."""
    return re.search(r"[/?#\\:]\w", written) is not None


def _read_link(written: str) -> Iterator[Mention]:
    """Yield what a link leads to: a WhatsApp number, an account of a social site, or a host."""
    cut = _cut_after_host(written)
    user, host = split_link(cut)
    shown = cut[:MAX_WRITTEN_LENGTH]
    if not host:
        return
    if telephone := _whatsapp_number(host, cut):
        yield Mention(MentionKind.TELEPHONE, shown, telephone)
    elif is_social_host(host):
        if account := read_account(host, cut):
            yield Mention(MentionKind.SOCIAL_ACCOUNT, shown, account)
    else:
        is_email = bool(user) and ":" not in user and re.match(r"[\w.+-]+@[^/\\?#]+$", cut) is not None
        yield Mention(MentionKind.EMAIL if is_email else MentionKind.LINK, shown, host, user)


def _cut_after_host(written: str) -> str:
    """Return a link without the words that follow its host after a comma; a further host there is part of it."""
    authority = re.match(r"(?:(?:https?|ftp):)?[/\\]*[^/\\?#]*", written, re.IGNORECASE)
    limit = authority.end() if authority else 0
    cut = _AFTER_HOST.search(written, 0, limit)
    return written[: cut.start()] if cut and "@" not in written[:limit] else written


def _whatsapp_number(host: str, link: str) -> str:
    """Return the telephone number that a WhatsApp link leads to, or ""."""
    address, _mark, query = link.partition("#")[0].partition("?")
    if host.removeprefix("www.") == "wa.me":
        digits = unquote(address.lower().partition("wa.me/")[2]).strip("/+ ")
    elif is_plain_host(host) and is_within(host, "whatsapp.com"):
        digits = (parse_qs(query).get("phone") or [""])[0].strip("+ ")
    else:
        return ""
    return normalise_telephone(f"+{digits}") if digits.isascii() and digits.isdigit() else ""
