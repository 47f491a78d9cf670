"""Why a text got its score: the phrases and cues that moved it, each with its place in the text as written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import Pipeline

from classifiers import cues
from classifiers.features import NUMBER_WORD, CueFeatures, HeadText
from classifiers.lexicon import Lexicon
from classifiers.text import Span, spans

Floats = npt.NDArray[np.float64]

_LONGEST = 4  # words in a phrase shown as one reason
_NEIGHBOUR = 0.3  # a neighbour joins a phrase when it weighs this much of the phrase's heaviest word
_LEAST = 0.03  # lighter phrases say nothing to a person


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


def explain(model: Pipeline, texts: Sequence[str]) -> list[list[Contribution]]:
    """Return ``contributions`` of several texts at once."""
    weights = weights_of_features(model, texts)
    found: list[list[Contribution]] = [[] for _ in texts]
    reads: list[list[Span]] | None = None
    per_word: list[Floats] = []
    lexicon = Lexicon()
    for name, part, first in _parts(model):
        if isinstance(part, CueFeatures):
            _add_cues(found, part, texts, weights, first)
            continue
        head: HeadText = part.named_steps["head"]
        lexicon = Lexicon.loads(head.lexicon)
        read = head.read(texts)
        shares = [_word_weights(part.named_steps["hash"], r, w, first) for r, w in zip(read, weights, strict=True)]
        if reads is None:
            reads, per_word = read, shares
        else:
            # The letters are read from the same words, perhaps fewer of them.
            for total, share in zip(per_word, shares, strict=True):
                total[: len(share)] += share[: len(total)]
        del name
    for at, text in enumerate(texts):
        if reads is not None:
            found[at] += _phrases(text, reads[at], per_word[at], lexicon)
        found[at].sort(key=lambda one: -abs(one.weight))
    return found


def weights_of_features(model: Pipeline, texts: Sequence[str]) -> list[Floats]:
    """Return, for each text, the weight of every feature of the pipeline, dense, zero where the text has it not."""
    table: csr_array = csr_array(model.named_steps["features"].transform(list(texts)))
    dense = []
    for columns, moved in model.named_steps["judge"].local_weights(table):
        row = np.zeros(table.shape[1])
        row[columns] = moved
        dense.append(row)
    return dense


def _parts(model: Pipeline) -> list[tuple[str, Any, int]]:
    parts, first = [], 0
    for name, part in model.named_steps["features"].transformer_list:
        parts.append((name, part, first))
        first += len(cues.NAMES) if isinstance(part, CueFeatures) else part.named_steps["hash"].n_features
    return parts


def _add_cues(
    found: list[list[Contribution]], part: CueFeatures, texts: Sequence[str], weights: Sequence[Floats], first: int
) -> None:
    lexicon = Lexicon.loads(part.lexicon)
    for at, text in enumerate(texts):
        moved = weights[at][first : first + len(cues.NAMES)]
        read = spans(text, lexicon)[: part.words]
        places: dict[int, tuple[int, int]] = {}
        for hit in cues.index(lexicon).find([span.word for span in read]):
            places.setdefault(hit.key, (read[hit.start].start, read[hit.stop - 1].end))
        for key in np.flatnonzero(np.abs(moved) > _LEAST).tolist():
            start, end = places.get(key, (None, None))
            name = cues.NAMES[key]
            found[at].append(Contribution("cue", cues.LABELS[name], float(moved[key]), start, end))


def _word_weights(vectorizer: HashingVectorizer, read: Sequence[Span], weights: Floats, first: int) -> Floats:
    """Return how much each word moved the score: a feature's weight is shared among the words that made it."""
    words = [span.word for span in read]
    owners, columns = _letters(vectorizer, words) if vectorizer.analyzer == "char_wb" else _grams(vectorizer, words)
    total = np.zeros(len(words))
    if not len(columns):
        return total
    _, inverse, counts = np.unique(columns, return_inverse=True, return_counts=True)
    np.add.at(total, owners[:, 0], weights[first + columns] / counts[inverse] / 2)
    np.add.at(total, owners[:, 1], weights[first + columns] / counts[inverse] / 2)
    return total


def _grams(vectorizer: HashingVectorizer, words: list[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    shortest, longest = vectorizer.ngram_range
    grams = [
        (" ".join(words[at : at + size]), at, at + size - 1)
        for size in range(shortest, longest + 1)
        for at in range(len(words) - size + 1)
    ]
    owners = np.array([(start, last) for _, start, last in grams], dtype=np.int64).reshape(-1, 2)
    return owners, _columns([gram for gram, _, _ in grams], vectorizer.n_features)


def _letters(vectorizer: HashingVectorizer, words: list[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    per_word = [_letters_of(word, vectorizer.ngram_range, vectorizer.n_features) for word in words]
    owners = np.repeat(np.arange(len(words)), [len(columns) for columns in per_word])
    columns = np.concatenate(per_word) if per_word else np.zeros(0, dtype=np.int64)
    return np.column_stack([owners, owners]), columns


@lru_cache(maxsize=20_000)
def _letters_of(word: str, sizes: tuple[int, int], features: int) -> npt.NDArray[np.int64]:
    analyse = HashingVectorizer(analyzer="char_wb", ngram_range=sizes, lowercase=False).build_analyzer()
    return _columns(analyse(word), features)


def _columns(grams: list[str], features: int) -> npt.NDArray[np.int64]:
    """Return the column of each n-gram, as ``HashingVectorizer`` without alternating signs has it."""
    if not grams:
        return np.zeros(0, dtype=np.int64)
    hasher = FeatureHasher(features, input_type="string", alternate_sign=False)
    return np.asarray(hasher.transform([[gram] for gram in grams]).indices, dtype=np.int64)


def _phrases(text: str, read: Sequence[Span], weights: Floats, lexicon: Lexicon) -> list[Contribution]:
    free = np.ones(len(read), dtype=bool)
    found: list[Contribution] = []
    for top in np.argsort(-np.abs(weights), kind="stable").tolist():
        if abs(weights[top]) < _LEAST or len(found) >= 2 * _LONGEST:
            break
        if not free[top] or read[top].end == 0:
            continue
        start, last = _run(weights, free, top)
        free[start : last + 1] = False
        if any(span.word not in lexicon.stop_words and span.word != NUMBER_WORD for span in read[start : last + 1]):
            begins, ends = read[start].start, read[last].end
            label = " ".join(text[begins:ends].split())
            found.append(Contribution("phrase", label, float(weights[start : last + 1].sum()), begins, ends))
    return found


def _run(weights: Floats, free: npt.NDArray[np.bool_], top: int) -> tuple[int, int]:
    start = last = top
    for _ in range(_LONGEST - 1):
        sides = [at for at in (start - 1, last + 1) if 0 <= at < len(weights) and free[at]]
        sides = [at for at in sides if weights[at] * np.sign(weights[top]) > _NEIGHBOUR * abs(weights[top])]
        if not sides:
            break
        best = max(sides, key=lambda at: abs(weights[at]))
        start, last = min(start, best), max(last, best)
    return start, last
