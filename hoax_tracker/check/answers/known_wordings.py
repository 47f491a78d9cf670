"""Known wordings: messages in words that officers judged before, in a claim that a public clarification answers.

A clarification quotes one wording, and officers approve others with it; linked claims supply more. Where the message
has another place or number than the claim, the resident compares. A claim's text is never shown: it may come from a
report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hoax_tracker.claims.public_words.judged_claims import newest_answer_by_claim
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import Claim, Clarification, db

if TYPE_CHECKING:
    from classifiers.matcher.details import Difference
    from classifiers.matcher.document import Document

NEAREST_CLAIMS = 30
COMPARED_CLAIMS = 12
MIN_LIKENESS = 0.2


@dataclass(frozen=True)
class KnownWording:
    """A clarification that answers a known wording of the message.

    ``likeness`` 0..1 to the wording, and the ``line`` from which it counts. ``was_judged``: the message is that
    wording, small talk aside, so officers judged the message itself. ``differs``: details that differ.
    """

    clarification_id: int
    likeness: float
    line: float
    was_judged: bool = False
    differs: tuple[Difference, ...] = ()


def is_judged_for_page(text: str, page: Clarification) -> bool:
    """Return whether officers judged the text: it is a wording of the page, or a claim that it answers."""
    if is_own_wording(text, page):
        return True
    known_wording = find_known_wording(text, page.id)
    return known_wording is not None and known_wording.was_judged


def is_own_wording(text: str, page: Clarification) -> bool:
    """Return whether the text is a page's quote or another wording approved with it."""
    return any(is_judged_wording(text, wording) for wording in (page.claim_quote, *page.wordings))


def is_judged_wording(text: str, wording: str) -> bool:
    """Return whether a text equals a wording, small talk aside."""
    from classifiers.matcher.match import load_shipped_reader
    from classifiers.matcher.wording import is_same_wording

    return is_same_wording(text, wording, load_shipped_reader())


def find_known_wording(text: str, clarification_id: int | None = None) -> KnownWording | None:
    """Return the clarification of the claim that the text states in known words, or None.

    ``clarification_id`` limits the search to claims that this page answers. An exact wording comes first.
    """
    from classifiers.matcher.same_claim import differing_details, find_same_claim

    claim_index = current_match_index().known_claims()
    places = {
        int(claim_index.index.id_at(place)): place
        for place in claim_index.nearest_places(text, NEAREST_CLAIMS, MIN_LIKENESS)
    }
    near = list(places)
    answers = newest_answer_by_claim(near)
    wanted = set(answers.values()) if clarification_id is None else {clarification_id}
    claims = load_claim_documents([number for number in near if answers.get(number) in wanted][:COMPARED_CLAIMS])
    judged = next((claim for claim in claims if is_judged_wording(text, claim.claim)), None)
    if judged is not None:
        return KnownWording(answers[int(judged.id)], 1.0, 1.0, was_judged=True)
    # The index has read the claims: to read each of them again takes as long as to compare it.
    same = (
        find_same_claim(text, claims, surely=False, page_of=lambda claim: claim_index.index.page(places[int(claim.id)]))
        if claims
        else None
    )
    if same is None:
        return None
    claim = next(claim for claim in claims if claim.id == same.id)
    return KnownWording(answers[int(same.id)], same.likeness, same.line, differs=differing_details(text, claim))


def load_claim_documents(ids: Iterable[int]) -> list[Document]:
    """Return the claims as matcher documents, in the order of the ids."""
    from classifiers.matcher.document import Document

    wanted = list(ids)
    query = sa.select(Claim.id, Claim.title, Claim.text).where(Claim.id.in_(wanted))
    read = {key: Document(str(key), title, text, "") for key, title, text in db.session.execute(query)}
    return [read[key] for key in wanted if key in read]
