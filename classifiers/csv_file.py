"""Read CSV files with commas, semicolons, tabs or pipes, in UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

# Cells may hold pasted articles, and the csv module's own limit is 131,072 characters.
_CELL_LIMIT = 10_000_000
_SEPARATORS = ",;\t|"
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Row(NamedTuple):
    """A row of a CSV file.

    ``line``: the line on which it begins; ``cells``: trimmed values by column, without empty ones; ``spilled``: the row
    has more cells than the header, so an unquoted separator has split a text.
    """

    line: int
    cells: dict[str, str]
    spilled: bool


def read_csv(path: Path) -> tuple[list[str], Iterator[Row]]:
    """Return the column names in lower case, and the rows. An empty file has no columns.

    Raises ``OSError``; reading the rows raises ``csv.Error``.
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
    """Return the separator that occurs most often in the header, as no column name contains one."""
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
    # A few broken bytes among many good letters are a fault in a UTF-8 file. Mostly broken bytes mean Windows-1252.
    good = sum(letter > "\x7f" and letter != "\ufffd" for letter in text)
    is_utf_8 = content.startswith(codecs.BOM_UTF8) or good > text.count("\ufffd")
    return text if is_utf_8 else content.decode("cp1252", errors="replace")
