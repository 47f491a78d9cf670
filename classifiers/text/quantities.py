"""Read numbers as people write them: "5jt", "lima juta" and "Rp5.000.000" are one amount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress, count, takewhile
from typing import Literal, NamedTuple

from classifiers.text.memo import memoise_per_word

QuantityKind = Literal["money", "share", "date", "time", "count"]

_NUMBER_WORDS = {
    "nol": 0, "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9,
    "sepuluh": 10, "sebelas": 11, "ampa": 4, "ampat": 4, "anam": 6, "sambilan": 9, "sapuluh": 10, "sablas": 11,
}  # fmt: skip
_SCALE_WORDS = {
    "ribu": 10**3, "rb": 10**3, "k": 10**3, "juta": 10**6, "jt": 10**6, "jeti": 10**6, "miliar": 10**9, "milyar": 10**9,
    "m": 10**9, "triliun": 10**12, "t": 10**12,
}  # fmt: skip
_MILLION = 10**6
_SINGLE_SCALE_WORDS = {"seribu": 1000, "saribu": 1000, "sejuta": _MILLION}
_MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan", "februari feb pebruari", "maret mar", "april apr", "mei", "juni jun", "juli jul",
            "agustus agu agt ags", "september sep sept", "oktober okt", "november nov nopember", "desember des",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_GROUPED_DIGITS = re.compile(r"^\d{1,3}(?:[.,]\d{3})+$")
_CLOCK_TIME = re.compile(r"^\d{1,2}[.:]\d{2}$")
_WHOLE_CLOCK_TIME = re.compile(r"^(?:[01]\d|2[0-3])[.:][0-5]\d$")
_MONEY_WORDS = frozenset(("rp", "rupiah", "idr", "perak"))
_SHARES = frozenset(("persen", "prosen"))
_MIN_SCALED_MONEY = 10_000
_NOT_AFTER_MINUTES = frozenset(("orang", "kali", "rumah", "hari", "ribu", "rb", "persen"))
"""Words that make the number behind "lewat" a count, not minutes."""
_PARTS_OF_DAY = frozenset(("pagi", "siang", "sore"))
RANGE_WORDS = frozenset(("dari", "sampai", "sampe", "hingga"))
_BEFORE_HOUR = frozenset(("jam", "pukul"))
_OPENING = frozenset(("mulai", "sejak", "sebelum", "buka", "dibuka", "tutup", "ditutup"))
"""Words that make a number with a part of the day behind it an hour: "buka 9 pagi", not "gang 9 pagi tadi"."""
_TIME_ZONES = frozenset(("wita", "wib", "wit"))
_EVENING_HOURS = range(6, 13)
"""Hours of "sampai 9 malam"; "sampai 3 malam" may be three nights."""
WEEKDAYS = frozenset(("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "ahad", "minggu"))
_BEFORE_MONTH = frozenset(("mulai", "sejak", "awal", "pertengahan", "akhir", "dari", "sampai", "hingga", "pada"))
"""Words that make "bulan tujuh" July: "tiap bulan 7 liter" names no month."""
_NUMBERED = frozenset(("umur", "usia", "anak", "ke", "gelombang", "sesi", "korban"))
"""Further words whose number ends before the next one: "anak ke dua lima juta"."""
_HALF = "setengah"
_MONTHS = frozenset(range(1, 13))
_COUNTED_WORDS = """
hari minggu pekan bulan tahun kali x persen ribu juta orang warga jiwa kk keluarga rumah siswa murid guru pegawai ekor
unit kilo liter meter paket dus karung pasar toko kios pedagang
"""
_COUNTED = frozenset(_COUNTED_WORDS.split())
"""Words that make the number before them a count, and no month."""
_HALVED_UNITS = frozenset(("jam", "hari", "minggu", "bulan", "tahun", "kilo", "meter", "liter"))
_HIT_WORDS = "orang warga pedagang anak siswa murid guru pegawai pemuda"
_HIT = frozenset(_HIT_WORDS.split())
"""Words that make "pukul 2" in front of them a blow, no time."""
_NUMBERING = "rt rw nomor no nomer kelas sd smp sma jalan jl pasal tipe tahap tanggal"
NUMBERING_WORDS = frozenset(_NUMBERING.split())
"""Words that make the number behind them no amount but a name."""
_NUMBERING_NO_DAY = NUMBERING_WORDS - {"tanggal"}
_BETWEEN_DAYS = (RANGE_WORDS - {"dari"}) | {"sd", "s", "d", "dan", "dengan"}
_MAX_DIGITS = 15
"""Maximum digits of a quantity; longer numbers are telephone or card numbers."""
_BEGINNING_WORDS = frozenset((*_NUMBER_WORDS, *_SINGLE_SCALE_WORDS, "seratus", "saratus", _HALF, *_MONTH_NUMBERS))
"""Words that begin a number or a date."""


class Quantity(NamedTuple):
    """A number in ``words[start:stop]``.

    ``value``: rupiah for money, percent for share, day + 100 x month for date, hour + minutes / 100 for time, else a
    count.
    """

    kind: QuantityKind
    value: float
    start: int
    stop: int


def read_quantities(words: Sequence[str]) -> list[Quantity]:
    """Return the numbers in the clean words of a text, in order; a percent sign must be spelt "persen"."""
    return list(_scan_quantities(words))


def is_same_date(date: float, other: float) -> bool:
    """Tell whether two dates (day + 100 x month) agree; "Agustus" agrees with "1 Agustus"."""
    return date // 100 == other // 100 and (date == other or not date % 100 or not other % 100)


def _scan_quantities(words: Sequence[str]) -> Iterator[Quantity]:
    done = 0
    for position in compress(count(), map(_may_begin_quantity, words)):
        if position < done:
            continue
        if words[position] == _HALF:
            if half := _read_half(words, position):
                done = half.stop
                yield half
            continue
        value, stop, scaled = _read_number(words, position)
        if value is not None:
            quantity = _classify_quantity(words, position, stop, value, scaled)
            done = quantity.stop
            yield quantity
        elif len(words[position]) > 3 and words[position] in _MONTH_NUMBERS:
            yield Quantity("date", _MONTH_NUMBERS[words[position]] * 100, position, position + 1)


@memoise_per_word
def _may_begin_quantity(word: str) -> bool:
    return word in _BEGINNING_WORDS or word[:1].isdigit()


def _classify_quantity(words: Sequence[str], start: int, stop: int, value: float, scaled: bool) -> Quantity:
    before = words[start - 1] if start else ""
    after = words[stop] if stop < len(words) else ""
    if after in _MONTH_NUMBERS and 1 <= value <= 31:
        return Quantity("date", value + 100 * _MONTH_NUMBERS[after], start, stop + 1)
    if before == "tanggal" and 1 <= value <= 31 and (month := _read_month_number(words, stop)):
        return Quantity("date", value + 100 * month[0], start, month[1])
    is_spoken_month = before == "bulan" and start > 1 and not words[start][0].isdigit()
    if is_spoken_month and words[start - 2] in _BEFORE_MONTH and _read_month_number(words, start - 1):
        return Quantity("date", 100 * value, start, stop)
    if after in _SHARES:
        return Quantity("share", value, start, stop)
    if before in _MONEY_WORDS or after in _MONEY_WORDS or (scaled and value >= _MIN_SCALED_MONEY):
        return Quantity("money", value, start, stop)
    if before in _BEFORE_HOUR and value < 25 and not (before == "pukul" and after in _HIT):
        minutes, end = _read_minutes_past(words, stop)
        return Quantity("time", value + minutes / 100, start, end)
    if not scaled and _is_hour(words, start, stop, value):
        return Quantity("time", value, start, stop)
    if 1 <= value <= 31 and before not in _NUMBERING_NO_DAY and (later := _read_month_of_later_day(words, stop)):
        return Quantity("date", value + 100 * later, start, stop)
    if list(words[stop : stop + 3]) == ["x", "24", "jam"]:
        return Quantity("count", value * 24, start, stop + 2)
    return Quantity("count", value, start, stop)


def _read_month_number(words: Sequence[str], position: int) -> tuple[int, int] | None:
    """Return the month of "bulan tujuh" at a position, and where it ends; "3 bulan 7 hari" is a duration."""
    if words[position : position + 1] != ["bulan"]:
        return None
    value, stop, _ = _read_number(words, position + 1)
    behind, further = (*words[stop : stop + 2], "", "")[:2]
    is_dated = (behind == "tahun" and further[:2] == "20") or (behind == "hari" and further in WEEKDAYS)
    return (int(value), stop) if value in _MONTHS and (is_dated or behind not in _COUNTED) else None


def _read_month_of_later_day(words: Sequence[str], position: int) -> int:
    """Return the month behind the next day of a range or list, or 0: "12 sampai 16 Mei", "12-16 Mei"."""
    behind = next((at for at in range(position, len(words)) if words[at] not in _BETWEEN_DAYS), len(words))
    if behind == position and not words[position - 1][0].isdigit():
        return 0  # "kelompok lima satu April"
    value, stop, scaled = _read_number(words, behind)
    is_day = value is not None and 1 <= value <= 31 and not scaled
    return _MONTH_NUMBERS.get(words[stop], 0) if is_day and stop < len(words) else 0


def _is_hour(words: Sequence[str], start: int, stop: int, value: float) -> bool:
    """Tell whether a number without "jam" is an hour: "sampai 9 malam", "buka 10 pagi", "05.30 sampai 08.30"."""
    before, after = words[start - 1] if start else "", words[stop] if stop < len(words) else ""
    ends_range = before in RANGE_WORDS or (start > 1 and words[start - 2] in _BEFORE_HOUR and before[0].isdigit())
    if after == "malam":
        return ends_range and value in _EVENING_HOURS
    if after in _PARTS_OF_DAY:
        return 1 <= value <= 12 and (ends_range or before in _OPENING)
    is_clock = bool(_WHOLE_CLOCK_TIME.match(words[start]))
    return is_clock and (ends_range or after in RANGE_WORDS | _TIME_ZONES)


def _read_minutes_past(words: Sequence[str], position: int) -> tuple[float, int]:
    """Return the minutes behind an hour ("lewat tiga puluh") and where they end; 0 where there are none."""
    if position >= len(words) or words[position] != "lewat":
        return 0.0, position
    value, stop, _ = _read_number(words, position + 1)
    behind = words[stop] if stop < len(words) else ""
    return (value, stop) if value is not None and value < 60 and behind not in _NOT_AFTER_MINUTES else (0.0, position)


def _read_half(words: Sequence[str], position: int) -> Quantity | None:
    """Return the amount of "setengah juta", or the time of "setengah enam" among words of time: half past five."""
    if scale := _halved_scale(words, position + 1):
        return _classify_quantity(words, position, position + 2, scale / 2, scaled=True)
    value, stop, _ = _read_number(words, position + 1)
    if value is None or not 1 <= value <= 12:
        return None
    before, behind = words[position - 1] if position else "", words[stop] if stop < len(words) else ""
    if before not in _BEFORE_HOUR | RANGE_WORDS and behind not in _PARTS_OF_DAY | {"malam"}:
        return None
    return Quantity("time", (value - 1 or 12) + 0.3, position, stop)


def _read_number(words: Sequence[str], position: int) -> tuple[float | None, int, bool]:
    """Return the number that begins at a position, where it ends, and whether it has a scale ("ribu", "juta")."""
    total, part, last_scale, stop, has_number = 0.0, 0.0, 0, position, False
    scaled_stop = position
    while stop < len(words):
        word = words[stop]
        digits = _parse_digits(word)
        if digits is not None and not has_number:
            part = digits
        elif word in _SINGLE_SCALE_WORDS and not part:
            total, last_scale = total + _SINGLE_SCALE_WORDS[word], _SINGLE_SCALE_WORDS[word]
        elif word == "seratus" or word == "saratus":
            part += 100
        elif word in _NUMBER_WORDS and (not has_number or part % 10 == 0):
            if _is_each(words, stop, last_scale):
                break
            part += _NUMBER_WORDS[word]
        elif has_number and not last_scale and (digit := _second_digit(words, stop, part % 100)):
            part += part % 10 * 9 + digit
        elif has_number and word == "koma" and (decimals := _read_decimals(words, stop + 1)):
            part += float(f"0.{decimals[0]}")
            stop += decimals[1]
        elif has_number and word == "belas":
            part += 10
        elif has_number and word in ("puluh", "ratus"):
            part += part % 10 * (9 if word == "puluh" else 99)
        elif has_number and word in _SCALE_WORDS and part:
            scale = _SCALE_WORDS[word]
            if last_scale == 1000 and scale == _MILLION > total and part % 100 == 0:  # "tiga ribu enam ratus juta"
                total, scale = (total + part) * scale, last_scale * scale
            elif 0 < last_scale <= scale:
                return total, scaled_stop, True  # another number begins: "empat ratus ribu. Empat ratus ribu"
            else:
                total += part * scale
            last_scale, part, scaled_stop = scale, 0.0, stop + 1
        elif last_scale == 1000 and not part and _SCALE_WORDS.get(word) == _MILLION > total:
            total, last_scale, scaled_stop = total * _MILLION, last_scale * _MILLION, stop + 1  # "lima ribu juta"
        elif word == _HALF and last_scale and not part:
            total += last_scale / 2  # "dua juta setengah"
        elif word == _HALF and part and _is_halved(words, stop + 1):
            part += 0.5  # "dua setengah juta", "dua setengah jam"
        else:
            break
        has_number = True
        stop += 1
        if digits is not None and not (stop < len(words) and (words[stop] in _SCALE_WORDS or words[stop] == "koma")):
            break
    if last_scale >= _MILLION and part and part % 100 == 0 and part < 1000:
        part *= last_scale / 1000  # "dua juta lima ratus" is two and a half million
    return (total + part if has_number else None), stop, last_scale > 0


def _second_digit(words: Sequence[str], position: int, first: float) -> int:
    """Return the second digit of a number told digit by digit ("dua lima April"), 0 for none.

    Neighbours are a range ("dua tiga juta"), and behind a word that numbers something the first is that number.
    """
    second = _NUMBER_WORDS.get(words[position], 0)
    before, behind = words[position - 2] if position > 1 else "", (*words[position + 1 : position + 2], "")[0]
    if not (1 <= first <= 9 and first % 1 == 0 and 1 <= second <= 9 and second != first + 1):
        return 0
    if before in _NUMBERED or before in _NUMBERING_NO_DAY:
        return 0
    is_day = behind in _MONTH_NUMBERS and first * 10 + second <= 31
    return second if is_day or (len(behind) > 1 and behind in _SCALE_WORDS) else 0


def _read_decimals(words: Sequence[str], position: int) -> tuple[str, int] | None:
    """Return the digits behind "koma" and how many words tell them, where a scale or a share follows.

    So "tiga koma dua miliar" is a number, and "korban 3 koma 2 meninggal" two.
    """
    decimals = list(
        takewhile(lambda word: word not in _SCALE_WORDS and word not in _SHARES, words[position : position + 4])
    )
    behind = words[position + len(decimals)] if position + len(decimals) < len(words) else ""
    if not decimals or not (behind in _SHARES or (len(behind) > 1 and behind in _SCALE_WORDS)):
        return None
    digits = [_NUMBER_WORDS.get(word, 10) for word in decimals]
    if len(decimals) == 1 and decimals[0].isdecimal():
        return decimals[0], 1
    if max(digits) < 10:
        return "".join(map(str, digits)), len(decimals)
    value, stop, _ = _read_number(decimals, 0)
    return (f"{value:g}", len(decimals)) if value is not None and stop == len(decimals) else None


def _halved_scale(words: Sequence[str], position: int) -> int:
    """Return what the scale word behind "setengah" multiplies by; 0 for other words: half an "m" is a metre's."""
    word = words[position] if position < len(words) else ""
    return _SCALE_WORDS.get(word, 0) if len(word) > 1 else 0


def _is_halved(words: Sequence[str], position: int) -> bool:
    return _halved_scale(words, position) > 0 or (position < len(words) and words[position] in _HALVED_UNITS)


def _is_each(words: Sequence[str], position: int, last_scale: int) -> bool:
    """Tell whether "satu" behind a scale is a price per piece: "tiga ribu satu"."""
    return bool(last_scale) and words[position] == "satu" and words[position + 1 : position + 2] != ["juta"]


def _parse_digits(word: str) -> float | None:
    if not word[:1].isdigit() or len(word) > _MAX_DIGITS + 5 or sum(map(str.isdigit, word)) > _MAX_DIGITS:
        return None
    if _GROUPED_DIGITS.match(word):
        return float(re.sub(r"[.,]", "", word))
    if _CLOCK_TIME.match(word):
        return float(word.replace(":", "."))
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return None
