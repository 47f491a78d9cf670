"""Find where similar texts contradict each other: another name or amount, a denial, the fact instead of the claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.pair_features import compare_names, compare_numbers
from classifiers.matcher.reading import Reading

if TYPE_CHECKING:
    from classifiers.matcher.document import Page

MOSTLY_COVERED_SHARE = 0.7
"""Share of a message's stems on a page from which the message adds hardly anything."""


def has_conflicting_facts(message: Reading, page: Page) -> bool:
    """Tell whether a message names another place, office, amount or day than a page.

    Where the page covers the message almost fully, a place or office that the page lacks suffices.
    """
    places = compare_names(message.places, page.places)
    if places.conflict:
        return True
    offices = compare_names(_unit_codes(message.offices), _unit_codes(page.offices))
    if offices.conflict or compare_numbers(message.numbers, page.numbers).conflict:
        return True
    return bool(places.missed or offices.missed) and len(message.known & page.known) >= MOSTLY_COVERED_SHARE * len(
        message.known
    )


def _unit_codes(offices: frozenset[str]) -> frozenset[str]:
    """Return the offices that are codes of units; names vary for one office."""
    return frozenset(office for office in offices if office.islower() and " " not in office)


def is_contradiction(message: Reading, page: Page) -> bool:
    """Tell whether one text denies a stem of the claim that the other asserts."""
    return bool((message.denied ^ page.denied) & message.known & page.claimed)


def fact_and_claim_shares(message: Reading, page: Page, weights: Weights) -> tuple[float, float]:
    """Return which shares (0..1) of the words only in the title, and of those only in the claim, a message repeats."""
    title, claim = frozenset(page.fields[0]), page.claimed or frozenset(page.fields[0])
    fact, claimed = ((part & message.known, part) for part in (title - claim, claim - title))
    return tuple(weights.sum(told) / max(weights.sum(part), 1.0) for told, part in (fact, claimed))  # type: ignore[return-value]
