"""Checkable details of a claim in typed slots: durations, amounts, dates, agencies, documents, colours, causes.

A message that copies a claim but changes one detail tells another claim: three months, not three weeks. A slot differs
where both texts fill it and share no value. A slot that only one text fills is ignored, because people leave out much
and add small talk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

from classifiers.text.quantities import NUMBERING_WORDS, RANGE_WORDS, WEEKDAYS, Quantity, is_same_date

DetailKind = Literal[
    "duration",
    "money",
    "share",
    "count",
    "date",
    "time",
    "place",
    "agency",
    "document",
    "colour",
    "cause",
    "scope",
    "weekday",
    "school",
    "region",
    "direction",
    "destination",
    "day_part",
    "side",
]
FOREVER_DAYS = 1e6
"""Days that stand for an endless duration."""
DURATION_TOLERANCE = 0.12
"""Relative tolerance: four weeks are a month."""

_DAYS_PER_UNIT = {
    "menit": 1 / 1440,
    "jam": 1 / 24,
    "hari": 1,
    "malam": 1,
    "minggu": 7,
    "pekan": 7,
    "bulan": 30,
    "tahun": 365,
}
_SEMESTER_DAYS = 182
_DAYS_PER_UNIT |= {"semester": _SEMESTER_DAYS, "taon": 365}
_HALF_DAY, _DAY = 12, 24
"""Hours."""
_DAY_PARTS = {"subuh": "pagi", "pagi": "pagi", "siang": "siang", "sore": "sore", "petang": "sore", "malam": "malam"}
_HOURS_AFTER_NOON = {"pagi": range(0), "siang": range(1, 6), "sore": range(1, 8), "malam": range(6, 12)}
"""Hours by the clock's twelve that lie after noon: "6 sore" is 18, "3 malam" is 3."""
_SINGLE_DURATIONS = {"sehari": 1, "seharian": 1, "seminggu": 7, "sepekan": 7, "sebulan": 30, "setahun": 365}
_DURATION_PREFIXES = frozenset(
    ("selama", "sampai", "hingga", "sudah", "hampir", "lebih", "sekitar", "genap", "cuma", "hanya")
)
_LASTING_WORDS = """
tutup kunci gembok kurung tahan libur mati padam stop henti berhenti hukum penjara lambat tunda batas laku cuti
pakai coba ungsi kosong pindah rumah skors segel sewa
"""
_LASTING = frozenset(_LASTING_WORDS.split())
"""Roots of verbs and nouns with a duration: "dikurung setahun" lasts a year, "bayar seratus ribu setahun" is a rate."""
_OPENING = frozenset(("buka", "layan", "siaga", "operasi", "jaga"))
_OPENING_REACH, _HOURS_A_DAY = 2, 24
_ENDLESS_WORDS = frozenset(("selamanya", "seterusnya", "permanen"))
_LIFELONG = ("seumur", "hidup")
_NO_DURATION_PREFIXES = frozenset(
    ("per", "tiap", "setiap", "kali", "umur", "usia", "berumur", "berusia", "ke", "tanggal")
)
"""Words that make the number of days behind them a rate, an age or a date."""
_UNTIL_WORDS = RANGE_WORDS - {"dari"}
_AGES = frozenset(("umur", "usia", "berumur", "berusia"))
_BEFORE_VALUE = frozenset(("rp", "rupiah", "jam", "pukul", "tanggal"))
_BEHIND_VALUE = frozenset(("persen", "prosen", "rupiah"))
"""Words before and behind a value that belong to it where it is shown."""
_THOUSANDS = frozenset(("ribu", "rb", "k", "juta", "jt", "jeti"))
_COUNTED_WORDS = """
orang warga jiwa kk keluarga rumah pelanggan siswa murid guru pegawai honorer penerima dosis unit ton kilo liter
kepala ekor pohon lembar titik pedagang lapak kios tenaga peserta pasien
"""
_COUNTED_NOUNS = frozenset(_COUNTED_WORDS.split())
_CLASSIFIERS = frozenset(("buah", "biji", "unit", "lembar", "batang", "ekor"))
_DOCUMENTS_WORDS = """
ktp kk sim stnk bpkb akta paspor skck ijazah npwp kia kis bpjs pbb sertifikat imb pbg nik siup nib
"""
_DOCUMENTS = frozenset(_DOCUMENTS_WORDS.split())
_UNITED_NATIONS_WORDS = "guterres perserikatan resolusi sekjen undp unesco unhcr unicef"
_UNITED_NATIONS = frozenset(_UNITED_NATIONS_WORDS.split())
_COLOUR_WORDS = "merah kuning hijau biru hitam putih coklat abu ungu oranye pink jernih"
_COLOURS = {word: word for word in _COLOUR_WORDS.split()}
_COLOURS |= {"cokelat": "coklat", "jingga": "oranye", "bening": "jernih"}
_SCHOOL_WORDS = "paud tk sd smp sma smk mts slb"
SCHOOLS = {word: word for word in _SCHOOL_WORDS.split()}
SCHOOLS |= {f"{word}n": word for word in ("tk", "sd", "smp", "sma", "smk", "mts", "slb")}
_FINISHED = frozenset(("tamat", "lulus"))
"""Words that make the school behind them the one that somebody left: "anaknya baru lulus SD"."""
_LISTING = frozenset(("dan", "atau", "sampai", *SCHOOLS))
_UNTIL = "sd"
"""Before a day or a number that ends a range: "Senin s.d. Rabu". Elsewhere it is a primary school."""
AGENCIES = {
    "polisi": "polisi", "polresta": "polisi", "polres": "polisi", "polda": "polisi", "tni": "tni", "koramil": "tni",
    "satpol": "satpol", "pln": "pln", "pdam": "pdam", "pertamina": "pertamina", "bmkg": "bmkg", "bulog": "bulog",
    "dprd": "dprd",
    "kejaksaan": "kejaksaan", "kejari": "kejaksaan", "gubernur": "provinsi", "bupati": "kabupaten", "bpbd": "bpbd",
    "kemensos": "kementerian", "kemenkes": "kementerian", "kementerian": "kementerian", "basarnas": "basarnas",
}  # fmt: skip
_BECAUSE_WORDS = frozenset(("karena", "gara", "sebab", "akibat", "lantaran", "disebabkan", "dikarenakan", "gegara"))
_NO_CAUSE_WORDS = _BECAUSE_WORDS | {"tidak", "tak", "bukan", "belum", "sonde"}
"""Words that tell no cause by themselves: two things that are lacking are not one."""
_NEGATING = _NO_CAUSE_WORDS - _BECAUSE_WORDS
_RESULT_WORDS = frozenset(("jadi", "maka", "makanya", "sehingga", "supaya", "tapi", "padahal", "lalu"))
"""Words that end a cause within its clause: what follows is its result or something else."""
_CAUSE_WORDS, _CAUSE_STEMS = 8, 4
"""Words behind "because" that are searched, and how many stems of them tell the cause."""
_ALL_WORDS = frozenset(("semua", "seluruh", "setiap", "segala", "serentak", "total"))
_ONLY_WORDS = frozenset(("hanya", "cuma", "khusus", "sebagian", "kecuali"))
_SUNDAY = "minggu"
"""Also "week"; it is a day only after "hari"."""
_WEEKDAYS = WEEKDAYS - {_SUNDAY}
_RANGE_ENDS = frozenset(("minggu", "selesai", "seterusnya", "akhir", "besok", "lusa"))
_REGIONS = {"kota": "city", "kabupaten": "regency", "kab": "regency"}
_REGION_NAME = "kupang"
"""City and regency share this name and are two governments."""
_OPPOSITES = (("naik", "turun"), ("tambah", "kurang"), ("mahal", "murah"), ("buka", "tutup"))
_SIDES = {stem: f"{side} {number}" for number, pair in enumerate(_OPPOSITES) for side, stem in enumerate(pair)}
"""Stems that tell the opposite of each other, by side and number of their pair."""
_DENIED_BEFORE = 2
_FROM_AND_TO = {"dari": "from", "ke": "to", "kepada": "to"}
"""Words that tell on which side of what happens the next noun is: who gives or gets, from where or to where."""
_SIDE_REACH = 3
_ASKING_WORDS = "minta tagih nagih pungut mungut tarik narik denda pajak jual tanya"
_ASKING = frozenset(_ASKING_WORDS.split())
"""Stems of what is done "kepada" whoever then gives: "menagih pajak kepada pedagang" takes it from them."""
_ASKING_REACH = 8
_NO_SIDES = frozenset(("grup", "group", "jam", "pukul"))
"""Where a message comes from is no part of its claim ("saya teruskan dari grup"), and hours are compared as such."""
_MONTH_WORDS = """
januari februari maret april mei juni juli agustus september oktober november desember
"""
_MONTHS = frozenset(_MONTH_WORDS.split())
_YEAR = re.compile(r"(?:19|20)\d\d")
_CLAUSE_BREAK = re.compile(r"[,;.!?\n()]")
_SHOWN_CHARACTERS = 40


