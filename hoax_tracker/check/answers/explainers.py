"""What helps where the city has answered nothing: explainers, and reviews by other fact-checkers.

Explainers are chosen by words that officers listed for each. A review is its fact-checker's word, never our verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa

from classifiers.matcher.reading import Reading
from classifiers.text.normalise import word_tokens
from hoax_tracker.items.claim_text import load_fact_checks
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import Explainer, db

EXPLAINERS_SHOWN = 2


def find_explainers(text: str) -> list[Explainer]:
    """Return the explainers of which a message holds the most listed words; of equals, whose word comes first."""
    words = f" {' '.join(word_tokens(text))} "
    placed = [(find_cues(words, row.cues), row) for row in list_public_explainers()]
    fitting = sorted((pair for pair in placed if pair[0]), key=lambda pair: (-len(pair[0]), min(pair[0])))
    return [row for _places, row in fitting[:EXPLAINERS_SHOWN]]


def find_cues(words: str, cues: Iterable[str]) -> list[int]:
    """Return where the cues stand in a text, which is given as its words with blanks around."""
    wanted = (" ".join(word_tokens(cue)) for cue in cues)
    places = (words.find(f" {cue} ") for cue in wanted if cue)
    return [place for place in places if place >= 0]


def list_public_explainers() -> list[Explainer]:
    """Return the explainers that residents may read, by title."""
    query = sa.select(Explainer).where(Explainer.is_shown).order_by(Explainer.title, Explainer.id)
    return list(db.session.scalars(query))


if TYPE_CHECKING:
    from hoax_tracker.models import Item

FACT_CHECKS_SHOWN = 2
MIN_LIKENESS = 0.55
"""The likeness from which a clarification is shown to compare; of others' reviews only words are compared."""


class FactCheck(NamedTuple):
    """A review by another fact-checker: who wrote it, claim and finding in their words, and where it was published.

    ``finding`` begins with their rating, where they give one.
    """

    publisher: str
    host: str
    claim: str
    finding: str
    url: str
    published_at: datetime


def find_fact_checks(message: Reading) -> tuple[FactCheck, ...]:
    """Return the reviews that a message is probably about, best first."""
    result = current_match_index().fact_checks(message)
    near = [int(match.id) for match in result.matches if match.likeness >= MIN_LIKENESS]
    return tuple(map(_as_fact_check, load_fact_checks(near if result.decision != "none" else [])))[:FACT_CHECKS_SHOWN]


def _as_fact_check(item: Item) -> FactCheck:
    """Return an item with a web address as a review.

    A source that was read from a file is called by the review's own publisher, or by the host of its page.
    """
    url = item.url or ""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    publisher = item.source.name if item.source.url else item.author or host
    return FactCheck(publisher, host, item.title, ". ".join(item.text.split("\n")), url, item.seen_at)
