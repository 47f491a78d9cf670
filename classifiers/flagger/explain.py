"""Explain a score: the phrases and cues that moved it, where they stand, and at most three short reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import Pipeline

from classifiers.flagger import cues
from classifiers.flagger.cues import AUTHORITIES
from classifiers.flagger.features import (
    MASK_WORDS,
    NUMBER_WORD,
    CueFeatures,
    HeadText,
    NearWords,
    Seen,
    join_word_set,
    vectorise_texts,
)
from classifiers.flagger.hashed_counts import (
    LetterCounts,
    WordCounts,
    build_letter_hasher,
    hash_words,
    ngram_columns,
    pair_columns,
    word_columns,
)
from classifiers.text.gazetteer import Gazetteer, Mention
from classifiers.text.lexicon import Lexicon
from classifiers.text.normalise import tokenise_text

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_MAX_PHRASE_WORDS = 4
_MAX_PHRASES = 8  # per text
_NEIGHBOUR_SHARE = 0.3  # a neighbour joins a phrase from this share of the heaviest word's weight
_MIN_WEIGHT = 0.03  # lighter phrases are not shown
_WORDS_OUTSIDE_PHRASES = frozenset(
    (*MASK_WORDS.values(), NUMBER_WORD, "rp", "rupiah", "ribu", "juta", "miliar", "persen")
)
"""Names and numbers are never part of a phrase: they say whom a text is about, not how it argues."""


class Contribution(NamedTuple):
    """A phrase or cue and its contribution to the log-odds of misinformation; above 0 it raises the score.

    ``name``: the name of a cue as in ``cues.CUE_NAMES``, "" for a phrase; ``start`` and ``end``: its span in the text,
    None where it has none. Phrases below ``_MIN_WEIGHT`` are left out, cues never.
    """

    kind: Literal["phrase", "cue"]
    label: str
    weight: float
    start: int | None
    end: int | None
    name: str = ""


def explain_text(model: Pipeline, text: str) -> list[Contribution]:
    """Return the contributions in one text to the score of a misinformation pipeline, largest first."""
    features, judge = model.named_steps["features"], model.named_steps["judge"]
    return explain_texts(model, [text], judge.local_weights(vectorise_texts(features, [text])))[0]


def explain_texts(
    model: Pipeline, texts: Sequence[str], moved: Sequence[tuple[npt.NDArray[np.int32], Floats]]
) -> list[list[Contribution]]:
    """Return ``explain_text`` of each text; ``moved``: the judge's ``local_weights`` of the texts."""
    parts = [_Part(name, step, first, texts) for name, step, first in _feature_parts(model)]
    weights = np.zeros(sum(part.width for part in parts))
    explanations = []
    for row, (columns, values) in enumerate(moved):
        weights[columns] = values
        explanations.append(_explain_one_text(row, texts[row], parts, weights))
        weights[columns] = 0.0
    return explanations


def find_asking_texts(model: Pipeline, moved: Sequence[tuple[npt.NDArray[np.int32], Floats]]) -> list[bool]:
    """Tell for each text whether a cue that asks for money or data raised its score; ``moved``: as above."""
    firsts = [first for _name, step, first in _feature_parts(model) if isinstance(step, CueFeatures)]
    asking = [first + cues.CUE_NAMES.index(name) for first in firsts for name in cues.ASKING_CUES]
    return [bool((values[np.isin(columns, asking)] > 0).any()) for columns, values in moved]


def word_weights(model: Pipeline, text: str) -> tuple[Seen, Floats]:
    """Return the words that the model read, and the contribution of each through its words and letters."""
    table = csr_array(model.named_steps["features"].transform([text]))
    weights = np.zeros(table.shape[1])
    columns, values = model.named_steps["judge"].local_weights(table)[0]
    weights[columns] = values
    parts = [_Part(name, step, first, [text]) for name, step, first in _feature_parts(model)]
    return _sum_word_weights(0, [part for part in parts if part.read], weights)


def _explain_one_text(row: int, text: str, parts: Sequence[_Part], weights: Floats) -> list[Contribution]:
    contributions: list[Contribution] = []
    for part in parts:
        if isinstance(part.step, CueFeatures):
            contributions += _cue_contributions(text, part.step, weights[part.first : part.first + len(cues.CUE_NAMES)])
    wordy = [part for part in parts if part.read]
    if wordy:
        seen, moved = _sum_word_weights(row, wordy, weights)
        contributions += _phrase_contributions(text, seen, moved.tolist(), wordy[0].lexicon)
    return sorted(contributions, key=lambda contribution: -abs(contribution.weight))


def _sum_word_weights(row: int, parts: Sequence[_Part], weights: Floats) -> tuple[Seen, Floats]:
    # All parts read the same words, up to different lengths.
    longest = max((part.read[row] for part in parts), key=lambda seen: len(seen.words))
    total = np.zeros(len(longest.words))
    for part in parts:
        owners, columns = part.made[row]
        if len(columns):
            each = owners.shape[1]
            shares = weights[part.first + columns] / part.how_often(columns) / each
            total += np.bincount(owners.ravel(), np.repeat(shares, each), len(total))
    return longest, total


