"""Give at most three short reasons for a score that an officer can check in the text.

Reasons come from cues and from names in the text; single words only count where they dominate the score. Reasons for a
closer look come first, reasons against fill what room is left.
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
_MIN_CUE_WEIGHT = 0.1  # contributions below it give no reason
_MIN_PHRASE_WEIGHT = 0.3
_MAX_NAMES = 2
_MAX_PHRASES = 3
_MAX_CUES = 2  # per sentence
_AUTHORITY_SPELLINGS = {"bmkg": "BMKG", "pvmbg": "PVMBG", "polisi": "polisi", "kepolisian": "kepolisian"}
_LINK_PATTERN = re.compile(r"\b(?:tautan|link|klik)\b|https?://|\bwww\.", re.IGNORECASE)

_WANTED_THINGS = {"asks_money": "uang", "asks_data": "data pribadi"}
# Each dictionary yields at most one sentence. Cues that are not listed give no reason.
_SUPPORTING_CUES: tuple[dict[str, str], ...] = (
    {"threat": "mengancam dengan akibat", "urgency": "memberi tenggat sempit", "share": "meminta disebarkan"},
    {
        "anonymous": "mengandalkan orang yang tidak disebut namanya",
        "hearsay": "menyampaikan kabar yang didengar",
        "secrecy": "menyebut ada yang dirahasiakan",
        "pending_proof": "menyebut bukti yang belum ada",
        "proof_claim": "menjamin kebenarannya sendiri",
    },
    {
        "reward": "menjanjikan uang atau barang",
        "new_rule": "menyebut aturan atau perubahan baru",
        "danger": "menyebut bahaya",
        "totality": "memakai kata seperti «semua» atau «selamanya»",
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
    """A reason in plain Indonesian; a positive ``weight`` speaks for a closer look, a negative one against.

    ``start`` and ``end``: the span in the text that shows it first, None where it is about the whole text.
    """

    kind: Literal["phrase", "cue", "place", "office"]
    label: str
    weight: float
    start: int | None
    end: int | None


class Name(NamedTuple):
    """An office or place that a text names, in its official spelling, with its span."""

    label: str
    kind: Literal["place", "office"]
    start: int
    end: int


def build_reasons(text: str, contributions: Sequence[Contribution], names: Sequence[Name]) -> tuple[Reason, ...]:
    """Return at most ``MAX_REASONS`` reasons: cues for a closer look, names, words, and cues against."""
    cues = {cue.name: cue for cue in contributions if cue.kind == "cue"}
    linked = "link" in cues or _LINK_PATTERN.search(text) is not None
    speaking = (_asking_reason(cues, linked=linked), *(_supporting_reason(cues, group) for group in _SUPPORTING_CUES))
    told = sorted(filter(None, speaking), key=lambda one: -one.weight)
    whom = _name_reason(cues, names, linked=linked)
    phrases = _word_reason(contributions, told)
    carried = phrases is not None and phrases.weight > sum(reason.weight for reason in told)
    reserved = (whom is not None) + carried
    chosen = [*told[: MAX_REASONS - reserved], *filter(None, (whom, phrases, _opposing_reason(cues)))]
    return tuple(chosen[:MAX_REASONS])


def list_names_in_text(text: str, mentions: Sequence[Mention], gazetteer: Gazetteer) -> list[Name]:
    """Return the city's offices and the authorities in a text, in order; the city's places where it names none."""
    offices = [
        Name(gazetteer.spelling_of(mention, text), "office", mention.start, mention.end)
        for mention in mentions
        if mention.about_city and mention.kind == "office"
    ]
    offices += _iterate_authorities(text, mentions, gazetteer)
    places = (
        Name(gazetteer.spelling_of(mention, text), "place", mention.start, mention.end)
        for mention in mentions
        if mention.about_city and mention.kind == "place"
    )
    return _distinct_names(sorted(offices, key=lambda name: name.start) or places)


def _iterate_authorities(text: str, mentions: Sequence[Mention], gazetteer: Gazetteer) -> Iterable[Name]:
    seen = tokenise_text(text, gazetteer.lexicon)
    if _AUTHORITY_WORDS.isdisjoint(seen.words):
        return
    for position, word in enumerate(seen.words):
        # "polisi tidur" is a speed bump.
        if word in _AUTHORITY_WORDS and seen.words[position + 1 : position + 2] != ["tidur"]:
            start, end = seen.starts[position], seen.ends[position]
            within = any(mention.kind != "programme" and mention.start <= start < mention.end for mention in mentions)
            if not within:
                yield Name(_AUTHORITY_SPELLINGS.get(word, word.capitalize()), "office", start, end)


_AUTHORITY_WORDS = frozenset(AUTHORITIES)


def _distinct_names(names: Iterable[Name]) -> list[Name]:
    return list({name.label.lower(): name for name in reversed(list(names))}.values())[::-1][:_MAX_NAMES]


def _asking_reason(cues: dict[str, Contribution], *, linked: bool) -> Reason | None:
    shown = [cue for name in _WANTED_THINGS if (cue := cues.get(name)) and cue.weight > _MIN_CUE_WEIGHT]
    if not shown:
        return None
    wanted = " dan ".join(_WANTED_THINGS[cue.name] for cue in shown)
    return _build_reason(
        "cue", f"meminta {wanted}{' lewat tautan' * linked}", sum(cue.weight for cue in shown), shown[0]
    )


def _supporting_reason(cues: dict[str, Contribution], group: dict[str, str]) -> Reason | None:
    shown = [cue for name, cue in cues.items() if name in group and cue.weight > _MIN_CUE_WEIGHT]
    return _join_cues(sorted(shown, key=lambda cue: -cue.weight), group)


def _opposing_reason(cues: dict[str, Contribution]) -> Reason | None:
    shown = [cue for name, cue in cues.items() if name in _OPPOSING_CUES and cue.weight < -_MIN_CUE_WEIGHT]
    return _join_cues(sorted(shown, key=lambda cue: cue.weight), _OPPOSING_CUES)


def _join_cues(shown: Sequence[Contribution], words: dict[str, str]) -> Reason | None:
    shown = shown[:_MAX_CUES]
    said = " dan ".join(words[cue.name] for cue in shown)
    return _build_reason("cue", said, sum(cue.weight for cue in shown), shown[0]) if shown else None


def _name_reason(cues: dict[str, Contribution], names: Sequence[Name], *, linked: bool) -> Reason | None:
    if not names:
        return None
    said = f"menyebut {' dan '.join(name.label for name in names)}{_describe_source(cues, linked=linked)}"
    weight = cues["no_source"].weight if "no_source" in cues else 0.0
    return _build_reason(names[0].kind, said, max(weight, 0.0), names[0])


def _describe_source(cues: dict[str, Contribution], *, linked: bool) -> str:
    """Return what a text says of its source; "" where it only names a contact."""
    if "named_source" in cues:
        return ", dengan sumber"
    if "anonymous" in cues:
        return ", tanpa menyebut siapa sumbernya"
    if linked:
        return ", dengan tautan"
    return "" if "source_contact" in cues else ", tanpa sumber"


def _word_reason(contributions: Sequence[Contribution], told: Sequence[Reason]) -> Reason | None:
    # Phrases that overlap a cue would repeat it.
    places = [
        (contribution.start, contribution.end)
        for contribution in contributions
        if contribution.name and contribution.start is not None and contribution.end is not None
    ]
    said = [
        contribution
        for contribution in contributions
        if contribution.kind == "phrase" and contribution.weight > _MIN_PHRASE_WEIGHT
    ]
    if told:
        said = [
            contribution
            for contribution in said
            if not any(_is_overlapping(contribution, start, end) for start, end in places)
        ]
    said = said[:_MAX_PHRASES]
    if not said:
        return None
    words = ", ".join(f"“{contribution.label}”" for contribution in said)
    return _build_reason(
        "phrase", f"kata yang menonjol: {words}", sum(contribution.weight for contribution in said), said[0]
    )


def _is_overlapping(contribution: Contribution, start: int, end: int) -> bool:
    return (
        contribution.start is not None
        and contribution.end is not None
        and contribution.start < end
        and start < contribution.end
    )


def _build_reason(
    kind: Literal["phrase", "cue", "place", "office"], said: str, weight: float, source: Contribution | Name
) -> Reason:
    return Reason(kind, said[:1].upper() + said[1:], weight, source.start, source.end)
