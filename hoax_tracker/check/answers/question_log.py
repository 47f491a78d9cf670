"""What the public asks and sees again is counted, limited per address and in total, without who it was."""

from __future__ import annotations

import enum
import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from classifiers.text.normalise import LINK_WORD
from hoax_tracker.check.answers.service import CheckAnswer, answer_message
from hoax_tracker.clock import WITA
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.rate_limiting.limiter import consume_limit, consume_limit_once
from hoax_tracker.errors import DatabaseBusyError, HoaxTrackerError, RateLimitedError, ReadOnlyError, StorageFullError
from hoax_tracker.models import OPEN_STATUSES, CheckDecision, CheckQuery, Claim, db
from hoax_tracker.privacy.redaction import redact_question

log = logging.getLogger(__name__)

SIGHTING_WINDOW = timedelta(days=1)
QUESTIONS_A_DAY = 20_000
FORGIVEN_AFTER_MS = 200
"""Milliseconds that a resident waits for a use to be counted."""


class CountedQuestion(NamedTuple):
    """A question as it is counted: by its day in Kupang, its words and how it was answered."""

    day: date
    digest: str
    decision: CheckDecision


class Question(NamedTuple):
    """A question with the words that are kept of it; "" where they were kept before."""

    asked: CountedQuestion
    text: str = ""


class SightingOutcome(enum.Enum):
    """What became of "I got this too"."""

    COUNTED = "counted"
    COUNTED_BEFORE = "counted_before"
    NOT_UNDER_REVIEW = "not_under_review"


@contextmanager
def tolerate_unwritable_disk() -> Iterator[None]:
    """Go on without counting where the disk is full or may only be read: residents are answered all the same."""
    with forgiven(StorageFullError, ReadOnlyError):
        yield


@contextmanager
def forgiven(*kinds: type[HoaxTrackerError]) -> Iterator[None]:
    """Go on without counting where the database has one of these faults."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        fault = translate_database_error(error)
        if not isinstance(fault, kinds):
            raise
        log.warning("not counted: %s", fault)


def consume_check_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one question of an address. Raises RateLimitedError past its limit or the limit in total."""
    spend_a_minute("check", settings.checks_per_minute, settings.checks_per_minute_in_total, who, settings, now)


def consume_picture_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one picture of an address. Raises RateLimitedError past its limit or the limit in total."""
    limit, total = settings.pictures_per_minute, settings.pictures_per_minute_in_total
    spend_a_minute("picture", limit, total, who, settings, now)


def spend_a_minute(name: str, limit: int, total: int | None, who: str, settings: Settings, now: datetime) -> None:
    """Count one use of an address, of so many a minute; what cannot be counted in time is forgiven."""
    minute, secret = timedelta(minutes=1), settings.secret_key
    with (
        forgiven(StorageFullError, ReadOnlyError, DatabaseBusyError),
        write_transaction(None, patience_ms=FORGIVEN_AFTER_MS),
    ):
        consume_limit(name, who, limit=limit, in_total=total, window=minute, secret=secret, now=now)


def question_asked(text: str, given: CheckAnswer) -> Question | None:
    """Return what is counted of a question, without personal data; None for a text of no words."""
    question = redact_question(text)
    if given.hint is not None or question.strip(".!?") in ("", LINK_WORD):
        return None
    day, digest = given.at.astimezone(WITA).date(), hashlib.sha256(question.encode()).hexdigest()
    return Question(CountedQuestion(day, digest, given.decision), question)


def count_question(text: str, given: CheckAnswer) -> None:
    """Count a question in the table, waiting for whoever writes there; a web process has a tally for it."""
    question = question_asked(text, given)
    if question is not None:
        count_questions({question: 1})


def count_questions(counts: Mapping[Question, int], patience_ms: int | None = None) -> None:
    """Count questions in the table, each so many times, in one transaction.

    A day keeps so many different questions and no more, or a flood from many addresses would fill the disk.
    """
    kept = Counter[date]()
    with tolerate_unwritable_disk(), write_transaction(None, patience_ms=patience_ms):
        # In one order everywhere, so that no two processes wait for each other; the words of a question first.
        for question in sorted(counts, key=lambda one: (one.asked.day, one.asked.digest, not one.text)):
            day, times = question.asked.day, counts[question]
            if increment_question(question.asked, times) or not question.text:
                continue
            kept[day] = kept[day] or count_questions_of_day(day)
            if kept[day] < QUESTIONS_A_DAY:
                save_question(question, times)
                kept[day] += 1


def increment_question(asked: CountedQuestion, times: int) -> bool:
    """Add to a question that was asked before on that day; tell whether it was."""
    again = sa.update(CheckQuery).filter_by(**asked._asdict()).values(count=CheckQuery.count + times)
    found = db.session.execute(again.returning(CheckQuery.id), execution_options={"synchronize_session": False})
    return found.first() is not None


def count_questions_of_day(day: date) -> int:
    """Return how many different questions of a day are kept."""
    query = sa.select(sa.func.count()).where(CheckQuery.day == day).select_from(CheckQuery)
    return db.session.scalar(query) or 0


def save_question(question: Question, times: int) -> None:
    """Keep a question. Two people may ask the same at once: the database adds, so that neither is lost."""
    row = question.asked._asdict() | {"text": question.text, "count": times}
    more = {"count": CheckQuery.count + times}
    db.session.execute(
        insert_into(CheckQuery).values(row).on_conflict_do_update(index_elements=CountedQuestion._fields, set_=more)
    )


def count_sighting(text: str, who: str, settings: Settings, now: datetime) -> SightingOutcome:
    """Count that an address has seen a claim under review, once a day; say what became of it."""
    waiting = answer_message(text, now).under_review
    if waiting is None:
        return SightingOutcome.NOT_UNDER_REVIEW
    is_open = sa.and_(Claim.id == waiting.claim_id, Claim.status.in_(OPEN_STATUSES))
    try:
        with write_transaction(None):
            secret = settings.secret_key
            consume_limit_once(f"sighting {waiting.claim_id}", who, window=SIGHTING_WINDOW, secret=secret, now=now)
            # The database adds; ``version`` is left alone, it is the officers'.
            db.session.execute(sa.update(Claim).where(is_open).values(sightings=Claim.sightings + 1))
            later = sa.and_(is_open, Claim.last_seen_at < now)
            db.session.execute(sa.update(Claim).where(later).values(last_seen_at=now))
    except RateLimitedError:
        return SightingOutcome.COUNTED_BEFORE
    return SightingOutcome.COUNTED
