"""A message in words that officers have met before: those of a claim that a public clarification answers.

A clarification quotes one wording; the claims that officers linked to it know others. Where the message names another
place or number than the claim did, the resident compares. What a claim said is shown to nobody: it may be a report's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hoax_tracker.index import match_index
from hoax_tracker.models import PUBLIC_STATUSES, Claim, Clarification, clarification_claim, db

if TYPE_CHECKING:
    from classifiers.details import Difference
    from classifiers.page import Document
    from classifiers.same_claim import Same

NEAREST = 30
COMPARED = 12
WORTH_COMPARING = 0.2


@dataclass(frozen=True)
class Wording:
    """A clarification that answers a known wording; ``certain`` where the message says nothing more or else.

    ``likeness`` 0..1 to the wording, and the ``line`` from which on it counts. ``is_copy``: the message is that
    wording, with no word of content left out or replaced, but perhaps with small talk around it.
    """

    clarification_id: int
    likeness: float
    line: float
    certain: bool
    is_copy: bool = False
    differs: tuple[Difference, ...] = ()

    @property
    def was_judged(self) -> bool:
        """Return whether what officers judged are the very words of the message, so that their verdict is about it."""
        return self.certain and self.is_copy


def was_judged(text: str, page: Clarification) -> bool:
    """Return whether the text is a wording that officers judged: the quote of a page, or a claim that it answers."""
    from classifiers.page import Document
    from classifiers.same_claim import same_claim

    quote = Document(str(page.id), page.claim_quote, page.claim_quote, "")
    quoted = same_claim(text, [quote], surely=False)
    if quoted is not None and compare_wording(text, quote, quoted, page.id).was_judged:
        return True
    known = known_wording(text, page.id)
    return known is not None and known.was_judged


def known_wording(text: str, clarification_id: int | None = None) -> Wording | None:
    """Return the clarification of the claim that the text tells in words that are known, or None.

    ``clarification_id``: only the claims that this one answers count.
    """
    from classifiers.same_claim import same_claim

    near = [int(key) for key in match_index().known_claims().nearest(text, NEAREST, WORTH_COMPARING)]
    answers = answered_by(near)
    wanted = set(answers.values()) if clarification_id is None else {clarification_id}
    known = [number for number in near if answers.get(number) in wanted][:COMPARED]
    claims = {one.id: one for one in documents(known)}
    same = same_claim(text, list(claims.values()), surely=False) if claims else None
    if same is None:
        return None
    return compare_wording(text, claims[same.id], same, answers[int(same.id)])


def compare_wording(text: str, claim: Document, same: Same, clarification_id: int) -> Wording:
    """Return how a text is to a wording that officers judged, which it was found to tell."""
    from classifiers.same_claim import agreement, differing_details, same_numbers, says_otherwise

    differs = differing_details(text, claim)
    doubtful = (
        differs or says_otherwise(text, claim) or agreement(text, claim).differed or not same_numbers(text, claim)
    )
    is_copy = same.is_copy and tells_all(text, claim)
    return Wording(clarification_id, same.likeness, same.line, not doubtful, is_copy, differs)


def tells_all(text: str, claim: Document) -> bool:
    """Return whether a text has every word of content of a claim: "3 bulan" lacks one of "3 minggu"."""
    from classifiers.match import shipped_reader

    read = shipped_reader().read
    return read(claim.claim).known <= read(text).known


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
    from classifiers.page import Document

    wanted = list(ids)
    query = sa.select(Claim.id, Claim.title, Claim.text).where(Claim.id.in_(wanted))
    read = {key: Document(str(key), title, text, "") for key, title, text in db.session.execute(query)}
    return [read[key] for key in wanted if key in read]
