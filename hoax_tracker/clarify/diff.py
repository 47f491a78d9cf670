"""The differences between a proposed change and the public page, field by field, for the approver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import format_date

from hoax_tracker.clarify.content import ClarificationContent, changed_fields
from hoax_tracker.clarify.forms import DraftForm
from hoax_tracker.models import Topic, Unit, Verdict, db


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
