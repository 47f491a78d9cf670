"""One plain form of message and claim for the pair reader: clean words, and numbers in digits with what they count.

"Rp5.000.000", "lima juta" and "5jt" all become "rp 5 juta", so the reader need not learn that they are equal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifiers.text.quantities import Quantity

WORD_LIMIT = 160
"""Words of a plain form. A message is cut to the window around its claim afterwards (``encoding``)."""
_MONTH_NAMES = "januari februari maret april mei juni juli agustus september oktober november desember"
_MONTHS = _MONTH_NAMES.split()
_SCALES = ((1e12, "triliun"), (1e9, "miliar"), (1e6, "juta"), (1e3, "ribu"))
_LARGEST_IN_DIGITS = 1e5
"""Counts from which a scale word is written: telephone numbers aside, such counts are amounts."""
_DOUBLED_UNIT = re.compile(r"\b(rp|persen|jam)( \1)+\b")


def plain_form(words: Sequence[str], numbers: Sequence[Quantity]) -> str:
    """Return the plain form of the clean words of a text; ``numbers``: its quantities."""
    quantities = {number.start: number for number in numbers if number.stop > number.start}
    parts: list[str] = []
    position = 0
    while position < len(words) and len(parts) < WORD_LIMIT:
        number = quantities.get(position)
        parts.append(_written(number) if number else words[position])
        position = number.stop if number else position + 1
    return _DOUBLED_UNIT.sub(r"\1", " ".join(parts))


def _written(number: Quantity) -> str:
    value = number.value
    if number.kind == "date":
        month, day = divmod(int(value), 100)
        named = [_MONTHS[month - 1]] if 1 <= month <= len(_MONTHS) else []
        return " ".join([*([str(day)] if day or not named else []), *named])
    if number.kind == "time":
        return f"jam {value:.2f}".replace(".00", "")
    if number.kind == "money":
        return f"rp {_scaled(value)}"
    if number.kind == "share":
        return f"{value:g} persen"
    return f"{value:g}" if value < _LARGEST_IN_DIGITS else _scaled(value)


def _scaled(value: float) -> str:
    return next((f"{value / scale:g} {name}" for scale, name in _SCALES if value >= scale), f"{value:g}")
