"""Old details in the text of an earlier answer: each becomes a gap «dulu …, sekarang …» that the author has to fill.

Marked is every day, amount, duration, share or time that the new claim does not tell, and every place, agency or the
like in which the two claims differ. The checklist refuses a text with gaps: nobody publishes the old date unseen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifiers.matcher.details import Detail

OLD_VALUE_KINDS = frozenset(("date", "money", "duration", "share", "time", "weekday"))
"""What changes from edition to edition: marked wherever the new claim does not tell the same."""
SENTENCE_END = re.compile(r"((?<=[.!?…])\s+|\n+)")
OTHER_DATES = re.compile(
    r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d|(?:19|20)\d\d"
    r"|besok|lusa|kemarin|(?:hari|minggu|pekan|bulan|tahun) (?:ini|depan|lalu))\b",
    re.IGNORECASE,
)
"""Dates that the matcher does not read: in digits alone, years, and days told from the day of writing."""
ADDRESS = r"(?:https?://|www\.)\S+"
GAP = re.compile(r"(«dulu [^»]*»)")
MOST_ROUNDS = 5
"""Rounds over one sentence: the matcher reads each value once, and the same one may stand there in other words."""


def mark_old_details(text: str, claim_text: str, earlier_claim: str) -> str:
    """Return a text with gaps in place of what the new claim (``claim_text``) does not tell.

    ``earlier_claim`` is the claim that the text answered.
    """
    told, old = read_details_of(claim_text), read_details_of(earlier_claim)
    differing = [detail.shown for detail in old if not is_told(detail, told) and fills_slot(detail, told)]
    words_told = f" {' '.join(claim_text.casefold().split())} "
    # Sentence by sentence: the matcher reads the head of a text only, and each value once.
    parts = SENTENCE_END.split(text)
    return "".join(part if n % 2 else mark_sentence(part, told, differing, words_told) for n, part in enumerate(parts))


def mark_sentence(sentence: str, told: Sequence[Detail], differing: Sequence[str], words_told: str) -> str:
    """Return a sentence with all its old details marked."""
    for _round in range(MOST_ROUNDS):
        parts = GAP.split(sentence)
        marked = "".join(
            part if n % 2 else mark_part(part, told, differing, words_told) for n, part in enumerate(parts)
        )
        if marked == sentence:
            break
        sentence = marked
    return sentence


def mark_part(text: str, told: Sequence[Detail], differing: Sequence[str], words_told: str) -> str:
    """Return a piece of a sentence with its old details marked, the longest first; what stands in a link stays."""
    details = [detail for detail in read_details_of(text) if detail.kind in OLD_VALUE_KINDS]
    old = {detail.shown for detail in details if not is_told(detail, told)} | set(differing)
    old |= {match[0] for match in OTHER_DATES.finditer(text) if match[0].casefold() not in words_told}
    phrases = sorted(filter(None, old), key=len, reverse=True)
    if not phrases:
        return text
    either = "|".join(map(pattern_of, phrases))
    pattern = re.compile(rf"(?P<link>{ADDRESS})|(?<!\w)(?:{either})(?: (?:19|20)\d\d\b)?", re.IGNORECASE)
    return pattern.sub(lambda match: match[0] if match["link"] else f"«dulu {match[0]}, sekarang …»", text)


def pattern_of(phrase: str) -> str:
    """Return the pattern of a phrase with any blanks; the matcher shows "%" as a word."""
    words = [re.escape(word) for word in phrase.split()]
    if words[-1] == "persen" and words[:-1]:
        return r"\s+".join(words[:-1]) + r"(?:\s*%|\s+persen\b)"
    return r"\s+".join(words) + r"(?!\w)"


def read_details_of(text: str) -> Sequence[Detail]:
    """Return the details that the matcher reads in a text."""
    from classifiers.matcher.match import load_shipped_reader

    return load_shipped_reader().read(text).details


def is_told(detail: Detail, others: Sequence[Detail]) -> bool:
    """Tell whether one of the others says the same."""
    from classifiers.matcher.details import is_same_detail

    return any(other.kind == detail.kind and is_same_detail(detail, other) for other in others)


def fills_slot(detail: Detail, others: Sequence[Detail]) -> bool:
    """Tell whether one of the others is of the same kind."""
    return any(other.kind == detail.kind for other in others)
