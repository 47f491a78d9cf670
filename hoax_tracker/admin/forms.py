"""Administrators' forms: officers, units, topics, districts, programmes, webhooks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, StringField

from hoax_tracker.authority.row_acts import Values
from hoax_tracker.core.web.edit_forms import (
    CheckboxesField,
    ChoiceField,
    EditForm,
    LinesField,
    clean_input_text,
    max_length_rule,
    read_row_id,
    required_rule,
)
from hoax_tracker.models import RoleName, Unit, WebhookEvent, db
from hoax_tracker.organisation.units import UNIT_KINDS, list_unit_tree

ROLE_HELP = {
    RoleName.OFFICER: _l("Petugas: memilah klaim dan menyusun klarifikasi"),
    RoleName.APPROVER: _l("Penyetuju: menyetujui dan menerbitkan klarifikasi petugas lain"),
    RoleName.ADMINISTRATOR: _l("Administrator: mengelola akun, sumber, dan data kota"),
    RoleName.AUDITOR: _l("Auditor: membaca semuanya, juga log audit, dan tidak mengubah apa pun"),
}


def _required_text_field(label: Any, longest: int) -> StringField:
    return StringField(label, [required_rule(), max_length_rule(longest)], filters=[clean_input_text])


class OfficerForm(EditForm):
    """An officer's name, roles and unit."""

    name = _required_text_field(_l("Nama"), 120)
    roles = CheckboxesField(_l("Peran"), [(role.value, label) for role, label in ROLE_HELP.items()])
    unit_id = ChoiceField(_l("Perangkat daerah"), coerce=read_row_id)

    def values(self) -> Values:
        """Return the entered values."""
        return {"name": self.name.data, "roles": self.roles.data, "unit_id": self.unit_id.data}


class NewOfficerForm(OfficerForm):
    """A new officer, with the address used to sign in."""

    email = EmailField(_l("Email"), [required_rule(), max_length_rule(255)], filters=[clean_input_text])


class UnitForm(EditForm):
    """A unit and its place in the tree. The form for PPID Utama offers no parent."""

    name = _required_text_field(_l("Nama lengkap"), 200)
    short_name = _required_text_field(_l("Nama singkat"), 80)
    kind = ChoiceField(_l("Jenis"))
    parent_id = ChoiceField(_l("Induk"), coerce=read_row_id)
    is_active = BooleanField(_l("Masih aktif"))

    def values(self) -> Values:
        """Return the entered values."""
        return {
            "name": self.name.data,
            "short_name": self.short_name.data,
            "kind": self.kind.data,
            "parent_id": self.parent_id.data if "parent_id" in self else None,
            "is_active": self.is_active.data,
        }


class TopicForm(EditForm):
    """The unit that answers a topic."""

    unit_id = ChoiceField(_l("Dijawab oleh"), coerce=read_row_id)

    def values(self) -> Values:
        """Return the entered values."""
        return {"unit_id": self.unit_id.data}


class DistrictForm(EditForm):
    """A district's name and its other names."""

    name = _required_text_field(_l("Nama"), 120)
    aliases = LinesField(_l("Sebutan lain"))

    def values(self) -> Values:
        """Return the entered values."""
        return {"name": self.name.data, "aliases": self.aliases.data}


class ProgrammeForm(DistrictForm):
    """A programme or service and the unit that answers for it."""

    unit_id = ChoiceField(_l("Perangkat daerah yang menjawab"), coerce=read_row_id)

    def values(self) -> Values:
        """Return the entered values."""
        return super().values() | {"unit_id": self.unit_id.data}


class WebhookForm(EditForm):
    """An address of another service, and the events that it is told."""

    name = _required_text_field(_l("Nama"), 120)
    url = _required_text_field(_l("Alamat"), 2000)
    events = CheckboxesField(_l("Yang dikabarkan"), [(event.value, event.label) for event in WebhookEvent])
    is_active = BooleanField(_l("Menyala"))

    def values(self) -> Values:
        """Return the entered values."""
        return {name: self[name].data for name in ("name", "url", "events", "is_active")}


def offer_units(field: ChoiceField, *, empty: Any = None) -> None:
    """Offer the active units as a tree, and the present choice even if it is inactive.

    ``empty`` is the label for choosing no unit.
    """
    chosen = field.object_data
    units = [node for node in list_unit_tree() if node.unit.is_active or node.unit.id == chosen]
    pairs: list[tuple[int | None, Any]] = [(node.unit.id, f"{'– ' * node.depth}{node.unit.name}") for node in units]
    field.offer([(None, empty), *pairs] if empty else pairs)


def offer_kinds(field: ChoiceField) -> None:
    """Offer the listed kinds of units, and any other kinds that stored units have."""
    others = db.session.scalars(sa.select(Unit.kind).where(Unit.kind.not_in(UNIT_KINDS)).distinct())
    field.offer([*UNIT_KINDS.items(), *((kind, kind) for kind in others)])
