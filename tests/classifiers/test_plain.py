"""What is read fast says what a plain reading says: the same words, names and cues, and scores within 1e-6.

The plain reading below does one thing at a time, remembers nothing, and hashes with scikit-learn or Python's own
integers.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit, logsumexp
from sklearn.feature_extraction.text import HashingVectorizer

from classifiers.corpus import load_labelled_corpus
from classifiers.flagger import cues, topics
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import CHARACTERS_READ, HEAD_CHARACTERS, assess_texts
from classifiers.flagger.features import NAME_WORD_PREFIX, NUMBER_WORD, PLACE_FEATURES, vectorise_texts
from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.reading import _TALK, Reader, stem_or_number
from classifiers.text import normalise
from classifiers.text.gazetteer import GAZETTEER_WORD_LIMIT, Gazetteer
from classifiers.text.lexicon import Lexicon
from classifiers.text.normalise import plain_word, sentence_spans, strip_affixes, token_spans, tokenise_text
from classifiers.text.phrases import WILDCARD_NUMBER, WILDCARD_WORD
from hoax_tracker.core.paths import data_file_path

Floats = npt.NDArray[np.float64]

ODD = (
    "",
    "Mau2 sa, hati2!! V4KS1N g.r.a.t.i.s di www.bantuan.example... Rp600.000/orang jam 12.30",
    "Lurah bilang: ʼAir mati.ʼ Sejak 2024ʼ ko? ʼ ʼʼ",
    "[21/11/26 08.15] Om Beni: Diteruskan berkali-kali\nSu ada di Oesapa? Kapan2 katong pi ko. 12/3 7:05 1.230.15",
)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Every seventh text of the corpus, and odd ones."""
    return [*load_labelled_corpus(sorted(data_file_path("labelled").glob("*.csv"))).texts[::7], *ODD]


@pytest.fixture(scope="module")
def lexicon(bundle: Bundle) -> Lexicon:
    """The spellings inside the model."""
    return Lexicon.loads(step(bundle.hoax, "cues").lexicon)  # type: ignore[attr-defined]


def step(model: object, name: str) -> object:
    """A part of a pipeline's features."""
    return dict(model.named_steps["features"].transformer_list)[name]  # type: ignore[attr-defined]


def plain_words(written: str, lexicon: Lexicon) -> list[tuple[str, int, int]]:
    """The words of a text with their places, by the slower pattern and by looking at each word."""
    found = [(m[0], m.start(), m.end()) for m in normalise._FULL_TOKENS.finditer(written) if m.lastgroup != "skip"]
    words = [plain_word(raw) for raw, _, _ in found]
    made: list[tuple[str, int, int]] = []
    at = 0
    while at < len(words):
        phrases = [one for one in lexicon.words if " " in one and words[at : at + len(one.split())] == one.split()]
        spelling = max(phrases, key=lambda one: len(one.split()), default=words[at])
        stop = at + len(spelling.split())
        stays = any(
            holds(rule, words, at, stop, written, found, lexicon) for rule in lexicon.not_when.get(spelling, ())
        )
        if stays or words[at:stop] == lexicon.meaning(spelling):
            made += found_as(words, found, at, stop)
        else:
            made += [(word, found[at][1], found[stop - 1][2]) for word in lexicon.meaning(spelling)]
        at = stop
    return made


def found_as(words: list[str], found: list[tuple[str, int, int]], at: int, stop: int) -> list[tuple[str, int, int]]:
    return [(words[place], found[place][1], found[place][2]) for place in range(at, stop)]


def holds(
    rule: str, words: list[str], at: int, stop: int, written: str, found: list[tuple[str, int, int]], lexicon: Lexicon
) -> bool:
    """Whether a rule of the list holds for the words ``at`` to ``stop``."""
    kind, _, listed = rule.partition(":")
    if listed:
        place = stop if kind == "before" else at - 1
        return 0 <= place < len(words) and words[place] in listed.split(",")
    if rule == "alone":
        return not any(word in lexicon.local for word in words)
    if rule == "start":
        return at == 0 or any(mark in written[found[at - 1][2] : found[at][1]] for mark in ".!?…\n")
    if rule == "end":
        return stop == len(words) or any(mark in written[found[stop - 1][2] : found[stop][1]] for mark in ".!?…\n")
    return f" {rule.replace('-', ' ')} " in f" {' '.join(words)} "


def test_words_and_their_places(texts: list[str], lexicon: Lexicon) -> None:
    for one in texts:
        assert [tuple(span) for span in token_spans(one, lexicon)] == plain_words(one, lexicon), one


