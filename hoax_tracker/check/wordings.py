"""A message in words that officers have met before: those of a claim that a public clarification answers.

A clarification quotes one wording; the claims that officers linked to it know others. Where the message names another
place or number than the claim did, the resident compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from classifiers.page import Document
from classifiers.same_claim import agreement, same_claim
from hoax_tracker.index import match_index
from hoax_tracker.models import PUBLIC_STATUSES, Claim, Clarification, clarification_claim, db

NEAREST = 30
COMPARED = 12
WORTH_COMPARING = 0.2


@dataclass(frozen=True)
class Wording:
    """A clarification that answers a known wording; ``certain`` where nothing in the message differs from it."""

    clarification_id: int
    likeness: float
    line: float
    agreed: tuple[str, ...]
    differed: tuple[str, ...]

    @property
    def certain(self) -> bool:
        """True where the message says nothing that the known wording does not."""
        return not self.differed


def known_wording(text: str) -> Wording | None:
    """Return the clarification of the claim that the text tells in words that are known, or None."""
    near = [int(key) for key in match_index().known_claims().nearest(text, NEAREST, WORTH_COMPARING)]
    answers = answered_by(near)
    known = [number for number in near if number in answers][:COMPARED]
    claims = {one.id: one for one in documents(known)}
    same = same_claim(text, list(claims.values())) if claims else None
    if same is None:
        return None
    found = agreement(text, claims[same.id])
    return Wording(answers[int(same.id)], same.likeness, same.line, found.agreed, found.differed)


def answered_by(ids: Iterable[int]) -> dict[int, int]:
    """Return the newest public clarification of each claim that has one, its own or that of what it was merged into."""
    at = roots(ids)
    query = (
        sa.select(clarification_claim.c.claim_id, sa.func.max(Clarification.id))
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .where(clarification_claim.c.claim_id.in_(set(at.values())), Clarification.status.in_(PUBLIC_STATUSES))
        .group_by(clarification_claim.c.claim_id)
    )
    newest: dict[int, int] = dict(db.session.execute(query).all()) if at else {}
    return {claim: newest[root] for claim, root in at.items() if root in newest}


def roots(ids: Iterable[int]) -> dict[int, int]:
    """Return each claim with the one that holds what it held: itself, or where its merging ended."""
    at = {claim: claim for claim in ids}
    while left := set(at.values()):
        query = sa.select(Claim.id, Claim.merged_into_id).where(Claim.id.in_(left), Claim.merged_into_id.is_not(None))
        gone = {claim: into for claim, into in db.session.execute(query) if into is not None}
        if not gone:
            break
        at = {claim: gone.get(root, root) for claim, root in at.items()}
    return at


def documents(ids: Iterable[int]) -> list[Document]:
    """Return the claims as they are compared, in the order of the ids."""
    wanted = list(ids)
    query = sa.select(Claim.id, Claim.title, Claim.text).where(Claim.id.in_(wanted))
    read = {key: Document(str(key), title, text, "") for key, title, text in db.session.execute(query)}
    return [read[key] for key in wanted if key in read]
