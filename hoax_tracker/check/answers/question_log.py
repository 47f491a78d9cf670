"""The question log: what the public asks, counted without identity, and grouped.

The matcher groups unanswered questions, so that many wordings of one question count together.

1. Questions without a certain answer and without a group are read in batches.
2. Each joins the group it repeats, else the group of a claim under examination, else it begins a group.
3. A group without a claim gets the new claim that may fit; an officer decides with one act.

Grouping computes outside the transaction that stores the result, so nobody waits for it.
"""

from __future__ import annotations

import enum
import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import NamedTuple

import sqlalchemy as sa

from classifiers.matcher.match import Document, Matcher, load_shipped_reader
from classifiers.text.normalise import LINK_WORD
from hoax_tracker.check.answers.known_wordings import find_near_claims
from hoax_tracker.check.answers.service import CheckAnswer, answer_message
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.database.upsert import add_to_row
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.errors import HoaxTrackerError, ReadOnlyError, StorageFullError
from hoax_tracker.models import OPEN_STATUSES, AskedTogether, CheckDecision, CheckQuery, Claim, ClaimStatus, Demand, db
from hoax_tracker.privacy.names import redact_question

log = logging.getLogger(__name__)

QUESTIONS_A_DAY = 20_000


class CountedQuestion(NamedTuple):
    """A counted question: its day in Kupang, its words and how it was answered."""

    day: date
    digest: str
    decision: CheckDecision


class Question(NamedTuple):
    """A question with its stored words; "" where they are stored already.

    ``also``: the columns in which it counts beside ``count``: the chat in which it was asked, and whether it was
    forwarded there.
    """

    asked: CountedQuestion
    text: str = ""
    also: tuple[str, ...] = ()


class SightingOutcome(enum.Enum):
    """The outcome of "I got this too"."""

    COUNTED = "counted"
    COUNTED_BEFORE = "counted_before"
    NOT_UNDER_REVIEW = "not_under_review"


@contextmanager
def tolerate_unwritable_disk() -> Iterator[None]:
    """Continue without counting where the disk is full or read-only: residents get their answers all the same."""
    with forgiven(StorageFullError, ReadOnlyError):
        yield


