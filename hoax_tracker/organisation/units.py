"""Units, topics, districts and programmes: administrators propose a change, a second person lets it count.

The units stay one tree below PPID Utama, its root (``Unit.is_root``), and every topic keeps a unit that answers it.
Where a unit stands decides who judges what is said about it, so nobody confirms a change in their own branch of the
tree. Queries over several units are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority.acts import ActClass
from hoax_tracker.authority.row_acts import RowAct, Values, register_row_act
from hoax_tracker.errors import DatabaseNotReadyError, InvalidInputError
from hoax_tracker.models import District, Officer, Programme, Proposal, Role, RoleName, Topic, Unit, UnitTopic, db
from hoax_tracker.organisation.channels.official_list import describe_new_mentions


@dataclass(frozen=True)
class UnitInTree:
    """A unit and its depth in the tree (0: the root)."""

    unit: Unit
    depth: int


def find_root_unit() -> Unit | None:
    """Return PPID Utama, or None where no units are loaded."""
    return db.session.scalar(sa.select(Unit).where(Unit.is_root).order_by(Unit.id).limit(1))


def require_root_unit() -> Unit:
    """Return PPID Utama. Raises DatabaseNotReadyError where no units are loaded: nobody could answer."""
    root = find_root_unit()
    if root is None:
        raise DatabaseNotReadyError("the reference data was never loaded: run hoax-tracker init")
    return root


def walk_up(unit: Unit | None) -> Iterator[Unit]:
    """Yield a unit and its ancestors, nearest first. A cycle in the rows ends the walk."""
    passed: set[int] = set()
    while unit is not None and unit.id not in passed:
        yield unit
        passed.add(unit.id)
        unit = unit.parent


def is_same_or_below(unit: Unit | None, other: Unit) -> bool:
    """Tell whether ``unit`` is ``other`` or one of its descendants.

    PPID Utama as ``other`` matches only itself, because every unit is below it.
    """
    if other.is_root:
        return unit is not None and unit.id == other.id
    return any(above.id == other.id for above in walk_up(unit))


def nearest_active_parent(unit: Unit) -> Unit | None:
    """Return the nearest active ancestor, or PPID Utama where there is none."""
    above = (ancestor for ancestor in walk_up(unit.parent) if ancestor.id != unit.id)
    return next((ancestor for ancestor in above if ancestor.is_active), None) or find_root_unit()


def list_unit_tree() -> list[UnitInTree]:
    """Return all units depth-first, siblings sorted by name; PPID Utama comes first."""
    below: dict[int | None, list[Unit]] = {}
    for unit in sorted(db.session.scalars(sa.select(Unit)), key=lambda unit: unit.name.casefold()):
        below.setdefault(unit.parent_id, []).append(unit)

    def walk_down(parent_id: int | None, depth: int) -> Iterator[UnitInTree]:
        for unit in below.get(parent_id, []):
            yield UnitInTree(unit, depth)
            yield from walk_down(unit.id, depth + 1)

    return list(walk_down(None, 0))


def list_answering_units() -> list[tuple[int, str]]:
    """Return (id, name) of the active units, which can answer: PPID Utama first, then by name."""
    query = sa.select(Unit.id, Unit.name).where(Unit.is_active).order_by(~Unit.is_root, Unit.name)
    return [(unit_id, name) for unit_id, name in db.session.execute(query)]


UNIT_KINDS = {
    "dinas": _l("Dinas"),
    "badan": _l("Badan"),
    "bagian": _l("Bagian"),
    "kecamatan": _l("Kecamatan"),
    "kelurahan": _l("Kelurahan"),
    "puskesmas": _l("Puskesmas"),
    "rsud": _l("Rumah sakit"),
    "bumd": _l("Badan usaha milik daerah"),
    "other": _l("Lainnya"),
}


UNIT_LABELS = {
    "name": _l("Nama lengkap"),
    "short_name": _l("Nama singkat"),
    "kind": _l("Jenis"),
    "parent_id": _l("Induk"),
    "is_active": _l("Masih aktif"),
}


def _find_unit(key: str) -> Unit | None:
    return db.session.get(Unit, int(key))


def _make_unit(proposal: Proposal) -> Unit:
    """Return a unit that a proposal adds, with a code of its own."""
    return Unit(code=_unused_unit_code(proposal.values["short_name"]))


def _name_unit_proposal(proposal: Proposal) -> str:
    if not proposal.before:
        return str(_("Perangkat daerah baru: %(name)s", name=proposal.values["name"]))
    return str(proposal.before["name"])


def _word_unit_value(name: str, value: Any) -> Any:
    if name == "parent_id":
        return _name_of_unit(value)
    return UNIT_KINDS.get(value, value) if name == "kind" else value


def _name_of_unit(unit_id: int | None) -> str:
    """Return the name of a unit, "" for none."""
    unit = db.session.get(Unit, unit_id) if unit_id is not None else None
    return unit.name if unit else ""


def _describe_unit_change(proposal: Proposal) -> str:
    """Return what a change of a unit brings beside its values."""
    closes = proposal.before.get("is_active") and not proposal.values["is_active"]
    moved = _("Saat berlaku, klaim dan pertanyaannya yang terbuka pindah ke atas.") if closes else ""
    return f"{moved} {describe_new_mentions(proposal)}".strip()


def _is_outside_branch(proposal: Proposal, person: Officer) -> bool:
    """Tell whether a person works neither in the unit nor below or above it, as the tree is and as it would be.

    PPID Utama, above all, counts as outside.
    """
    unit, parent_id = _find_changed_unit(proposal), proposal.values.get("parent_id")
    above = db.session.get(Unit, parent_id) if parent_id is not None else None
    if person.unit.is_root:
        return True
    return not (
        (unit is not None and is_same_or_below(person.unit, unit))
        or (unit is not None and is_same_or_below(unit, person.unit))
        or is_same_or_below(above, person.unit)
    )


def _find_changed_unit(proposal: Proposal) -> Unit | None:
    """Return the unit that a proposal changes, None for one that it adds."""
    found: Unit | None = UNITS.find_row(proposal)
    return found


def _require_valid_unit(unit: Unit | None, values: Values) -> None:
    """Raise InvalidInputError unless the units stay one tree and an inactive unit may be closed."""
    root, parent_id = find_root_unit(), values["parent_id"]
    is_root = unit is not None and unit is root
    if is_root and parent_id is not None:
        raise field_error("parent_id", _("PPID Utama tidak berinduk."))
    if not is_root:
        above = list(walk_up(db.session.get(Unit, parent_id) if parent_id is not None else None))
        if root not in above:
            raise field_error("parent_id", _("Pilih induknya. Hanya PPID Utama yang tidak berinduk."))
        if unit in above:
            raise field_error(
                "parent_id", _("Induk tidak boleh perangkat daerah ini sendiri atau salah satu bawahannya.")
            )
    if unit is not None and not values["is_active"]:
        _require_may_close(unit, is_root)


def _require_may_close(unit: Unit, is_root: bool) -> None:
    """Raise InvalidInputError where the unit must stay active.

    That holds for PPID Utama, for the unit of the last administrators, and for a unit that still answers a topic.
    """
    if is_root:
        raise field_error("is_active", _("PPID Utama tidak dapat dinonaktifkan."))
    query = sa.select(UnitTopic.topic).where(UnitTopic.unit_id == unit.id)
    topics = ", ".join(str(topic.label) for topic in db.session.scalars(query))
    if _is_last_administrators_unit(unit):
        message = _("Administrator yang terakhir bekerja di sini. Pindahkan atau angkat yang lain lebih dulu.")
        raise field_error("is_active", message)
    if topics:
        message = _("Masih menjawab topik: %(topics)s. Alihkan topik itu lebih dulu.", topics=topics)
        raise field_error("is_active", message)


def _is_last_administrators_unit(unit: Unit) -> bool:
    """Tell whether no other unit has an administrator. Officers of a closed unit cannot sign in."""
    administers = Officer.roles.any(Role.name == RoleName.ADMINISTRATOR.value)
    others = sa.select(Officer.id).join(Officer.unit).where(Officer.active, administers, Unit.is_active)
    return db.session.scalar(others.where(Unit.id != unit.id).limit(1)) is None


def _unused_unit_code(short_name: str) -> str:
    """Return an unused code derived from the short name."""
    wanted = re.sub(r"[^a-z0-9]+", "-", short_name.casefold()).strip("-")[:48] or "unit"
    used_codes = set(db.session.scalars(sa.select(Unit.code).where(Unit.code.startswith(wanted, autoescape=True))))
    numbered = (f"{wanted}-{number}" for number in range(2, len(used_codes) + 3))
    return wanted if wanted not in used_codes else next(code for code in numbered if code not in used_codes)


def list_topic_units() -> Sequence[UnitTopic]:
    """Return every topic with its answering unit, sorted by the topic's label."""
    rows = db.session.scalars(sa.select(UnitTopic).options(sa.orm.joinedload(UnitTopic.unit)))
    return sorted(rows, key=lambda row: str(row.topic.label))


