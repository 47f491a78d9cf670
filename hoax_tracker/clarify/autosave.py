"""What an author typed and did not save yet: kept while typing, offered again, gone once it is saved.

It lies beside the page, never in it: nobody else sees it, no version moves, and nothing is overwritten by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from werkzeug.datastructures import MultiDict

from hoax_tracker.core.database.transactions import writing
from hoax_tracker.errors import Invalid, NotAllowed
from hoax_tracker.models import Clarification, Officer, RoleName, TypedText, db

LONGEST = 100_000
LEFT_OUT = ("csrf_token", "version", "act")
Pairs = Sequence[tuple[str, str]]


def keep(page: Clarification, pairs: Pairs, version: int, *, officer: Officer, now: datetime) -> None:
    """Keep what stands in the form now. Raises NotAllowed for who may not write, Invalid for more than a form holds."""
    if not officer.is_a(RoleName.OFFICER) or not (page.is_public or officer.id == page.author_id):
        raise NotAllowed("not the author")
    fields = [[name, value] for name, value in pairs if name not in LEFT_OUT]
    if sum(len(name) + len(value) for name, value in fields) > LONGEST:
        raise Invalid("too long to be kept")
    key = {"clarification_id": page.id, "officer_id": officer.id}
    with writing():
        db.session.merge(TypedText(**key, fields=fields, version=version, typed_at=now))


def kept(page: Clarification, officer: Officer) -> TypedText | None:
    """Return what the officer typed and did not save, if anything."""
    return db.session.get(TypedText, (page.id, officer.id))


def form_of(row: TypedText) -> MultiDict[str, str]:
    """Return the kept text as a form was sent."""
    return MultiDict((name, value) for name, value in row.fields)


def forget(clarification_id: int, officer: Officer) -> None:
    """Delete what was kept: it is saved, or not wanted."""
    with writing():
        row = db.session.get(TypedText, (clarification_id, officer.id))
        if row is not None:
            db.session.delete(row)
