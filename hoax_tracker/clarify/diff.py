"""A text between its author and its approver: what it would change, what was typed and not saved, and who continues it.

The approver sees a proposed change beside the public page, field by field.

What an author typed and did not save is stored while typing, offered again, and deleted once saved. It lies beside the
page, never in it: nobody else sees it, no version changes, and it overwrites nothing.

Only the author edits a text, so an author whose account is closed or without the role would block the claim for good.
Another officer may therefore take over the draft, pending page or proposal of an author who left, and becomes its
author. The earlier one still may not approve it (publication.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_date, gettext as _
from werkzeug.datastructures import MultiDict

from hoax_tracker.authority import proposals
from hoax_tracker.clarify.content import ClarificationContent, DraftForm, changed_fields
from hoax_tracker.clarify.publication import TAKEN_OVER_ACTION, find_page_proposal, is_impartial
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Clarification, Officer, RoleName, Topic, TypedText, Unit, Verdict, db


@dataclass(frozen=True)
class FieldChange:
    """A field that differs, as text; ``label`` is its name on the form."""

    label: Any
    before: str
    after: str


def compare_contents(before: ClarificationContent, after: ClarificationContent) -> list[FieldChange]:
    """Return the fields that differ, in the order of the form."""
    form = DraftForm(formdata=None, meta={"csrf": False})
    return [
        FieldChange(
            form[name].label.text,
            _format_field_value(name, getattr(before, name)),
            _format_field_value(name, getattr(after, name)),
        )
        for name in changed_fields(before, after)
    ]


def _format_field_value(name: str, value: Any) -> str:
    """Return a field's value in the form readers see."""
    if isinstance(value, (Verdict, Topic)):
        return str(value.label)
    if name in ("unit_id", "accused_unit_id"):
        unit = db.session.get(Unit, value) if value else None
        return unit.name if unit else ""
    if name == "sources":
        return "\n".join(f"{line.title} <{line.url}>" for line in value)
    if name == "picture":
        return f"{value.alt} ({value.digest[:8]})" if value else ""
    if name == "wordings":
        return "\n".join(value)
    if name == "circulated_since":
        return str(format_date(value, "d MMMM y")) if value else ""
    return str(value or "")


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


def has_left(author: Officer) -> bool:
    """Tell whether an author can no longer write: the account is closed, or lacks the role."""
    return not (author.active and author.is_a(RoleName.OFFICER))


def find_departed_author(page: Clarification) -> Officer | None:
    """Return the author of the page's unfinished work where they have left."""
    author = page.proposed_by if page.proposed_kind else None if page.number else page.author
    return author if author is not None and has_left(author) else None


def may_take_over(page: Clarification, officer: Officer) -> bool:
    """Tell whether the officer may continue the work of a departed author, which accused units may not."""
    return officer.is_a(RoleName.OFFICER) and is_impartial(page, officer)


def transfer_authorship(page: Clarification, officer: Officer) -> audit_log.AuditEntry:
    """Make the officer the author of a departed author's work, in the current transaction; return the audit detail.

    Pending work stays pending, and public text is unchanged. Raises InvalidInputError where the author is still active,
    NotAllowedError for a member of the accused unit.
    """
    author = find_departed_author(page)
    if author is None:
        raise InvalidInputError(
            "nobody left", user_message=_("Penulisnya masih bertugas, jadi tulisan ini tetap padanya.")
        )
    if not may_take_over(page, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya, "
            "jadi orang lain yang melanjutkan tulisan ini."
        )
        raise NotAllowedError("may not take over", user_message=message)
    if page.proposed_kind:
        page.proposed_by_id = officer.id
    else:
        page.author_id = officer.id
    if (waiting := find_page_proposal(page)) is not None:
        proposals.add_author(waiting, officer)
    page.version += 1
    return audit_log.AuditEntry(TAKEN_OVER_ACTION, f"clarification:{page.id}", {"from": author.id})
