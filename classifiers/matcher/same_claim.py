"""Do two messages tell one claim? A near-copy does; one in other words does where the gate is all but sure.

Joining is stricter than answering: a report that joins the wrong claim gets the wrong answer, and nobody looks again.
Words alone decide, so that reading a thousand feeds costs no vectors; the line is chosen on our messages against one
another (``match_data.retold``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classifiers.matcher.agreement import Agreement, explain
from classifiers.matcher.details import Difference, compare_details
from classifiers.matcher.document import Document, Page
from classifiers.matcher.doubts import contradicts, names_another
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.match import Matcher, read_page, shipped_reader
from classifiers.matcher.model_file import shipped_model
from classifiers.text.near_duplicate import COPY, denies_otherwise, likeness, sketch


@dataclass(frozen=True)
class Same:
    """The claim that a text tells: ``likeness`` 0..1, of the wording where it ``is_copy``, else the probability.

    ``line``: the likeness from which on it counts.
    """

    id: str
    likeness: float
    line: float
    is_copy: bool


def same_claim(
    text: str,
    claims: Sequence[Document],
    *,
    surely: bool = True,
    page_of: Callable[[Document], Page] = read_page,
) -> Same | None:
    """Return which of some claims (the nearest few of an index) the text tells, or None.

    ``surely`` False: also one of another place or amount, or that denies; a person compares. ``page_of`` returns a
    claim as read: an index has read it before, and reading takes far longer than looking there.
    """
    # First what is soonest seen: nearly all of the nearest name another place or amount.
    claims = [claim for claim in claims if not (surely and differs(text, page_of(claim)))]
    asked = sketch(text)
    sketches = {claim.id: sketch(claim.claim) for claim in claims}
    alike = {number: likeness(asked, other) for number, other in sketches.items()}
    nearest = max(claims, key=lambda claim: alike[claim.id], default=None)
    if nearest is not None and alike[nearest.id] >= COPY:
        return Same(nearest.id, alike[nearest.id], COPY, is_copy=True)
    others = [claim for claim in claims if not denies_otherwise(asked, sketches[claim.id])]
    if not others:
        return None
    line = shipped_model().join
    best = Matcher([page_of(claim) for claim in others], use_vectors=False).best(text)
    return Same(*best, line, is_copy=False) if best and best[1] >= line else None


def says_otherwise(text: str, claim: Document) -> bool:
    """Return whether a text names another place or amount than a claim, or denies what it asserts."""
    return differs(text, read_page(claim))


def differs(text: str, page: Page) -> bool:
    """Return the same of a claim as read."""
    message = shipped_reader().read(text)
    return names_another(message, page) or contradicts(message, page)


def differing_details(text: str, claim: Document) -> tuple[Difference, ...]:
    """Return the details that a text and a claim both tell, and tell differently."""
    return tuple(compare_details(shipped_reader().read(text).details, read_page(claim).details))


def agreement(text: str, claim: Document) -> Agreement:
    """Return what a text and a claim have in common and what not, in words."""
    weights = Weights(shipped_model().background)
    return explain(shipped_reader().read(text), read_page(claim), weights)
