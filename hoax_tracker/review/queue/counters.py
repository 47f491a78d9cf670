"""The two numbers in the officers' menu: what is late, and what waits for this officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import g
from flask_security import current_user

from hoax_tracker.clock import utc_now
from hoax_tracker.models import WAITING_STATUSES, Claim, Notice, NoticeKind, Officer, Question, db
from hoax_tracker.notifications import notices

ANSWERS = (NoticeKind.ANSWERED, NoticeKind.DECLINED)


@dataclass(frozen=True)
class Waits:
    """``late``: claims past their time. ``yours``: notices not seen and open questions to the officer's unit."""

    late: int = 0
    yours: int = 0


def waits(officer: Officer, now: datetime) -> Waits:
    """Return what waits, in one query."""
    late = sa.select(sa.func.count()).select_from(Claim).where(Claim.status.in_(WAITING_STATUSES), Claim.due_at < now)
    row = db.session.execute(sa.select(*(one.scalar_subquery() for one in (late, *of_officer(officer))))).one()
    return Waits(row[0], sum(row[1:]))


def of_officer(officer: Officer) -> list[sa.Select[int]]:
    """Return the queries that count what waits for the officer: a page that counts anyway asks them along."""
    told = sa.select(sa.func.count()).where(notices.unseen(officer.id), Notice.question_id.is_(None))
    asked = sa.select(sa.func.count()).where(Question.unit_id == officer.unit_id, Question.closed_at.is_(None))
    answers = sa.select(sa.func.count()).where(
        Notice.officer_id == officer.id, Notice.seen_at.is_(None), Notice.kind.in_(ANSWERS)
    )
    return [told, asked, answers]


def note(late: int, yours: int) -> None:
    """Keep for the menu of this page what was counted with its list."""
    g.waits = Waits(late, yours)


def waiting_for_me() -> Waits:
    """Return what waits for who is signed in; nothing on a page that nobody is signed in for."""
    if "waits" in g:
        known: Waits = g.waits
        return known
    return waits(current_user._get_current_object(), utc_now()) if current_user.is_authenticated else Waits()
