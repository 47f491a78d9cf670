"""Our columns equal scikit-learn's."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

from classifiers.flagger import hashed_counts
from classifiers.flagger.hashed_counts import LetterCounts, WordCounts, ngram_columns
from classifiers.text import memo

WORDS = ["a", "ab", "abc", "abcd", "sebarkan", "é", "URL", "x" * 40]


@pytest.mark.parametrize("text", [*WORDS, " ".join(WORDS), "", "anak anak anak"])
def test_letters_are_counted_as_scikit_learn_counts_them(text: str) -> None:
    theirs = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), lowercase=False, alternate_sign=False, norm=None, n_features=2**12
    )
    ours = LetterCounts((3, 5), 2**12)
    assert (ours.transform([text, "lain"]).toarray() == theirs.transform([text, "lain"]).toarray()).all()


def test_words_are_counted_as_scikit_learn_counts_them() -> None:
    theirs = HashingVectorizer(token_pattern=r"\S+", lowercase=False, alternate_sign=False, norm=None, n_features=2**12)
    texts = [" ".join(WORDS), "", "anak anak ab"]
    assert (WordCounts(2**12).transform(texts).toarray() == theirs.transform(texts).toarray()).all()


def test_pairs_are_words_in_their_order_within_a_text() -> None:
    one, other, apart, both = WordCounts(2**12, pairs=True).transform(["a b", "b a", "a", "a b a b"]).toarray()
    assert one.sum() == other.sum() == 3
    assert (one != other).any()
    assert apart.sum() == 1, "no pair reaches over the end of a text"
    assert both.sum() == 7
    assert (both >= one).all()
    assert (both >= other).all()
    assert WordCounts(8, pairs=True).transform([]).shape == (0, 8)


def test_a_flood_of_words_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "WORD_CACHE_SIZE", 10)
    words = [f"kata{at}" for at in range(25)]
    assert hashed_counts.hash_words(words, 25).tolist() == [abs(murmurhash3_32(word)) for word in words]
    assert LetterCounts((3, 3), 64).transform([" ".join(words)]).sum() == sum(len(word) for word in words)
    assert len(hashed_counts._hash_word.__self__) <= 10
    assert len(hashed_counts.build_letter_hasher((3, 3), 64).__self__) <= 10


def test_a_word_lies_in_the_column_that_scikit_learn_gives_it() -> None:
    theirs = HashingVectorizer(
        token_pattern=r"\S+", lowercase=False, alternate_sign=False, norm=None, n_features=2**12
    ).transform(WORDS)
    assert ngram_columns(WORDS, 2**12).tolist() == theirs.indices.tolist()
    assert ngram_columns([], 2**12).dtype == np.int64
