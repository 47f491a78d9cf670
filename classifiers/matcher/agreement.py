"""Says in plain Indonesian what a message and a clarification have in common, and what not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from classifiers.matcher.document import Page
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.pair_features import has_same_number
from classifiers.matcher.reading import Reading
from classifiers.text.quantities import Quantity

_MAX_PHRASES = 4
_MONTH_NAMES = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
_MONTHS = tuple(_MONTH_NAMES.split())
_ONLY_AGREED_KINDS = frozenset(("count", "time"))
"""Kinds of numbers that are told only where they agree: "satu" differs in every message."""


class Agreement(NamedTuple):
    """Short phrases, the weightiest first."""

    agreed: tuple[str, ...]
    differed: tuple[str, ...]


def explain_agreement(message: Reading, page: Page, weights: Weights) -> Agreement:
    """Return what agreed and what differed between a message and a page."""
    agreed = [f"menyebut {name}" for name in sorted(message.names & page.names)]
    agreed += [
        _format_quantity(one) for one in _distinct_quantities(message.numbers) if has_same_number(one, page.numbers)
    ]
    words = sorted(set(message.stems) & page.known, key=weights.__getitem__, reverse=True)
    named = " ".join(agreed).lower()
    spoken = [message.said(stem) for stem in words if weights[stem] > 3.0 and not stem[0].isdigit()]
    fresh = [word for word in spoken if word not in named]
    if fresh:
        agreed.append("kata yang sama: " + ", ".join(fresh[:_MAX_PHRASES]))
    return Agreement(tuple(agreed[: _MAX_PHRASES + 1]), tuple(_list_differences(message, page)[:_MAX_PHRASES]))


def _list_differences(message: Reading, theirs: Page) -> list[str]:
    found = [f"pesan Anda menyebut {name}, klarifikasi tidak" for name in sorted(message.names - theirs.names)]
    for one in _distinct_quantities(message.numbers):
        if one.kind in _ONLY_AGREED_KINDS or has_same_number(one, theirs.numbers):
            continue
        other = next((number for number in theirs.numbers if number.kind == one.kind), None)
        instead = f"klarifikasi {_format_quantity(other)}" if other else "klarifikasi tidak"
        found.append(f"pesan Anda menyebut {_format_quantity(one)}, {instead}")
    if message.asks_service and not message.asks_truth:
        found.append("pesan Anda bertanya tentang layanan")
    return found


def _distinct_quantities(numbers: Iterable[Quantity]) -> list[Quantity]:
    return list({(one.kind, one.value): one for one in numbers}.values())


def _format_quantity(one: Quantity) -> str:
    if one.kind == "money":
        return f"jumlah uang Rp{_group_digits(one.value)}"
    if one.kind == "share":
        return f"{_group_digits(one.value)} persen"
    if one.kind == "date":
        month, day = divmod(int(one.value), 100)
        name = _MONTHS[min(month, 12) - 1]
        return f"tanggal {day} {name}" if day else f"bulan {name}"
    return f"pukul {one.value:05.2f}" if one.kind == "time" else f"angka {_group_digits(one.value)}"


def _group_digits(value: float) -> str:
    whole, _, rest = f"{value:,.2f}".partition(".")
    rest = rest.rstrip("0")
    return whole.replace(",", ".") + (f",{rest}" if rest else "")
