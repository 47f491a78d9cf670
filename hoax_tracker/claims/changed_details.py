"""The checkable details in which two claims differ, with a word for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

DETAIL_LABELS: dict[str, Any] = {
    "duration": _l("Lamanya"),
    "money": _l("Jumlah uang"),
    "share": _l("Persentase"),
    "count": _l("Banyaknya"),
    "date": _l("Tanggal"),
    "time": _l("Jam"),
    "place": _l("Tempat"),
    "agency": _l("Instansi"),
    "document": _l("Dokumen"),
    "colour": _l("Warna"),
    "cause": _l("Sebab"),
    "scope": _l("Cakupan"),
    "weekday": _l("Hari"),
    "school": _l("Sekolah"),
}


@dataclass(frozen=True)
class ChangedDetail:
    """What a claim tells, and what an earlier one told in its place, each as written there.

    ``is_decisive``: it alone makes another claim of it.
    """

    label: Any
    now: str
    before: str
    is_decisive: bool


def list_changed_details(text: str, earlier_text: str) -> list[ChangedDetail]:
    """Return the details that both texts tell, and tell differently."""
    from classifiers.matcher.details import DECISIVE_KINDS, compare_details
    from classifiers.matcher.match import load_shipped_reader

    reader = load_shipped_reader()
    differences = compare_details(reader.read(text).details, reader.read(earlier_text).details)
    return [
        ChangedDetail(DETAIL_LABELS[detail.kind], detail.yours, detail.theirs, detail.kind in DECISIVE_KINDS)
        for detail in differences
    ]