class Detail(NamedTuple):
    """A value in a slot; ``shown``: the value as the text writes it.

    ``is_implied``: the text does not tell it in words; a programme implies the office that runs it. ``is_vague``: an
    hour of which the text does not tell whether it is before or after noon.
    """

    kind: DetailKind
    value: str | float
    shown: str
    is_implied: bool = False
    is_vague: bool = False


TOLD_KINDS: frozenset[DetailKind] = frozenset(
    ("duration", "money", "share", "count", "date", "time", "place", "agency", "document", "colour", "school")
)
"""Slots that a claim may turn on. Causes and scopes have many wordings, and long messages name other days."""
CONTRASTED_KINDS: frozenset[DetailKind] = frozenset(("region", "direction", "destination", "day_part", "side"))
"""Slots that tell two texts apart where both fill them. To share "Kota Kupang" or "naik" tells nothing of a claim, a
destination is a place already, "Sabtu malam" a day, and "dari warga" people."""
DECISIVE_KINDS = TOLD_KINDS | CONTRASTED_KINDS
"""Slots in which a difference decides by itself."""


class Difference(NamedTuple):
    """A detail that message and claim tell differently, as each writes it."""

    kind: DetailKind
    yours: str
    theirs: str


class ToldWords(NamedTuple):
    """A text as its details are read from it.

    ``words``: clean words in order, long names by their short form; ``stems``: the stem of each, "" for words without
    content; ``starts`` and ``ends``: where each is written in ``text``.
    """

    text: str
    words: Sequence[str]
    stems: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]

    def shown(self, start: int, stop: int) -> str:
        """Return the words ``start`` to ``stop`` as written, shortened between words."""
        return shorten_written(self.text[self.starts[start] : self.ends[stop - 1]])

    def clause_end(self, position: int) -> int:
        """Return the position behind the last word of the clause that a word stands in."""
        for after in range(position + 1, len(self.words)):
            if _CLAUSE_BREAK.search(self.text[self.ends[after - 1] : self.starts[after]]):
                return after
        return len(self.words)