def _feature_parts(model: Pipeline) -> list[tuple[str, Any, int]]:
    parts, first = [], 0
    for name, step in model.named_steps["features"].transformer_list:
        parts.append((name, step, first))
        first += _count_columns(step)
    return parts


def _count_columns(step: Any) -> int:
    return len(cues.CUE_NAMES) if isinstance(step, CueFeatures) else int(step.named_steps["hash"].n_features)


class _Part:
    """A step of the feature union: its columns, and for each text which word made which column."""

    def __init__(self, name: str, step: Any, first: int, texts: Sequence[str]) -> None:
        self.name, self.step, self.first, self.width = name, step, first, _count_columns(step)
        self.read: list[Seen] = []
        self.made: list[tuple[Places, Places]] = []
        if isinstance(step, CueFeatures):
            return
        head: HeadText = step.named_steps["head"]
        vectorizer: HashingVectorizer | LetterCounts | WordCounts = step.named_steps["hash"]
        self.lexicon = Lexicon.loads(head.lexicon)
        self.read = head.read(texts)
        words = [seen.words for seen in self.read]
        near: NearWords | None = step.named_steps.get("near")
        if near is not None:
            self.made = [_near_word_columns(text_words, near, vectorizer.n_features) for text_words in words]
        elif isinstance(vectorizer, LetterCounts):
            self.made = _letter_columns(words, vectorizer.ngram_range, vectorizer.n_features)
        else:
            self.made = [_word_and_pair_columns(text_words, vectorizer) for text_words in words]
        self._counts = np.zeros(self.width)

    def how_often(self, columns: Places) -> Floats:
        """Return how often each column occurs in ``columns``, the columns of one text."""
        np.add.at(self._counts, columns, 1.0)
        counts: Floats = self._counts[columns]
        self._counts[columns] = 0.0
        return counts


def _word_and_pair_columns(words: list[str], vectorizer: WordCounts) -> tuple[Places, Places]:
    """Return (owners, columns) of words and pairs; ``owners``: (n, 2) positions of the first and last word of each."""
    hashes = hash_words(words, len(words))
    first = np.arange(len(words))
    if not vectorizer.pairs:
        return np.column_stack([first, first]), word_columns(hashes, vectorizer.n_features)
    pairs = pair_columns(hashes, vectorizer.n_features)
    before = np.concatenate([first, first[: len(pairs)]])
    after = np.concatenate([first, first[: len(pairs)] + 1])
    return np.column_stack([before, after]), np.concatenate([word_columns(hashes, vectorizer.n_features), pairs])


