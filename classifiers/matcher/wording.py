"""Is a message, but for small talk, the very wording that officers judged? And what may be judged as such a wording?

Only then does a verdict stand on the message itself. So nothing else counts as the same: no other order of the words,
none replaced, left out or put in, not even one that matching takes for a stop word ("sebelum", "dilarang", "tanpa"),
and nothing behind the part that is read.

For the same reason a text is another wording of a claim only where it tells the very same details and takes the same
stance: a verdict would stand on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from classifiers.matcher.details import DECISIVE_KINDS, Detail, DetailKind, compare_details, is_same_detail
from classifiers.matcher.near_miss import Told
from classifiers.matcher.pair_features import has_same_number
from classifiers.matcher.reading import READING_LENGTH_LIMIT, Reader, Reading
from classifiers.text.quantities import Quantity

_SMALL_TALK_WORDS = """
halo hai selamat pagi siang sore malam salam admin min bapak ibu bapa mama kakak kaka om tante saudara semua teman kawan
mohon tolong info informasi kabar berita pesan diteruskan teruskan terusan forward fwd sebarkan share bagikan viralkan
grup sebelah dari wa whatsapp apakah benar benarkah betul betulkah batul ko kah ya iya e ee nih ini itu katanya kabarnya
konon terima kasih makasih penting terbaru breaking news
"""
_SMALL_TALK = frozenset(_SMALL_TALK_WORDS.split())
"""Words in which a message is passed on or asked about. None of them can change what it tells."""


def is_same_wording(text: str, wording: str, reader: Reader) -> bool:
    """Tell whether a text is a wording with nothing but small talk before, within or behind it."""
    if max(len(text), len(wording)) > READING_LENGTH_LIMIT:
        return False
    told = _words_without_small_talk(wording, reader)
    return bool(told) and told == _words_without_small_talk(text, reader)


def _words_without_small_talk(text: str, reader: Reader) -> list[str]:
    return [word for word in reader.read(text).words if word not in _SMALL_TALK]


Fault = Literal["empty", "aside", "denies", "differs", "added", "left_out"]

_SCOPE: frozenset[DetailKind] = frozenset(("scope",))
_ALWAYS_TOLD = (DECISIVE_KINDS | _SCOPE) - {"agency"}
"""Kinds of details on which a fact can turn. Who is said to do it may be left out: people do, as of water and PDAM."""
_HERE = "Kota Kupang"
_DAYS_OF_UNITS = (1 / 1440, 1 / 24, 1, 7, 30, 365)


@dataclass(frozen=True)
class OtherClaim:
    """Why a text tells another claim: the first thing that is wrong, and the words of both where a detail is.

    ``aside``: it asserts nothing, but reports or announces; ``added``: it tells a detail that the claim lacks;
    ``left_out``: it lacks one on which the fact turns.
    """

    fault: Fault
    yours: str = ""
    theirs: str = ""


def other_claim(text: str, claim: str, fact: str, reader: Reader) -> OtherClaim | None:
    """Return why a text is no other wording of a claim, or None where it may be; ``fact``: title and summary."""
    ours, theirs = reader.read(text), reader.read(claim)
    if not ours.stems:
        return OtherClaim("empty")
    if (ours.denied ^ theirs.denied) & ours.known & theirs.known:
        return OtherClaim("denies")
    # Some names count only where the city is named, as "PDAM" does; both sides are about this one.
    here = [reader.read(f"{_HERE}. {one}") for one in (text, claim, fact)]
    differs = next(_details_told_otherwise(*here), None)
    is_aside = not Told.of(ours).is_claiming and Told.of(theirs).is_claiming
    return differs or (OtherClaim("aside") if is_aside else None)


def _details_told_otherwise(ours: Reading, theirs: Reading, fact: Reading) -> Iterator[OtherClaim]:
    for one in compare_details(ours.details, theirs.details):
        if one.kind != "cause":
            yield OtherClaim("differs", one.yours, one.theirs)
    added = [one for one in ours.details if one.kind in DECISIVE_KINDS and not _stands_among(one, theirs.details)]
    yield from (OtherClaim("added", yours=one.shown) for one in added if not str(one.value).startswith("1 "))
    for number in ours.numbers:
        if number.value == 1 and number.kind == "count":  # "satu kota": hardly ever a number
            continue
        if not has_same_number(number, theirs.numbers) and not _is_duration(number, ours.details):
            yield OtherClaim("added", yours=f"{number.value:g}")
    turns_on = [one for one in theirs.details if one.kind in _ALWAYS_TOLD and _is_told_of(one, fact.details)]
    yield from (OtherClaim("left_out", theirs=one.shown) for one in turns_on if not _stands_among(one, ours.details))


def _stands_among(one: Detail, others: Sequence[Detail]) -> bool:
    return any(other.kind == one.kind and is_same_detail(one, other) for other in others)


def _is_told_of(one: Detail, fact: Sequence[Detail]) -> bool:
    """Tell whether a fact tells a detail of that kind, be it the same or another.

    Of a count it must be one of the same thing; "all" matters only where it is "some", or the other way round.
    """
    told = [other for other in fact if other.kind == one.kind]
    if one.kind == "scope":
        return any(other.value != one.value for other in told)
    noun = str(one.value).partition(" ")[2] if one.kind == "count" else ""
    return any(not noun or str(other.value).endswith(f" {noun}") for other in told)


def _is_duration(number: Quantity, details: Sequence[Detail]) -> bool:
    """Tell whether a number is that of a duration, which was compared in days: fourteen days are two weeks."""
    days = [float(one.value) for one in details if one.kind == "duration"]
    return any(math.isclose(number.value * unit, told) for unit in _DAYS_OF_UNITS for told in days)
