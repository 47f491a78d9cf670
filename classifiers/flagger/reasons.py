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
from classifiers.text.normalise import tokenise_text

MAX_REASONS = 3
_MIN_CUE_WEIGHT = 0.1  # of a weight: what moved the score less is no reason
_MIN_PHRASE_WEIGHT = 0.3
_MAX_NAMES = 2
_MAX_PHRASES = 3
_MAX_CUES = 2  # in one sentence
_AUTHORITY_SPELLINGS = {"bmkg": "BMKG", "pvmbg": "PVMBG", "polisi": "polisi", "kepolisian": "kepolisian"}
_LINK_PATTERN = re.compile(r"\b(?:tautan|link|klik)\b|https?://|\bwww\.", re.IGNORECASE)

_WANTED_THINGS = {"asks_money": "uang", "asks_data": "data pribadi"}
# What is told in one sentence, in the words of one. A cue that is not here is never told.
_SUPPORTING_CUES: tuple[dict[str, str], ...] = (
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
_OPPOSING_CUES = {
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


def build_reasons(text: str, found: Sequence[Contribution], names: Sequence[Name]) -> tuple[Reason, ...]:
    """Return at most ``MAX_REASONS`` reasons: cues for a look, whom the text names, its words, what speaks against."""
    cues = {one.name: one for one in found if one.kind == "cue"}
    linked = "link" in cues or _LINK_PATTERN.search(text) is not None
    speaking = (_asking_reason(cues, linked=linked), *(_supporting_reason(cues, group) for group in _SUPPORTING_CUES))
    told = sorted(filter(None, speaking), key=lambda one: -one.weight)
    whom = _name_reason(cues, names, linked=linked)
    phrases = _word_reason(found, told)
    carried = phrases is not None and phrases.weight > sum(one.weight for one in told)
    reserved = (whom is not None) + carried
    chosen = [*told[: MAX_REASONS - reserved], *filter(None, (whom, phrases, _opposing_reason(cues)))]
    return tuple(chosen[:MAX_REASONS])


def list_names_in_text(text: str, mentions: Sequence[Mention], gazetteer: Gazetteer) -> list[Name]:
    """Return whom a text names: offices of the city and authorities in order, where there is none its places."""
    offices = [
        Name(gazetteer.spelling_of(one, text), "office", one.start, one.end)
        for one in mentions
        if one.about_city and one.kind == "office"
    ]
    offices += _iterate_authorities(text, mentions, gazetteer)
    places = (
        Name(gazetteer.spelling_of(one, text), "place", one.start, one.end)
        for one in mentions
        if one.about_city and one.kind == "place"
    )
    return _distinct_names(sorted(offices, key=lambda one: one.start) or places)


def _iterate_authorities(text: str, mentions: Sequence[Mention], gazetteer: Gazetteer) -> Iterable[Name]:
    seen = tokenise_text(text, gazetteer.lexicon)
    if _AUTHORITY_WORDS.isdisjoint(seen.words):
        return
    for at, word in enumerate(seen.words):
        if word in _AUTHORITY_WORDS and seen.words[at + 1 : at + 2] != ["tidur"]:  # "polisi tidur" is a bump in a road
            start, end = seen.starts[at], seen.ends[at]
            within = any(one.kind != "programme" and one.start <= start < one.end for one in mentions)
            if not within:
                yield Name(_AUTHORITY_SPELLINGS.get(word, word.capitalize()), "office", start, end)


_AUTHORITY_WORDS = frozenset(AUTHORITIES)


def _distinct_names(names: Iterable[Name]) -> list[Name]:
    return list({one.label.lower(): one for one in reversed(list(names))}.values())[::-1][:_MAX_NAMES]


def _asking_reason(cues: dict[str, Contribution], *, linked: bool) -> Reason | None:
    shown = [one for name in _WANTED_THINGS if (one := cues.get(name)) and one.weight > _MIN_CUE_WEIGHT]
    if not shown:
        return None
    wanted = " dan ".join(_WANTED_THINGS[one.name] for one in shown)
    return _build_reason(
        "cue", f"meminta {wanted}{' lewat tautan' * linked}", sum(one.weight for one in shown), shown[0]
    )


def _supporting_reason(cues: dict[str, Contribution], group: dict[str, str]) -> Reason | None:
    shown = [one for name, one in cues.items() if name in group and one.weight > _MIN_CUE_WEIGHT]
    return _join_cues(sorted(shown, key=lambda one: -one.weight), group)


def _opposing_reason(cues: dict[str, Contribution]) -> Reason | None:
    shown = [one for name, one in cues.items() if name in _OPPOSING_CUES and one.weight < -_MIN_CUE_WEIGHT]
    return _join_cues(sorted(shown, key=lambda one: one.weight), _OPPOSING_CUES)


def _join_cues(shown: Sequence[Contribution], words: dict[str, str]) -> Reason | None:
    shown = shown[:_MAX_CUES]
    said = " dan ".join(words[one.name] for one in shown)
    return _build_reason("cue", said, sum(one.weight for one in shown), shown[0]) if shown else None


def _name_reason(cues: dict[str, Contribution], names: Sequence[Name], *, linked: bool) -> Reason | None:
    if not names:
        return None
    said = f"menyebut {' dan '.join(one.label for one in names)}{_describe_source(cues, linked=linked)}"
    weight = cues["no_source"].weight if "no_source" in cues else 0.0
    return _build_reason(names[0].kind, said, max(weight, 0.0), names[0])


def _describe_source(cues: dict[str, Contribution], *, linked: bool) -> str:
    """Return what a text says of its source; nothing where it only says whom to ask."""
    if "named_source" in cues:
        return ", dengan sumber"
    if "anonymous" in cues:
        return ", sumbernya tanpa nama"
    if linked:
        return ", dengan tautan"
    return "" if "source_contact" in cues else ", tanpa sumber"


def _word_reason(found: Sequence[Contribution], told: Sequence[Reason]) -> Reason | None:
    # A phrase in which a cue was found would say the same again.
    places = [(one.start, one.end) for one in found if one.name and one.start is not None and one.end is not None]
    said = [one for one in found if one.kind == "phrase" and one.weight > _MIN_PHRASE_WEIGHT]
    if told:
        said = [one for one in said if not any(_is_overlapping(one, start, end) for start, end in places)]
    said = said[:_MAX_PHRASES]
    if not said:
        return None
    words = ", ".join(f"“{one.label}”" for one in said)
    return _build_reason("phrase", f"kata yang menonjol: {words}", sum(one.weight for one in said), said[0])


def _is_overlapping(one: Contribution, start: int, end: int) -> bool:
    return one.start is not None and one.end is not None and one.start < end and start < one.end


def _build_reason(
    kind: Literal["phrase", "cue", "place", "office"], said: str, weight: float, at: Contribution | Name
) -> Reason:
    return Reason(kind, said[:1].upper() + said[1:], weight, at.start, at.end)
