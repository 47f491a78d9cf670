"""Which answers to a question count as those of the unit that was asked.

The unit's own officers answer, or PPID Utama writes down what the unit answered outside of the program, and says by
what that is known: a letter, a call, with whom and when. Nothing else stands after the unit's name on a page.
"""

from __future__ import annotations

import sqlalchemy as sa

from hoax_tracker.core.database.upsert import alias_table
from hoax_tracker.models import Officer, Question


def _is_own_answer(question: Question) -> bool:
    """Tell whether an officer of the unit that was asked answered."""
    return question.answered_by is not None and question.answered_by.unit_id == question.unit_id


def outside_source(question: Question) -> str:
    """Return by what an answer from outside of the program is known, "" for one of the unit's own officers."""
    return (question.closed_reason or "") if question.answer and not _is_own_answer(question) else ""


def counts_as_answer() -> sa.ColumnElement[bool]:
    """Return the condition that a question has an answer of the unit that was asked."""
    officer = alias_table(Officer, "answerer")
    own = sa.exists().where(officer.id == Question.answered_by_id, officer.unit_id == Question.unit_id)
    return sa.and_(Question.answer.is_not(None), sa.or_(own, sa.func.coalesce(Question.closed_reason, "") != ""))


def outside_source_column() -> sa.ColumnElement[str]:
    """Return the column with by what an answer from outside of the program is known, "" for all others."""
    officer = alias_table(Officer, "answerer")
    own = sa.exists().where(officer.id == Question.answered_by_id, officer.unit_id == Question.unit_id)
    return sa.case((sa.or_(own, Question.answer.is_(None)), ""), else_=sa.func.coalesce(Question.closed_reason, ""))
