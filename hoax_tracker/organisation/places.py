"""Districts and programmes, as people name them: an administrator proposes a change, a second person confirms it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.authority.acts import ActClass
from hoax_tracker.authority.row_acts import RowAct, Values, register_row_act
from hoax_tracker.models import District, Programme, Proposal, Unit, db
from hoax_tracker.organisation.channels.new_mentions import describe_new_mentions
from hoax_tracker.organisation.units import field_error, name_of_unit

ALIAS_LONGEST = 80
ALIASES_MOST = 50


def list_districts() -> list[tuple[District, list[District]]]:
    """Return each kecamatan with its kelurahan, both sorted by name."""
    rows = db.session.scalars(sa.select(District).order_by(District.name)).all()
    return [
        (parent, [row for row in rows if row.parent_id == parent.id]) for parent in rows if parent.parent_id is None
    ]


def list_programmes() -> Sequence[Programme]:
    """Return the programmes with their units, sorted by name."""
    rows = db.session.scalars(sa.select(Programme).options(sa.orm.joinedload(Programme.unit)))
    return sorted(rows, key=lambda row: row.name.casefold())


def _find_district(key: str) -> District | None:
    """Return the district with that id."""
    return db.session.get(District, int(key))


def _find_programme(key: str) -> Programme | None:
    """Return the programme with that id."""
    return db.session.get(Programme, int(key))


def _name_place_proposal(proposal: Proposal) -> str:
    """Return what a proposal about a district or a programme is called: its present name, or the one to be."""
    return str((proposal.before or proposal.values)["name"])


def _require_valid_programme(row: Programme | None, values: Values) -> None:
    """Raise InvalidInputError unless name, unit and other names are valid."""
    _require_valid_names(row, values)
    same = sa.select(Programme.id).where(sa.func.lower(Programme.name) == values["name"].lower())
    if any(row is None or other != row.id for other in db.session.scalars(same)):
        raise field_error("name", _("Nama itu sudah dipakai program lain."))
    if values["unit_id"] is not None and db.session.get(Unit, values["unit_id"]) is None:
        raise field_error("unit_id", _("Perangkat daerah itu tidak ada."))


def _require_valid_names(_row: District | Programme | None, values: Values) -> None:
    """Raise InvalidInputError for too many other names, a too long one, or one that repeats a name."""
    aliases = values["aliases"]
    if len(aliases) > ALIASES_MOST or any(len(alias) > ALIAS_LONGEST for alias in aliases):
        message = _("Paling banyak %(n)s sebutan, masing-masing %(m)s huruf.", n=ALIASES_MOST, m=ALIAS_LONGEST)
        raise field_error("aliases", message)
    if values["name"].casefold() in (alias.casefold() for alias in aliases):
        raise field_error("aliases", _("Nama resminya tidak perlu ditulis lagi di sini."))


NAME_LABELS = {"name": _l("Nama"), "aliases": _l("Sebutan lain")}
DISTRICTS = RowAct(
    "district",
    _l("Wilayah"),
    ActClass.PUBLIC,
    NAME_LABELS,
    find=_find_district,
    check=_require_valid_names,
    title=_name_place_proposal,
    effect=describe_new_mentions,
    link=lambda proposal: ("accounts.district_list", {}),
)
PROGRAMMES = RowAct(
    "programme",
    _l("Program"),
    ActClass.PUBLIC,
    NAME_LABELS | {"unit_id": _l("Perangkat daerah yang menjawab")},
    find=_find_programme,
    make=lambda proposal: Programme(),
    check=_require_valid_programme,
    title=_name_place_proposal,
    effect=describe_new_mentions,
    word=lambda name, value: name_of_unit(value) if name == "unit_id" else value,
    link=lambda proposal: ("accounts.programme_list", {}),
)
register_row_act(DISTRICTS)
register_row_act(PROGRAMMES)
