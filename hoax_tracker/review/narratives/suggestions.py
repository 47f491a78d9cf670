"""Suggestions: claims that tell a claim's story in another edition, with another date, amount or place.

Candidates are the nearest claims by words, of any age and status, and those that residents sent together with it in a
chat (``asked_together``). Suggested is one that tells a decisive detail otherwise, that was seen in another wave, or
that came together with it at least TOGETHER_LEAST times. What repeats the claim within JOIN_WITHIN, or goes round at
the same time without another detail, is no new edition: such claims are merged (review/decisions/merge.py). A narrative
is suggested once, by its nearest claim; a refused pair never again, nor a narrative that holds a refused claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from classifiers.matcher.document import Document
from classifiers.matcher.same_claim import find_same_claim
from hoax_tracker.claims.accused_view import hides_words_from
from hoax_tracker.claims.earlier_answers import ChangedDetail, list_changed_details
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import (
    JOIN_WITHIN,
    AskedTogether,
    CheckQuery,
    Claim,
    ClaimStatus,
    Demand,
    NarrativeClaim,
    NarrativeRefusal,
    Officer,
    Unit,
    clarification_claim,
    db,
)
from hoax_tracker.review.narratives.listing import narrative_title_column
from hoax_tracker.review.narratives.membership import find_narrative_id
from hoax_tracker.review.narratives.wave_chart import QUIET_DAYS

QUESTION, PAGE = "question:", "page:"
LINK = clarification_claim.c
SUBJECTS_READ = 500
"""So many questions and pages of a claim are looked up, the newest first: the work of a page has a bound."""


def _count_asked_together(claim_id: int) -> Counter[int]:
    """Return how often each other claim was sent together with this one, by its id."""
    subjects = _list_subjects(claim_id)
    if not subjects:
        return Counter()
    row = AskedTogether
    one_way = sa.select(row.day, row.second.label("other"), row.count).where(row.first.in_(subjects))
    other_way = sa.select(row.day, row.first.label("other"), row.count).where(row.second.in_(subjects))
    pairs = sa.union_all(one_way, other_way).subquery()
    counts = Counter[int]()
    for other_id, _day, _other, count in db.session.execute(sa.union(_by_question(pairs), _by_page(pairs))):
        counts[other_id] += count
    del counts[claim_id]
    return counts


def _list_subjects(claim_id: int) -> list[str]:
    """Return the questions and the pages of a claim, as ``AskedTogether`` names them."""
    asked = (
        sa.select(CheckQuery.digest)
        .join(Demand, Demand.id == CheckQuery.demand_id)
        .where(Demand.claim_id == claim_id)
        .order_by(CheckQuery.id.desc())
        .limit(SUBJECTS_READ)
    )
    pages = sa.select(LINK.clarification_id).where(LINK.claim_id == claim_id)
    questions = [QUESTION + digest for digest in db.session.scalars(asked)]
    return [*dict.fromkeys(questions), *(f"{PAGE}{page}" for page in db.session.scalars(pages))]


def _by_question(pairs: Any) -> sa.Select[Any]:
    """Return the query for the claims that the others, being questions, count for."""
    digest = sa.func.substr(pairs.c.other, len(QUESTION) + 1)
    same = sa.and_(CheckQuery.day == pairs.c.day, CheckQuery.digest == digest)
    return (
        sa.select(Demand.claim_id, pairs.c.day, pairs.c.other, pairs.c.count)
        .select_from(pairs)
        .join(CheckQuery, same)
        .join(Demand, Demand.id == CheckQuery.demand_id)
        .where(Demand.claim_id.is_not(None), pairs.c.other.startswith(QUESTION))
    )


def _by_page(pairs: Any) -> sa.Select[Any]:
    """Return the query for the claims that the others, being answered pages, are about."""
    named = sa.literal(PAGE) + sa.cast(LINK.clarification_id, sa.String)
    return (
        sa.select(LINK.claim_id, pairs.c.day, pairs.c.other, pairs.c.count)
        .select_from(pairs)
        .join(clarification_claim, named == pairs.c.other)
    )


NEAREST_CLAIMS, MIN_LIKENESS = 40, 0.35
SUGGESTIONS_SHOWN, REFUSALS_SHOWN = 3, 30
TOGETHER_LEAST = 2
"""Once may be one person's day of reading; each batch counts once."""


@dataclass(frozen=True)
class NarrativeSuggestion:
    """A claim, or the narrative that it is in, and why: the details that the two claims tell differently.

    ``days_apart``: days in which neither of the two was seen. ``together``: how often residents sent both at once.
    """

    claim_id: int
    claim_title: str
    last_seen_at: datetime
    status: ClaimStatus
    narrative_id: int | None
    narrative_title: str
    differences: list[ChangedDetail]
    days_apart: int
    together: int = 0