def plain_cues(words: Sequence[str], lexicon: Lexicon) -> dict[str, int]:
    """How often each list of phrases shows: at each word the longest phrase that begins there."""
    phrases = []
    for cue in cues.PHRASE_CUES:
        for phrase in cue.phrases.split("|"):
            meant = [
                m
                for w in phrase.split()
                for m in ([w] if w in (WILDCARD_WORD, WILDCARD_NUMBER) else lexicon.meaning(w))
            ]
            phrases.append((meant, cue.name))
    found: Counter[str] = Counter()
    for at in range(len(words)):
        fitting = [
            (meant, name)
            for meant, name in phrases
            if meant[0] == words[at]
            and len(words) >= at + len(meant)
            and all(
                m in (w, WILDCARD_WORD) or (m == WILDCARD_NUMBER and w[0].isdigit())
                for m, w in zip(meant, words[at:], strict=False)
            )
        ]
        name = max(fitting, key=lambda one: len(one[0]))[1] if fitting else ""
        if name and not (name == "named_source" and at and words[at - 1] in cues.NEGATION_WORDS):
            found[name] += 1
    return dict(found)


def test_cues(texts: list[str], lexicon: Lexicon) -> None:
    for one in texts[::3]:
        words = tokenise_text(one, lexicon).words[:120]
        shown = dict(
            zip(cues.CUE_NAMES, cues.count_cues(one, words, cues.find_cue_phrases(one, lexicon, 120)), strict=True)
        )
        assert {cue.name: shown[cue.name] for cue in cues.PHRASE_CUES if shown[cue.name]} == plain_cues(
            words, lexicon
        ), one


def hashed(words: list[str], features: int) -> Counter[int]:
    table = HashingVectorizer(
        token_pattern=r"\S+", lowercase=False, alternate_sign=False, norm=None, n_features=features
    ).transform([" ".join(words)])
    return Counter(dict(zip(table.indices.tolist(), table.data.astype(int).tolist(), strict=True)))


def pair_column(one: str, other: str, features: int) -> int:
    """The column of a pair, in integers of any size cut to 64 bits."""
    full, half = 2**64 - 1, 2**31
    first, second = (next(iter(hashed([word], half))) for word in (one, other))
    mixed = (first * 0x9E3779B97F4A7C15 + second) & full
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & full
    return (mixed ^ (mixed >> 32)) % features


def weighted(counts: Counter[int], idf: Floats) -> dict[int, float]:
    """Counts times the rarity of each column, brought to length 1."""
    values = {column: count * idf[column] for column, count in counts.items()}
    length = sum(value**2 for value in values.values()) ** 0.5
    return {column: value / length for column, value in values.items()} if length else {}


def letters(words: list[str], features: int) -> Counter[int]:
    table = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), lowercase=False, alternate_sign=False, norm=None, n_features=features
    ).transform([" ".join(words)])
    return Counter(dict(zip(table.indices.tolist(), table.data.astype(int).tolist(), strict=True)))


def chance(judge: object, row: dict[int, float]) -> float:
    """The probability from one row of features, weight by weight."""
    scores = [
        sum(value * float(weights[column]) for column, value in row.items()) + float(start)
        for weights, start in zip(judge.coef_, judge.intercept_, strict=True)  # type: ignore[attr-defined]
    ]
    sides: dict[str, list[float]] = {"1": [], "0": []}
    for kind, score in zip(judge.kinds_, scores, strict=True):  # type: ignore[attr-defined]
        sides[kind[0]].append(score)
    margin = logsumexp(sides["1"]) - logsumexp(sides["0"])
    return float(expit(judge.slope_ * margin + judge.offset_))  # type: ignore[attr-defined]


def joined(*parts: tuple[dict[int, float], int]) -> dict[int, float]:
    """The columns of several parts, one behind the other."""
    row, first = {}, 0
    for values, width in parts:
        row.update({first + column: value for column, value in values.items()})
        first += width
    return row


def curve(counts: Sequence[float], weight: float) -> dict[int, float]:
    return {at: count / (count + 1) * weight for at, count in enumerate(counts) if count}


def plain_misinformation(bundle: Bundle, written: str, lexicon: Lexicon) -> float:
    words_part, letters_part, cue_part = (step(bundle.hoax, name) for name in ("words", "letters", "cues"))
    head = words_part.named_steps["head"]  # type: ignore[attr-defined]
    names = Gazetteer.loads(head.gazetteer, head.lexicon)
    understood = [word for word, _, _ in plain_words(written, lexicon)]
    masked = [word if word[0] > "9" else NUMBER_WORD for word in understood[:GAZETTEER_WORD_LIMIT]]
    for start, stop, entry, _ in reversed(names.find_words(written)):
        if entry.kind in ("place", "person"):
            masked[start:stop] = [NAME_WORD_PREFIX + entry.kind]
    masked = [word for word in masked if word not in cues.AUTHORITIES]
    width = 2**16
    counts = hashed(masked[:120], width)
    counts.update(pair_column(one, other, width) for one, other in itertools.pairwise(masked))
    shown = cues.count_cues(written, understood[:120], cues.find_cue_phrases(written, lexicon, 120))
    row = joined(
        (weighted(counts, words_part.named_steps["tfidf"].idf_), width),  # type: ignore[attr-defined]
        (weighted(letters(masked[:60], width), letters_part.named_steps["tfidf"].idf_), width),  # type: ignore[attr-defined]
        (curve(shown, cue_part.weight), len(cues.CUE_NAMES)),  # type: ignore[attr-defined]
    )
    return chance(bundle.hoax.named_steps["judge"], row)


