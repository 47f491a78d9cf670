"""Where the words agree and a person still has to compare: another name or amount, a denial, the fact itself.

A message in the very words of a clarified claim, but about another market, or saying that it is not so, would otherwise
be told that it is a hoax. Rules, not weights: each of them is rare in what a gate learns from, and costly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifiers.background import Weights
from classifiers.pairs import compare_names, compare_numbers
from classifiers.reading import Reading

if TYPE_CHECKING:
    from classifiers.page import Page

MOSTLY = 0.7
"""Share of a message's words that a page holds, from which on the message says hardly anything else."""
FACT_TOLD, CLAIM_TOLD = 0.5, 0.25
"""Who tells half of what only the title says, and not a quarter of what only the claim says, repeats the fact."""


def is_doubtful(message: Reading, page: Page, weights: Weights) -> bool:
    """Return whether a message that a page seems to answer says something else, or the fact."""
    return names_another(message, page) or contradicts(message, page) or repeats_fact(message, page, weights)


def names_another(message: Reading, page: Page) -> bool:
    """Return whether a message names another place, office, amount or day than a page does.

    Where a message is hardly more than the page's words, a place that the page does not name is enough.
    """
    places = compare_names(message.places, page.places)
    if places.conflict:
        return True
    offices = compare_names(codes(message.offices), codes(page.offices))
    if offices.conflict or compare_numbers(message.numbers, page.numbers).conflict:
        return True
    return bool(places.missed or offices.missed) and len(message.known & page.known) >= MOSTLY * len(message.known)


def codes(offices: frozenset[str]) -> frozenset[str]:
    """Return the offices that are known by their unit's code; one office may go by several names."""
    return frozenset(one for one in offices if one.islower() and " " not in one)


def contradicts(message: Reading, page: Page) -> bool:
    """Return whether one of the two denies a word that the other one asserts."""
    return bool((message.denied ^ page.denied) & message.known & page.claimed)


def repeats_fact(message: Reading, page: Page, weights: Weights) -> bool:
    """Return whether a message tells what the page found, and not what was claimed."""
    stems, title, claim = message.known, frozenset(page.fields[0]), page.claimed
    told = [weights.sum(part & stems) / max(weights.sum(part), 1.0) for part in (title - claim, claim - title)]
    return bool(claim) and told[0] >= FACT_TOLD and told[1] < CLAIM_TOLD