def _near_word_columns(words: list[str], near: NearWords, features: int) -> tuple[Places, Places]:
    places = near.places(len(words))
    # Sets of one, two or three words divide a weight in six parts evenly.
    owners = [[position for position in group for _ in range(6 // len(group))] for group in places]
    columns = ngram_columns([join_word_set(words, group) for group in places], features)
    return np.array(owners, dtype=np.int64).reshape(-1, 6), columns


def _letter_columns(texts: list[list[str]], sizes: tuple[int, int], features: int) -> list[tuple[Places, Places]]:
    made = []
    columns_of_word = build_letter_hasher(sizes, features)
    for words in texts:
        per_word = list(map(columns_of_word, words))
        owners = np.repeat(np.arange(len(words)), list(map(len, per_word)))
        columns = np.concatenate(per_word) if per_word else np.zeros(0, dtype=np.int64)
        made.append((owners[:, None], columns))
    return made


def _cue_contributions(text: str, step: CueFeatures, moved: Floats) -> list[Contribution]:
    lexicon = Lexicon.loads(step.lexicon)
    seen = tokenise_text(text, lexicon)
    first = {hit.key: hit for hit in reversed(cues.find_cue_phrases(text, lexicon, step.words))}
    contributions = []
    for key, weight in enumerate(moved.tolist()):
        if weight:
            hit, name = first.get(key), cues.CUE_NAMES[key]
            start, end = (None, None)
            if hit is not None:
                start, end = seen.starts[hit.start], seen.ends[_end_of_amount(seen.words, hit.stop) - 1]
            contributions.append(Contribution("cue", cues.CUE_LABELS[name], weight, start, end, name))
    return contributions


def _end_of_amount(words: Sequence[str], stop: int) -> int:
    """Return where a phrase ends whose last word is a number: the whole amount belongs to it, "bayar 500 ribu"."""
    if words[stop - 1][0].isdigit():
        while stop < len(words) and words[stop] in cues.MONEY_WORDS:
            stop += 1
    return stop


def _phrase_contributions(text: str, seen: Seen, weights: list[float], lexicon: Lexicon) -> list[Contribution]:
    free = [word not in _WORDS_OUTSIDE_PHRASES for word in seen.words]
    contributions: list[Contribution] = []
    sizes = list(map(abs, weights))
    heavy = [position for position, size in enumerate(sizes) if size >= _MIN_WEIGHT]
    for top in sorted(heavy, key=sizes.__getitem__, reverse=True):
        if len(contributions) >= _MAX_PHRASES:
            break
        if not free[top]:
            continue
        start, last = _phrase_bounds(weights, free, top, text, seen)
        free[start : last + 1] = [False] * (last + 1 - start)
        telling = [position for position in range(start, last + 1) if _may_bound_phrase(text, seen, position, lexicon)]
        if telling:
            start, last = telling[0], telling[-1]
            begins, ends = seen.starts[start], seen.ends[last]
            label = " ".join(text[begins:ends].split())
            contributions.append(Contribution("phrase", label, sum(weights[start : last + 1]), begins, ends))
    return contributions


def _may_bound_phrase(text: str, seen: Seen, position: int, lexicon: Lexicon) -> bool:
    """Tell whether a phrase may begin or end with a word: it is a stop word neither as written nor as understood."""
    written = text[seen.starts[position] : seen.ends[position]].lower().split()
    return lexicon.stop_words.isdisjoint((seen.words[position], *written))


def _phrase_bounds(weights: list[float], free: list[bool], top: int, text: str, seen: Seen) -> tuple[int, int]:
    """Return the first and last word of the phrase around a heavy word.

    Neighbours join where they have the same sign and enough weight. A phrase stops at punctuation, so it lies within
    one sentence.
    """
    start = last = top
    least = _NEIGHBOUR_SHARE * abs(weights[top])
    sign = 1 if weights[top] > 0 else -1

    def weight_of(position: int, beside: int) -> float:
        if not (0 <= position < len(weights) and free[position]):
            return 0.0
        gap = text[seen.ends[min(position, beside)] : seen.starts[max(position, beside)]]
        return 0.0 if _PHRASE_BREAK.search(gap) else weights[position] * sign

    while last - start < _MAX_PHRASE_WORDS - 1:
        before, after = weight_of(start - 1, start), weight_of(last + 1, last)
        if max(before, after) <= least:
            break
        if before >= after:
            start -= 1
        else:
            last += 1
    return start, last


_PHRASE_BREAK = re.compile(r"[^\w\s'’-]|\n")


MAX_REASONS = 3
_MIN_CUE_WEIGHT = 0.1  # contributions below it give no reason
_MIN_PHRASE_WEIGHT = 0.3
_MAX_NAMES = 2
_MAX_REASONS = 3
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
    supporting = sorted(filter(None, speaking), key=lambda one: -one.weight)
    whom = _name_reason(cues, names, linked=linked)
    phrases = _word_reason(contributions, supporting)
    carried = phrases is not None and phrases.weight > sum(reason.weight for reason in supporting)
    reserved = (whom is not None) + carried
    chosen = [*supporting[: MAX_REASONS - reserved], *filter(None, (whom, phrases, _opposing_reason(cues)))]
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
    label = " dan ".join(words[cue.name] for cue in shown)
    return _build_reason("cue", label, sum(cue.weight for cue in shown), shown[0]) if shown else None


def _name_reason(cues: dict[str, Contribution], names: Sequence[Name], *, linked: bool) -> Reason | None:
    if not names:
        return None
    label = f"menyebut {' dan '.join(name.label for name in names)}{_describe_source(cues, linked=linked)}"
    weight = cues["no_source"].weight if "no_source" in cues else 0.0
    return _build_reason(names[0].kind, label, max(weight, 0.0), names[0])


def _describe_source(cues: dict[str, Contribution], *, linked: bool) -> str:
    """Return what a text says of its source; "" where it only names a contact."""
    if "named_source" in cues:
        return ", dengan sumber"
    if "anonymous" in cues:
        return ", tanpa menyebut siapa sumbernya"
    if linked:
        return ", dengan tautan"
    return "" if "source_contact" in cues else ", tanpa sumber"


def _word_reason(contributions: Sequence[Contribution], supporting: Sequence[Reason]) -> Reason | None:
    # Phrases that overlap a cue would repeat it.
    places = [
        (contribution.start, contribution.end)
        for contribution in contributions
        if contribution.name and contribution.start is not None and contribution.end is not None
    ]
    phrases = [
        contribution
        for contribution in contributions
        if contribution.kind == "phrase" and contribution.weight > _MIN_PHRASE_WEIGHT
    ]
    if supporting:
        phrases = [
            contribution
            for contribution in phrases
            if not any(_is_overlapping(contribution, start, end) for start, end in places)
        ]
    phrases = phrases[:_MAX_REASONS]
    if not phrases:
        return None
    words = ", ".join(f"“{contribution.label}”" for contribution in phrases)
    return _build_reason(
        "phrase", f"kata yang menonjol: {words}", sum(contribution.weight for contribution in phrases), phrases[0]
    )


def _is_overlapping(contribution: Contribution, start: int, end: int) -> bool:
    return (
        contribution.start is not None
        and contribution.end is not None
        and contribution.start < end
        and start < contribution.end
    )


def _build_reason(
    kind: Literal["phrase", "cue", "place", "office"], label: str, weight: float, source: Contribution | Name
) -> Reason:
    return Reason(kind, label[:1].upper() + label[1:], weight, source.start, source.end)
