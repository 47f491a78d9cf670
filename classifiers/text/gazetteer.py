"""Find places, offices, programmes and people of Kota Kupang in a text, and decide whether the city is meant.

The names are those of ``data/kupang/*.csv``. Many are ambiguous: Merdeka, Kayu Putih, "bupati", Kabupaten Kupang,
Kupang in Surabaya. Each of these has two lists of context phrases in ``data/kupang/ambiguous.csv``. The sentence
decides, then the whole text.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from classifiers.text.lexicon import Lexicon, read_csv_rows, read_word_list
from classifiers.text.memo import TEXT_CACHE_SIZE
from classifiers.text.normalise import EMPTY_LEXICON, sentence_bounds, tokenise_text, word_tokens
from classifiers.text.phrases import Hit, PhraseIndex, drop_overlapping_hits

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


def _load_gazetteer_names(folder: Path) -> Names:
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


GAZETTEER_WORD_LIMIT = 120
"""Words that are searched; later names say little about a text's subject."""

MentionKind = Literal["place", "office", "programme", "person"]

# After one of these an ambiguous word is a place name.
_BEFORE_PLACES = frozenset((
    "di", "ke", "dari", "kelurahan", "kel", "kecamatan", "kec", "camat", "lurah", "warga", "pasar",
    "puskesmas", "sd", "smp", "tk", "paud", "jalan", "jln", "jl", "daerah", "wilayah", "arah", "lewat",
    "kampung", "rt", "rw", "sekitar", "seputar", "cabang", "terminal", "halte", "gang", "orang", "kantor",
    "kader", "area", "kali", "pantai",
))  # fmt: skip
# "Kupang Timur" is a district of Kabupaten Kupang, "Kupang Jaya" a street of Surabaya.
_OTHER_KUPANG = frozenset((
    "timur", "tengah", "barat", "jaya", "krajan", "teba", "kidul", "lor", "dukuh", "gunung", "indah",
))  # fmt: skip
# Words behind an office that assign it to another government.
_OTHER_GOVERNMENT_WORDS = frozenset((
    "kabupaten", "kab", "provinsi", "prov", "ntt", "pusat", "ri", "nasional", "kementerian", "kemenkes",
    "kemendagri", "pemkab",
))  # fmt: skip


class Mention(NamedTuple):
    """A name in ``text[start:end]``; ``about_city``: Kota Kupang is meant; ``unit``: the code of the unit.

    For a building ``unit`` is its kelurahan and ``answers`` the unit that runs it.
    """

    name: str
    kind: MentionKind
    start: int
    end: int
    about_city: bool
    unit: str | None
    answers: str | None = None


class Found(NamedTuple):
    """A name in the words ``start`` to ``stop`` (exclusive) of a text; ``about_city`` as in ``Mention``."""

    start: int
    stop: int
    entry: Entry
    about_city: bool


