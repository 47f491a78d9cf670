"""Question groups: the matcher groups unanswered questions, so that many wordings of one question count together.

1. Questions without a certain answer and without a group are read in batches.
2. Each joins the group it repeats, else the group of a claim under examination, else it begins a group.
3. A group without a claim gets the new claim that may fit; an officer decides with one act.

Grouping computes outside the transaction that stores the result, so nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import CheckDecision, CheckQuery, Claim, ClaimStatus, Demand, db

if TYPE_CHECKING:
    from classifiers.matcher.match import Matcher

UNANSWERED_DECISIONS = (CheckDecision.NONE, CheckDecision.POSSIBLE)
QUESTIONS_BATCH = 50
# Newest groups that a question is compared with: more than a city asks about in a season.
GROUPS_COMPARED = 2_000
CLAIMS_COMPARED = 1_000
MIN_QUESTION_WORDS = 3
SAME_QUESTION_PROBABILITY = 0.5
EMBEDDED_AT_ONCE = 20
"""Texts that may have to be embedded for one matcher; with more, these are compared by their words alone."""


@dataclass
class QuestionGroup:
    """A group in this round: stored (``id``) or new, with the questions that join it."""

    text: str
    id: int | None = None
    claim_id: int | None = None
    suggested_id: int | None = None
    questions: list[int] = field(default_factory=list)
    days: list[date] = field(default_factory=list)


def group_questions() -> int:
    """Group waiting questions; return how many. The rest is left to the next round."""
    with read_transaction():
        waiting = _list_ungrouped_questions()
        groups = _assign_to_groups(waiting) if waiting else []
        db.session.rollback()
    if groups:
        with write_transaction(None):
            for group in groups:
                _store_group(group)
    return len(waiting)


def _list_ungrouped_questions() -> Sequence[sa.Row[int, str, str, date]]:
    """Return (id, digest, text, day) of questions without a group, oldest first."""
    return db.session.execute(
        sa.select(CheckQuery.id, CheckQuery.digest, CheckQuery.text, CheckQuery.day)
        .where(CheckQuery.demand_id.is_(None), CheckQuery.decision.in_(UNANSWERED_DECISIONS))
        .order_by(CheckQuery.id)
        .limit(QUESTIONS_BATCH)
    ).all()


def _assign_to_groups(waiting: Sequence[sa.Row[int, str, str, date]]) -> list[QuestionGroup]:
    """Return the groups that the questions join or begin."""
    groups_by_key = {
        key: QuestionGroup(text, key, claim_id)
        for key, text, claim_id in db.session.execute(
            sa.select(Demand.id, Demand.text, Demand.claim_id).order_by(Demand.last_day.desc()).limit(GROUPS_COMPARED)
        )
    }
    again = _groups_by_digest([row.digest for row in waiting])
    stored, begun = _build_matcher((key, group.text) for key, group in groups_by_key.items()), NewGroups()
    for key, digest, text, day in waiting:
        joined = groups_by_key.get(again.get(digest) or find_best_match(stored, text) or 0) or begun.find(digest, text)
        group = joined or begun.add(digest, text)
        group.questions.append(key)
        group.days.append(day)
    touched = [group for group in (*groups_by_key.values(), *begun.groups) if group.questions]
    _link_groups_to_claims([group for group in touched if group.claim_id is None])
    return touched


def _groups_by_digest(digests: Iterable[str]) -> dict[str, int]:
    """Return by digest the group of each question that was asked in the same words before."""
    query = sa.select(CheckQuery.digest, CheckQuery.demand_id).where(
        CheckQuery.digest.in_(set(digests)), CheckQuery.demand_id.is_not(None)
    )
    return {digest: demand for digest, demand in db.session.execute(query) if demand is not None}


class NewGroups:
    """The groups begun in this round; they are few, so their matcher is rebuilt for each."""

    def __init__(self) -> None:
        self.groups: list[QuestionGroup] = []
        self._by_digest: dict[str, QuestionGroup] = {}
        self._matcher: Matcher | None = None

    def find(self, digest: str, text: str) -> QuestionGroup | None:
        """Return the group that a question joins, if any."""
        if digest in self._by_digest:
            return self._by_digest[digest]
        number = find_best_match(self._matcher, text)
        return self.groups[number - 1] if number else None

    def add(self, digest: str, text: str) -> QuestionGroup:
        """Begin a group with a question."""
        group = self._by_digest[digest] = QuestionGroup(text)
        self.groups.append(group)
        self._matcher = _build_matcher((number, begun.text) for number, begun in enumerate(self.groups, 1))
        return group


def _link_groups_to_claims(groups: Sequence[QuestionGroup]) -> None:
    """Link groups to the claims under examination they repeat, or note the new claim that may fit."""
    for group in groups:
        group.claim_id = current_match_index().claim_under_review(group.text)
    left = [group for group in groups if group.claim_id is None]
    claims = _build_matcher(_list_new_claims()) if left else None
    for group in left:
        group.suggested_id = find_best_match(claims, group.text, certain=False)


def _list_new_claims() -> Iterable[tuple[int, str]]:
    """Return (id, text) of the newest claims that no officer has touched."""
    query = sa.select(Claim.id, Claim.text).where(Claim.status == ClaimStatus.NEW)
    rows = db.session.execute(query.order_by(Claim.last_seen_at.desc()).limit(CLAIMS_COMPARED))
    return [(key, text) for key, text in rows]


def _build_matcher(texts: Iterable[tuple[int, str]]) -> Matcher | None:
    """Return a matcher over (id, text); None for an empty list."""
    from classifiers.matcher.match import Document, Matcher, count_unembedded

    documents = [Document(str(key), "", text, "") for key, text in texts if _has_enough_words(text)]
    if not documents:
        return None
    return Matcher(documents, use_vectors=None if count_unembedded(documents) <= EMBEDDED_AT_ONCE else False)


def _has_enough_words(text: str) -> bool:
    """Tell whether a text has enough words to be grouped: one or two words occur in many messages."""
    from classifiers.matcher.match import load_shipped_reader

    return len(set(load_shipped_reader().read(text).stems)) >= MIN_QUESTION_WORDS


def find_best_match(matcher: Matcher | None, text: str, *, certain: bool = True) -> int | None:
    """Return the id of the text that the given one repeats, or None; ``certain`` excludes possible matches."""
    if matcher is None:
        return None
    result = matcher.decide(text)
    if result.decision == "none":
        return None
    # Short questions tell few details: likelier than not is enough to count them together.
    best = result.matches[0]
    is_certain = best.repeated or (best.probability >= SAME_QUESTION_PROBABILITY and not best.differs)
    return int(best.id) if is_certain or not certain else None


def _store_group(group: QuestionGroup) -> None:
    """Store the questions that joined a group."""
    row = db.session.get(Demand, group.id) if group.id else None
    if row is None:
        row = Demand(text=group.text, first_day=min(group.days), last_day=max(group.days))
        db.session.add(row)
        db.session.flush()
    row.first_day, row.last_day = min(row.first_day, *group.days), max(row.last_day, *group.days)
    row.claim_id = row.claim_id or group.claim_id
    row.suggested_id = row.suggested_id or group.suggested_id
    statement = sa.update(CheckQuery).where(CheckQuery.id.in_(group.questions), CheckQuery.demand_id.is_(None))
    db.session.execute(statement.values(demand_id=row.id), execution_options={"synchronize_session": False})
