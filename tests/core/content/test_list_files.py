"""Lists as files: what a spreadsheet makes of them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from hoax_tracker.core.content.list_files import LONGEST_CELL, csv_lines, file_cell, write_xlsx

NASTY = ["=1+1", "+62811", "-2", "@SUM(A1)", "\tx", "\rx", "\n=1", " =1", "\uff1d1", "\x01=1", "#N/A", "{=1}"]


def read_csv(text: str) -> list[list[str]]:
    """The cells of a file, as a spreadsheet set to Indonesian reads them."""
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


@pytest.mark.parametrize("text", NASTY)
def test_no_cell_of_either_file_is_a_formula(text: str) -> None:
    cells = [file_cell(text), 7]
    ((shown, number),) = read_csv("".join(csv_lines(["Judul", "Nomor"], [cells])))[1:]
    (title, count) = next(
        load_workbook(io.BytesIO(write_xlsx("x", ["Judul", "Nomor"], [cells]))).active.iter_rows(min_row=2)
    )
    assert (number, count.value, count.data_type) == ("7", 7, "n")
    assert title.data_type in ("s", "inlineStr")
    for cell in (shown, str(title.value)):
        assert cell[:1] not in "=+-@\t\r\n\uff1d", repr(cell)
        assert cell.lstrip()[:1] not in "=+-@\uff1d", repr(cell)


def test_a_heading_is_a_cell_too() -> None:
    assert read_csv("".join(csv_lines(["=1"], [])))[0] == ["'=1"]


def test_moments_are_in_wita_after_iso() -> None:
    assert file_cell(datetime(2026, 11, 24, 8, 5, 59, 7, tzinfo=UTC)) == "2026-11-24T16:05:59+08:00"
    assert file_cell(None) == ""


@pytest.mark.parametrize("text", ["\x00\x0b\x1f", "\ufffe\uffff", "é😀" * 20_000, 'a;"b"\nc'])
def test_any_text_gives_a_file_that_opens(text: str) -> None:
    cell = file_cell(text)
    assert len(str(cell)) <= LONGEST_CELL
    sheet = load_workbook(io.BytesIO(write_xlsx("x" * 99, ["Judul"], [[cell]]))).active
    assert (sheet["A2"].value or "") == cell
    assert read_csv("".join(csv_lines(["Judul"], [[cell, ""]])))[1] == [cell, ""]
