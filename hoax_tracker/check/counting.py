"""What the public asks and sees again is counted, limited per address and in total, without who it was."""

from __future__ import annotations

import enum
import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from classifiers.text.normalise import URL
from hoax_tracker.check.service import Answer, answer
from hoax_tracker.clock import WITA
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.errors import NotWritable, StorageFull, TooMany
from hoax_tracker.faults import in_words
from hoax_tracker.limits import spend, spend_once
from hoax_tracker.models import OPEN_STATUSES, CheckDecision, CheckQuery, Claim, db
from hoax_tracker.privacy.redaction import question_of

log = logging.getLogger(__name__)

ONCE_A = timedelta(days=1)
QUESTIONS_A_DAY = 20_000


class Asked(NamedTuple):
    """A question as it is counted: by its day in Kupang, its words and how it was answered."""

    day: date
    digest: str
    decision: CheckDecision


class Sighting(enum.Enum):
    """What became of "I got this too"."""

    COUNTED = "counted"
    COUNTED_BEFORE = "counted_before"
    NOT_UNDER_REVIEW = "not_under_review"


@contextmanager
def where_it_can_be_written() -> Iterator[None]:
    """Go on without counting where the disk is full or may only be read: residents are answered all the same."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        fault = in_words(error)
        if not isinstance(fault, StorageFull | NotWritable):
            raise
        log.warning("not counted: %s", fault)


def spend_check(who: str, settings: Settings, now: datetime) -> None:
    """Count one question of an address. Raises TooMany past its limit or the limit in total."""
    limit, total, minute = settings.checks_per_minute, settings.checks_per_minute_in_total, timedelta(minutes=1)
    with where_it_can_be_written(), writing(None):
        spend("check", who, limit=limit, in_total=total, window=minute, secret=settings.secret_key, now=now)


def spend_picture(who: str, settings: Settings, now: datetime) -> None:
    """Count one picture of an address. Raises TooMany past its limit or the limit in total."""
    limit, total, minute = settings.pictures_per_minute, settings.pictures_per_minute_in_total, timedelta(minutes=1)
    with where_it_can_be_written(), writing(None):
        spend("picture", who, limit=limit, in_total=total, window=minute, secret=settings.secret_key, now=now)


def count_question(text: str, given: Answer) -> Asked | None:
    """Count a question by its day in Kupang, without personal data, and return as what it counts.

    None for a text of no words, which is not kept at all. A day keeps so many different questions and no more, or a
    flood from many addresses would fill the disk.
    """
    question = question_of(text)
    if given.hint is not None or question.strip(".!?") in ("", URL):
        return None
    day, digest = given.at.astimezone(WITA).date(), hashlib.sha256(question.encode()).hexdigest()
    asked = Asked(day, digest, given.decision)
    with where_it_can_be_written(), writing(None):
        if not counted_again(asked) and questions_kept(day) < QUESTIONS_A_DAY:
            keep_question(asked, question)
    return asked


def count_again(counts: Mapping[Asked, int]) -> None:
    """Count questions that were asked before on their day so many times more."""
    with where_it_can_be_written(), writing(None):
        for asked, times in counts.items():
            counted_again(asked, times)


def counted_again(asked: Asked, times: int = 1) -> bool:
    """Add to a question that was asked before on that day; tell whether it was."""
    again = sa.update(CheckQuery).filter_by(**asked._asdict()).values(count=CheckQuery.count + times)
    found = db.session.execute(again.returning(CheckQuery.id), execution_options={"synchronize_session": False})
    return found.first() is not None


def questions_kept(day: date) -> int:
    """Return how many different questions of a day are kept."""
    query = sa.select(sa.func.count()).where(CheckQuery.day == day).select_from(CheckQuery)
    return db.session.scalar(query) or 0


def keep_question(asked: Asked, text: str) -> None:
    """Keep a question. Two people may ask the same at once: the database adds, so that neither is lost."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row, more = asked._asdict() | {"text": text, "count": 1}, {"count": CheckQuery.count + 1}
    db.session.execute(insert(CheckQuery).values(row).on_conflict_do_update(index_elements=Asked._fields, set_=more))


def count_sighting(text: str, who: str, settings: Settings, now: datetime) -> Sighting:
    """Count that an address has seen a claim under review, once a day; say what became of it."""
    waiting = answer(text, now).under_review
    if waiting is None:
        return Sighting.NOT_UNDER_REVIEW
    is_open = sa.and_(Claim.id == waiting.claim_id, Claim.status.in_(OPEN_STATUSES))
    try:
        with writing(None):
            secret = settings.secret_key
            spend_once(f"sighting {waiting.claim_id}", who, window=ONCE_A, secret=secret, now=now)
            # The database adds; ``version`` is left alone, it is the officers'.
            db.session.execute(sa.update(Claim).where(is_open).values(sightings=Claim.sightings + 1))
            later = sa.and_(is_open, Claim.last_seen_at < now)
            db.session.execute(sa.update(Claim).where(later).values(last_seen_at=now))
    except TooMany:
        return Sighting.COUNTED_BEFORE
    return Sighting.COUNTED
