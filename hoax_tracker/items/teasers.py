"""Teasers: entries whose feed gives only the beginning. Their page is read before the model assesses them.

The model reads the first 900 characters, so a text of that length is complete enough.
"""

from __future__ import annotations

import re

FULL_TEXT_LENGTH = 900
SUMMARY_LENGTH = 300
"""Characters: what is shorter in a feed is the summary of a story. (Posts come from other kinds of sources.)"""
MIN_SHARED_WORDS = 0.5
"""Share of a teaser's words that its page must hold: a notice about cookies, or a sign-in, holds few of them."""
FEW_WORDS = 3

_TAIL = 160
_CUT = re.compile(
    r"""(?:…|\.\.\.|\[…\]|\[\.\.\.\])\W*\Z
    | \b(?:baca|lihat|simak)\s(?:selengkapnya|selanjutnya|lebih\slanjut)\b | \bselengkapnya\W*\Z
    | \b(?:read\smore|continue\sreading|lanjut(?:kan)?\s(?:mem)?baca)\b | \bappeared\sfirst\son\b""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"\w{4,}")


def is_teaser(text: str) -> bool:
    """Tell whether a feed's text is only the beginning or a summary of a story."""
    if len(text) >= FULL_TEXT_LENGTH:
        return False
    return len(text) < SUMMARY_LENGTH or bool(_CUT.search(text[-_TAIL:]))


def is_page_of_teaser(page: str, title: str, text: str) -> bool:
    """Tell whether a page tells the story that title and text begin.

    The title alone proves little, because it also stands above error notices. It counts where the feed gives no other
    text.
    """
    named, begun = _long_words_in(title), _long_words_in(_CUT.sub("", text))
    begun = begun - named if len(begun - named) >= FEW_WORDS else begun | named
    return len(page) > len(text) and len(begun & _long_words_in(page)) >= MIN_SHARED_WORDS * len(begun)


def _long_words_in(text: str) -> set[str]:
    """Return the longer words of a text."""
    return set(_WORD.findall(text.casefold()))
