"""Say where a message and a claim agree and where they differ, in the words of the message.

Only what stands in the claim counts, because the claim is what people see quoted: a title or a summary may say the
opposite. A difference is named where both texts tell it in words, and where both tell the same act: of a clinic that
moves for three weeks and one that closes for ever, the weeks are not what differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from classifiers.matcher.details import Detail, DetailKind, Difference, compare_details, is_part_of, stands_among
from classifiers.matcher.document import Page
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.reading import Reading, stem_or_number
from classifiers.matcher.stance import is_plain_denial
from classifiers.text.normalise import word_tokens

_MAX_PHRASES = 4
_SHOWN_KINDS: frozenset[DetailKind] = frozenset(
    ("duration", "money", "share", "count", "date", "time", "place", "agency")
)
_ADDED_KINDS: frozenset[DetailKind] = frozenset(("duration", "money", "share", "date", "time"))
"""Details that are named where only the message has them. Counts of something else stand in most long messages."""
_BANNING = frozenset(("dilarang", "larang", "jangan"))
_LEAST_WEIGHT = 3.0
"""Weight in nats from which a common word is worth naming."""
_NAMED_SHARE = 0.6
"""Share of the words of a name from which the claim tells it: "bantuan tunai" of "Bantuan Langsung Tunai"."""


class Agreement(NamedTuple):
    """What agrees and differs, each as the message writes it.

    ``agreed``: names and details; ``words``: further words; ``differed``: names, amounts and times that only the
    message has; ``differs``: details that both tell, and differently; ``denied``: words of the claim that the message
    denies.
    """

    agreed: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    differed: tuple[str, ...] = ()
    differs: tuple[Difference, ...] = ()
    denied: tuple[str, ...] = ()


def explain_agreement(message: Reading, page: Page, weights: Weights) -> Agreement:
    """Return what agrees and what differs between a message and a page. ``weights``: of the index, in nats."""
    claimed = page.claimed or frozenset(page.fields[0])
    agreed = [detail.shown for detail in message.details if _is_told_alike(detail, page)]
    agreed += [written for name, written in message.written if name in page.names and _tells_name((written,), claimed)]
    otherwise = {one.yours.casefold() for one in compare_details(message.details, page.details)}
    distinct = [phrase for phrase in _distinct(agreed) if phrase.casefold() not in otherwise][:_MAX_PHRASES]
    named = _stems_of((*distinct, *otherwise))
    stems = sorted(message.known & claimed - named, key=weights.__getitem__, reverse=True)
    rare = [stem for stem in stems if weights[stem] > _LEAST_WEIGHT and not stem[0].isdigit()]
    denied = _denied_stems(message, page, rare)
    words = [message.said(stem) for stem in rare if stem not in denied]
    differs = named_differences(message, page)
    only_yours = _list_added(message, page, claimed, differs)
    return Agreement(
        tuple(distinct),
        tuple(words),
        tuple(_distinct(only_yours)[:_MAX_PHRASES]),
        differs,
        tuple(message.said(stem) for stem in stems if stem in denied),
    )


def _list_added(message: Reading, page: Page, claimed: frozenset[str], differs: Iterable[Difference]) -> list[str]:
    """Return names, amounts and times that only the message has; what the page's title names is known there."""
    differing = {one.yours for one in differs}
    known_stems = claimed.union(page.fields[0])
    names = [
        written
        for name, written in message.written
        if name not in page.names and not _tells_name((name, written), known_stems)
    ]
    details = [one for one in message.details if one.kind in _ADDED_KINDS and not stands_among(one, page.details)]
    return [*names, *(one.shown for one in details if one.shown not in differing)]


def _denied_stems(message: Reading, page: Page, common: Iterable[str]) -> frozenset[str]:
    """Return the stems that the claim asserts and the message denies: all common ones after "it is not true that"."""
    if is_plain_denial(message.words, message.marks) and not page.denied:
        return frozenset(common)
    claim = page.plain.split()
    banned = {stem_or_number(word) for before, word in pairwise(claim) if before in _BANNING}
    return message.denied & page.claimed - page.denied - banned


def named_differences(message: Reading, page: Page) -> tuple[Difference, ...]:
    """Return the differing details that people can be told."""
    differs = compare_details(message.details, page.details)
    differs = [
        one for one in differs if one.yours.casefold() != one.theirs.casefold() and not _is_part(one, message, page)
    ]
    claimed = page.claimed or frozenset(page.fields[0])
    beside = _stems_of((*(written for _name, written in message.written), *(one.yours for one in differs)))
    return tuple(differs) if message.known & claimed - beside else ()


def _is_part(difference: Difference, message: Reading, page: Page) -> bool:
    """Tell whether a message tells a part of the claim by the kinds of schools that it names."""
    return difference.kind == "school" and is_part_of(difference, message.details, page.details)


def _is_told_alike(detail: Detail, page: Page) -> bool:
    return detail.kind in _SHOWN_KINDS and not detail.is_implied and stands_among(detail, page.details)


def _tells_name(forms: Iterable[str], claimed: frozenset[str]) -> bool:
    """Tell whether a claim has at least half of the words of a name in one of its forms."""
    each = [_stems_of((form,)) for form in forms]
    return any(stems and len(stems & claimed) >= _NAMED_SHARE * len(stems) for stems in each)


def _stems_of(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(stem_or_number(word) for phrase in phrases for word in word_tokens(phrase))


def _distinct(phrases: Iterable[str]) -> list[str]:
    """Return the phrases without those that another one holds."""
    distinct = list({phrase.casefold(): phrase for phrase in phrases}.values())
    padded = [f" {phrase.casefold()} " for phrase in distinct]
    return [one for one, own in zip(distinct, padded, strict=True) if not any(own != o and own in o for o in padded)]
