"""The question log: what the public asks is counted without identity, and limited per address and in total."""

from __future__ import annotations

import enum
import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import NamedTuple

import sqlalchemy as sa

from classifiers.text.normalise import LINK_WORD
from hoax_tracker.check.answers.service import CheckAnswer, answer_message
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import add_to_row
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.errors import DatabaseBusyError, HoaxTrackerError, ReadOnlyError, StorageFullError
from hoax_tracker.models import OPEN_STATUSES, AskedTogether, CheckDecision, CheckQuery, Claim, db
from hoax_tracker.privacy.redaction import redact_question

log = logging.getLogger(__name__)

QUESTIONS_A_DAY = 20_000
FORGIVEN_AFTER_MS = 200
"""Milliseconds that a resident waits for a use to be counted."""


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


def consume_check_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one question of an address. Raises RateLimitedError beyond its limit or the limit in total."""
    _spend_a_minute("check", settings.checks_per_minute, settings.checks_per_minute_in_total, who, now)


def consume_search_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one search of a program, in a count of its own, so that programs leave residents theirs."""
    _spend_a_minute("search", settings.checks_per_minute, settings.checks_per_minute_in_total, who, now)


def consume_picture_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one picture of an address. Raises RateLimitedError beyond its limit or the limit in total."""
    _spend_a_minute("picture", settings.pictures_per_minute, settings.pictures_per_minute_in_total, who, now)


def _spend_a_minute(name: str, most: int, in_total: int | None, who: str, now: datetime) -> None:
    """Count one use by an address against its limit per minute. A count that cannot be stored in time is skipped."""
    with (
        forgiven(StorageFullError, ReadOnlyError, DatabaseBusyError),
        write_transaction(None, patience_ms=FORGIVEN_AFTER_MS),
    ):
        Limit(name, most, timedelta(minutes=1), in_total).use(who, now)


def question_asked(text: str, answer: CheckAnswer) -> Question | None:
    """Return the question without personal data; None for a text without words."""
    question = redact_question(text)
    if answer.hint is not None or question.strip(".!?") in ("", LINK_WORD):
        return None
    day, digest = day_in_kupang(answer.at), hashlib.sha256(question.encode()).hexdigest()
    return Question(CountedQuestion(day, digest, answer.decision), question)


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
