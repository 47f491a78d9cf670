"""Read a CSV file as an office has it: with semicolons, in an older encoding, with a mark in front."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

# A pasted novel is no training text, and the csv module's own limit is 131,072 characters a cell.
_CELL_LIMIT = 10_000_000
_SEPARATORS = ",;\t|"
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Row(NamedTuple):
    """A row by column, cells trimmed and empty ones left out; ``line``: where it begins in the file.

    ``spilled``: it has more cells than the file has columns, so that a comma inside a text was taken for the next cell.
    """

    line: int
    cells: dict[str, str]
    spilled: bool


def read_csv(path: Path) -> tuple[list[str], Iterator[Row]]:
    """Return the columns, in small letters, and the rows; no columns where the file is empty.

    Raises OSError, and csv.Error while rows are read.
    """
    csv.field_size_limit(_CELL_LIMIT)
    content = _decode_csv(path.read_bytes()).replace("\0", "")
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=_detect_separator(content))
    header = next((cells for cells in reader if any(map(str.strip, cells))), [])
    columns = [name.strip().lower() for name in header]
    return columns, _iterate_rows(reader, columns)


def _iterate_rows(reader: Any, columns: list[str]) -> Iterator[Row]:
    line = reader.line_num + 1
    for cells in reader:
        trimmed = [cell.strip() for cell in cells]
        if any(trimmed):
            named = {name: cell for name, cell in zip(columns, trimmed, strict=False) if name and cell}
            yield Row(line, named, any(trimmed[len(columns) :]))
        line = reader.line_num + 1


def _detect_separator(content: str) -> str:
    """Return what parts the names of the columns; no such name holds one of these signs."""
    header = content.lstrip("\r\n").partition("\n")[0]
    return max(_SEPARATORS, key=header.count)


def _decode_csv(content: bytes) -> str:
    if content.startswith(_UTF_16_MARKS):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = content.decode("utf-8-sig", errors="replace")
    # A few broken bytes among good letters are a fault of the file; broken ones alone are an older encoding.
    good = sum(letter > "\x7f" and letter != "\ufffd" for letter in text)
    is_utf_8 = content.startswith(codecs.BOM_UTF8) or good > text.count("\ufffd")
    return text if is_utf_8 else content.decode("cp1252", errors="replace")
