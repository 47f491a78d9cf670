"""Where words agree and two texts still tell different things: another name or amount, a denial, the fact itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.pair_features import compare_names, compare_numbers
from classifiers.matcher.reading import Reading

if TYPE_CHECKING:
    from classifiers.matcher.document import Page

MOSTLY_COVERED_SHARE = 0.7
"""Share of a message's words that a page holds, from which on the message says hardly anything else."""


def has_conflicting_facts(message: Reading, page: Page) -> bool:
    """Return whether a message names another place, office, amount or day than a page does.

    Where a message is hardly more than the page's words, a place that the page does not name is enough.
    """
    places = compare_names(message.places, page.places)
    if places.conflict:
        return True
    offices = compare_names(unit_codes(message.offices), unit_codes(page.offices))
    if offices.conflict or compare_numbers(message.numbers, page.numbers).conflict:
        return True
    return bool(places.missed or offices.missed) and len(message.known & page.known) >= MOSTLY_COVERED_SHARE * len(
        message.known
    )


def unit_codes(offices: frozenset[str]) -> frozenset[str]:
    """Return the offices that are known by their unit's code; one office may go by several names."""
    return frozenset(one for one in offices if one.islower() and " " not in one)


def is_contradiction(message: Reading, page: Page) -> bool:
    """Return whether one of the two denies a word that the other one asserts."""
    return bool((message.denied ^ page.denied) & message.known & page.claimed)


def fact_and_claim_shares(message: Reading, page: Page, weights: Weights) -> tuple[float, float]:
    """Return how much a message tells of what only the title says, and of what only the claim says (shares, 0..1)."""
    title, claim = frozenset(page.fields[0]), page.claimed or frozenset(page.fields[0])
    fact, claimed = ((part & message.known, part) for part in (title - claim, claim - title))
    return tuple(weights.sum(told) / max(weights.sum(part), 1.0) for told, part in (fact, claimed))  # type: ignore[return-value]
