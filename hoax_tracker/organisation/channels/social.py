"""Accounts of social sites, by link or by "@name". Their normal form is "instagram.com/name"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from hoax_tracker.organisation.channels.hosts import is_within
from hoax_tracker.organisation.channels.known_sites import ACCOUNTLESS_HOSTS, RESERVED_NAMES

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


def is_social_host(host: str) -> bool:
    """Tell whether accounts are found at a host."""
    return _social_site(host) != ""


def _is_account_host(host: str) -> bool:
    """Tell whether addresses at a host begin with the account's name."""
    return _HOST_PREFIX.sub("", host) in SITES and host not in ACCOUNTLESS_HOSTS


def read_account(host: str, link: str) -> str:
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


def find_handles(text: str) -> Iterator[WrittenAccount]:
    """Yield the "@name"s of a text, with the site where a word just before says which."""
    for match in _HANDLE.finditer(text):
        before = text[max(0, match.start() - SITE_WORD_DISTANCE) : match.start()].rpartition("\n")[2]
        word = _SITE_WORD.search(before)
        site = f"{_SITE_WORDS[word[1].lower()]}/" if word else "@"
        yield WrittenAccount(match[0], f"{site}{match[1].lower()}")
