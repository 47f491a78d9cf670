"""Which page is shown to who sends a message: from what relevance, and which of those that are near stands first."""

from __future__ import annotations

from collections.abc import Sequence

from classifiers.matcher.document import Page
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.reading import Reading

SHOWN_FROM = 0.5
"""Relevance from which a page is shown: the intercept of the curve is set so that few messages about something else
reach it."""
NAMED_LINES = ((0.75, 0.0), (0.6, 0.4))
"""Share of the weight of a message's words that a page has, and the relevance from which it is shown then. Of 508
messages about something else of four hands and ``data/near_misses``, which no page was shown for, these show 1."""
LEAST_NAMED = 2
TELLING = 4.5
"""Weight in nats of a word that names another matter where the page lacks it: "tarif bemo naik?" """
_ASIDE_WORDS = "kah kata kali lipat persen ribu juta rupiah"
_ASIDE = frozenset(_ASIDE_WORDS.split())
"""Stems that ask, tell or measure, and name no matter."""


def shown_from(message: Reading, page: Page, weights: Weights) -> float:
    """Return the relevance from which a page is shown: less where it has most words of the message, amounts aside.

    "Does the water tariff rise?" tells so little that no model calls it a claim; a page with all of its words is what
    was meant. One word tells no claim, and no page is shown for it.
    """
    if len(message.known) < LEAST_NAMED:
        return 1.0
    share, is_of_other = _named_share(message, page, weights)
    return next((line for least, line in NAMED_LINES[is_of_other:] if share >= least), SHOWN_FROM)


def find_named(message: Reading, pages: Sequence[Page], weights: Weights) -> int:
    """Return the place of the page that stands first: 0, unless that one lacks what the message is about.

    "Does the property tax rise by 300 percent?" is like a page about water that rises by 300 percent, whatever a page
    says that has the tax and another number.
    """
    if not _named_share(message, pages[0], weights)[1]:
        return 0
    all_named = (place for place, page in enumerate(pages) if shown_from(message, page, weights) == NAMED_LINES[0][1])
    return next(all_named, 0)


def _named_share(message: Reading, page: Page, weights: Weights) -> tuple[float, bool]:
    """Return what share of the weight of a message's words a page has, and whether it lacks one that names a matter."""
    matter = frozenset(stem for stem in message.known - _ASIDE if not stem[0].isdigit())
    halves = frozenset().union(*(stems for stems in message.compounds if not stems <= page.known))
    common = (matter & page.known) - halves
    share = weights.sum(common) / max(weights.sum(matter), 1.0) if len(common) >= LEAST_NAMED else 0.0
    return share, any(weights[stem] >= TELLING for stem in matter - common)
