"""Make near-misses from repeats by replacing one detail or verb of the claim.

Natural training messages mostly agree in every detail or are about something else. These fill the gap between.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from classifiers.matcher.reading import Reader

_NUMBERS = {
    "satu": "lima", "dua": "tujuh", "tiga": "sembilan", "empat": "sebelas", "ampa": "dua", "lima": "dua", "enam": "dua",
    "anam": "dua", "tujuh": "tiga", "delapan": "tiga", "sepuluh": "tiga", "sapuluh": "tiga",
}  # fmt: skip
_UNITS = {
    "hari": "bulan", "minggu": "bulan", "pekan": "bulan", "bulan": "minggu", "jam": "hari", "malam": "minggu",
    "tahun": "bulan",
}  # fmt: skip
_MONTHS = {
    "januari": "Maret", "februari": "Mei", "maret": "Juli", "april": "Juni", "mei": "September", "juni": "Oktober",
    "juli": "April", "agustus": "November", "september": "Februari", "oktober": "Juni", "november": "April",
    "desember": "Maret",
}  # fmt: skip
_WEEKDAYS = {
    "senin": "Kamis", "selasa": "Sabtu", "rabu": "Senin", "kamis": "Selasa", "jumat": "Rabu", "sabtu": "Rabu",
}  # fmt: skip
_COLOURS = {
    "merah": "hijau", "kuning": "hitam", "hijau": "merah", "biru": "kuning", "hitam": "putih", "putih": "hitam",
    "coklat": "hijau", "cokelat": "biru",
}  # fmt: skip
_DOCUMENTS = {
    "ktp": "KK", "kk": "KTP", "sim": "STNK", "stnk": "SIM", "pbb": "STNK", "bpjs": "KIS", "akta": "KTP", "nik": "NPWP",
    "ijazah": "paspor",
}  # fmt: skip
_AGENCIES = {
    "pdam": "PLN", "dinkes": "Dinsos", "dinsos": "Dinas Kesehatan", "dishub": "Satpol PP", "satpol": "Dishub",
    "bapenda": "Bank NTT", "dukcapil": "Dinsos", "bpbd": "BMKG", "polisi": "TNI", "bmkg": "BPBD",
}  # fmt: skip
_OPPOSITES = {
    "naik": "turun", "nae": "turun", "turun": "naik", "tutup": "buka", "ditutup": "dibuka", "buka": "tutup",
    "gratis": "bayar", "wajib": "bebas", "larang": "izinkan", "dilarang": "boleh", "boleh": "dilarang",
    "semua": "hanya sebagian", "seluruh": "sebagian", "samua": "sadiki", "pindah": "tutup", "tambah": "kurangi",
    "hapus": "tambah", "dihapus": "ditambah", "bagikan": "sewakan", "cabut": "tambah", "dicabut": "diperpanjang",
    "batal": "jadi", "mati": "nyala", "bangun": "bongkar", "dibangun": "dibongkar", "tunda": "percepat",
    "ditunda": "dipercepat", "masuk": "libur", "libur": "masuk", "potong": "tambah", "dipotong": "ditambah",
    "habis": "melimpah", "kosong": "penuh", "beli": "jual", "dijual": "dibagikan", "jual": "bagi",
}  # fmt: skip
_PLACE_NAMES = """
Oesapa Liliba Sikumana Alak Penfui Bakunase Kolhua Lasiana Fatululi Naikoten Oebufu Manutapen Maulafa Oepura Tenau
"""
_PLACES = tuple(_PLACE_NAMES.split())
_NEGATIONS = ("tidak", "sonde", "belum", "tidak jadi")
_VERB_PREFIXES = ("me", "di", "ber")
_SHARE_NEGATED = 0.12
_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_TABLES: Mapping[str, Mapping[str, str]] = {
    "number": _NUMBERS,
    "duration": _UNITS,
    "date": _MONTHS,
    "weekday": _WEEKDAYS,
    "colour": _COLOURS,
    "object": _DOCUMENTS,
    "agency": _AGENCIES,
    "verb": _OPPOSITES,
}


class Editor:
    """Makes near-misses with a seeded generator."""

    def __init__(self, reader: Reader, seed: int = 3) -> None:
        """Take the reader for messages and claims."""
        self._reader = reader
        self._chance = random.Random(seed)  # nosec B311  # noqa: S311 - a reproducible sample, not a secret

    def near_miss(self, text: str, claim: str) -> tuple[str, str] | None:
        """Return (kind, text) of a message in which one detail of the claim is changed, or None where none can be."""
        edits = [(kind, self._swap(text, table)) for kind, table in _TABLES.items()]
        edits += [("number", self._another_number(text)), ("place", self._another_place(text, claim))]
        if (negated := self._negated(text, claim)) is not None:
            return "opposite", negated
        made = [(kind, edited) for kind, edited in edits if edited and edited != text]
        self._chance.shuffle(made)
        return next(((kind, edited) for kind, edited in made if self._tells_otherwise(text, edited, claim)), None)

    def _tells_otherwise(self, text: str, edited: str, claim: str) -> bool:
        """Tell whether the replaced words belong to the claim."""
        gone = {word.lower() for word in _WORD.findall(text)} - {word.lower() for word in _WORD.findall(edited)}
        replaced, told = self._reader.read(" ".join(sorted(gone))), self._reader.read(claim)
        values = {number.value for number in told.numbers}
        return bool(set(told.words) & set(replaced.words)) or any(number.value in values for number in replaced.numbers)

    def _negated(self, text: str, claim: str) -> str | None:
        """Return, for a share of the messages, the text with a negation before a verb of the claim."""
        if self._chance.random() > _SHARE_NEGATED:
            return None
        told = {word.lower() for word in _WORD.findall(claim)}
        verbs = [match for match in _WORD.finditer(text) if match[0].lower() in told and _is_verb(match[0].lower())]
        if not verbs:
            return None
        chosen = self._chance.choice(verbs)
        return f"{text[: chosen.start()]}{self._chance.choice(_NEGATIONS)} {text[chosen.start() :]}"

    def _swap(self, text: str, table: Mapping[str, str]) -> str | None:
        replaceable = [match for match in _WORD.finditer(text) if match[0].lower() in table]
        if not replaceable:
            return None
        chosen = self._chance.choice(replaceable)
        return text[: chosen.start()] + table[chosen[0].lower()] + text[chosen.end() :]

    def _another_number(self, text: str) -> str | None:
        numbers = list(_DIGITS.finditer(text))
        if not numbers:
            return None
        chosen = self._chance.choice(numbers)
        first = str((int(chosen[0][0]) + self._chance.choice((1, 2, 3, 4))) % 9 + 1)
        return text[: chosen.start()] + first + chosen[0][1:] + text[chosen.end() :]

    def _another_place(self, text: str, claim: str) -> str | None:
        named = sorted(name for name in self._reader.read(text).places if name in text)
        if not named:
            return None
        others = [place for place in _PLACES if place not in claim and place not in text]
        return text.replace(self._chance.choice(named), self._chance.choice(others))


def _is_verb(word: str) -> bool:
    return word in _OPPOSITES or (len(word) > 5 and word.startswith(_VERB_PREFIXES))
