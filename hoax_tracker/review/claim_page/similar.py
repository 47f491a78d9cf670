"""What resembles a claim: clarifications that may answer it, claims that may be duplicates, reviews by others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.items.fact_checks import load_fact_checks
from hoax_tracker.match_index import HEAD_CHARACTERS, current_match_index
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimStatus,
    Clarification,
    Item,
    Officer,
    clarification_claim,
    db,
)

if TYPE_CHECKING:
    from classifiers.matcher.match import MatchResult

SIMILAR_SHOWN = 3
NEAREST_CLAIMS, MIN_SHARED = 12, 0.2
"""Claims that are looked up, and the share of the words that matter (cosine) that they have in common at least."""
MIN_LIKENESS = 0.2  # below, a likeness is chance, and reading it costs an officer time
MIN_FACT_CHECK_LIKENESS = 0.4  # compared by words alone, and there are many of them


@dataclass(frozen=True)
class SimilarClarification:
    """A published clarification with its similarity to the claim (0..100), and whether the match is certain."""

    clarification: Clarification
    likeness: int
    certain: bool


@dataclass(frozen=True)
class PossibleDuplicate:
    """A claim that may be the same, with its similarity (0..100), and whether it surely is."""

    id: int
    version: int
    title: str
    status: ClaimStatus
    likeness: int
    certain: bool


def own_and_similar_pages(claim_id: int, result: MatchResult) -> tuple[list[Clarification], list[SimilarClarification]]:
    """Return the claim's own clarifications, newest first, and the most similar published ones."""
    best = [match for match in result.matches if match.likeness >= MIN_LIKENESS][:SIMILAR_SHOWN]
    links = clarification_claim
    mine = sa.exists().where(links.c.clarification_id == Clarification.id, links.c.claim_id == claim_id)
    own = sa.select(links.c.clarification_id).where(links.c.claim_id == claim_id)
    alike = sa.select(Clarification.id).where(Clarification.id.in_([int(match.id) for match in best]))
    query = (
        sa.select(Clarification, mine)
        .where(Clarification.id.in_(sa.union_all(own, alike.correlate(None))))  # "or" would read every page
        .options(joinedload(Clarification.author).lazyload(Officer.roles))
        .order_by(Clarification.id.desc())
    )
    rows = db.session.execute(query).all()
    public = {page.id: page for page, _ in rows if page.is_public}
    similar = [
        SimilarClarification(
            public[int(match.id)], round(100 * match.likeness), result.decision == "match" and place == 0
        )
        for place, match in enumerate(best)
        if int(match.id) in public
    ]
    return [page for page, is_mine in rows if is_mine], similar


def list_possible_duplicates(claim: Claim) -> list[PossibleDuplicate]:
    """Return the claims that a waiting claim may repeat, waiting or answered ones of any age, most similar first.

    What surely repeats a claim joins it unasked; here stands what changes a detail, or tells it in other words.
    """
    from classifiers.matcher.match import Matcher

    if claim.status not in WAITING_STATUSES:
        return []
    known, text = current_match_index().known_claims(), claim.text[:HEAD_CHARACTERS]
    places = {int(known.index.id_at(place)): place for place in known.nearest_places(text, NEAREST_CLAIMS, MIN_SHARED)}
    query = sa.select(Claim.id, Claim.version, Claim.title, Claim.status).where(
        Claim.id.in_(places), Claim.id != claim.id, Claim.status.in_((*WAITING_STATUSES, ClaimStatus.CLARIFIED))
    )
    rows = {row.id: row for row in db.session.execute(query)} if places else {}
    near = [key for key in places if key in rows][:SIMILAR_SHOWN]
    if not near:
        return []
    result = Matcher([known.index.page(places[key]) for key in near], use_vectors=False).decide(text)
    return [
        PossibleDuplicate(*rows[int(match.id)], round(100 * match.likeness), match.repeated)
        for match in result.matches
        if match.likeness >= MIN_LIKENESS
    ]


def list_similar_fact_checks(result: MatchResult) -> list[Item]:
    """Return the reviews by other fact-checkers most similar to a claim, most similar first."""
    near = [int(match.id) for match in result.matches if match.likeness >= MIN_FACT_CHECK_LIKENESS]
    return load_fact_checks(near[:SIMILAR_SHOWN])