def shorten_written(written: str) -> str:
    """Return a piece of a text on one line; words that exceed ``_SHOWN_CHARACTERS`` are left out, but for the first."""
    first, *others = written.split() or [""]
    shown = first[:_SHOWN_CHARACTERS]
    for word in others:
        if len(shown) + 1 + len(word) > _SHOWN_CHARACTERS:
            break
        shown += f" {word}"
    return shown


def read_details(
    tokens: ToldWords,
    numbers: Sequence[Quantity],
    offices: Sequence[tuple[str, str]],
    places: Sequence[tuple[str, str]],
    destinations: Sequence[tuple[str, str]] = (),
) -> Iterator[Detail]:
    """Yield the details of a text.

    ``numbers``: its quantities; ``offices``: codes of units, each with the office's spelling in the text, "" where only
    a programme is named; ``places``: names, each with its spelling in the text, in its order; ``destinations``: those
    of them that something or somebody goes to.
    """
    words, stems, shown = tokens.words, tokens.stems, tokens.shown
    for number in numbers:
        if detail := _find_number_detail(number, words, stems, shown):
            yield detail
    for position, word in enumerate(words):
        if word in _SINGLE_DURATIONS and _may_last(position, words, stems):
            yield Detail("duration", _SINGLE_DURATIONS[word], shown(position, position + 1))
        elif word in _ENDLESS_WORDS or (word == _LIFELONG[0] and words[position + 1 : position + 2] == [_LIFELONG[1]]):
            yield Detail("duration", FOREVER_DAYS, shown(position, position + 1 + (word == _LIFELONG[0])))
        elif word in _DOCUMENTS:
            yield Detail("document", _document_of(word, words), shown(position, position + 1))
        elif word in _COLOURS:
            yield Detail("colour", _COLOURS[word], shown(position, position + 1))
        elif word in SCHOOLS and not _is_until(position, words) and not _is_finished(position, words):
            yield Detail("school", SCHOOLS[word], shown(position, position + 1))
        elif word in AGENCIES:
            patrol = word == "polisi" and words[position + 1 : position + 2] == ["pamong"]
            yield Detail("agency", "satpol" if patrol else AGENCIES[word], shown(position, position + 1))
        elif word in _BECAUSE_WORDS:
            yield from _iterate_causes(position, tokens)
        elif word in _WEEKDAYS or (word == _SUNDAY and position and words[position - 1] == "hari"):
            day = "ahad" if word == _SUNDAY else word
            yield Detail("weekday", day, shown(position, position + 1))
            if part := _DAY_PARTS.get("".join(words[position + 1 : position + 2])):
                yield Detail("day_part", f"{part} {day}", shown(position, position + 2))
        elif word in _REGIONS and words[position + 1 : position + 2] == [_REGION_NAME]:
            yield Detail("region", _REGIONS[word], shown(position, position + 2))
        elif stems[position] in _SIDES and _NEGATING.isdisjoint(words[max(0, position - _DENIED_BEFORE) : position]):
            yield Detail("direction", _SIDES[stems[position]], shown(position, position + 1))
        elif word in _FROM_AND_TO:
            yield from _iterate_sides(position, tokens)
        elif word in _ALL_WORDS or word in _ONLY_WORDS:
            yield Detail("scope", "all" if word in _ALL_WORDS else "some", shown(position, position + 1))
    yield from (Detail("agency", code, written or code, not written) for code, written in offices if code.islower())
    yield from (Detail("place", name, written) for name, written in places)
    yield from (Detail("destination", name, written) for name, written in destinations)