def list_suggestions(claim: Claim, unit: Unit) -> list[NarrativeSuggestion]:
    """Return what may be one story with the claim, most similar first; nothing for a merged claim."""
    if claim.status is ClaimStatus.MERGED:
        return []
    near = [int(key) for key in current_match_index().known_claims().nearest(claim.text, NEAREST_CLAIMS, MIN_LIKENESS)]
    together = _count_asked_together(claim.id)
    often = [key for key, count in together.most_common(NEAREST_CLAIMS) if count >= TOGETHER_LEAST]
    near = list(dict.fromkeys([*near, *often]))
    rows = {row.id: row for row in _list_candidates([key for key in near if key != claim.id], unit)}
    refused_claims, refused_narratives = _list_refused(claim.id)
    mine = find_narrative_id(claim.id)
    suggestions: list[NarrativeSuggestion] = []
    seen: set[int] = set(refused_narratives) | ({mine} if mine else set())
    for key in near:
        row = rows.get(key)
        if row is None or key in refused_claims or row.narrative_id in seen or (mine and row.narrative_id):
            continue
        suggestion = _build_suggestion(claim, row, together[key])
        if suggestion is None:
            continue
        suggestions.append(suggestion)
        if row.narrative_id:
            seen.add(row.narrative_id)
        if len(suggestions) == SUGGESTIONS_SHOWN:
            break
    return suggestions


def _list_candidates(ids: Sequence[int], unit: Unit) -> Sequence[Any]:
    """Return the claims with their narrative, if any; a merged claim stands for another."""
    columns = (Claim.id, Claim.title, Claim.text, Claim.status, Claim.first_seen_at, Claim.last_seen_at)
    query = (
        sa.select(*columns, NarrativeClaim.narrative_id, narrative_title_column(NarrativeClaim.narrative_id))
        .outerjoin(NarrativeClaim, NarrativeClaim.claim_id == Claim.id)
        .where(Claim.id.in_(ids), Claim.status != ClaimStatus.MERGED, ~hides_words_from(unit))
    )
    rows: Sequence[Any] = db.session.execute(query).all() if ids else []
    return rows


def _list_refused(claim_id: int) -> tuple[set[int], set[int]]:
    """Return the ids of claims that an officer said are another story, and of the narratives that they are in.

    A merged claim counts for the one it went to, on either side.
    """
    merged = sa.orm.aliased(Claim)
    mine = sa.union_all(
        sa.select(sa.literal(claim_id)), sa.select(merged.id).where(merged.merged_into_id == claim_id)
    ).scalar_subquery()
    row = NarrativeRefusal
    others = sa.union_all(
        sa.select(row.second_claim_id).where(row.first_claim_id.in_(mine)),
        sa.select(row.first_claim_id).where(row.second_claim_id.in_(mine)),
    )
    present = sa.func.coalesce(Claim.merged_into_id, Claim.id)
    query = (
        sa.select(present, NarrativeClaim.narrative_id)
        .outerjoin(NarrativeClaim, NarrativeClaim.claim_id == present)
        .where(Claim.id.in_(others))
    )
    rows = db.session.execute(query).all()
    return {key for key, _narrative in rows}, {narrative for _key, narrative in rows if narrative}


def list_refusals(claim_id: int, unit: Unit) -> Sequence[Any]:
    """Return (id, title, who refused it, when) of the claims that are refused as this one's story, newest first.

    Without those whose words are hidden from the unit.
    """
    row = NarrativeRefusal
    other = sa.case((row.first_claim_id == claim_id, row.second_claim_id), else_=row.first_claim_id)
    query = (
        sa.select(Claim.id, Claim.title, Officer.name, row.refused_at)
        .select_from(row)
        .join(Claim, Claim.id == other)
        .join(Officer, Officer.id == row.officer_id)
        .where(sa.or_(row.first_claim_id == claim_id, row.second_claim_id == claim_id), ~hides_words_from(unit))
        .order_by(row.refused_at.desc(), Claim.id.desc())
        .limit(REFUSALS_SHOWN)
    )
    return db.session.execute(query).all()


def _build_suggestion(claim: Claim, row: Any, together: int) -> NarrativeSuggestion | None:
    """Return the suggestion of a candidate; None where it is no other edition."""
    apart, differences = _quiet_between(claim, row), list_changed_details(claim.text, row.text)
    is_edition = apart.days > QUIET_DAYS or any(detail.is_decisive for detail in differences)
    if not is_edition and together < TOGETHER_LEAST:
        return None
    if apart <= JOIN_WITHIN and find_same_claim(claim.text, [Document(str(row.id), row.title, row.text, "")]):
        return None
    return NarrativeSuggestion(
        row.id,
        row.title,
        row.last_seen_at,
        row.status,
        row.narrative_id,
        row[-1] or "",
        differences,
        apart.days,
        together,
    )


def _quiet_between(claim: Claim, row: Any) -> timedelta:
    """Return the time between the last appearance of the earlier one and the first of the later one, at least zero."""
    earlier, later = row.last_seen_at, row.first_seen_at
    apart: timedelta = max(claim.first_seen_at - earlier, later - claim.last_seen_at, timedelta(0))
    return apart