@contextmanager
def forgiven(*kinds: type[HoaxTrackerError]) -> Iterator[None]:
    """Continue without counting after one of these database errors."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        fault = translate_database_error(error)
        if not isinstance(fault, kinds):
            raise
        log.warning("not counted: %s", fault)


def question_asked(text: str, answer: CheckAnswer) -> Question | None:
    """Return the question without personal data; None for a text without words.

    The city's own words count as answered: their page stands beside them.
    """
    question = redact_question(text)
    if answer.hint is not None or question.strip(".!?") in ("", LINK_WORD):
        return None
    day, digest = day_in_kupang(answer.at), hashlib.sha256(question.encode()).hexdigest()
    decision = CheckDecision.MATCH if answer.agrees else answer.decision
    return Question(CountedQuestion(day, digest, decision), question)


def count_question(text: str, answer: CheckAnswer) -> None:
    """Count a question in the table, waiting for other writers; a web process uses the tally instead."""
    question = question_asked(text, answer)
    if question is not None:
        count_questions({question: 1})


def count_questions(counts: Mapping[Question, int], patience_ms: int | None = None) -> None:
    """Add counts of questions to the table in one transaction.

    The number of different questions a day is limited, or a flood from many addresses would fill the disk.
    """
    stored_per_day = Counter[date]()
    with tolerate_unwritable_disk(), write_transaction(None, patience_ms=patience_ms):
        # In one order everywhere, so that no two processes wait for each other; the words of a question first.
        for question in sorted(counts, key=lambda counted: (counted.asked.day, counted.asked.digest, not counted.text)):
            day, times = question.asked.day, counts[question]
            if _increment_question(question, times) or not question.text:
                continue
            stored_per_day[day] = stored_per_day[day] or _count_questions_of_day(day)
            if stored_per_day[day] < QUESTIONS_A_DAY:
                _save_question(question, times)
                stored_per_day[day] += 1


def _increment_question(question: Question, times: int) -> bool:
    """Add to a question already asked on that day; return whether it was."""
    more = {name: getattr(CheckQuery, name) + times for name in ("count", *question.also)}
    again = sa.update(CheckQuery).filter_by(**question.asked._asdict()).values(more)
    updated = db.session.execute(again.returning(CheckQuery.id), execution_options={"synchronize_session": False})
    return updated.first() is not None


def _count_questions_of_day(day: date) -> int:
    """Return how many different questions are stored for a day."""
    query = sa.select(sa.func.count()).where(CheckQuery.day == day).select_from(CheckQuery)
    return db.session.scalar(query) or 0


def _save_question(question: Question, times: int) -> None:
    """Insert a question, or add to it: two people may ask the same at once, so the database adds."""
    counts = dict.fromkeys(("count", *question.also), times)
    add_to_row(CheckQuery, question.asked._asdict(), counts, text=question.text)


def count_together(subjects: Sequence[str], now: datetime) -> None:
    """Count each two of what one person asked together (``AskedTogether``), in the current transaction. Without who."""
    for first, second in combinations(sorted({subject for subject in subjects if subject}), 2):
        add_to_row(AskedTogether, {"day": day_in_kupang(now), "first": first, "second": second}, {"count": 1})


def count_sighting(text: str, who: str, now: datetime) -> SightingOutcome:
    """Count once a day per address that a resident saw a claim under review; return the outcome."""
    waiting = answer_message(text, now).under_review
    if waiting is None:
        return SightingOutcome.NOT_UNDER_REVIEW
    is_open = sa.and_(Claim.id == waiting.claim_id, Claim.status.in_(OPEN_STATUSES))
    with write_transaction(None):
        if not Limit(f"sighting {waiting.claim_id}", 1, timedelta(days=1), is_exact=True).allows(who, now):
            return SightingOutcome.COUNTED_BEFORE
        # The database adds; ``version`` is left alone, it is the officers'.
        db.session.execute(sa.update(Claim).where(is_open).values(sightings=Claim.sightings + 1))
        later = sa.and_(is_open, Claim.last_seen_at < now)
        db.session.execute(sa.update(Claim).where(later).values(last_seen_at=now))
    return SightingOutcome.COUNTED


UNANSWERED_DECISIONS = (CheckDecision.NONE, CheckDecision.POSSIBLE)
QUESTIONS_BATCH = 50
# Newest groups that a question is compared with: more than a city asks about in a season.
GROUPS_COMPARED = 2_000
CLAIMS_COMPARED = 1_000
MIN_QUESTION_WORDS = 3
SAME_QUESTION_PROBABILITY = 0.5


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
        waiting = find_near_claims(group.text).find_under_review(group.text)
        group.claim_id = waiting.id if waiting else None
    unlinked = [group for group in groups if group.claim_id is None]
    claims = _build_matcher(_list_new_claims()) if unlinked else None
    for group in unlinked:
        group.suggested_id = find_best_match(claims, group.text, certain=False)


def _list_new_claims() -> Iterable[tuple[int, str]]:
    """Return (id, text) of the newest claims that no officer has touched."""
    query = sa.select(Claim.id, Claim.text).where(Claim.status == ClaimStatus.NEW)
    rows = db.session.execute(query.order_by(Claim.last_seen_at.desc()).limit(CLAIMS_COMPARED))
    return [(key, text) for key, text in rows]


def _build_matcher(texts: Iterable[tuple[int, str]]) -> Matcher | None:
    """Return a matcher over (id, text); None for an empty list."""
    documents = [Document(str(key), "", text, "") for key, text in texts if _has_enough_words(text)]
    return Matcher(documents) if documents else None


def _has_enough_words(text: str) -> bool:
    """Tell whether a text has enough words to be grouped: one or two words occur in many messages."""
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
    is_certain = best.repeated or (best.probability >= SAME_QUESTION_PROBABILITY and not best.tells_otherwise)
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