def _document_of(word: str, words: Sequence[str]) -> str:
    """Return which document a word names: beside the secretary-general, "PBB" is the United Nations and no tax."""
    return "united nations" if word == "pbb" and not _UNITED_NATIONS.isdisjoint(words) else word


def _is_until(position: int, words: Sequence[str]) -> bool:
    """Tell whether "sd" joins the ends of a range: "Senin sd Rabu", not "SD 5", a school by its number."""
    if words[position] != _UNTIL or not 0 < position < len(words) - 1:
        return False
    before, after = words[position - 1], words[position + 1]
    is_range_of_days = after in _WEEKDAYS or after in _RANGE_ENDS
    return is_range_of_days or (after[0].isdigit() and (before[0].isdigit() or before in _MONTHS))


def _is_finished(position: int, words: Sequence[str]) -> bool:
    """Tell whether a school is left for another one, which stands further on: "anaknya baru lulus SD, masuk SMP"."""
    if not position or words[position - 1] not in _FINISHED:
        return False
    behind = words[position + 1 :]
    return not _LISTING.intersection(behind[:1]) and not SCHOOLS.keys().isdisjoint(behind[1:])


def _iterate_sides(position: int, tokens: ToldWords) -> Iterator[Detail]:
    """Yield the noun behind a word for from or to, and on which side it stands."""
    words, stems = tokens.words, tokens.stems
    for place in range(position + 1, min(position + 1 + _SIDE_REACH, len(words))):
        if words[place] in _FROM_AND_TO or words[place] in _NO_SIDES:
            return
        if stems[place] and not words[place][0].isdigit():
            break
    else:
        return
    side = _FROM_AND_TO[words[position]]
    is_asked = side == "to" and not _ASKING.isdisjoint(stems[max(0, position - _ASKING_REACH) : position])
    if not is_asked:
        yield Detail("side", f"{side} {stems[place]}", tokens.shown(position, place + 1))


WrittenWords = Callable[[int, int], str]
"""Returns the words ``start`` to ``stop`` of a text as written."""