class Gazetteer:
    """Names with the rules that distinguish the city from its namesakes."""

    def __init__(self, names: Names, lexicon: Lexicon = EMPTY_LEXICON) -> None:
        """Index the names; ``lexicon``: the one with which texts are read."""
        self.names = names
        self.lexicon = lexicon
        phrases = [
            (word_tokens(spelling, lexicon), key) for key, e in enumerate(names.entries) for spelling in e.spellings
        ]
        self._index = PhraseIndex([(words, key) for words, key in phrases if words])
        self._rules = {
            " ".join(word_tokens(term, lexicon)): _Rule.of(lists, lexicon) for term, lists in names.rules.items()
        }
        self._spellings = {(e.name, spelling.lower()): spelling for e in names.entries for spelling in e.spellings}
        # Several models of a bundle read the names of the same text.
        self.find_words = lru_cache(maxsize=TEXT_CACHE_SIZE)(self._find_words)

    @classmethod
    def from_folder(cls, folder: Path, lexicon: Lexicon = EMPTY_LEXICON) -> Gazetteer:
        """Return the gazetteer of ``data/kupang``. Missing lists count as empty."""
        return cls(_load_gazetteer_names(folder), lexicon)

    def dumps(self) -> str:
        """Return names and rules as a string for model files."""
        return self.names.dumps()

    @staticmethod
    @lru_cache(maxsize=16)
    def loads(content: str, lexicon: str) -> Gazetteer:
        """Return the gazetteer from strings of ``dumps`` and ``Lexicon.dumps``. It is cached."""
        return Gazetteer(Names.loads(content), Lexicon.loads(lexicon))

    def find(self, text: str) -> list[Mention]:
        """Return the names in the first ``GAZETTEER_WORD_LIMIT`` words, in order.

        Of overlapping names the first counts, and of several at one word the longest.
        """
        seen = tokenise_text(text, self.lexicon)
        return [
            Mention(
                entry.name, entry.kind, seen.starts[start], seen.ends[stop - 1], about_city, entry.unit, entry.answers
            )
            for start, stop, entry, about_city in self.find_words(text)
        ]

    def spelling_of(self, mention: Mention, text: str) -> str:
        """Return the listed spelling that the text uses ("Bapenda" for "bapenda"), else the full name."""
        written = " ".join(text[mention.start : mention.end].lower().split())
        return self._spellings.get((mention.name, written), mention.name)

    def _find_words(self, text: str) -> tuple[Found, ...]:
        """Return the names as positions in ``tokenise_text(text, self.lexicon)``."""
        seen = tokenise_text(text, self.lexicon)
        words = seen.words[:GAZETTEER_WORD_LIMIT]
        hits = drop_overlapping_hits(self._index.find(words))
        if not hits:
            return ()
        entries = [self.names.entries[hit.key] for hit in hits]
        reading = _Reading(text, seen.starts[:GAZETTEER_WORD_LIMIT], words, hits, entries)
        verdicts = [self._verdict(reading, number) for number in range(len(hits))]
        sure = any(verdict is True and entry.city for verdict, entry in zip(verdicts, entries, strict=True))
        elsewhere = any(entry.elsewhere for entry in entries)
        decided = [reading.by_default(number, sure, elsewhere) if v is None else v for number, v in enumerate(verdicts)]
        return tuple(Found(hit.start, hit.stop, e, v) for hit, e, v in zip(hits, entries, decided, strict=True))

    def _verdict(self, reading: _Reading, number: int) -> bool | None:
        hit, entry = reading.hits[number], reading.entries[number]
        phrase = reading.words[hit.start : hit.stop]
        if phrase[-1] == "kupang" and not _OTHER_KUPANG.isdisjoint(reading.words[hit.stop : hit.stop + 1]):
            return False
        rule = self._rules.get(" ".join(phrase)) or self._rules.get(entry.name.lower())
        if rule is not None:
            sentence = reading.sentence(hit)
            is_city = rule.decide(sentence)
            if is_city is None and sentence is not reading.padded:
                is_city = rule.decide(reading.padded)
            return True if is_city is None and entry.district and not entry.ordinary else is_city
        if entry.elsewhere:
            return False
        return True if entry.city and entry.alone else None


@dataclass(frozen=True)
class _Rule:
    city: tuple[str, ...]
    other: tuple[str, ...]

    @classmethod
    def of(cls, lists: tuple[Sequence[str], Sequence[str]], lexicon: Lexicon) -> _Rule:
        city, other = (tuple(f" {' '.join(word_tokens(phrase, lexicon))} " for phrase in phrases) for phrases in lists)
        return cls(city, other)

    def decide(self, padded: str) -> bool | None:
        city, other = _has_any_phrase(padded, self.city), _has_any_phrase(padded, self.other)
        return city if city != other else None


def _has_any_phrase(padded: str, phrases: tuple[str, ...]) -> bool:
    for phrase in phrases:  # noqa: SIM110 - asked for every name of every text, and twice as fast as ``any``
        if phrase in padded:
            return True
    return False


class _Reading:
    """A text while its names are decided."""

    def __init__(
        self, text: str, starts: list[int], words: list[str], hits: Sequence[Hit], entries: Sequence[Entry]
    ) -> None:
        self.text, self.starts, self.words, self.hits, self.entries = text, starts, words, hits, entries
        self.padded = f" {' '.join(words)} "
        self._bounds: list[int] = []

    def sentence(self, hit: Hit) -> str:
        """Return the words of a name's sentence, with a space on both sides."""
        # Few names need it, and ``cached_property`` would cost more.
        bounds = self._bounds = self._bounds or sentence_bounds(self.text)
        if len(bounds) == 2:  # a single sentence
            return self.padded
        end = bisect_right(bounds, self.starts[hit.start])
        first, last = bisect_left(self.starts, bounds[end - 1]), bisect_left(self.starts, bounds[end])
        return f" {' '.join(self.words[first:last])} "

    def by_default(self, number: int, sure: bool, elsewhere: bool) -> bool:
        """Decide a name without a decisive rule: by the text's other names, then by the word before it."""
        hit, entry = self.hits[number], self.entries[number]
        if not entry.city:
            return False
        if entry.kind == "office":
            beside = self.words[hit.stop : hit.stop + 3]
            return not _OTHER_GOVERNMENT_WORDS.intersection(beside) and (sure or not elsewhere)
        if not entry.alone and not entry.district:
            return sure
        before = self.words[hit.start - 1] if hit.start else ""
        return (sure or not elsewhere) and before in _BEFORE_PLACES
