"""The people of a private chat are removed from its words, before anything of the chat is stored.

Who takes part is known from the chat itself: who sent, was added, wrote what somebody copied, is mentioned, or is on a
contact card. A reader of chats tells each of them (``learn``), and then gives every text that it keeps (``hide``).

Removed are their numbers in any form, their whole names, a part of a name that stands alone, and whatever is behind
"@"; e-mail addresses, whosever they are. The names and numbers of others stay: a hoax may be about them. So does a
name of ordinary words only ("BPBD Kota Kupang", "Pak RT"), and one that begins a longer name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hoax_tracker.core.content.html_to_text import strip_invisible
from hoax_tracker.privacy.names import TITLES, is_ordinary_word, normalise_word

LEFT_OUT = "…"
LONGEST_NAME = 100
SHORTEST_NUMBER = 7
"""Digits of a phone number without the country's code or the leading zero."""

# People write, and programs export, other hyphens and spaces than the keyboard's between the digits of a number.
_BETWEEN = r"[\s().\u00a0\u202f\u2010-\u2015\u2212-]"
_PHONE = re.compile(rf"\+?\(?\d(?:{_BETWEEN}{{0,3}}\d){{{SHORTEST_NUMBER - 1},40}}")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
# Programs enclose a mentioned name in marks, or write the number. A name that is only typed begins with a capital, and
# has none of the signs that the names of accounts have ("@bkn_resmi").
_MENTION = re.compile(
    "@~?\u2068[^\u2069\n]{0,200}\u2069|@~?\\+?\\d[\\d\u2010-\u2015-]{5,20}|@~?[^\\W\\d_a-z][^\\W\\d_]*(?!\\w|\\.\\w)"
    "(?: [^\\W\\d_a-z][^\\W\\d_]+){0,3}"
)
_HANDLE = re.compile(r"(?<![\w@])@\w{2,}(?:\.\w+)*")
_MARKED_NAME = re.compile("\u2068([^\u2069\n]{1,200})\u2069")
_AROUND_NAME = "~\u200e\u200f\u202a\u202c\u2068\u2069\u00a0\u202f \t"


class ChatPeople:
    """The people of one chat. However many they are, a text costs the same."""

    def __init__(self, *, hides_handles: bool = False) -> None:
        """``hides_handles``: an "@" names a person here, whatever follows it."""
        self._hides_handles = hides_handles
        self._numbers: dict[int, set[str]] = {}
        self._names: dict[str, set[tuple[str, ...]]] = {}
        self._name_parts: set[str] = set()

    def learn(self, name: str) -> None:
        """Remember a person by the name or number that the chat gives."""
        name = name.strip(_AROUND_NAME)[:LONGEST_NAME]
        digits = _bare_digits(name)
        if len(digits) >= SHORTEST_NUMBER:
            self._numbers.setdefault(len(digits), set()).add(digits)
        words = tuple(match[0] for match in _WORD.finditer(strip_invisible(name)))
        parts = {word for word in words if _is_name(word)}
        if parts:
            self._names.setdefault(words[0].casefold(), set()).add(tuple(word.casefold() for word in words))
            self._name_parts |= parts

    def learn_mentioned(self, text: str) -> None:
        """Remember whom a text mentions, in the marks that programs put around a name."""
        if "\u2068" in text:
            for match in _MARKED_NAME.finditer(text):
                self.learn(match[1])

    def hide(self, text: str) -> str:
        """Return the text without these people."""
        if "@" in text:
            text = _MENTION.sub(f"@{LEFT_OUT}", _EMAIL.sub(LEFT_OUT, text))
            if self._hides_handles:
                text = _HANDLE.sub(f"@{LEFT_OUT}", text)
        if self._numbers:
            text = _PHONE.sub(lambda match: LEFT_OUT if self._is_known_number(match[0]) else match[0], text)
        return self._hide_names(text) if self._names else text

    def _is_known_number(self, written: str) -> bool:
        """Tell whether a run of digits holds a known number: others may stand directly before or behind it."""
        digits = re.sub(r"\D", "", written)
        return any(
            digits[start : start + length] in numbers
            for length, numbers in self._numbers.items()
            for start in range(len(digits) - length + 1)
        )

    def _hide_names(self, text: str) -> str:
        pieces, last = [], 0
        for start, end in self._name_spans(text):
            pieces += [text[last:start], LEFT_OUT]
            last = end
        return "".join((*pieces, text[last:]))

    def _name_spans(self, text: str) -> Iterator[tuple[int, int]]:
        words = list(_WORD.finditer(text))
        folded = [word[0].casefold() for word in words]
        place = 0
        while place < len(words):
            length = self._length_of_name(words, folded, place, text)
            if length:
                # "@ani": the sign tells no more than the name did.
                start = words[place].start() - (text[words[place].start() - 1 : words[place].start()] == "@")
                yield max(start, 0), words[place + length - 1].end()
            place += length or 1

    def _length_of_name(self, words: list[re.Match[str]], folded: list[str], place: int, text: str) -> int:
        """Return how many words from ``place`` on are a person's name, 0 for none."""
        known = [
            len(name) for name in self._names.get(folded[place], ()) if tuple(folded[place : place + len(name)]) == name
        ]
        longest = max(known, default=0)
        if longest > 1:
            return longest
        word, is_mentioned = words[place][0], text[max(0, words[place].start() - 1) : words[place].start()] == "@"
        if is_mentioned and longest:
            return longest
        return int(word in self._name_parts and not _is_in_longer_name(words, place, text))


def _bare_digits(number: str) -> str:
    """Return the digits of a phone number without the country's or the leading zero; "" for what is none."""
    if re.search(r"[^\W\d_]", number):
        return ""
    return re.sub(r"\D", "", number).removeprefix("62").removeprefix("0")


def _is_name(word: str) -> bool:
    """Tell whether a word of a person's name is one itself: no title, office, place, number or ordinary word."""
    return len(word) > 2 and not word.isdigit() and not is_ordinary_word(word, written_small=True)


def _is_in_longer_name(words: list[re.Match[str]], place: int, text: str) -> bool:
    """Tell whether a word stands beside another one of a name: that may be somebody else's."""
    for other in (place - 1, place + 1):
        if not 0 <= other < len(words):
            continue
        gap = text[words[min(place, other)].end() : words[max(place, other)].start()]
        neighbour = words[other][0]
        if gap == " " and neighbour[0].isupper() and normalise_word(neighbour) not in TITLES and _is_name(neighbour):
            return True
    return False
