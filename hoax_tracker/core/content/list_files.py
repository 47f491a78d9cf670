"""Lists as files for a spreadsheet: CSV by lines, XLSX packed. No cell runs as a formula.

CSV has a byte order mark and semicolons: an Excel set to Indonesian, where the comma is the decimal sign, then opens it
in columns and with its letters right. Numbers are whole ones, because the sign before decimals differs by country.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hoax_tracker.clock import WITA

# Also in the wide letters of East Asia, which some spreadsheets read alike. A cell that is empty begins with none.
FORMULA_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
# Some spreadsheets drop these and read what follows.
DROPPED_SIGNS = frozenset("\t\r\n")


def safe_cell(value: object) -> object:
    """Return the value so that a spreadsheet does not run it as a formula, whatever blanks stand before it."""
    if not isinstance(value, str):
        return value
    is_formula = value.lstrip()[:1] in FORMULA_SIGNS
    return f"'{value}" if is_formula or value[:1] in DROPPED_SIGNS else value


BYTE_ORDER_MARK = "\ufeff"
LONGEST_CELL = 32_000  # Excel refuses a file with more than 32,767 characters in a cell
# What XML cannot hold, so that no spreadsheet would open the file.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class ListColumn:
    """A column: ``name`` for tests and the audit log, ``heading`` for people, ``value`` of a row.

    A file holds these columns and nothing else of a row.
    """

    name: str
    heading: Any
    value: Callable[[Any], Any]


def file_cell(value: Any) -> str | int:
    """Return a value as it stands in a file: moments in WITA after ISO 8601, text that is no formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(WITA).isoformat(timespec="seconds")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = UNWRITABLE.sub("", str(value))[:LONGEST_CELL]
    return str(safe_cell(text))


def csv_lines(headings: Sequence[Any], rows: Iterable[Sequence[str | int]]) -> Iterator[str]:
    """Yield the lines of a CSV file."""
    yield BYTE_ORDER_MARK + _csv_line([file_cell(heading) for heading in headings])
    for cells in rows:
        yield _csv_line(cells)


def _csv_line(cells: Sequence[object]) -> str:
    """Return one line, separated by semicolons."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow(cells)
    return out.getvalue()


def write_xlsx(title: str, headings: Sequence[Any], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return an XLSX file with one sheet. Its rows are never all in memory, only the packed file is."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append([file_cell(heading) for heading in headings])
    packed = io.BytesIO()
    try:
        for cells in rows:
            sheet.append([text_cell(WriteOnlyCell(sheet, value=cell)) for cell in cells])
    finally:
        book.save(packed)  # also where a row fails: a book that is never saved leaves a file of its rows in /tmp
    return packed.getvalue()


def text_cell(cell: Any) -> Any:
    """Return the cell as text unless it is a number, whatever the library takes its beginning for."""
    if isinstance(cell.value, str):
        cell.data_type = "s"
    return cell
