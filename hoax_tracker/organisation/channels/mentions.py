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
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

from hoax_tracker.organisation.channels.hosts import (
    ACCOUNTLESS_HOSTS,
    ENDINGS,
    RESERVED_NAMES,
    WORD_ENDINGS,
    is_plain_host,
    is_within,
    split_link,
)
from hoax_tracker.organisation.channels.resemblance import write_with_plain_letters

SITES = {
    "instagram.com": "instagram.com",
    "facebook.com": "facebook.com",
    "fb.com": "facebook.com",
    "tiktok.com": "tiktok.com",
    "x.com": "x.com",
    "twitter.com": "x.com",
    "youtube.com": "youtube.com",
    "youtu.be": "youtube.com",
    "fb.watch": "facebook.com",
    "t.me": "t.me",
    "telegram.me": "t.me",
    "threads.net": "threads.net",
    "threads.com": "threads.net",
}
SITE_NAMES = {
    "instagram.com": "Instagram",
    "facebook.com": "Facebook",
    "tiktok.com": "TikTok",
    "x.com": "X",
    "youtube.com": "YouTube",
    "t.me": "Telegram",
    "threads.net": "Threads",
}
_AT_SITES = frozenset(["tiktok.com", "youtube.com", "threads.net"])
"""Sites on which an account's address begins with "@"; what lacks it is something else."""
_HOST_PREFIX = re.compile(r"^(?:www|m|web|mobile|id-id)\.")
_NAME = re.compile(r"[\w.-]{2,64}")
_HANDLE = re.compile(r"(?<![\w@./])@([A-Za-z0-9_](?:[A-Za-z0-9_.]{1,28}[A-Za-z0-9_])?)(?![\w@]|\.\w)")
_SITE_WORDS = {
    "ig": "instagram.com",
    "instagram": "instagram.com",
    "fb": "facebook.com",
    "facebook": "facebook.com",
    "tiktok": "tiktok.com",
    "twitter": "x.com",
    "youtube": "youtube.com",
    "yt": "youtube.com",
    "telegram": "t.me",
    "threads": "threads.net",
}
_SITE_WORD = re.compile(rf"\b({'|'.join(_SITE_WORDS)})\b[^@\n]{{0,16}}$", re.IGNORECASE)
SITE_WORD_DISTANCE = 28


class WrittenAccount(NamedTuple):
    """A name in a text; ``value`` is "@name" where the text does not say on which site."""

    written: str
    value: str


def _social_site(host: str) -> str:
    """Return the site that a host belongs to, or ""."""
    return next((site for known_host, site in SITES.items() if is_within(host, known_host)), "")


def _is_social_host(host: str) -> bool:
    """Tell whether accounts are found at a host."""
    return _social_site(host) != ""


def _is_account_host(host: str) -> bool:
    """Tell whether addresses at a host begin with the account's name."""
    return _HOST_PREFIX.sub("", host) in SITES and host not in ACCOUNTLESS_HOSTS


def _read_account(host: str, link: str) -> str:
    """Return the account that a link leads to, or "" where the link does not tell, as one to a post may not."""
    site = _social_site(host)
    plain = re.split(r"[?#]", link.replace("\\", "/"), maxsplit=1)[0]
    segments = [unquote(segment) for segment in re.sub(r"^\w+:/*", "", plain).split("/")[1:] if segment]
    # Dots lead to another page than the one that the account's name stands before.
    if not _is_account_host(host) or not segments or {".", ".."} & set(segments):
        return ""
    if site in _AT_SITES and not segments[0].startswith("@"):
        return ""
    name = segments[0].removeprefix("@").lower().rstrip(".")
    return f"{site}/{name}" if _NAME.fullmatch(name) and name not in RESERVED_NAMES else ""


def _find_handles(text: str) -> Iterator[WrittenAccount]:
    """Yield the "@name"s of a text, with the site where a word just before says which."""
    for match in _HANDLE.finditer(text):
        before = text[max(0, match.start() - SITE_WORD_DISTANCE) : match.start()].rpartition("\n")[2]
        word = _SITE_WORD.search(before)
        site = f"{_SITE_WORDS[word[1].lower()]}/" if word else "@"
        yield WrittenAccount(match[0], f"{site}{match[1].lower()}")


MIN_ACCOUNT_DIGITS, MAX_ACCOUNT_DIGITS = 9, 18
CONTEXT_LENGTH = 48

