"""Whether title and summary say the fact by themselves: they stand beside the message, and repeat and point at nothing.

A title repeats a claim where its words stand there in the same order, with at most ordinary words between them. Who
denies the claim uses a word that it lacks, and so does who corrects a number, a day or a place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD_PATTERN = re.compile(r"\w+")


def _split_words(text: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(text.split())


FILLERS = _split_words(
    "a akan agar an and atas bagi bahwa dalam dan dari dengan di for guna in itu ini ke kepada lagi lah of on pada "
    "para per saat sang sebagai secara sedang serta si sudah supaya telah tentang terhadap that the to untuk yang"
)
"""Words that change nothing of what a sentence states; any other word in the title makes it a statement of its own."""
DENIALS = _split_words(
    "bkn bohong bukan bukanlah false fake gak hoaks hoax jangan keliru nggak no not palsu salah sonde tak tanpa tdk "
    "tidak tidaklah untrue"
)
_MOST_BETWEEN = 3
"""Further words of the claim that may stand between two of the title's: a message is longer than its headline."""
_POINTING = re.compile(
    r"\b(?:kabar|pesan|berita|klaim|informasi|isu|narasi|rumor) (?:itu|ini|tersebut|tadi)\b"
    r"|\b(?:this|that) (?:news|message|claim|rumou?r|report|information)\b"
    r"|\A\W*(?:hal|unggahan|video|foto|cerita|tuduhan) (?:itu|ini|tersebut|tadi)\b"
    r"|\A\W*(?:itu|tersebut|demikian)\b[^.!?\n]{0,40}"
    r"|\A\W*ini (?:adalah |cuma |hanya |sama sekali )?(?:tidak|bukan|hoaks|keliru|salah|palsu|bohong)\b"
    r"|\A\W*(?:it|this|that)(?: is| was|'s| isn't| wasn't)\b"
    r"|\A\W*(?:adalah |ini |itu )?(?:tidak benar|hoaks|keliru|salah|palsu|bohong|tidak betul)\W*\Z",
    re.IGNORECASE,
)
"""What points at a message that does not stand there, or judges something without saying what."""


def find_pointing_words(text: str) -> str:
    """Return the words by which a text points at what does not stand there, "" for none."""
    found = _POINTING.search(text)
    return found[0].strip() if found else ""


def repeats_claim(title: str, claim: str) -> bool:
    """Tell whether a title says what the claim says, in its words and their order."""
    words, told = _content_words(title), _content_words(claim)
    if not words or f" {' '.join(words)} " in f" {' '.join(told)} ":
        return bool(words)
    starts = [place for place, word in enumerate(told) if word == words[0]]
    return len(words) > 1 and any(_follows(words, told, start) for start in starts)


def _follows(words: Sequence[str], told: Sequence[str], start: int) -> bool:
    """Tell whether all words follow in the claim from ``start`` on, close to each other and with no denial between."""
    place = start
    for word in words[1:]:
        between = next(
            (gap for gap in range(_MOST_BETWEEN + 1) if told[place + gap + 1 : place + gap + 2] == [word]), None
        )
        if between is None or DENIALS.intersection(told[place + 1 : place + 1 + between]):
            return False
        place += between + 1
    return True


def _content_words(text: str) -> list[str]:
    """Return the words of a text but those that change nothing; all of them where there are no others."""
    words = WORD_PATTERN.findall(text.casefold())
    return [word for word in words if word not in FILLERS] or words
