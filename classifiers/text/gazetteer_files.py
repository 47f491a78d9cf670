"""Read ``data/kupang/*.csv`` into the names of the gazetteer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from classifiers.text.lexicon import read_csv_rows, read_word_list

# Units that are also territories.
_TERRITORY_KINDS = ("kelurahan", "kecamatan")
# Districts with a common word or place name: "kayu putih" is mostly an oil.
_ORDINARY_DISTRICT_NAMES = (
    "Airmata", "Air Mata", "Kayu Putih", "Merdeka", "Solor", "Kota Lama", "Kota Raja", "Pasir Panjang", "Kelapa Lima",
    "Alak", "Mantasi", "Bello", "Fontein", "Oeba", "Kupang",
)  # fmt: skip
# Offices that only ``ambiguous.csv`` lists.
_AMBIGUOUS_OFFICES = ("pemkot", "wali kota", "walikota", "sekda", "dprd", "dukcapil", "bpbd", "bapenda")


@dataclass(frozen=True)
class Entry:
    """A name and its spellings.

    ``city``: it may mean Kota Kupang or its government; ``alone``: it needs no context; ``district``: a kelurahan or
    kecamatan; ``ordinary``: also an everyday word or a common place name; ``elsewhere``: in another part of the
    country; ``unit``: the code of the unit, for a building its kelurahan; ``answers``: the unit that runs the building.
    """

    name: str
    kind: Literal["place", "office", "programme", "person"]
    spellings: tuple[str, ...]
    unit: str | None = None
    city: bool = True
    alone: bool = True
    district: bool = False
    ordinary: bool = False
    elsewhere: bool = False
    answers: str | None = None


@dataclass(frozen=True)
class Names:
    """All entries; ``rules``: for each ambiguous term the phrases for and the phrases against the city."""

    entries: tuple[Entry, ...]
    rules: Mapping[str, tuple[Sequence[str], Sequence[str]]]
    unit_kinds: Mapping[str, str]

    def dumps(self) -> str:
        """Return the names as JSON."""
        content = {
            "entries": [asdict(entry) for entry in self.entries],
            "rules": {term: [list(part) for part in lists] for term, lists in self.rules.items()},
            "unit_kinds": dict(self.unit_kinds),
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True)

    @staticmethod
    def loads(content: str) -> Names:
        """Return the names that ``dumps`` wrote."""
        data: dict[str, Any] = json.loads(content)
        entries = tuple(Entry(**{**entry, "spellings": tuple(entry["spellings"])}) for entry in data["entries"])
        rules = {term: (tuple(lists[0]), tuple(lists[1])) for term, lists in data["rules"].items()}
        return Names(entries, rules, data["unit_kinds"])


def load_gazetteer_names(folder: Path) -> Names:
    """Return the names in ``folder``; its README explains the columns.

    Where rows share a spelling, the first wins in this order: district, unit, place, person, programme.
    """
    ambiguous = _read_city_list(folder, "ambiguous")
    rules = {row["term"]: (_split_cell(row["means_city_when"]), _split_cell(row["not_city_when"])) for row in ambiguous}
    units = _read_city_list(folder, "units")
    entries = [
        *(_district_entry(row) for row in _read_city_list(folder, "districts")),
        *(_unit_entry(row) for row in units),
        *(_place_entry(row) for row in _read_city_list(folder, "places")),
        *(_person_entry(row) for row in _read_city_list(folder, "people")),
        *(_programme_entry(row) for row in _read_city_list(folder, "programmes")),
    ]
    spellings = {spelling.lower() for entry in entries for spelling in entry.spellings}
    entries += [_ambiguous_entry(term, lists) for term, lists in rules.items() if term.lower() not in spellings]
    spellings |= {term.lower() for term in rules}
    places = [name for name in read_word_list(folder / "elsewhere.txt") if name.lower() not in spellings]
    entries += [Entry(name, "place", (name,), city=False, elsewhere=True) for name in places]
    return Names(tuple(entries), rules, {row["code"]: row["kind"] for row in units})


def _read_city_list(folder: Path, name: str) -> list[dict[str, str]]:
    return read_csv_rows(folder / f"{name}.csv")


def _split_cell(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _district_entry(row: Mapping[str, str]) -> Entry:
    spellings = (row["name"], *_split_cell(row["aliases"]))
    return Entry(
        row["name"],
        "place",
        spellings,
        unit=row["code"],
        district=True,
        ordinary=row["name"] in _ORDINARY_DISTRICT_NAMES,
    )


def _place_entry(row: Mapping[str, str]) -> Entry:
    kind: Literal["place", "office"] = "office" if row["kind"] == "office" else "place"
    unit = row["district"] if row["district"].startswith("kel-") else None
    city = row["owner"] == "city" or (row["owner"] == "private" and kind == "place")
    spellings, answers = (row["name"], *_split_cell(row["aliases"])), row.get("unit") or None
    return Entry(row["name"], kind, spellings, unit=unit, city=city, alone=row["rule"] == "alone", answers=answers)


def _unit_entry(row: Mapping[str, str]) -> Entry:
    land = row["kind"] in _TERRITORY_KINDS
    spellings = tuple(dict.fromkeys((row["name"], row["short_name"])))
    return Entry(
        row["name"],
        "place" if land else "office",
        spellings,
        unit=row["code"],
        alone=_is_city_by_name(row),
        district=land,
    )


def _is_city_by_name(row: Mapping[str, str]) -> bool:
    return row["kind"] in (*_TERRITORY_KINDS, "puskesmas") or "Kupang" in row["name"] or "Lerik" in row["name"]


def _person_entry(row: Mapping[str, str]) -> Entry:
    return Entry(row["name"], "person", (row["name"], *_split_cell(row["aliases"])))


def _programme_entry(row: Mapping[str, str]) -> Entry:
    city = row["owner"] == "city"
    spellings = (row["name"], *_split_cell(row["aliases"]))
    return Entry(row["name"], "programme", spellings, unit=row["unit"] or None, city=city, alone=False)


def _ambiguous_entry(term: str, lists: tuple[Sequence[str], Sequence[str]]) -> Entry:
    if term.lower() in _AMBIGUOUS_OFFICES:
        return Entry(term, "office", (term,), alone=False)
    # "Kupang" means the city by default; other terms need a phrase that says so.
    kupang = term == "Kupang"
    city = kupang or bool(lists[0])
    return Entry(term, "place", (term,), city=city, alone=False, district=kupang, ordinary=True)
