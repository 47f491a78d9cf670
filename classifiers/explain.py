"""Why a text got its score: the phrases and cues that moved it, each with its place in the text as written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import Pipeline

from classifiers import cues
from classifiers.features import NAME_WORD, NUMBER_WORD, CueFeatures, HeadText, NearWords, set_of
from classifiers.hashing import LetterCounts, columns_of, letters_of
from classifiers.lexicon import Lexicon
from classifiers.text import Span, spans

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_LONGEST = 4  # words in a phrase shown as one reason
_MOST = 8  # phrases of one text
_NEIGHBOUR = 0.3  # a neighbour joins a phrase when it weighs this much of the phrase's heaviest word
_LEAST = 0.03  # lighter ones say nothing to a person


@dataclass(frozen=True)
class Contribution:
    """One thing in a text and how it moved the log-odds of misinformation: above 0 towards it, below 0 away."""

    kind: Literal["phrase", "cue"]
    label: str
    weight: float
    start: int | None
    end: int | None


def contributions(model: Pipeline, text: str) -> list[Contribution]:
    """Return the phrases and cues of one text that moved the score of a hoax pipeline, strongest first."""
    return explain(model, [text])[0]


def explain(model: Pipeline, texts: Sequence[str], table: csr_array | None = None) -> list[list[Contribution]]:
    """Return ``contributions`` of several texts at once; ``table``: their features, where the caller has them."""
    if table is None:
        table = model.named_steps["features"].transform(list(texts))
    moved = model.named_steps["judge"].local_weights(csr_array(table))
    parts = [_Part(name, step, first, texts) for name, step, first in _parts(model)]
    weights = np.zeros(table.shape[1])
    found = []
    for at, (columns, values) in enumerate(moved):
        weights[columns] = values
        found.append(_of_text(at, texts[at], parts, weights))
        weights[columns] = 0.0
    return found


def word_weights(model: Pipeline, text: str) -> tuple[list[Span], Floats]:
    """Return the words that the model read, and by how much each moved the log-odds through words and letters."""
    table = csr_array(model.named_steps["features"].transform([text]))
    weights = np.zeros(table.shape[1])
    columns, values = model.named_steps["judge"].local_weights(table)[0]
    weights[columns] = values
    parts = [_Part(name, step, first, [text]) for name, step, first in _parts(model)]
    return _sum_words(0, [part for part in parts if part.read], weights)


def _of_text(at: int, text: str, parts: Sequence[_Part], weights: Floats) -> list[Contribution]:
    found: list[Contribution] = []
    for part in parts:
        if isinstance(part.step, CueFeatures):
            found += _cues(text, part.step, weights[part.first : part.first + len(cues.NAMES)])
    wordy = [part for part in parts if part.read]
    if wordy:
        read, moved = _sum_words(at, wordy, weights)
        found += _phrases(text, read, moved, wordy[0].lexicon)
    return sorted(found, key=lambda one: -abs(one.weight))


def _sum_words(at: int, parts: Sequence[_Part], weights: Floats) -> tuple[list[Span], Floats]:
    # All parts read the same words, some fewer of them.
    longest = max((part.read[at] for part in parts), key=len)
    total = np.zeros(len(longest))
    for part in parts:
        owners, columns = part.made[at]
        if len(columns):
            _, inverse, counts = np.unique(columns, return_inverse=True, return_counts=True)
            shares = weights[part.first + columns] / counts[inverse] / owners.shape[1]
            for owner in owners.T:
                np.add.at(total, owner, shares)
    return longest, total


def _parts(model: Pipeline) -> list[tuple[str, Any, int]]:
    parts, first = [], 0
    for name, step in model.named_steps["features"].transformer_list:
        parts.append((name, step, first))
        first += len(cues.NAMES) if isinstance(step, CueFeatures) else step.named_steps["hash"].n_features
    return parts


class _Part:
    """One part of the features: where its columns begin, and for each text the columns that its words made."""

    def __init__(self, name: str, step: Any, first: int, texts: Sequence[str]) -> None:
        self.name, self.step, self.first = name, step, first
        self.read: list[list[Span]] = []
        self.made: list[tuple[Places, Places]] = []
        if isinstance(step, CueFeatures):
            return
        head: HeadText = step.named_steps["head"]
        vectorizer: HashingVectorizer | LetterCounts = step.named_steps["hash"]
        self.lexicon = Lexicon.loads(head.lexicon)
        self.read = head.read(texts)
        words = [[span.word for span in read] for read in self.read]
        near: NearWords | None = step.named_steps.get("near")
        if near is not None:
            self.made = [_near(one, near, vectorizer.n_features) for one in words]
            return
        make = _letters if isinstance(vectorizer, LetterCounts) else _grams
        self.made = make(words, vectorizer.ngram_range, vectorizer.n_features)


def _grams(texts: list[list[str]], sizes: tuple[int, int], features: int) -> list[tuple[Places, Places]]:
    """Return, for each text, (owners, columns) of its n-grams: owners are the first and the last word of each."""
    made = []
    for words in texts:
        grams: list[str] = []
        starts: list[Places] = []
        ends: list[Places] = []
        for size in range(sizes[0], sizes[1] + 1):
            first = np.arange(max(len(words) - size + 1, 0))
            grams += [" ".join(words[at : at + size]) for at in first.tolist()] if size > 1 else words
            starts.append(first)
            ends.append(first + size - 1)
        owners = np.column_stack([np.concatenate(starts), np.concatenate(ends)])
        made.append((owners, columns_of(grams, features)))
    return made


def _near(words: list[str], near: NearWords, features: int) -> tuple[Places, Places]:
    places = near.places(len(words))
    # One, two or three words share six parts evenly.
    owners = [[at for at in group for _ in range(6 // len(group))] for group in places]
    columns = columns_of([set_of(words, group) for group in places], features)
    return np.array(owners, dtype=np.int64).reshape(-1, 6), columns


def _letters(texts: list[list[str]], sizes: tuple[int, int], features: int) -> list[tuple[Places, Places]]:
    made = []
    for words in texts:
        per_word = [letters_of(word, sizes, features) for word in words]
        owners = np.repeat(np.arange(len(words)), [len(columns) for columns in per_word])
        columns = np.concatenate(per_word) if per_word else np.zeros(0, dtype=np.int64)
        made.append((owners[:, None], columns))
    return made


def _cues(text: str, step: CueFeatures, moved: Floats) -> list[Contribution]:
    lexicon = Lexicon.loads(step.lexicon)
    read = spans(text, lexicon)[: step.words]
    places: dict[int, tuple[int | None, int | None]] = {}
    for hit in cues.index(lexicon).find([span.word for span in read]):
        places.setdefault(hit.key, (read[hit.start].start, read[hit.stop - 1].end))
    found = []
    for key in np.flatnonzero(np.abs(moved) > _LEAST).tolist():
        label = cues.LABELS[cues.NAMES[key]]
        found.append(Contribution("cue", label, float(moved[key]), *places.get(key, (None, None))))
    return found


def _phrases(text: str, read: Sequence[Span], weights: Floats, lexicon: Lexicon) -> list[Contribution]:
    free = np.array([not span.word.startswith(NAME_WORD) for span in read], dtype=bool)
    found: list[Contribution] = []
    for top in np.argsort(-np.abs(weights), kind="stable").tolist():
        if abs(weights[top]) < _LEAST or len(found) >= _MOST:
            break
        if not free[top]:
            continue
        start, last = _run(weights, free, top)
        free[start : last + 1] = False
        if any(span.word not in lexicon.stop_words and span.word != NUMBER_WORD for span in read[start : last + 1]):
            begins, ends = read[start].start, read[last].end
            label = " ".join(text[begins:ends].split())
            found.append(Contribution("phrase", label, float(weights[start : last + 1].sum()), begins, ends))
    return found


def _run(weights: Floats, free: npt.NDArray[np.bool_], top: int) -> tuple[int, int]:
    """Return the first and last word of the phrase around a heavy word: neighbours that pull the same way."""
    start = last = top
    least = _NEIGHBOUR * abs(weights[top])
    sign = 1 if weights[top] > 0 else -1
    while last - start < _LONGEST - 1:
        before = weights[start - 1] * sign if start > 0 and free[start - 1] else 0.0
        after = weights[last + 1] * sign if last + 1 < len(weights) and free[last + 1] else 0.0
        if max(before, after) <= least:
            break
        if before >= after:
            start -= 1
        else:
            last += 1
    return start, last
