"""Published counts of people: nobody finds a hidden one by adding and subtracting what is shown."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest

from hoax_tracker.privacy.small_counts import (
    FEWEST_ANSWERS,
    is_table_safe,
    possible_counts,
    possible_sum,
    publish_count,
)


@pytest.mark.parametrize(
    ("count", "published"), [(0, None), (4, None), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15), (214, 215)]
)
def test_counts_are_rounded_and_small_ones_hidden(count: int, published: int | None) -> None:
    assert publish_count(count) == published


@pytest.mark.parametrize("count", range(60))
def test_every_count_is_among_those_that_its_publication_allows(count: int) -> None:
    low, high = possible_counts(publish_count(count))
    assert low <= count <= high
    assert {publish_count(other) for other in range(low, high + 1)} == {publish_count(count)}


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_every_hidden_count_of_a_safe_table_may_be_several_numbers(cells: int) -> None:
    """An attacker who knows the rule, all shown counts and the rounded total tries every table that looks the same."""
    alike: dict[tuple[tuple[int | None, ...], int | None], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(13), repeat=cells):
        alike[tuple(map(publish_count, counts)), publish_count(sum(counts))].append(counts)
    judged = defaultdict(int)
    for (shown, total), tables in alike.items():
        narrowest = min(
            (len({counts[place] for counts in tables}) for place, count in enumerate(shown) if count is None),
            default=FEWEST_ANSWERS,
        )
        is_safe = is_table_safe(shown, possible_counts(total))
        assert is_safe == (narrowest >= FEWEST_ANSWERS), (shown, total)
        judged[is_safe] += 1
    assert judged[True]


def test_a_total_that_gives_two_hidden_counts_away_is_found() -> None:
    assert publish_count(4 + 4) == 10
    assert not is_table_safe([None, None], possible_counts(10)), "only four and four make eight"
    assert is_table_safe([None, None], possible_counts(5))


def test_an_exact_total_would_give_a_hidden_count_away() -> None:
    assert not is_table_safe([10, None], (12, 12)) or FEWEST_ANSWERS <= 5
    assert not is_table_safe([15, None], (13, 13)), "thirteen and nothing"


def test_a_sum_of_rounded_counts_lies_between_their_bounds() -> None:
    assert possible_sum([None, 5, 10]) == (0 + 5 + 8, 4 + 7 + 12)