def _find_topic(key: str) -> UnitTopic | None:
    return db.session.get(UnitTopic, Topic(key))


def _make_topic(proposal: Proposal) -> UnitTopic:
    """Return a row for a topic that has none."""
    return UnitTopic(topic=Topic(proposal.subject.partition(":")[2]))


def _require_valid_topic(_row: UnitTopic | None, values: Values) -> None:
    """Raise InvalidInputError for a missing or closed unit: nobody would answer."""
    unit = db.session.get(Unit, values["unit_id"]) if values["unit_id"] else None
    if unit is None or not unit.is_active:
        raise field_error("unit_id", _("Perangkat daerah itu tidak ada atau tidak aktif."))


def field_error(field: str, message: str) -> InvalidInputError:
    """Return an error that the form shows beside the field."""
    return InvalidInputError(f"{field} refused", user_message=message, field=field)


UNITS = RowAct(
    "unit",
    _l("Perangkat daerah"),
    ActClass.POWER,
    UNIT_LABELS,
    find=_find_unit,
    make=_make_unit,
    check=_require_valid_unit,
    title=_name_unit_proposal,
    effect=_describe_unit_change,
    word=_word_unit_value,
    link=lambda proposal: ("accounts.unit_list", {}),
    is_impartial=_is_outside_branch,
)
"""Registered in claims/assignment.py, which moves the open work of a unit that closes."""
TOPICS = RowAct(
    "topic",
    _l("Penjawab topik"),
    ActClass.PUBLIC,
    {"unit_id": _l("Dijawab oleh")},
    find=_find_topic,
    make=_make_topic,
    check=_require_valid_topic,
    title=lambda proposal: str(Topic(proposal.subject.partition(":")[2]).label),
    word=lambda name, value: _name_of_unit(value),
    link=lambda proposal: ("accounts.topic_list", {}),
)
register_row_act(TOPICS)


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
    return db.session.get(District, int(key))


def _find_programme(key: str) -> Programme | None:
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
    word=lambda name, value: _name_of_unit(value) if name == "unit_id" else value,
    link=lambda proposal: ("accounts.programme_list", {}),
)
register_row_act(DISTRICTS)
register_row_act(PROGRAMMES)
