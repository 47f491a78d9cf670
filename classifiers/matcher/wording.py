"""Decide whether a message is a judged wording but for small talk, and whether a text may become a wording of a claim.

A verdict applies to a message only in the first case. So word order and every other word must agree, including
matching's stop words ("sebelum", "dilarang", "tanpa"), and no text may exceed the part that is read.

A text becomes a wording only where it tells the same details with the same stance, because the verdict will apply to
it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from classifiers.matcher.details import TOLD_KINDS, Detail, DetailKind, compare_details, stands_among
from classifiers.matcher.pair_features import has_same_number
from classifiers.matcher.reading import READING_LENGTH_LIMIT, Reader, Reading
from classifiers.matcher.stance import Told
from classifiers.text.quantities import Quantity

_SMALL_TALK_WORDS = """
halo hai selamat pagi siang sore malam salam admin min bapak ibu bapa mama kakak kaka om tante saudara semua teman kawan
mohon tolong info informasi kabar berita pesan diteruskan teruskan terusan forward fwd sebarkan share bagikan viralkan
grup sebelah dari wa whatsapp apakah benar benarkah betul betulkah batul ko kah ya iya e ee nih ini itu katanya kabarnya
konon terima kasih makasih penting terbaru breaking news
"""
_SMALL_TALK = frozenset(_SMALL_TALK_WORDS.split())
"""Words that forward a message or ask about it. None can change what it tells."""
_SENT_ON = re.compile(
    r" (?:(?:teruskan|sebarkan|bagikan|share) (?:ke|kepada)|dari grup)"
    r"(?: (?:semua|seluruh|keluarga|grup|teman|tetangga|kerabat|lain|rt|rw|kantor|gereja|sekolah|alumni|arisan))+(?= )"
)
"""To whom a message is to be sent on, or which group it came from, in words between spaces."""


LEAST_CONTAINED = 6
"""Words of a wording that may be found within a longer text: fewer stand there by chance."""


def is_same_wording(text: str, wording: str, reader: Reader) -> bool:
    """Tell whether a text equals a wording but for small talk before, within or behind it."""
    words = _wording_words(wording, reader)
    return bool(words) and words == _wording_words(text, reader)


def contains_wording(text: str, wording: str, reader: Reader) -> bool:
    """Tell whether a wording stands in a text word for word, small talk aside, whatever stands around it."""
    words, wanted = (words_without_small_talk(part, reader) for part in (text, wording))
    starts = range(len(words) - len(wanted) + 1)
    return len(wanted) >= LEAST_CONTAINED and any(words[at : at + len(wanted)] == wanted for at in starts)


def _wording_words(text: str, reader: Reader) -> tuple[str, ...]:
    """Return the words that are equal in texts of the same wording; none for a text too long to be read whole."""
    return () if len(text) > READING_LENGTH_LIMIT else tuple(words_without_small_talk(text, reader))


def words_without_small_talk(text: str, reader: Reader) -> list[str]:
    """Return the clean words of a text but for those that forward it or ask about it."""
    return drop_small_talk(reader.read(text).words)


def drop_small_talk(words: Iterable[str]) -> list[str]:
    """Return clean words but for those that forward a message, to whomever, or ask about it."""
    text = _SENT_ON.sub("", f" {' '.join(words)} ")
    return [word for word in text.split() if word not in _SMALL_TALK]


Fault = Literal["empty", "aside", "denies", "differs", "added", "left_out"]

_SCOPE: frozenset[DetailKind] = frozenset(("scope",))
_ALWAYS_TOLD = (TOLD_KINDS | _SCOPE) - {"agency"}
"""Kinds of details on which a fact may turn. The agency may be left out, as people do with PDAM when they write of
water."""
_HERE = "Kota Kupang"
_DAYS_OF_UNITS = (1 / 1440, 1 / 24, 1, 7, 30, 365)


@dataclass(frozen=True)
class OtherClaim:
    """The first reason why a text tells another claim, with the words of both where a detail differs.

    ``aside``: it reports or announces instead of asserting; ``added``: it has a detail that the claim lacks;
    ``left_out``: it lacks a detail on which the fact turns.
    """

    fault: Fault
    yours: str = ""
    theirs: str = ""


def other_claim(text: str, claim: str, fact: str, reader: Reader) -> OtherClaim | None:
    """Return why a text is no wording of a claim, or None where it may be; ``fact``: title and summary."""
    ours, theirs = reader.read(text), reader.read(claim)
    if not ours.stems:
        return OtherClaim("empty")
    if (ours.denied ^ theirs.denied) & ours.known & theirs.known:
        return OtherClaim("denies")
    # Some names, such as "PDAM", count only beside the city's name, and both texts are about the city.
    here = [reader.read(f"{_HERE}. {part}") for part in (text, claim, fact)]
    differs = next(_details_told_otherwise(*here), None)
    is_aside = not _is_claiming(ours) and _is_claiming(theirs)
    return differs or (OtherClaim("aside") if is_aside else None)


def _is_claiming(text: Reading) -> bool:
    return Told.of(text.words, text.marks).is_claiming


def _details_told_otherwise(ours: Reading, theirs: Reading, fact: Reading) -> Iterator[OtherClaim]:
    for detail in compare_details(ours.details, theirs.details):
        if detail.kind != "cause":
            yield OtherClaim("differs", detail.yours, detail.theirs)
    added = [
        detail for detail in ours.details if detail.kind in TOLD_KINDS and not stands_among(detail, theirs.details)
    ]
    yield from (OtherClaim("added", yours=detail.shown) for detail in added if not str(detail.value).startswith("1 "))
    for number in ours.numbers:
        if number.value == 1 and number.kind == "count":  # "satu" is rarely a number
            continue
        if not has_same_number(number, theirs.numbers) and not _is_duration(number, ours.details):
            yield OtherClaim("added", yours=f"{number.value:g}")
    turns_on = [
        detail for detail in theirs.details if detail.kind in _ALWAYS_TOLD and _is_told_of(detail, fact.details)
    ]
    yield from (
        OtherClaim("left_out", theirs=detail.shown) for detail in turns_on if not stands_among(detail, ours.details)
    )


def _is_told_of(detail: Detail, fact: Sequence[Detail]) -> bool:
    """Tell whether a fact has a detail of that kind, the same or another.

    A count needs the same noun. A scope needs the opposite one: "all" matters only where the fact says "some".
    """
    comparable = [other for other in fact if other.kind == detail.kind]
    if detail.kind == "scope":
        return any(other.value != detail.value for other in comparable)
    noun = str(detail.value).partition(" ")[2] if detail.kind == "count" else ""
    return any(not noun or str(other.value).endswith(f" {noun}") for other in comparable)


def _is_duration(number: Quantity, details: Sequence[Detail]) -> bool:
    """Tell whether a number belongs to a duration, which is compared in days: fourteen days are two weeks."""
    days = [float(detail.value) for detail in details if detail.kind == "duration"]
    return any(math.isclose(number.value * unit, day_count) for unit in _DAYS_OF_UNITS for day_count in days)
