"""Our columns are scikit-learn's."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer

from classifiers.hashing import LetterCounts, columns_of

WORDS = ["a", "ab", "abc", "abcd", "sebarkan", "é", "URL", "x" * 40]


@pytest.mark.parametrize("text", [*WORDS, " ".join(WORDS), "", "anak anak anak"])
def test_letters_are_counted_as_scikit_learn_counts_them(text: str) -> None:
    theirs = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), lowercase=False, alternate_sign=False, norm=None, n_features=2**12
    )
    ours = LetterCounts((3, 5), 2**12)
    assert (ours.transform([text, "lain"]).toarray() == theirs.transform([text, "lain"]).toarray()).all()


def test_a_word_lies_in_the_column_that_scikit_learn_gives_it() -> None:
    theirs = HashingVectorizer(
        token_pattern=r"\S+", lowercase=False, alternate_sign=False, norm=None, n_features=2**12
    ).transform(WORDS)
    assert columns_of(WORDS, 2**12).tolist() == theirs.indices.tolist()
    assert columns_of([], 2**12).dtype == np.int64