def plain_relevance(bundle: Bundle, written: str, lexicon: Lexicon) -> float:
    words_part, places = (step(bundle.relevance, name) for name in ("words", "places"))
    understood = plain_words(written, lexicon)
    words = [strip_affixes(word) if word[0] > "9" else NUMBER_WORD for word, _, _ in understood[:60]]
    names = Gazetteer.loads(places.gazetteer, places.lexicon)  # type: ignore[attr-defined]
    counted: Counter[str] = Counter()
    for _, stop, entry, city in names.find_words(written):
        if stop <= 60:
            side = "city" if city else "undecided"
            kind = "place" if entry.kind == "person" and not city else entry.kind
            counted["elsewhere" if entry.elsewhere else f"{side}_{kind}"] += 1
    city = any(count for name, count in counted.items() if name.startswith("city_"))
    signs = [counted[name] / (counted[name] + 1) for name in PLACE_FEATURES[:8]]
    spoken = [plain_word(written[start:end]) for _, start, end in understood[:60]]
    signs += [counted["elsewhere"] > 0 and not city, city, not counted, any(one in lexicon.local for one in spoken)]
    row = joined(
        (weighted(hashed(words, 2**15), words_part.named_steps["tfidf"].idf_), 2**15),  # type: ignore[attr-defined]
        ({at: float(sign) * places.weight for at, sign in enumerate(signs)}, len(signs)),  # type: ignore[attr-defined]
    )
    return chance(bundle.relevance.named_steps["judge"], row)  # type: ignore[union-attr]


@pytest.mark.slow
def test_scores(bundle: Bundle, texts: list[str], lexicon: Lexicon) -> None:
    some = texts[:-3:3] + list(ODD[1:])
    for written, found in zip(some, assess_texts(bundle, some), strict=True):
        assert found.relevance == pytest.approx(plain_relevance(bundle, written[:HEAD_CHARACTERS], lexicon), abs=1e-6)
        expected = plain_misinformation(bundle, written[:CHARACTERS_READ], lexicon)
        assert found.misinformation == pytest.approx(expected, abs=1e-6), written


def test_features_are_those_that_scikit_learn_would_make(bundle: Bundle, texts: list[str]) -> None:
    for model in (bundle.relevance, bundle.hoax, bundle.topics):
        assert model is not None
        features = model.named_steps.get("features", model[:-1])
        made = features.transform(texts)
        assert abs(vectorise_texts(features, texts) - made).max() == 0
        for at in range(0, len(texts), 40):  # one text a call takes another way
            assert abs(vectorise_texts(features, texts[at : at + 1]) - made[[at]]).max() == 0
        assert vectorise_texts(features, []).shape == (0, made.shape[1])


def test_a_judge_says_at_once_what_it_says_one_by_one(bundle: Bundle, texts: list[str]) -> None:
    judge = bundle.hoax.named_steps["judge"]
    for some in (texts, texts[:1]):
        table = vectorise_texts(bundle.hoax.named_steps["features"], some)
        judged = judge.judge(table)
        assert judged.chances == pytest.approx(judge.predict_proba(table)[:, 1], abs=1e-12)
        assert judged.shares == pytest.approx(judge.kind_shares(table), abs=1e-12)
        assert judged.shares.sum(axis=1) == pytest.approx(1.0)
        for (columns, moved), (plain_columns, plain) in zip(judged.moved, judge.local_weights(table), strict=True):
            assert (columns == plain_columns).all()
            assert moved == pytest.approx(plain, abs=1e-12)


def test_topics_are_those_that_scikit_learn_would_tell(bundle: Bundle, texts: list[str]) -> None:
    assert bundle.topics is not None
    judge, table = bundle.topics.named_steps["judge"], vectorise_texts(bundle.topics[:-1], texts)
    assert topics.predict_topic_probabilities(judge, table) == pytest.approx(judge.predict_proba(table), abs=1e-12)


def test_a_reading_has_the_stems_of_each_sentence(texts: list[str]) -> None:
    reader, compared = load_shipped_reader(), 0
    for written in texts:
        pieces = [(one.start, one.end) for one in sentence_spans(written)]
        words = [(span.word, span.start) for span in token_spans(written, reader.lexicon)]
        within = [[word for word, at in words if start <= at < end] for start, end in pieces]
        stems = [[stem_or_number(word) for word in inside if tells(reader, word)] for inside in within]
        found = reader.read(written)
        # A reading spells a percent sign out, and gives a number one stem, however many words it has.
        if "%" not in written and not found.numbers:
            compared += 1
            assert list(found.sentences) == [frozenset(some) for some in stems if some]
            assert list(found.stems) == [stem_or_number(word) for word, _ in words if tells(reader, word)]
    assert compared > len(texts) / 4


def tells(reader: Reader, word: str) -> bool:
    """Whether a word carries a claim."""
    return reader._has_content(word) and stem_or_number(word) not in _TALK
