"""A report's numbers as an XLSX file: its sentences, and a sheet for each table."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from hoax_tracker.core.content.list_files import file_cell, text_cell
from hoax_tracker.insight.reports.content import Cell, ReportDocument

LONGEST_SHEET_NAME = 31


def write_workbook(report: ReportDocument, notice: str = "") -> bytes:
    """Return the file, ``notice`` first where there is one. No cell is a formula, whatever its text begins with."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    notes = [line for heading, text in report.notes for line in (heading, *text.splitlines())]
    texts = [notice, *report.sentences, *notes, report.reason]
    heading = f"{report.title}, versi {report.version}"
    _add_sheet(book, "ringkasan", [heading], [[text] for text in texts if text.strip()])
    for table in report.tables:
        _add_sheet(book, table.key, table.columns, [*table.rows, [table.note]])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _add_sheet(book: Any, name: str, headings: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> None:
    """Add a sheet with a row of headings that stays in view."""
    from openpyxl.cell import WriteOnlyCell

    sheet = book.create_sheet(name[:LONGEST_SHEET_NAME])
    sheet.freeze_panes = "A2"
    for cells in (headings, *rows):
        values = [cell if isinstance(cell, float) else file_cell(cell) for cell in cells]
        sheet.append([text_cell(WriteOnlyCell(sheet, value=value)) for value in values])
