"""Autosave: what an author typed and did not save, stored while typing, offered again, deleted once saved.

It is stored beside the page, never in it: nobody else sees it, no version changes, and it overwrites nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from werkzeug.datastructures import MultiDict

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Clarification, Officer, RoleName, TypedText, db

AUTOSAVE_LIMIT = 100_000
UNSAVED_FIELDS = ("csrf_token", "version", "act")
FormPairs = Sequence[tuple[str, str]]


def save_typed_text(page: Clarification, pairs: FormPairs, version: int, *, officer: Officer, now: datetime) -> None:
    """Store the present content of the form.

    Raises NotAllowedError for officers who may not write, InvalidInputError for more than a form holds.
    """
    if not officer.is_a(RoleName.OFFICER) or not (page.is_public or officer.id == page.author_id):
        raise NotAllowedError("not the author")
    fields = [[name, value] for name, value in pairs if name not in UNSAVED_FIELDS]
    if sum(len(name) + len(value) for name, value in fields) > AUTOSAVE_LIMIT:
        raise InvalidInputError("too long to be kept")
    key = {"clarification_id": page.id, "officer_id": officer.id}
    with write_transaction():
        db.session.merge(TypedText(**key, fields=fields, version=version, typed_at=now))


def find_typed_text(page: Clarification, officer: Officer) -> TypedText | None:
    """Return the officer's unsaved text, if any."""
    return db.session.get(TypedText, (page.id, officer.id))


def typed_form_data(row: TypedText) -> MultiDict[str, str]:
    """Return the unsaved text as form data."""
    return MultiDict((name, value) for name, value in row.fields)


def delete_typed_text(clarification_id: int, officer: Officer) -> None:
    """Delete the unsaved text, once it is saved or discarded."""
    with write_transaction():
        row = db.session.get(TypedText, (clarification_id, officer.id))
        if row is not None:
            db.session.delete(row)
