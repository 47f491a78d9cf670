"""What the public asks and sees again is counted, limited per address, without who it was."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from classifiers.text import URL
from hoax_tracker.check.privacy import question_of
from hoax_tracker.check.service import Answer, answer
from hoax_tracker.clock import WITA
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.errors import TooMany
from hoax_tracker.index import OPEN_STATUSES
from hoax_tracker.limits import spend
from hoax_tracker.models import CheckQuery, Claim, db

ONCE_A = timedelta(days=1)


class Sighting(enum.Enum):
    """What became of "I got this too"."""

    COUNTED = "counted"
    COUNTED_BEFORE = "counted_before"
    NOT_UNDER_REVIEW = "not_under_review"


def spend_check(who: str, settings: Settings, now: datetime) -> None:
    """Count one question of an address. Raises TooMany past the limit."""
    limit, minute = settings.checks_per_minute, timedelta(minutes=1)
    with writing(None):
        spend("check", who, limit=limit, window=minute, secret=settings.secret_key, now=now)


def spend_report(who: str, settings: Settings, now: datetime) -> None:
    """Count one report of an address. Raises TooMany past the limit."""
    limit, hour = settings.reports_per_hour, timedelta(hours=1)
    with writing(None):
        spend("report", who, limit=limit, window=hour, secret=settings.secret_key, now=now)


def count_question(text: str, given: Answer) -> None:
    """Count a question by its day in Kupang, without personal data; a text of no words is not kept at all."""
    question = question_of(text)
    if given.hint is not None or question.strip(".!?") in ("", URL):
        return
    row = {
        "day": given.at.astimezone(WITA).date(),
        "digest": hashlib.sha256(question.encode()).hexdigest(),
        "text": question,
        "decision": given.decision,
        "count": 1,
    }
    with writing(None):
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        # Two people may ask the same at once: the database adds, so that neither is lost.
        again = insert(CheckQuery).values(row)
        db.session.execute(
            again.on_conflict_do_update(
                index_elements=["day", "digest", "decision"], set_={"count": CheckQuery.count + 1}
            )
        )


def count_sighting(text: str, who: str, settings: Settings, now: datetime) -> Sighting:
    """Count that an address has seen a claim under review, once a day; say what became of it."""
    waiting = answer(text, now).under_review
    if waiting is None:
        return Sighting.NOT_UNDER_REVIEW
    is_open = sa.and_(Claim.id == waiting.claim_id, Claim.status.in_(OPEN_STATUSES))
    try:
        with writing(None):
            secret = settings.secret_key
            spend("sighting", f"{who}|{waiting.claim_id}", limit=1, window=ONCE_A, secret=secret, now=now)
            # The database adds; ``version`` is left alone, it is the officers'.
            db.session.execute(sa.update(Claim).where(is_open).values(sightings=Claim.sightings + 1))
            later = sa.and_(is_open, Claim.last_seen_at < now)
            db.session.execute(sa.update(Claim).where(later).values(last_seen_at=now))
    except TooMany:
        return Sighting.COUNTED_BEFORE
    return Sighting.COUNTED
