"""The largest scores equal those of a full sort, for any number of scores and ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from classifiers.matcher.index.postings import top_k_places


@given(
    st.integers(1, 3_000),
    st.integers(1, 300),
    st.sampled_from(["spread", "few values", "rising", "one block"]),
    st.data(),
)
def test_as_by_ordering_all(size: int, count: int, kind: str, data: st.DataObject) -> None:
    chance = np.random.default_rng(data.draw(st.integers(0, 1_000)))
    scores = chance.normal(size=size).astype(np.float32)
    if kind == "few values":
        scores = np.maximum(np.rint(scores), 0)
    elif kind == "rising":
        scores.sort()
    elif kind == "one block":
        scores = np.where(np.arange(size) // 64 == size // 128, scores + 10, scores).astype(np.float32)

    places = top_k_places(scores, count)

    assert len(set(places.tolist())) == len(places) == min(count, size)
    assert np.sort(scores[places]).tolist() == np.sort(scores)[::-1][:count][::-1].tolist()


@pytest.mark.parametrize("count", [2, 20, 200])
def test_few_are_left_to_be_ordered_among_many(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(1).normal(size=100_000).astype(np.float32)
    ordered: list[int] = []
    whole = np.argpartition
    monkeypatch.setattr(np, "argpartition", lambda some, at: (ordered.append(len(some)), whole(some, at))[1])

    top_k_places(scores, count)

    assert max(ordered, default=count) < 1_000
