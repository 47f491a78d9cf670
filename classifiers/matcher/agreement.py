"""Say in plain Indonesian where a message and a clarification agree and where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from classifiers.matcher.details import Detail, stands_among
from classifiers.matcher.document import Page
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.pair_features import has_same_number
from classifiers.matcher.reading import Reading
from classifiers.text.quantities import Quantity

_MAX_PHRASES = 4
_MONTH_NAMES = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
_MONTHS = tuple(_MONTH_NAMES.split())
_COUNTED_KINDS = frozenset(("count", "duration"))
"""Kinds of details that are a number with its unit. The bare number is none: "3 bulan" and "3 minggu" share nothing."""


class Agreement(NamedTuple):
    """Short Indonesian phrases: the names and numbers that agree, then common words; and the differences."""

    agreed: tuple[str, ...]
    differed: tuple[str, ...]


def explain_agreement(message: Reading, page: Page, weights: Weights) -> Agreement:
    """Return what agrees and what differs between a message and a page. ``weights``: of the index, in nats."""
    agreed = [f"menyebut {name}" for name in sorted(message.names & page.names)]
    agreed += [
        _format_quantity(number)
        for number in _distinct_quantities(message.numbers)
        if number.kind != "count" and has_same_number(number, page.numbers)
    ]
    agreed += [detail.shown for detail in message.details if _is_counted_alike(detail, page)]
    words = sorted(set(message.stems) & page.known, key=weights.__getitem__, reverse=True)
    named = " ".join(agreed).lower()
    spoken = [message.said(stem) for stem in words if weights[stem] > 3.0 and not stem[0].isdigit()]
    fresh = [word for word in spoken if word not in named]
    if fresh:
        agreed.append("kata yang sama: " + ", ".join(fresh[:_MAX_PHRASES]))
    return Agreement(tuple(agreed[: _MAX_PHRASES + 1]), tuple(_list_differences(message, page)[:_MAX_PHRASES]))


def _is_counted_alike(detail: Detail, page: Page) -> bool:
    return detail.kind in _COUNTED_KINDS and stands_among(detail, page.details)


def _list_differences(message: Reading, theirs: Page) -> list[str]:
    differences = [f"pesan Anda menyebut {name}, klarifikasi tidak" for name in sorted(message.names - theirs.names)]
    for quantity in _distinct_quantities(message.numbers):
        if quantity.kind in ("count", "time") or has_same_number(quantity, theirs.numbers):
            continue
        other = next((number for number in theirs.numbers if number.kind == quantity.kind), None)
        instead = f"klarifikasi {_format_quantity(other)}" if other else "klarifikasi tidak"
        differences.append(f"pesan Anda menyebut {_format_quantity(quantity)}, {instead}")
    if message.asks_service and not message.asks_truth:
        differences.append("pesan Anda bertanya tentang layanan")
    return differences


def _distinct_quantities(numbers: Iterable[Quantity]) -> list[Quantity]:
    return list({(number.kind, number.value): number for number in numbers}.values())


def _format_quantity(number: Quantity) -> str:
    if number.kind == "money":
        return f"jumlah uang Rp{_group_digits(number.value)}"
    if number.kind == "share":
        return f"{_group_digits(number.value)} persen"
    if number.kind == "date":
        month, day = divmod(int(number.value), 100)
        name = _MONTHS[min(month, 12) - 1]
        return f"tanggal {day} {name}" if day else f"bulan {name}"
    return f"pukul {number.value:05.2f}"


def _group_digits(value: float) -> str:
    whole, _, rest = f"{value:,.2f}".partition(".")
    rest = rest.rstrip("0")
    return whole.replace(",", ".") + (f",{rest}" if rest else "")
