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

from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import PUBLIC_STATUSES, Claim, Clarification, clarification_claim, db

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


def newest_answer_by_claim(ids: Iterable[int]) -> dict[int, int]:
    """Return each claim's newest public clarification, its own or that of the claim it was merged into."""
    root_by_claim = roots_of_claims(ids)
    query = (
        sa.select(clarification_claim.c.claim_id, sa.func.max(Clarification.id))
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .where(
            clarification_claim.c.claim_id.in_(set(root_by_claim.values())), Clarification.status.in_(PUBLIC_STATUSES)
        )
        .group_by(clarification_claim.c.claim_id)
    )
    newest: dict[int, int] = dict(db.session.execute(query).all()) if root_by_claim else {}
    return {claim: newest[root] for claim, root in root_by_claim.items() if root in newest}


def roots_of_claims(ids: Iterable[int]) -> dict[int, int]:
    """Return for each claim the claim it was merged into in the end, or itself."""
    root_by_claim = {claim: claim for claim in ids}
    while left := set(root_by_claim.values()):
        query = sa.select(Claim.id, Claim.merged_into_id).where(Claim.id.in_(left), Claim.merged_into_id.is_not(None))
        gone = {claim: into for claim, into in db.session.execute(query) if into is not None}
        if not gone:
            break
        root_by_claim = {claim: gone.get(root, root) for claim, root in root_by_claim.items()}
    return root_by_claim


def load_claim_documents(ids: Iterable[int]) -> list[Document]:
    """Return the claims as matcher documents, in the order of the ids."""
    from classifiers.matcher.document import Document

    wanted = list(ids)
    query = sa.select(Claim.id, Claim.title, Claim.text).where(Claim.id.in_(wanted))
    read = {key: Document(str(key), title, text, "") for key, title, text in db.session.execute(query)}
    return [read[key] for key in wanted if key in read]
