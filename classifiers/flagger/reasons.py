"""Why a text is worth a look, in at most three short sentences that an officer can check against it.

They are made of the named cues and of the names in the text; of single words only where these carry the score. What
speaks for a look comes first; what speaks against it is told where there is room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from classifiers.flagger.cues import AUTHORITIES
from classifiers.flagger.explain import Contribution
from classifiers.text.gazetteer import Gazetteer, Mention
from classifiers.text.normalise import read

MOST = 3
_LEAST = 0.1  # of a weight: what moved the score less is no reason
_LEAST_OF_PHRASE = 0.3
_MOST_NAMES = 2
_MOST_PHRASES = 3
_MOST_CUES = 2  # in one sentence
_WRITTEN = {"bmkg": "BMKG", "pvmbg": "PVMBG", "polisi": "polisi", "kepolisian": "kepolisian"}
_LINK = re.compile(r"\b(?:tautan|link|klik)\b|https?://|\bwww\.", re.IGNORECASE)

_WANTED = {"asks_money": "uang", "asks_data": "data pribadi"}
# What is told in one sentence, in the words of one. A cue that is not here is never told.
_FOR: tuple[dict[str, str], ...] = (
    {"threat": "mengancam dengan akibat", "urgency": "memberi tenggat sempit", "share": "meminta disebarkan"},
    {
        "anonymous": "mengandalkan sumber tanpa nama",
        "hearsay": "menyampaikan kabar yang didengar",
        "secrecy": "menyebut ada yang dirahasiakan",
        "pending_proof": "menyebut bukti yang belum ada",
        "proof_claim": "menjamin kebenarannya sendiri",
    },
    {
        "reward": "menjanjikan uang atau barang",
        "new_rule": "menyebut aturan atau perubahan baru",
        "danger": "menyebut bahaya",
        "totality": "menyangkut semua orang atau selamanya",
    },
)
_AGAINST = {
    "debunk": "membantah atau meluruskan kabar",
    "named_source": "menyebut siapa yang memastikan",
    "resolved": "mengabarkan bahwa urusan sudah selesai",
    "source_contact": "menyebut sumber resmi, loket atau cara menghubungi",
    "schedule": "memberi jadwal",
    "first_person": "bercerita tentang pengalaman sendiri",
    "complaint": "mengeluhkan layanan",
    "opinion": "menyatakan pendapat",
    "question": "bertanya",
    "accusation": "menuduh ada penyimpangan atau menuntut pemeriksaan",
    "joke": "bercanda atau menyindir",
    "report_verb": "memberitakan dengan narasumber",
    "help": "meminta pertolongan bagi orang tertentu",
    "service_detail": "memberi rincian layanan",
}


class Reason(NamedTuple):
    """One reason for a score, in words a lay officer understands; above 0 it speaks for a look, below 0 against.

    ``start`` and ``end`` are the place in the text that shows it first, None where it is about the text as a whole.
    """

    kind: Literal["phrase", "cue", "place", "office"]
    label: str
    weight: float
    start: int | None
    end: int | None


class Name(NamedTuple):
    """An office or a place that a text names, as an officer would write it, and where it stands."""

    label: str
    kind: Literal["place", "office"]
    start: int
    end: int


def sentences(text: str, found: Sequence[Contribution], names: Sequence[Name]) -> tuple[Reason, ...]:
    """Return at most ``MOST`` reasons: the cues for a look, whom the text names, its words, what speaks against."""
    cues = {one.name: one for one in found if one.kind == "cue"}
    linked = "link" in cues or _LINK.search(text) is not None
    speaking = (_asks(cues, linked=linked), *(_speaks_for(cues, group) for group in _FOR))
    told = sorted(filter(None, speaking), key=lambda one: -one.weight)
    whom = _names(cues, names, linked=linked)
    phrases = _words(found, told)
    carried = phrases is not None and phrases.weight > sum(one.weight for one in told)
    reserved = (whom is not None) + carried
    chosen = [*told[: MOST - reserved], *filter(None, (whom, phrases, _speaks_against(cues)))]
    return tuple(chosen[:MOST])


def names_in(text: str, mentions: Sequence[Mention], gazetteer: Gazetteer) -> list[Name]:
    """Return whom a text names: offices of the city and authorities in order, where there is none its places."""
    offices = [
        Name(gazetteer.spelling_of(one, text), "office", one.start, one.end)
        for one in mentions
        if one.about_city and one.kind == "office"
    ]
    offices += _authorities(text, mentions, gazetteer)
    places = (
        Name(gazetteer.spelling_of(one, text), "place", one.start, one.end)
        for one in mentions
        if one.about_city and one.kind == "place"
    )
    return _distinct(sorted(offices, key=lambda one: one.start) or places)


def _authorities(text: str, mentions: Sequence[Mention], gazetteer: Gazetteer) -> Iterable[Name]:
    seen = read(text, gazetteer.lexicon)
    if _AUTHORITY_WORDS.isdisjoint(seen.words):
        return
    for at, word in enumerate(seen.words):
        if word in _AUTHORITY_WORDS and seen.words[at + 1 : at + 2] != ["tidur"]:  # "polisi tidur" is a bump in a road
            start, end = seen.starts[at], seen.ends[at]
            within = any(one.kind != "programme" and one.start <= start < one.end for one in mentions)
            if not within:
                yield Name(_WRITTEN.get(word, word.capitalize()), "office", start, end)


_AUTHORITY_WORDS = frozenset(AUTHORITIES)


def _distinct(names: Iterable[Name]) -> list[Name]:
    return list({one.label.lower(): one for one in reversed(list(names))}.values())[::-1][:_MOST_NAMES]


def _asks(cues: dict[str, Contribution], *, linked: bool) -> Reason | None:
    shown = [one for name in _WANTED if (one := cues.get(name)) and one.weight > _LEAST]
    if not shown:
        return None
    wanted = " dan ".join(_WANTED[one.name] for one in shown)
    return _reason("cue", f"meminta {wanted}{' lewat tautan' * linked}", sum(one.weight for one in shown), shown[0])


def _speaks_for(cues: dict[str, Contribution], group: dict[str, str]) -> Reason | None:
    shown = [one for name, one in cues.items() if name in group and one.weight > _LEAST]
    return _joined(sorted(shown, key=lambda one: -one.weight), group)


def _speaks_against(cues: dict[str, Contribution]) -> Reason | None:
    shown = [one for name, one in cues.items() if name in _AGAINST and one.weight < -_LEAST]
    return _joined(sorted(shown, key=lambda one: one.weight), _AGAINST)


def _joined(shown: Sequence[Contribution], words: dict[str, str]) -> Reason | None:
    shown = shown[:_MOST_CUES]
    said = " dan ".join(words[one.name] for one in shown)
    return _reason("cue", said, sum(one.weight for one in shown), shown[0]) if shown else None


def _names(cues: dict[str, Contribution], names: Sequence[Name], *, linked: bool) -> Reason | None:
    if not names:
        return None
    said = f"menyebut {' dan '.join(one.label for one in names)}{_source(cues, linked=linked)}"
    weight = cues["no_source"].weight if "no_source" in cues else 0.0
    return _reason(names[0].kind, said, max(weight, 0.0), names[0])


def _source(cues: dict[str, Contribution], *, linked: bool) -> str:
    """Return what a text says of its source; nothing where it only says whom to ask."""
    if "named_source" in cues:
        return ", dengan sumber"
    if "anonymous" in cues:
        return ", sumbernya tanpa nama"
    if linked:
        return ", dengan tautan"
    return "" if "source_contact" in cues else ", tanpa sumber"


def _words(found: Sequence[Contribution], told: Sequence[Reason]) -> Reason | None:
    # A phrase in which a cue was found would say the same again.
    places = [(one.start, one.end) for one in found if one.name and one.start is not None and one.end is not None]
    said = [one for one in found if one.kind == "phrase" and one.weight > _LEAST_OF_PHRASE]
    if told:
        said = [one for one in said if not any(_overlap(one, start, end) for start, end in places)]
    said = said[:_MOST_PHRASES]
    if not said:
        return None
    words = ", ".join(f"“{one.label}”" for one in said)
    return _reason("phrase", f"kata yang menonjol: {words}", sum(one.weight for one in said), said[0])


def _overlap(one: Contribution, start: int, end: int) -> bool:
    return one.start is not None and one.end is not None and one.start < end and start < one.end


def _reason(
    kind: Literal["phrase", "cue", "place", "office"], said: str, weight: float, at: Contribution | Name
) -> Reason:
    return Reason(kind, said[:1].upper() + said[1:], weight, at.start, at.end)
