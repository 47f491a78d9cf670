"""Telling the officers who may decide that a resident objected to a page.

A job compares rows, so a resident's form waits for nobody, and an objection that nobody may decide is told to the first
officer who may.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.public_words.objections import is_decision_proposed
from hoax_tracker.clarify.objections.deciders import list_deciders
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import Notice, NoticeKind, Objection, db
from hoax_tracker.notifications import notices


def notify_deciders(now: datetime) -> int:
    """Notify who may decide about each new objection; return how many officers."""
    with read_transaction():
        waiting = db.session.scalars(_unannounced_objections()).all()
        db.session.rollback()
    notified = 0
    for objection_id in waiting:
        with write_transaction():
            notified += _notify_deciders_of(objection_id, now)
    return notified


def _unannounced_objections() -> sa.Select[int]:
    """Return the query of the ids of undecided objections that no officer got a notice of."""
    announced = sa.exists().where(Notice.objection_id == Objection.id)
    return sa.select(Objection.id).where(Objection.outcome.is_(None), ~announced).order_by(Objection.id)


def _notify_deciders_of(objection_id: int, now: datetime) -> int:
    """Notify who may decide, unless it was decided, erased or announced meanwhile; return how many.

    The notice names the page. What the resident wrote stands on the objection's own page, for those who may read it.
    """
    query = sa.select(Objection).where(Objection.id.in_(_unannounced_objections()), Objection.id == objection_id)
    row = db.session.scalar(query.options(joinedload(Objection.clarification)))
    if row is None or is_decision_proposed(row.id):
        return 0
    people = list_deciders(row.clarification, now)
    about: dict[str, Any] = {"objection_id": row.id, "text": row.clarification.title[:500]}
    return notices.notify_officers(people, NoticeKind.OBJECTED, now, **about)