def _find_number_detail(
    number: Quantity, words: Sequence[str], stems: Sequence[str], shown: WrittenWords
) -> Detail | None:
    """Return the duration, amount or count that a number gives, or None where it only numbers something ("RT 5")."""
    kind, value, start, stop = number
    before, after = (words[start - 1] if start else ""), (words[stop] if stop < len(words) else "")
    if kind == "time":
        ends_range = before in _UNTIL_WORDS or before[:1].isdigit()  # the hour that begins it is compared
        return None if ends_range else _read_hour(number, words, shown)
    if kind != "count":
        return Detail(kind, value, shown(start - (before in _BEFORE_VALUE), stop + (after in _BEHIND_VALUE)))
    if before in NUMBERING_WORDS:
        return None
    if after in _DAYS_PER_UNIT:
        if not _AGES.isdisjoint(words[max(0, start - 2) : start]):
            return None
        # "satu bulan" is a duration only after words such as "selama". Otherwise it is a date or a rate.
        rate = before in _NO_DURATION_PREFIXES or (words[start] == "satu" and not _may_last(start, words, stems))
        rate = rate or _is_opening_time(after, value, stems[max(0, start - _OPENING_REACH) : start])
        return None if rate else Detail("duration", value * _DAYS_PER_UNIT[after], shown(start, stop + 1))
    if _YEAR.fullmatch(words[start]):
        return None
    if words[stop - 1] in _THOUSANDS and after not in _COUNTED_NOUNS:
        return Detail("money", value, shown(start, stop))
    noun = after if after in _COUNTED_NOUNS else stems[stop] if after and after not in _CLASSIFIERS else ""
    return Detail("count", f"{value:g} {noun}", shown(start, stop + 1)) if noun and not noun[0].isdigit() else None


def _read_hour(number: Quantity, words: Sequence[str], shown: WrittenWords) -> Detail:
    """Return an hour as one of 24 where the text tells the half of the day: "6 sore", "malam jam 11", "06.00"."""
    _, hour, start, stop = number
    behind = _DAY_PARTS.get(words[stop] if stop < len(words) else "")
    named = start > 0 and words[start - 1] in _BEFORE_VALUE
    part = behind or _DAY_PARTS.get(words[start - 2] if start > 1 and named else "")
    written = shown(start - named, stop + bool(behind))
    if hour >= _HALF_DAY + 1 or words[start].startswith("0"):
        return Detail("time", hour, written)
    if part is None:
        return Detail("time", hour, written, is_vague=True)
    if int(hour) == _HALF_DAY:
        return Detail("time", hour - _HALF_DAY * (part in ("malam", "pagi")), written)
    return Detail("time", hour + _HALF_DAY * (int(hour) in _HOURS_AFTER_NOON[part]), written)


def _is_opening_time(unit: str, value: float, before: Sequence[str]) -> bool:
    """Tell whether a number of hours says when something is open: "buka 24 jam" lasts no day."""
    return unit == "jam" and value <= _HOURS_A_DAY and not _OPENING.isdisjoint(before)


def _may_last(position: int, words: Sequence[str], stems: Sequence[str]) -> bool:
    """Tell whether the word before a time makes it a duration."""
    if words[position + 1 : position + 2] == ["lamanya"]:
        return True
    return bool(position) and (words[position - 1] in _DURATION_PREFIXES or stems[position - 1] in _LASTING)


def _iterate_causes(position: int, tokens: ToldWords) -> Iterator[Detail]:
    """Yield the first content stems behind a word for "because" in its clause; each shows the whole phrase."""
    end = min(position + 1 + _CAUSE_WORDS, tokens.clause_end(position))
    behind = list(takewhile(lambda place: tokens.words[place] not in _RESULT_WORDS, range(position + 1, end)))
    places = [place for place in behind if tokens.stems[place] and tokens.words[place] not in _NO_CAUSE_WORDS]
    places = places[:_CAUSE_STEMS]
    if places:
        phrase = tokens.shown(places[0], places[-1] + 1)
        yield from (Detail("cause", tokens.stems[place], phrase) for place in places)


