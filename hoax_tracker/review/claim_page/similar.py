"""What stands beside a claim: why it was flagged, what resembles it, and how the office decided on nearly the same.

Why is said in at most three sentences: what speaks for a closer look, and how far it has spread. What resembles it are
clarifications that may answer it, claims that may be duplicates, and reviews by others; precedents are closed claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, ngettext
from sqlalchemy.orm import joinedload

from classifiers.matcher.match import Matcher, MatchResult
from hoax_tracker.claims.accused_view import hides_words_from
from hoax_tracker.core.database.upsert import alias_table
from hoax_tracker.items.claim_text import load_fact_checks
from hoax_tracker.match_index import HEAD_CHARACTERS, current_match_index
from hoax_tracker.models import (
    CLOSED_STATUSES,
    WAITING_STATUSES,
    Claim,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Item,
    Officer,
    Unit,
    clarification_claim,
    db,
)

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
    unit_id: int | None
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


def list_possible_duplicates(claim: Claim, unit: Unit) -> list[PossibleDuplicate]:
    """Return the claims that a waiting claim may repeat, waiting or answered ones of any age, most similar first.

    What surely repeats a claim joins it unasked; here stands what changes a detail, or tells it in other words.
    """
    if claim.status not in WAITING_STATUSES:
        return []
    known, text = current_match_index().known_claims(), claim.text[:HEAD_CHARACTERS]
    places = {int(known.index.id_at(place)): place for place in known.nearest_places(text, NEAREST_CLAIMS, MIN_SHARED)}
    query = sa.select(Claim.id, Claim.version, Claim.title, Claim.status, Claim.unit_id).where(
        Claim.id.in_(places),
        Claim.id != claim.id,
        Claim.status.in_((*WAITING_STATUSES, ClaimStatus.CLARIFIED)),
        ~hides_words_from(unit),
    )
    rows = {row.id: row for row in db.session.execute(query)} if places else {}
    near = [key for key in places if key in rows][:SIMILAR_SHOWN]
    if not near:
        return []
    result = Matcher([known.index.page(places[key]) for key in near]).decide(text)
    return [
        PossibleDuplicate(*rows[int(match.id)], round(100 * match.likeness), match.repeated)
        for match in result.matches
        if match.likeness >= MIN_LIKENESS
    ]


def list_similar_fact_checks(result: MatchResult) -> list[Item]:
    """Return the reviews by other fact-checkers most similar to a claim, most similar first."""
    near = [int(match.id) for match in result.matches if match.likeness >= MIN_FACT_CHECK_LIKENESS]
    return load_fact_checks(near[:SIMILAR_SHOWN])


NEAREST_CLOSED, MIN_NEARNESS = 40, 0.35
PRECEDENTS_SHOWN = 3
ENDING_KINDS = (
    DecisionKind.DISMISS,
    DecisionKind.NOT_A_CLAIM,
    DecisionKind.OUT_OF_SCOPE,
    DecisionKind.LINK,
    DecisionKind.CLARIFY,
)


@dataclass(frozen=True)
class Precedent:
    """A closed claim with the decision that closed it, who took it and when; ``reason`` may be empty."""

    claim_id: int
    title: str
    status: Any
    what: Any
    reason: str
    name: str
    at: datetime


def list_precedents(claim: Claim, unit: Unit) -> list[Precedent]:
    """Return the closed claims most similar in wording, with their decisions, most similar first.

    Only words are compared, because this runs for every claim. Whether two claims are the same is for the officer to
    say.
    """
    near = [int(key) for key in current_match_index().known_claims().nearest(claim.text, NEAREST_CLOSED, MIN_NEARNESS)]
    closed_claims = {row.claim_id: row for row in _list_closed_claims(near, unit)}
    return [closed_claims[key] for key in near if key in closed_claims and key != claim.id][:PRECEDENTS_SHOWN]


def _list_closed_claims(ids: Sequence[int], unit: Unit) -> list[Precedent]:
    """Return the closed ones among the claims, each with the newest decision that closed it."""
    ending, undoing = alias_table(Decision, "ending"), alias_table(Decision, "undoing")
    undone = sa.select(undoing.id).where(undoing.undoes_id == ending.id).exists()
    newest = (
        sa.select(sa.func.max(ending.id))
        .where(ending.claim_id == Claim.id, ending.kind.in_(ENDING_KINDS), ~undone)
        .correlate(Claim)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Claim.id, Claim.title, Claim.status, Decision.kind, Decision.reason, Officer.name, Decision.decided_at
        )
        .select_from(Claim)
        .join(Decision, Decision.id == newest)
        .join(Officer, Officer.id == Decision.officer_id)
        .where(Claim.id.in_(ids), Claim.status.in_(CLOSED_STATUSES), ~hides_words_from(unit))
    )
    rows = db.session.execute(query).all() if ids else []
    return [Precedent(row[0], row[1], row[2], row[3].label, row[4], row[5], row[6]) for row in rows]


WORDS_REASON = "kata yang menonjol"
"""How a reason that names single words begins (classifiers/flagger/explain.py); the others begin with a verb."""
VERBS_TOLD = 2


@dataclass(frozen=True)
class FlagReason:
    """One reason for the flag. A negative weight speaks against review. The same number marks its words in the text."""

    label: str
    weight: float

    @property
    def is_words(self) -> bool:
        """True for a reason that names single words."""
        return self.label.casefold().startswith(WORDS_REASON)


@dataclass(frozen=True)
class NumberedReason:
    """A reason as a part of a sentence, with its number in the text."""

    number: int
    words: str


@dataclass(frozen=True)
class FlagSentences:
    """``verbs`` make one sentence about the message, ``words`` another, ``spread`` is one already, or empty."""

    verbs: list[NumberedReason]
    words: list[NumberedReason]
    spread: str

    @property
    def numbers(self) -> set[str]:
        """The numbers that the sentences have: no other one is marked in the text."""
        return {str(part.number) for part in (*self.verbs, *self.words)}

    @property
    def is_silent(self) -> bool:
        """True where no reason speaks for a closer look."""
        return not (self.verbs or self.words)


def build_flag_sentences(reasons: Sequence[FlagReason], seen: int, sources: int, asked: int) -> FlagSentences:
    """Return the sentences.

    ``seen`` appearances in ``sources`` sources; ``asked``: residents who reported it, asked for it or got it too.
    """
    speaking = [(number, reason) for number, reason in enumerate(reasons, 1) if reason.weight >= 0]
    verbs = [NumberedReason(number, _lower_first(reason.label)) for number, reason in speaking if not reason.is_words]
    words = [NumberedReason(number, reason.label) for number, reason in speaking if reason.is_words]
    return FlagSentences(verbs[:VERBS_TOLD], words[:1], _describe_spread(seen, sources, asked))


def _describe_spread(seen: int, sources: int, asked: int) -> str:
    """Return one sentence on the spread; "" for a claim that was seen once and that nobody asked about."""
    if seen > 1 and asked:
        words = ngettext(
            "Kabar ini muncul %(seen)s kali, dan %(num)d warga melaporkan atau menanyakannya.",
            "Kabar ini muncul %(seen)s kali, dan %(num)d warga melaporkan atau menanyakannya.",
            asked,
            seen=seen,
        )
        return str(words)
    if seen > 1:
        return str(_("Kabar ini muncul %(seen)s kali di %(sources)s tempat.", seen=seen, sources=sources))
    asking = ngettext(
        "%(num)d warga melaporkan atau menanyakannya.", "%(num)d warga melaporkan atau menanyakannya.", asked
    )
    return str(asking) if asked else ""


def _lower_first(label: str) -> str:
    """Return the label as a part of a sentence."""
    return label[:1].lower() + label[1:]
