"""Which units a text names: by name, short name, territory or office, in Indonesian, Kupang Malay and abbreviations.

1. A unit's name, its short name and its head ("Kadinkes") name it; so do a kelurahan's and a kecamatan's place names
   behind a word for the office, with their aliases and numerals ("lurah Naikoten I"). A place alone names nobody:
   things happen there.
2. A word for a kind of office names the unit whose name follows it ("lurah di Namosain", "dinas kebersihan").
3. Without a name it means the whole kind ("lurah", "puskesmas"): anyone of it may be meant. But one "kepala dinas" or
   "kadis" in a text that names a unit is the head of that one, or of none that the text tells.
4. A unit whose name stands right before a verb of force ("Satpol PP razia kos") acts against somebody.
5. A word for the people of an office ("petugas") without any of these means whoever would answer.

A unit named by mistake costs PPID Utama one click, one overlooked reads who reported it: where in doubt, it is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from classifiers.text.normalise import word_tokens
from classifiers.text.phrases import PhraseIndex
from hoax_tracker.models import District, Unit, db

Words = tuple[str, ...]

KIND_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("lurah", "kelurahan", "kalurahan", "seklur"), "kelurahan"),
    **dict.fromkeys(("camat", "kecamatan", "kacamatan", "sekcam"), "kecamatan"),
    **dict.fromkeys(("puskesmas", "pkm", "puskes", "pusk", "kapus", "pustu"), "puskesmas"),
    **dict.fromkeys(("dinas", "kadis", "sekdis"), "dinas"),
    **dict.fromkeys(("kaban",), "badan"),
    **dict.fromkeys(("kabag",), "bagian"),
    **dict.fromkeys(("rsud",), "rsud"),
}
"""Our own list: words for an office or its head that mean the whole kind where no name follows."""
NAMING_WORDS: Mapping[str, str] = {
    "kel": "kelurahan",
    "kec": "kecamatan",
    "din": "dinas",
    "dis": "dinas",
    "badan": "badan",
    "bagian": "bagian",
    "bag": "bagian",
    "rs": "rsud",
}
"""Those that mean something else, or nothing, where no name follows."""
KIND_LABELS: Mapping[str, object] = {
    "kelurahan": _l("semua kelurahan"),
    "kecamatan": _l("semua kecamatan"),
    "puskesmas": _l("semua puskesmas"),
    "dinas": _l("semua dinas"),
    "badan": _l("semua badan"),
    "bagian": _l("semua bagian"),
    "rsud": _l("RSUD"),
}
_HEAD_WORDS = frozenset(["kadis", "sekdis"])
_HEAD_BEFORE = frozenset(["kepala", "sekretaris"])
"""Before the word "dinas", as in "kepala dinas"."""
_MANY_BEFORE = frozenset(["semua", "samua", "seluruh", "segala", "setiap", "para", "kepala"])
PLACE_KINDS = ("kelurahan", "kecamatan", "puskesmas")
STAFF_WORDS = frozenset(
    [
        "petugas",
        "pegawai",
        "oknum",
        "staf",
        "staff",
        "pejabat",
        "kepala",
        "asn",
        "pns",
        "honorer",
        "bidan",
        "perawat",
        "nakes",
        "sopir",
        "satpam",
    ]
)
"""Words for the people of an office."""
_BETWEEN = frozenset(
    [
        "di",
        "ke",
        "dari",
        "pak",
        "pa",
        "bu",
        "ibu",
        "bapak",
        "kantor",
        "kelurahan",
        "kel",
        "kecamatan",
        "kec",
        "wilayah",
        "kota",
        "nya",
        "itu",
    ]
)
_MOST_BETWEEN = 2
_FEWEST_SPELT = 4


def _split_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FORCE_VERBS = _split_words(
    "ancam angkut bawa biarkan bongkar cabut gusur larang mengancam mengangkut membiarkan membongkar mencabut "
    "menggusur melarang denda mendenda meminta memaksa memeras memukul memungut menagih menahan menangkap menipu "
    "menolak mengusir menutup menyegel menyita menyuruh merazia paksa peras pukul pungut razia segel sembunyikan "
    "menyembunyikan sita suruh suru tagih tahan tangkap tipu tolak usir"
)
"""Our own list: what somebody does to others who did not ask for it."""
_BEFORE_VERBS = _split_words("akan dan kota kupang lagi mau masih mulai sedang su sudah telah")
_MOST_BEFORE_VERB = 2
# "Rumah dinas" is no office, "sakit kepala" no head of one.
_NO_OFFICE_AFTER = frozenset(
    ["rumah", "mobil", "motor", "kendaraan", "perjalanan", "uang", "baju", "pakaian", "jam", "sakit", "luka"]
)
_NUMERALS = {"satu": "1", "i": "1", "dua": "2", "ii": "2", "tiga": "3", "iii": "3", "lima": "5", "v": "5"}
_OTHER_NAMES: Mapping[str, Sequence[str]] = {
    "satpolpp": ("satpol", "pol pp", "kasatpol"),
    "pdam": ("perumda air", "air minum kota"),
    "rsud": ("sk lerik", "lerik"),
}
_MAX_WORDS = 6
_NUMBER_BEHIND = re.compile(r"(?<=[^\W\d_])(?=\d+\b)")
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CITY_BEHIND = re.compile(r"\s+Kota Kupang$", re.IGNORECASE)


@dataclass(frozen=True)
class NamedUnits:
    """The units that a text names, the kinds it means as a whole, and whether it speaks of an office's people.

    ``acting_ids``: those of the units that the text says act against somebody.
    """

    unit_ids: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()
    has_staff: bool = field(default=False, compare=False)
    acting_ids: frozenset[int] = field(default=frozenset(), compare=False)

    def __bool__(self) -> bool:
        """Tell whether any unit is named."""
        return bool(self.unit_ids or self.kinds)

    def __or__(self, other: NamedUnits) -> NamedUnits:
        """Return what either names."""
        has_staff, acting_ids = self.has_staff or other.has_staff, self.acting_ids | other.acting_ids
        return NamedUnits(self.unit_ids | other.unit_ids, self.kinds | other.kinds, has_staff, acting_ids)


class _UnitRow(NamedTuple):
    id: int
    code: str
    name: str
    short_name: str
    kind: str
    places: tuple[str, ...]


def load_unit_names() -> UnitNames:
    """Return the names of all units, closed ones as well, as they are now."""
    places: dict[str, list[str]] = {}
    for district in db.session.scalars(sa.select(District).order_by(District.id)):
        names = [district.name, *(district.aliases or ())]
        places.setdefault(district.code, []).extend(names)
        # A puskesmas bears the name of a kelurahan, and people misspell it alike.
        places.setdefault(f"puskesmas {district.name}".casefold(), []).extend(names)
    columns = (Unit.id, Unit.code, Unit.name, Unit.short_name, Unit.kind)
    rows = [
        _UnitRow(*row, places=tuple(places.get(row.code) or places.get(row.name.casefold()) or ()))
        for row in db.session.execute(sa.select(*columns).order_by(Unit.id))
    ]
    return _index_names(tuple(rows))


class UnitNames:
    """The names of units, indexed to be found in texts."""

    def __init__(self, units: Iterable[_UnitRow]) -> None:
        """Index the names."""
        self._behind: dict[str, dict[Words, set[int]]] = {}
        alone: dict[Words, set[int]] = {}
        for unit in units:
            for words in _names_alone(unit):
                alone.setdefault(words, set()).add(unit.id)
            for words in _names_behind_kind(unit):
                self._behind.setdefault(unit.kind, {}).setdefault(words, set()).add(unit.id)
        # The words for a kind are looked for in every text, whatever the names.
        for word in (*KIND_WORDS, *NAMING_WORDS):
            alone.setdefault((word,), set())
        self._named = list(alone.items())
        self._index = PhraseIndex([(words, key) for key, (words, _ids) in enumerate(self._named)])

    def find(self, text: str) -> NamedUnits:
        """Return what a text names."""
        words = _read_words(text)
        unit_ids: set[int] = set()
        acting_ids: set[int] = set()
        kinds: set[str] = set()
        kinds_of_heads: set[str] = set()
        read_to = 0
        for hit in self._index.find(words):
            if hit.start < read_to:
                continue
            named, ids = self._named[hit.key]
            before = words[hit.start - 1] if hit.start else ""
            kind = KIND_WORDS.get(named[0]) or NAMING_WORDS.get(named[0]) if len(named) == 1 else None
            if kind is not None and not ids:
                found, stop = self._find_behind(kind, words, hit.stop)
                unit_ids |= found
                acting_ids |= found if _acts_after(words, stop) else set()
                read_to = stop
                if not found and named[0] in KIND_WORDS and before not in _NO_OFFICE_AFTER:
                    (kinds_of_heads if _is_one_head(words, hit.start) else kinds).add(kind)
            else:
                unit_ids |= ids
                acting_ids |= ids if _acts_after(words, hit.stop) else set()
                read_to = hit.stop
        pairs = zip(["", *words], words, strict=False)
        has_staff = any(word in STAFF_WORDS and before not in _NO_OFFICE_AFTER for before, word in pairs)
        kinds |= kinds_of_heads if not unit_ids else set()
        return NamedUnits(frozenset(unit_ids), frozenset(kinds), has_staff, frozenset(acting_ids))

    def _find_behind(self, kind: str, words: Sequence[str], start: int) -> tuple[set[int], int]:
        """Return the units of the kind whose name follows, and where it ends; ``start`` where none does."""
        names = self._behind.get(kind, {})
        for first in range(start, start + _MOST_BETWEEN + 1):
            if not _BETWEEN.issuperset(words[start:first]):
                break
            for stop in range(min(first + _MAX_WORDS, len(words)), first, -1):
                if found := names.get(tuple(words[first:stop])):
                    return found, stop
        return set(), start


def _is_one_head(words: Sequence[str], place: int) -> bool:
    """Tell whether the word at a place means the head of one dinas ("kadis", "kepala dinas"), not of all of them."""
    first = place if words[place] in _HEAD_WORDS else place - 1
    is_head = first == place or (words[place] == "dinas" and first >= 0 and words[first] in _HEAD_BEFORE)
    return is_head and not (first > 0 and words[first - 1] in _MANY_BEFORE)


def _acts_after(words: Sequence[str], stop: int) -> bool:
    """Tell whether a verb of force follows a name that ends at ``stop``."""
    following = words[stop : stop + _MOST_BEFORE_VERB + 1]
    verb = next((place for place, word in enumerate(following) if word in _FORCE_VERBS), None)
    return verb is not None and _BEFORE_VERBS.issuperset(following[:verb])


@lru_cache(maxsize=4)
def _index_names(units: tuple[_UnitRow, ...]) -> UnitNames:
    return UnitNames(units)


def _read_words(text: str) -> list[str]:
    """Return the words of a text as names are compared: in small letters, numerals as digits, "lurahnya" as "lurah"."""
    spaced = _NUMBER_BEHIND.sub(" ", _CAMEL_CASE.sub(" ", text))
    words = (_NUMERALS.get(word, word) for word in _join_spelt_words(word_tokens(spaced)))
    return [word.removesuffix("nya") if len(word) > 6 else word for word in words]


def _join_spelt_words(words: Sequence[str]) -> Iterator[str]:
    """Yield the words with those that are spelt out written as one: "L.U.R.A.H" as "lurah"."""
    for is_spelt, run in groupby(words, key=lambda word: len(word) == 1 and word.isalpha()):
        letters = list(run)
        yield from ["".join(letters)] if is_spelt and len(letters) >= _FEWEST_SPELT else letters


def _names_alone(unit: _UnitRow) -> set[Words]:
    """Return the names that need no word for the office before them."""
    names = {unit.name, _CITY_BEHIND.sub("", unit.name), unit.short_name, *_OTHER_NAMES.get(unit.code, ())}
    if unit.kind not in PLACE_KINDS:
        short = unit.short_name.casefold()
        names.add(f"ka{short}")
        if short.startswith("set"):  # Setda has a Sekda at its head, Setwan a Sekwan
            names.add(f"sek{short.removeprefix('set')}")
        names.add(re.sub("^Sekretariat ", "Sekretaris ", unit.name))
    else:
        kind_words = [word for word, kind in KIND_WORDS.items() if kind == unit.kind]
        # Written as one word, as in a hashtag: #lurahnamosain.
        names |= {word + "".join(_read_words(place)) for word in kind_words for place in _places_of(unit)}
        # The place itself stands for its people and its streets, not for the office that bears its name.
        names -= set(_places_of(unit))
    return _readings(names)


def _names_behind_kind(unit: _UnitRow) -> set[Words]:
    """Return the names that follow a word for the office: "Kesehatan" of the Dinas Kesehatan."""
    if unit.kind in PLACE_KINDS:
        return _readings(_places_of(unit))
    rest = _name_without_kind(unit)
    parts = [part.strip() for part in re.split(r",| dan ", rest)]
    initials = ["".join(word[0] for word in part.split()) for part in parts if " " in part]
    short = re.sub("^di[sn]", "", unit.short_name, flags=re.IGNORECASE)  # "dinas kominfo" for Diskominfo
    return _readings({rest, unit.short_name, short, *parts, *initials})


def _name_without_kind(unit: _UnitRow) -> str:
    return re.sub(rf"^{re.escape(unit.kind)}\s+", "", unit.name, flags=re.IGNORECASE)


def _places_of(unit: _UnitRow) -> set[str]:
    return {_name_without_kind(unit), *unit.places}


def _readings(names: Iterable[str]) -> set[Words]:
    read = {tuple(_read_words(name)) for name in names}
    return {words for words in read | {("".join(words),) for words in read} if words and words != ("",)}
