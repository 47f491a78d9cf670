"""The nearest pages by words are those that adding up everything finds; common words are not all added up."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.background import Background, Weights
from classifiers.nearest import nearest
from classifiers.postings import Gathering, Postings

PAGES, WORDS = 4_000, 1_000
NOWHERE = np.zeros(0, dtype=np.int64)


@cache
def some_pages() -> tuple[list[list[str]], Postings, Weights]:
    """Pages of thirty words, common ones and rare ones as in speech; some are told twice with other words between."""
    chance = np.random.default_rng(2026)
    pages = [[f"w{number}" for number in np.minimum(chance.zipf(1.3, 30), WORDS)] for _ in range(PAGES)]
    pages[7::100] = [[*page[:25], "w1", "w2"] for page in pages[3::100]]
    gathering = Gathering()
    for page in pages:
        gathering.add(page)
    weights = Weights(Background.fit([]), gathering.held, PAGES)
    return pages, gathering.postings(weights), weights


def asked_of(page: list[str], weights: Weights) -> dict[str, float]:
    """The weights of a text of these words, of length 1."""
    raw = {stem: weights[stem] for stem in page}
    length = float(np.sqrt(sum(weight**2 for weight in raw.values())))
    return {stem: weight / length for stem, weight in raw.items()}


@given(st.integers(0, PAGES - 1), st.integers(1, 30), st.integers(1, 40), st.sampled_from([0.05, 0.15, 0.5, 0.99]))
def test_as_by_adding_up_everything(page: int, words: int, limit: int, at_least: float) -> None:
    pages, postings, weights = some_pages()
    asked = asked_of([*pages[page][:words], "said nowhere"], weights)
    gone = np.arange(page % 3, PAGES, 3)
    scores = postings.scores(asked, weights)
    scores[gone] = -1

    places, found = nearest(postings, asked, weights, limit, at_least, gone)

    assert np.allclose(found, scores[places], atol=1e-5)
    best = np.sort(scores[scores >= at_least])[::-1][:limit]
    assert np.allclose(np.sort(found)[::-1][:limit], best, atol=1e-5)
    assert not set(places.tolist()) & set(gone.tolist())


def test_of_no_words_or_of_words_that_no_page_has_nothing_is_near() -> None:
    _, postings, weights = some_pages()
    for asked in ({}, {"said nowhere": 1.0}):
        assert [len(part) for part in nearest(postings, asked, weights, 12, 0.15, NOWHERE)] == [0, 0]


def test_of_no_pages_none_is_near() -> None:
    weights = Weights(Background.fit([]))
    places, _ = nearest(Gathering().postings(weights), {"w1": 1.0}, weights, 12, 0.15, NOWHERE)
    assert not len(places)


def test_common_words_are_looked_up_for_the_few_that_rare_ones_found(monkeypatch: pytest.MonkeyPatch) -> None:
    pages, postings, weights = some_pages()
    asked = asked_of(pages[3], weights)
    looked_up: list[int] = []
    whole = np.searchsorted
    monkeypatch.setattr(np, "searchsorted", lambda some, what: (looked_up.append(len(what)), whole(some, what))[1])

    nearest(postings, asked, weights, 1, 0.15, NOWHERE)

    assert looked_up[0] == len(asked)
    assert len(looked_up) > 5
    assert max(looked_up[1:]) < PAGES // 10
