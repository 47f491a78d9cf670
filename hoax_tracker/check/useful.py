"""«Apakah halaman ini membantu?»: counted once a day per connection, without who it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite

from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.errors import TooMany
from hoax_tracker.limits import spend_once
from hoax_tracker.models import Usefulness, db

ONCE_A = timedelta(days=1)


def count_useful(clarification_id: int, useful: bool, who: str, settings: Settings, now: datetime) -> bool:
    """Count what a reader said of a page; False where this connection said something about it today already."""
    try:
        with writing(None):
            spend_once(f"useful {clarification_id}", who, window=ONCE_A, secret=settings.secret_key, now=now)
            add_one(clarification_id, useful)
    except TooMany:
        return False
    return True


def add_one(clarification_id: int, useful: bool) -> None:
    """Add one to a count; the database adds, so that two readers at once both count."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    more = {"useful": Usefulness.useful + 1} if useful else {"not_useful": Usefulness.not_useful + 1}
    row = {"clarification_id": clarification_id, "useful": int(useful), "not_useful": int(not useful)}
    db.session.execute(
        insert(Usefulness).values(row).on_conflict_do_update(index_elements=["clarification_id"], set_=more)
    )


def usefulness(clarification_id: int) -> Usefulness | None:
    """Return the counts of a page; None where nobody has said anything."""
    return db.session.get(Usefulness, clarification_id)
