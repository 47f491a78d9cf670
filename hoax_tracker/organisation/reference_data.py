"""Loads the city's reference data from data/kupang.

Loading it again never overwrites an edit made in the app. A row that an administrator changed carries ``edited_at`` and
is skipped. A row missing from the files stays.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hoax_tracker.authority.proposals import confirm_as_shipped
from hoax_tracker.clock import utc_now
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import (
    EXPLAINER_FIELDS,
    ChannelKind,
    District,
    Explainer,
    Holiday,
    OfficialChannel,
    Programme,
    PublicContacts,
    Role,
    RoleName,
    TextTemplate,
    Topic,
    Unit,
    UnitTopic,
    db,
)
from hoax_tracker.organisation.channels.official_list import read_channel_value


def load_reference_data(folder: Path | None = None) -> dict[str, int]:
    """Add or update roles, units, topics, districts, programmes, templates, holidays, explainers and channels.

    Runs in the current transaction and returns how many rows of each were added or changed.
    """
    folder = folder or data_file_path("kupang")
    return {
        "roles": _load_roles(),
        "units": _load_units(folder / "units.csv"),
        "topics": _load_topics(folder / "units.csv"),
        "districts": _load_districts(folder / "districts.csv"),
        "programmes": _load_programmes(folder / "programmes.csv"),
        "templates": _load_templates(folder / "templates.csv"),
        "holidays": load_holidays(folder / "holidays.csv"),
        "explainers": _load_explainers(folder / "explainers.json"),
        "channels": _load_channels(folder / "channels.csv"),
        "contacts": _load_contacts(folder / "ppid_contact.csv", folder / "emergency.csv"),
    }


def _read_csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file with a header row."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _load_roles() -> int:
    existing = set(db.session.scalars(sa.select(Role.name)))
    missing = [role for role in RoleName if role.value not in existing]
    db.session.add_all(Role(name=role.value) for role in missing)
    return len(missing)


def _upsert_unless_edited(model: Any, key: str, rows: Mapping[str, Mapping[str, object]]) -> int:
    """Add or update the rows, each the fields by the value of ``key``; return how many changed.

    An edited row stays unchanged. The table is read once and written once.
    """
    existing = {getattr(row, key): row for row in db.session.scalars(sa.select(model))}
    count = 0
    for value, fields in rows.items():
        row = existing.get(value)
        if row is None:
            db.session.add(model(**{key: value}, **fields))
            count += 1
        elif row.edited_at is None and any(getattr(row, name) != new for name, new in fields.items()):
            for name, new in fields.items():
                setattr(row, name, new)
            count += 1
    db.session.flush()
    return count


def _load_units(path: Path) -> int:
    """Load the units. A parent may follow its children in the file, so a second pass sets the parents."""
    rows = list(_read_csv_rows(path))
    count = _upsert_unless_edited(
        Unit, "code", {row["code"]: {name: row[name] for name in ("name", "short_name", "kind")} for row in rows}
    )
    units = {unit.code: unit for unit in db.session.scalars(sa.select(Unit))}
    for row in rows:
        unit = units[row["code"]]
        if row["parent"] and unit.edited_at is None:
            unit.parent_id = units[row["parent"]].id
    db.session.flush()
    return count


def _load_topics(path: Path) -> int:
    """Load the default answering unit of each topic."""
    units = {unit.code: unit.id for unit in db.session.scalars(sa.select(Unit))}
    count = 0
    for row in _read_csv_rows(path):
        for topic in row["topics"].split():
            existing = db.session.get(UnitTopic, Topic(topic))
            if existing is None:
                db.session.add(UnitTopic(topic=Topic(topic), unit_id=units[row["code"]]))
                count += 1
            elif existing.edited_at is None and existing.unit_id != units[row["code"]]:
                existing.unit_id = units[row["code"]]
                count += 1
    db.session.flush()
    return count


def _load_districts(path: Path) -> int:
    """Load the kecamatan first, then their kelurahan."""
    count, rows = 0, list(_read_csv_rows(path))
    for is_upper in (True, False):
        ids = dict(db.session.execute(sa.select(District.code, District.id)).all())
        districts = {
            row["code"]: {
                "name": row["name"],
                "kind": row["kind"],
                "parent_id": ids.get(row["parent"]),
                "aliases": _split_name_list(row["aliases"]),
            }
            for row in rows
            if (row["kind"] == "kecamatan") == is_upper
        }
        count += _upsert_unless_edited(District, "code", districts)
    return count


def _load_programmes(path: Path) -> int:
    """Load the programmes and services that people name.

    A name that another programme got in the app is skipped.
    """
    units = {unit.code: unit.id for unit in db.session.scalars(sa.select(Unit))}
    taken = set(db.session.scalars(sa.select(Programme.name).where(Programme.code.is_distinct_from(Programme.name))))
    programmes = {
        row["name"]: {
            "name": row["name"],
            "unit_id": units.get(row["unit"]),
            "aliases": _split_name_list(row["aliases"]),
        }
        for row in _read_csv_rows(path)
        if row["name"] not in taken
    }
    return _upsert_unless_edited(Programme, "code", programmes)


def load_holidays(path: Path) -> int:
    """Load the national holidays. Days that an administrator added, changed or removed stay unchanged."""
    count = 0
    for row in _read_csv_rows(path):
        day, verified = date.fromisoformat(row["day"]), row["verified"] == "1"
        existing = db.session.get(Holiday, day)
        if existing is None:
            db.session.add(Holiday(day=day, name=row["name"], is_verified=verified))
            count += 1
        elif existing.edited_at is None and (existing.name, existing.is_verified) != (row["name"], verified):
            existing.name, existing.is_verified = row["name"], verified
            count += 1
    db.session.flush()
    return count


def _load_templates(path: Path) -> int:
    """Load the texts that drafts start with, except those edited in the app."""
    count = 0
    for row in _read_csv_rows(path):
        existing = db.session.get(TextTemplate, Topic(row["topic"]))
        texts = {"findings": row["findings"], "conclusion": row["conclusion"]}
        if existing is None:
            db.session.add(TextTemplate(topic=Topic(row["topic"]), **texts))
            count += 1
        elif existing.edited_at is None and (existing.findings, existing.conclusion) != (
            texts["findings"],
            texts["conclusion"],
        ):
            existing.findings, existing.conclusion = texts["findings"], texts["conclusion"]
            count += 1
    db.session.flush()
    return count


def _load_contacts(office_path: Path, emergency_path: Path) -> int:
    """Load the contacts that residents see, unless they were edited in the app."""
    office = next(_read_csv_rows(office_path))
    values: dict[str, object] = {name: office[name] for name in ("address", "telephone", "email", "website")}
    values["emergency"] = [
        {name: row[name] for name in ("name", "telephone", "note")} | {"cues": _split_name_list(row["cues"])}
        for row in _read_csv_rows(emergency_path)
    ]
    stored = db.session.get(PublicContacts, 1)
    if stored is None:
        db.session.add(PublicContacts(id=1, **values))
    elif stored.edited_at is None and any(getattr(stored, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(stored, name, value)
    else:
        return 0
    db.session.flush()
    return 1


def _load_explainers(path: Path) -> int:
    """Load the lessons for residents, except those edited in the app."""
    count = 0
    for lesson in json.loads(path.read_text(encoding="utf-8")):
        values = {"is_shown": True} | lesson
        held = db.session.scalar(sa.select(Explainer).where(Explainer.slug == values["slug"]))
        if held is None:
            shipped_id = confirm_as_shipped(utc_now()).id
            db.session.add(Explainer(**values, changed_at=utc_now(), confirmation_id=shipped_id))
            count += 1
        elif held.edited_at is None and any(getattr(held, name) != values[name] for name in EXPLAINER_FIELDS):
            held.confirmation_id = confirm_as_shipped(utc_now(), anew=True).id
            for name in EXPLAINER_FIELDS:
                setattr(held, name, values[name])
            held.changed_at = utc_now()
            count += 1
    db.session.flush()
    return count


def _load_channels(path: Path) -> int:
    """Load the official channels, except those that people approved or took off the list in the app."""
    count = 0
    for row in _read_csv_rows(path):
        kind = ChannelKind(row["kind"])
        value = read_channel_value(kind, row["value"])
        query = sa.select(OfficialChannel).where(OfficialChannel.kind == kind, OfficialChannel.value == value)
        channel = db.session.scalar(query)
        if channel is None:
            channel = OfficialChannel(kind=kind, value=value)
        if channel.edited_at is None and (channel.owner, channel.is_listed) != (row["owner"], True):
            channel.confirmation_id = confirm_as_shipped(utc_now(), anew=channel.id is not None).id
            channel.owner, channel.is_listed, channel.changed_at = row["owner"], True, utc_now()
            db.session.add(channel)
            count += 1
    db.session.flush()
    return count


def _split_name_list(text: str) -> list[str]:
    """Return the names in a list separated by "|"."""
    return [name.strip() for name in text.split("|") if name.strip()]
