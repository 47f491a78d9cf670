"""Whether a PDF is passive: its objects are read in a process of its own (core/content/confined_reading.py).

A PDF can hide actions behind escapes ("/L#61unch") and in compressed object streams, so its raw bytes say little. Such
a stream may expand a thousandfold.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.core.content.confined_reading import ConfinedReader, too_many_parts_error

OBJECTS_LIMIT = 50_000
"""A scanned page takes five objects, a printed one twenty: this is a file of thousands of pages."""
ACTIVE_KEYS = frozenset(("/JS", "/JavaScript", "/EF", "/EmbeddedFiles", "/XFA"))
"""Entries of dictionaries that hold scripts, other files, or a form with scripts."""
ACTIVE_KINDS = frozenset(
    f"/{name}"
    for name in [
        "Launch",
        "JavaScript",
        "SubmitForm",
        "ImportData",
        "GoToE",
        "Rendition",
        "Movie",
        "Sound",
        "RichMedia",
        "EmbeddedFile",
    ]
)
"""What an action or an annotation may be and this city's papers never are: ISO 32000-2, 12.5.6 and 12.6.4."""


UNREADABLE_PDF = _l(
    "PDF itu rusak, terkunci, memuat berkas lain, atau menjalankan program. Cetak ulang ke PDF, lalu kirim lagi."
)
_PLAIN = b"plain"
_READING = ConfinedReader(f"{__name__}:judge_pdf", field="file", unreadable=UNREADABLE_PDF)


def is_plain_pdf(data: bytes) -> bool:
    """Tell whether a PDF can be read without a password and holds no action.

    Raises InvalidInputError where it has too many objects, or costs too much to read.
    """
    return _READING.read(data) == _PLAIN


def judge_pdf(data: bytes) -> bytes:
    """Return _PLAIN for a PDF that is passive. Raises what pikepdf raises for what it cannot read."""
    return b"" if _is_active_pdf(data) else _PLAIN


def _is_active_pdf(data: bytes) -> bool:
    """Tell whether any object of a PDF holds an action, or cannot be shown to be passive.

    Raises what pikepdf raises for what it cannot read. Ambiguous objects count as active: another reader may read them
    otherwise.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        if len(pdf.objects) > OBJECTS_LIMIT:
            raise too_many_parts_error("file", _("%(count)s objek PDF", count=f"{OBJECTS_LIMIT:,}".replace(",", ".")))
        is_active = any(
            _is_active_entry(key, value)
            for pdf_object in (pdf.trailer, *pdf.objects)
            for key, value in _iterate_entries(pdf_object)
        )
        return is_active or bool(pdf.get_warnings())


def _is_active_entry(key: str, value: str) -> bool:
    return key in ACTIVE_KEYS or (key in ("/S", "/Type", "/Subtype") and value in ACTIVE_KINDS)


def _iterate_entries(top: object) -> Iterator[tuple[str, str]]:
    """Yield the entries of a dictionary and of those inside it: the key, and the value where that is a name."""
    import pikepdf

    waiting = [top]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Dictionary | pikepdf.Stream):
            for key, value in node.items():
                yield key, str(value) if isinstance(value, pikepdf.Name) else ""
                waiting += _direct_objects([value])
        elif isinstance(node, pikepdf.Array):
            waiting += _direct_objects(node)


def _direct_objects(values: Iterable[object]) -> list[object]:
    """Return the objects nested directly. Referenced ones are objects of their own, and may refer back."""
    return [value for value in values if not getattr(value, "is_indirect", False)]