# Telephones copy a contact between invisible marks of direction, with hyphens that do not break.
_INVISIBLE_MARKS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DASHES = dict.fromkeys(range(0x2010, 0x2016), "-") | {0x2212: "-"}
_DIGITS = re.compile(r"(?<![\w])(?<!\d[.,])\+?\(?\+?\d(?:[ \u00a0]{0,2}[().-]{0,2}[ \u00a0]{0,2}\d){7,29}(?![\w])")
_DATE_OR_CLOCK = re.compile(
    r"(?<![\d.])(?:\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2}|[0-2]?\d[.:][0-5]\d)(?![\d.]*\d)"
)
_MOBILE = re.compile(r"08[1-9]\d{7,10}")
_FIXED = re.compile(r"0(?:[2-79]\d{7,9}|80\d{7,9})")
_FOREIGN = re.compile(r"\+[1-9]\d{8,14}")
_NEXT_NUMBER = re.compile(r"[ \u00a0](?=\+|\(?0[2-9]|62[ -]?[28])")
_MONEY = re.compile(r"(?:\brp\.?|\bidr)\s*$", re.IGNORECASE)
_IDENTITY = re.compile(r"\b(?:nik|ktp|kk|npwp|nisn|nip|bpjs|resi|tiket)\b[^\d\n]{0,20}$", re.IGNORECASE)
_BANK = (
    r"(?:bank|bpd)\s+(?:ntt|jatim|jateng|dki|bali|papua|jago|mega|raya|neo|artos)|bri|bni|bca|btn|bsi|mandiri|bukopin|cimb|"
    r"danamon|permata|seabank|muamalat|ocbc|panin|maybank|sinarmas"
)
_ACCOUNT_WORD = re.compile(r"\b(?:(?:no)?rek(?:ening)?|virtual\s+account|va)\b[^\d\n]{0,30}$", re.IGNORECASE)
_BANK_WORD = re.compile(rf"\b(?:bank|{_BANK})\b[^\d\n]{{0,30}}$", re.IGNORECASE)
_TELEPHONE_WORD = re.compile(
    r"\b(?:wa|whatsapp|telp|tlp|telepon|hp|hub|hubungi|kontak|call|sms|cs)\b[^\d\n]{0,15}$", re.IGNORECASE
)
_HOLDER_WORD = re.compile(r"^\W{0,4}(?:a\s?[./]\s?n\b|an\.|atas\s+nama)", re.IGNORECASE)
_BANK_NAME = re.compile(rf"\b(?:{_BANK})\b", re.IGNORECASE)


class WrittenNumber(NamedTuple):
    """Digits of a text: ``digits`` in normal form, ``banks`` the bank's names beside an account.

    ``is_sure``: words around an account say that it is one.
    """

    written: str
    digits: str
    is_telephone: bool
    banks: frozenset[str] = frozenset()
    is_sure: bool = True


def _find_numbers(text: str) -> Iterator[WrittenNumber]:
    """Yield the telephone numbers and bank accounts of a text."""
    plain = _DATE_OR_CLOCK.sub("\u2026", write_plainly(text))
    for match in _DIGITS.finditer(plain):
        before = plain[max(0, match.start() - CONTEXT_LENGTH) : match.start()].rpartition("\n")[2]
        after = plain[match.end() : match.end() + CONTEXT_LENGTH].partition("\n")[0]
        if not _MONEY.search(before) and not _IDENTITY.search(before):
            yield from _read_number(match[0], before, after)


def write_plainly(text: str) -> str:
    """Return a text without invisible marks, with plain digits and hyphens."""
    return _INVISIBLE_MARKS.sub("", unicodedata.normalize("NFKC", text)).translate(_DASHES)


def _read_number(written: str, before: str, after: str) -> Iterator[WrittenNumber]:
    """Yield what a run of digits is, with the words before and after it."""
    digits = re.sub(r"\D", "", written)
    is_account_size = MIN_ACCOUNT_DIGITS <= len(digits) <= MAX_ACCOUNT_DIGITS
    telephone = normalise_telephone(written)
    if is_account_size and _is_called_account(before, after, may_be_telephone=bool(telephone)):
        yield WrittenNumber(written, digits, False, _bank_names(f"{before} {after}"))
    elif telephone:
        yield WrittenNumber(written, telephone, True)
    elif telephones := list(_find_telephones(written)):
        yield from telephones
    elif is_account_size:
        yield WrittenNumber(written, digits, False, _bank_names(before), is_sure=False)


def _is_called_account(before: str, after: str, *, may_be_telephone: bool) -> bool:
    """Tell whether the words around digits call them an account. A bank has telephones, too."""
    if _HOLDER_WORD.search(after):
        return True
    if may_be_telephone:
        return _ACCOUNT_WORD.search(before) is not None and not _TELEPHONE_WORD.search(before)
    return (_ACCOUNT_WORD.search(before) or _BANK_WORD.search(before)) is not None


def _find_telephones(written: str) -> Iterator[WrittenNumber]:
    """Yield the telephone numbers of a run of digits in which another number or a day follows after a blank."""
    for piece in _NEXT_NUMBER.split(written):
        groups = piece.split()
        for count in range(len(groups), 0, -1):
            if telephone := normalise_telephone(shorter := " ".join(groups[:count])):
                yield WrittenNumber(shorter, telephone, True)
                break


def normalise_telephone(written: str) -> str:
    """Return a number as it is dialled in Indonesia ("0812…"), a foreign one with "+"; "" for no telephone number."""
    digits = re.sub(r"\D", "", written)
    has_plus = written.lstrip("( ").startswith("+")
    national = re.sub(r"^(?:00)?62(?:\(?0\)?)?", "0", digits)
    if not has_plus and digits.startswith("0") and not digits.startswith("0062"):
        national = digits
    if _MOBILE.fullmatch(national) or _FIXED.fullmatch(national):
        return national if not has_plus or digits.startswith("62") else f"+{digits}"
    return f"+{digits}" if has_plus and _FOREIGN.fullmatch(f"+{digits}") and not digits.startswith("62") else ""


def _bank_names(text: str) -> frozenset[str]:
    """Return the banks that a text names, each in one form: "ntt" for "Bank NTT" and "BPD NTT"."""
    names = (re.sub(r"\s+", " ", match[0].lower()) for match in _BANK_NAME.finditer(text))
    return frozenset(name.removeprefix("bank ").removeprefix("bpd ") for name in names)


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
    for number in _find_numbers(rest):
        kind = MentionKind.TELEPHONE if number.is_telephone else MentionKind.BANK_ACCOUNT
        yield Mention(kind, number.written.strip(), number.digits, banks=number.banks, is_sure=number.is_sure)
    for account in _find_handles(rest):
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
    elif _is_social_host(host):
        if account := _read_account(host, cut):
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
