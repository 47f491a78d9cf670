"""Decide whether two messages tell one claim: near-copies do, other wordings where the gate is almost certain.

Joining is stricter than answering, because a report joined to a wrong claim gets the wrong answer unseen. Words alone
decide, so a thousand feeds need no vectors. The threshold is fitted on our messages against one another
(``load_retold_pairs``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classifiers.matcher.agreement import Agreement, explain_agreement
from classifiers.matcher.details import Difference, compare_details
from classifiers.matcher.document import Document, Page
from classifiers.matcher.doubts import has_conflicting_facts, is_contradiction
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.match import Matcher, load_shipped_reader, read_page
from classifiers.matcher.model_file import load_match_model
from classifiers.text.near_duplicate import COPY_LIKENESS, build_sketch, is_denied_by_one, sketch_likeness


@dataclass(frozen=True)
class Same:
    """The claim that a text tells; ``likeness`` (0..1): word similarity where ``is_copy``, else the probability.

    ``line``: the threshold that the likeness reached.
    """

    id: str
    likeness: float
    line: float
    is_copy: bool


def find_same_claim(
    text: str,
    claims: Sequence[Document],
    *,
    surely: bool = True,
    page_of: Callable[[Document], Page] = read_page,
) -> Same | None:
    """Return which of the claims (the nearest few of an index) a text tells, or None.

    ``surely``: False also accepts claims about another place or amount and contradictions, for a person to compare.
    ``page_of``: returns a claim as read; an index has it already, and reading takes long.
    """
    # The cheapest test first: most near claims name another place or amount.
    claims = [claim for claim in claims if not (surely and _is_another_page_claim(text, page_of(claim)))]
    asked = build_sketch(text)
    sketches = {claim.id: build_sketch(claim.claim) for claim in claims}
    alike = {number: sketch_likeness(asked, other) for number, other in sketches.items()}
    nearest = max(claims, key=lambda claim: alike[claim.id], default=None)
    if nearest is not None and alike[nearest.id] >= COPY_LIKENESS:
        return Same(nearest.id, alike[nearest.id], COPY_LIKENESS, is_copy=True)
    others = [claim for claim in claims if not is_denied_by_one(asked, sketches[claim.id])]
    if not others:
        return None
    line = load_match_model().join
    best = Matcher([page_of(claim) for claim in others], use_vectors=False).best(text)
    return Same(*best, line, is_copy=False) if best and best[1] >= line else None


def is_another_claim(text: str, claim: Document) -> bool:
    """Tell whether a text names another place or amount than a claim, or contradicts it."""
    return _is_another_page_claim(text, read_page(claim))


def _is_another_page_claim(text: str, page: Page) -> bool:
    """Tell the same of a claim as read."""
    message = load_shipped_reader().read(text)
    return has_conflicting_facts(message, page) or is_contradiction(message, page)


def differing_details(text: str, claim: Document) -> tuple[Difference, ...]:
    """Return the details that a text and a claim tell differently."""
    return tuple(compare_details(load_shipped_reader().read(text).details, read_page(claim).details))


def explain_claim_agreement(text: str, claim: Document) -> Agreement:
    """Return in words where a text and a claim agree and differ."""
    weights = Weights(load_match_model().background)
    return explain_agreement(load_shipped_reader().read(text), read_page(claim), weights)
