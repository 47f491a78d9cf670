"""What resembles a claim: clarifications that may answer it, claims that may be duplicates, reviews by others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.items.fact_checks import load_fact_checks
from hoax_tracker.models import OPEN_STATUSES, Claim, Clarification, Item, Officer, clarification_claim, db

if TYPE_CHECKING:
    from classifiers.matcher.match import MatchResult

SIMILAR_SHOWN = 3
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
    """A claim under examination that may be the same, with its similarity (0..100)."""

    id: int
    version: int
    title: str
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


def list_possible_duplicates(claim: Claim, result: MatchResult) -> list[PossibleDuplicate]:
    """Return the other claims under examination most similar to a waiting claim, most similar first."""
    likely = [match for match in result.matches if match.likeness >= MIN_LIKENESS and int(match.id) != claim.id][
        :SIMILAR_SHOWN
    ]
    query = sa.select(Claim.id, Claim.version, Claim.title).where(
        Claim.id.in_([int(match.id) for match in likely]), Claim.status.in_(OPEN_STATUSES)
    )
    rows_by_id = {row.id: row for row in db.session.execute(query)} if likely else {}
    # Where it is examined itself, it is its own best match, and the next one is not judged.
    sure = result.matches[0].id if result.decision == "match" else None
    return [
        PossibleDuplicate(int(match.id), row.version, row.title, round(100 * match.likeness), match.id == sure)
        for match in likely
        if (row := rows_by_id.get(int(match.id))) is not None
    ]


def list_similar_fact_checks(result: MatchResult) -> list[Item]:
    """Return the reviews by other fact-checkers most similar to a claim, most similar first."""
    near = [int(match.id) for match in result.matches if match.likeness >= MIN_FACT_CHECK_LIKENESS]
    return load_fact_checks(near[:SIMILAR_SHOWN])