def compare_details(message: Sequence[Detail], claim: Sequence[Detail]) -> list[Difference]:
    """Return a difference for each slot that both fill without a common value, in the order of the message.

    What a text does not tell in words is no detail that differs, though it may agree.
    """
    differences = []
    for kind in dict.fromkeys(detail.kind for detail in message):
        ours = [detail for detail in message if detail.kind == kind]
        theirs = [detail for detail in claim if detail.kind == kind]
        if kind in _PAIRED_KINDS:
            ours, theirs = _keep_common_nouns(ours, theirs)
        if kind == "school":  # holidays of SD and SMP tell neither of SMA nor of SD alone
            if theirs and {detail.value for detail in ours} != {detail.value for detail in theirs}:
                differences.append(Difference(kind, *(", ".join(one.shown for one in side) for side in (ours, theirs))))
            continue
        if kind == "weekday" and (len(ours) > 1 or len(theirs) > 1):
            continue  # a list or a range of days
        if kind == "destination" and not _goes_elsewhere(ours, theirs, message, claim):
            continue
        if not any(stands_among(detail, theirs) for detail in ours):
            spoken, claimed = ([detail for detail in side if not detail.is_implied] for side in (ours, theirs))
            differences += [Difference(kind, spoken[0].shown, claimed[0].shown)] if spoken and claimed else []
    return differences


def _goes_elsewhere(
    ours: Sequence[Detail], theirs: Sequence[Detail], message: Sequence[Detail], claim: Sequence[Detail]
) -> bool:
    """Tell whether a message that shares a place with a claim tells another destination.

    Where no place is shared, that difference is enough. "Moved, it is in Lasiana. Who comes along to Naioni?" names the
    claim's destination otherwise, and its own is of another matter.
    """
    shares_place = any(stands_among(place, claim) for place in message if place.kind == "place")
    return shares_place and (not _names_any(theirs, message) or _names_any(ours, claim))


def _names_any(destinations: Sequence[Detail], details: Sequence[Detail]) -> bool:
    """Tell whether a text names one of several destinations as any place."""
    return any(stands_among(one._replace(kind="place"), details) for one in destinations)


_PAIRED_KINDS: frozenset[DetailKind] = frozenset(("count", "direction", "day_part", "side"))
"""Slots that are compared noun by noun, pair by pair, or day by day."""


def _keep_common_nouns(ours: list[Detail], theirs: list[Detail]) -> tuple[list[Detail], list[Detail]]:
    """Return only the counts whose noun occurs on both sides: twelve lamps are not compared with two markets."""
    nouns = {_counted_noun(detail) for detail in ours} & {_counted_noun(detail) for detail in theirs}
    return [detail for detail in ours if _counted_noun(detail) in nouns], [
        detail for detail in theirs if _counted_noun(detail) in nouns
    ]


def _counted_noun(detail: Detail) -> str:
    return str(detail.value).partition(" ")[2]


def _is_same_detail(detail: Detail, other: Detail) -> bool:
    """Tell whether two details of one kind agree."""
    if detail.kind == "date":
        return is_same_date(float(detail.value), float(other.value))
    if isinstance(detail.value, str) or isinstance(other.value, str):
        ours, theirs = str(detail.value), str(other.value)
        # "Pantai Namosain" is the place "Namosain", but "Oesapa Barat" is not "Oesapa".
        within = detail.kind in ("place", "destination") and (
            ours.endswith(f" {theirs}") or theirs.endswith(f" {ours}")
        )
        return ours == theirs or within
    if detail.kind == "time":
        cycle = _HALF_DAY if detail.is_vague or other.is_vague else _DAY
        return round(abs(detail.value - other.value), 2) % cycle == 0
    slack = DURATION_TOLERANCE if detail.kind == "duration" else 0.001
    return abs(detail.value - other.value) <= slack * max(detail.value, other.value)


def stands_among(detail: Detail, others: Iterable[Detail]) -> bool:
    """Tell whether one of several details is of the same kind and agrees."""
    return any(other.kind == detail.kind and _is_same_detail(detail, other) for other in others)


def is_part_of(difference: Difference, message: Sequence[Detail], claim: Sequence[Detail]) -> bool:
    """Tell whether a message names only some of what the claim does: schools of one kind, of two."""
    ours, theirs = ({one.value for one in side if one.kind == difference.kind} for side in (message, claim))
    return ours < theirs


def has_decisive_difference(differs: Sequence[Difference]) -> bool:
    """Tell whether one of the differing details decides by itself."""
    return any(difference.kind in DECISIVE_KINDS for difference in differs)
