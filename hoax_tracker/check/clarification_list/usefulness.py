"""Feedback of readers: was the page useful, is it about their message? Counted once a day per connection, anonymously.

Both are suggestions: officers see the numbers, and nothing else follows from them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.rate_limiting.limiter import Limit
from hoax_tracker.models import Usefulness, db


def count_useful_answer(clarification_id: int, useful: bool, who: str, now: datetime) -> bool:
    """Count whether a page was useful; False where this connection rated it today already."""
    return count_answer_once("useful", clarification_id, "useful" if useful else "not_useful", who, now)


def count_same_message(clarification_id: int, same: bool, who: str, now: datetime) -> bool:
    """Count whether a page is about the reader's message; False where this connection said so today already."""
    return count_answer_once("same", clarification_id, "same" if same else "not_same", who, now)


def count_answer_once(question: str, clarification_id: int, column: str, who: str, now: datetime) -> bool:
    """Count an answer about a page, the first one of a connection and day."""
    with write_transaction(None):
        is_first = Limit(f"{question} {clarification_id}", 1, timedelta(days=1), is_exact=True).allows(who, now)
        if is_first:
            increment_answer_count(clarification_id, column)
    return is_first


def increment_answer_count(clarification_id: int, column: str) -> None:
    """Increment a count in the database, so that simultaneous readers both count."""
    first = insert_into(Usefulness).values({"clarification_id": clarification_id, column: 1})
    more = {column: getattr(Usefulness, column) + 1}
    db.session.execute(first.on_conflict_do_update(index_elements=["clarification_id"], set_=more))
