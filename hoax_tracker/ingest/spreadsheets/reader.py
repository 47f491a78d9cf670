"""Reading a table, CSV or XLSX: column names, and rows of text.

An exported WhatsApp chat is a table, too (whatsapp.py). CSV: any encoding (core/content/encodings.py), any usual
separator, Excel's ``sep=`` line, lines about the report above the column names. XLSX: the first sheet with content.
What somebody uploads is read in a process of its own (core/content/confined_reading.py); what it holds too much of is
refused in words before that ends.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l, ngettext

from hoax_tracker.core.content.confined_reading import ConfinedReader, too_many_parts_error
from hoax_tracker.core.content.encodings import decode_bytes
from hoax_tracker.core.content.html_to_text import strip_invisible
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest.spreadsheets.whatsapp import CHAT_COLUMNS, read_chat

MOST_ROWS, MOST_COLUMNS = 50_000, 200
ROWS_COUNTED_BEYOND = 10_000
"""Rows after these that are read to be counted: a sheet of Excel's full length takes minutes, and somebody waits."""
FILE_LIMIT_BYTES = 50 * 2**20
UNPACKED_LIMIT_BYTES = 150 * 2**20
SHARED_LIMIT_BYTES = 40 * 2**20
"""Of the texts that cells refer to: they are held at once, while sheets are read row by row."""
XLSX_PARTS_LIMIT = 1_000
"""Excel writes a dozen, and one more for each sheet and picture."""
CELLS_LIMIT = 1_500_000
"""Filled ones of a sheet: 50,000 rows of 30 columns. Reading so many takes eight seconds."""
SHEET_ROWS_LIMIT = 2**20
"""Excel's own. A file may number its rows further, and every missing one would be made up."""
CPU_SECONDS = 15
_PIECE_BYTES, _OVERLAP_BYTES = 2**16, 64
CELL_LIMIT = 131_072

PREFACE_MOST, _PREFACE_CELLS, _WIDE, _NAMES_KNOWN = 20, 2, 5, 2
_PREFACE_CHARACTERS = 200_000
"""Within how many characters of a CSV file lines about the report are looked for."""
_SEPARATORS = ",;\t|"
_NO_SEPARATOR = "\x1f"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)

UNREADABLE_TABLE = _l("Berkas itu bukan tabel yang dapat dibaca. Simpan sebagai CSV atau XLSX.")

Cells = tuple[str, ...]


@dataclass(frozen=True)
class SpreadsheetTable:
    """Rows under named columns; every row has a cell for each column, "" for an empty one.

    ``left_out``: the number of rows beyond MOST_ROWS, counted up to COUNTED_BEYOND. ``cut``: the numbers, from 1, of
    rows with content beyond the last column. ``notes``: messages about other unread parts.
    """

    columns: Cells
    rows: tuple[Cells, ...]
    left_out: int = 0
    cut: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_chat(self) -> bool:
        """Tell whether this is an exported chat: then the name of its file is often a person's."""
        return self.columns == CHAT_COLUMNS

    def to_bytes(self) -> bytes:
        """Return the table as it is stored until its columns are named."""
        parts = [self.columns, self.rows, self.left_out, self.cut, self.notes]
        return zlib.compress(json.dumps(parts, ensure_ascii=False).encode("utf-8", "replace"), 1)

    @classmethod
    def from_bytes(cls, packed: bytes) -> SpreadsheetTable:
        """Return the table that ``to_bytes`` gave. Raises InvalidInputError where another program stored the bytes."""
        try:
            columns, rows, left_out, cut, notes = json.loads(zlib.decompress(packed))
        except (zlib.error, ValueError) as error:
            raise table_error("not packed", UNREADABLE_TABLE) from error
        return cls(tuple(columns), tuple(map(tuple, rows)), left_out, tuple(cut), tuple(notes))


def read_uploaded_table(content: bytes) -> SpreadsheetTable:
    """Return the table in a file that somebody brought. Raises InvalidInputError where there is none.

    Raises ServiceBusyError where the files of others wait.
    """
    if len(content) > FILE_LIMIT_BYTES:
        size = FILE_LIMIT_BYTES // 2**20
        words = _("Berkas itu terlalu besar, paling besar %(size)s MB. Bagi menjadi beberapa berkas.", size=size)
        raise table_error("too large", words)
    return SpreadsheetTable.from_bytes(_READING.read(content))


def pack_table(content: bytes) -> bytes:
    """Return the table in a file as bytes. Raises InvalidInputError where there is none."""
    return read_table(content).to_bytes()


_READING = ConfinedReader(f"{__name__}:pack_table", field="file", unreadable=UNREADABLE_TABLE, cpu_seconds=CPU_SECONDS)


def read_table(content: bytes) -> SpreadsheetTable:
    """Return the table in a file, at whatever cost. Raises InvalidInputError where there is none."""
    chat = read_chat(content)
    if chat is not None:
        left_out = len(chat.rows) - MOST_ROWS
        rows = chat.rows[:MOST_ROWS]
        return _filled_table(CHAT_COLUMNS, rows, min(max(0, left_out), ROWS_COUNTED_BEYOND), (), chat.notes)
    if content.startswith(_OLD_EXCEL):
        raise table_error("an old Excel file", _("Itu berkas Excel lama (.xls). Simpan dulu sebagai .xlsx atau .csv."))
    notes: list[str] = []
    lines = iter(_read_first_sheet(content, notes) if content.startswith(_ZIP) else _read_csv_lines(content))
    filled: Iterator[Cells] = (line for line in lines if any(line))
    first = list(islice(filled, PREFACE_MOST))
    above = _count_preface_lines(first)
    if above:
        words = ngettext(
            "%(num)d baris di atas nama kolom dilewati", "%(num)d baris di atas nama kolom dilewati", above
        )
        notes.append(words)
    first = first[above:]
    columns = _unique_column_names(first[0][:MOST_COLUMNS] if first else ())
    filled = chain(first[1:], filled)
    cut: list[int] = []
    rows = tuple(_fit_row(line, len(columns), number, cut) for number, line in enumerate(islice(filled, MOST_ROWS), 1))
    left_out = sum(1 for _line in islice(filled, ROWS_COUNTED_BEYOND))
    return _filled_table(columns, rows, left_out, tuple(cut), tuple(notes))


def _filled_table(
    columns: Cells, rows: tuple[Cells, ...], left_out: int, cut: tuple[int, ...], notes: tuple[str, ...]
) -> SpreadsheetTable:
    """Return the table. Raises InvalidInputError for one without rows."""
    if not columns or not rows:
        raise table_error(
            "no rows", _("Tabel itu kosong. Baris pertama harus nama kolom, lalu satu baris per unggahan.")
        )
    return SpreadsheetTable(columns, rows, left_out, cut, notes)


def _count_preface_lines(lines: Sequence[Cells]) -> int:
    """Return how many lines stand before the column names: Brandwatch describes the report there.

    Such lines fill two cells at most. The column names below fill many, some of them known and none a number, and so
    does the first row. A line with only known names is no preface: the rows below then have a comma too many.
    """
    filled = [[cell for cell in line if cell] for line in lines]
    place = next((place for place, cells in enumerate(filled) if len(cells) > _PREFACE_CELLS), 0)
    names = filled[place] if filled else []
    are_names = (
        len(names) >= _WIDE
        and sum(map(_is_known_column, names)) >= _NAMES_KNOWN
        and not any(n[0].isdigit() for n in names)
    )
    are_above = any(all(map(_is_known_column, cells)) for cells in filled[:place])
    has_rows = all(len(row) > _PREFACE_CELLS for row in filled[place + 1 :][:1])
    return place if are_names and has_rows and not are_above else 0


def table_error(detail: str, words: str) -> InvalidInputError:
    """Return the error for the file field."""
    return InvalidInputError(detail, user_message=words, field="file")


def _read_csv_lines(content: bytes) -> Iterator[Cells]:
    text, _declared = decode_bytes(content)
    text = text.lstrip("\ufeff").replace("\0", "")
    separator_line = _SEPARATOR_LINE.match(text)
    if separator_line:
        text = text[separator_line.end() :]
    csv.field_size_limit(CELL_LIMIT)
    try:
        for cells in csv.reader(
            io.StringIO(text, newline=""), delimiter=separator_line[1] if separator_line else _guess_separator(text)
        ):
            yield tuple(cell_text(cell) for cell in cells)
    except (csv.Error, TypeError) as error:
        raise table_error(str(error), str(UNREADABLE_TABLE)) from error


def _guess_separator(text: str) -> str:
    """Return the separator of the column names, "" for a single column.

    It is read from the first line, unless a separator shows that a preface stands above.
    """
    header = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    if separator not in header:
        separator = _NO_SEPARATOR
    if all(map(_is_known_column, header.split(separator))):
        return separator
    return next((sign for sign in _SEPARATORS if _count_preface_lines(_read_first_lines(text, sign))), separator)


def _read_first_lines(text: str, sign: str) -> list[Cells]:
    """Return the first lines with content, as far as this separator can read them."""
    lines: list[Cells] = []
    with suppress(csv.Error):
        for cells in csv.reader(io.StringIO(text[:_PREFACE_CHARACTERS], newline=""), delimiter=sign):
            if len(lines) == PREFACE_MOST:
                break
            line = tuple(cell.strip() for cell in cells[:MOST_COLUMNS])
            if any(line):
                lines.append(line)
    return lines


def _read_first_sheet(content: bytes, notes: list[str]) -> Iterator[Cells]:
    """Yield the rows of the first sheet with content; report the other ones."""
    from openpyxl import load_workbook

    unreadable = _("Berkas XLSX itu tidak dapat dibaca. Simpan lagi dari Excel atau LibreOffice, atau sebagai CSV.")
    try:
        _require_harmless_xlsx(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = iter(book.worksheets)
        for sheet in sheets:
            rows = _iterate_sheet_rows(sheet)
            first = next((row for row in rows if any(row)), None)
            if first is not None:
                others = [other.title for other in sheets if _has_sheet_content(other)]
                if others:
                    notes.append(_("Lembar lain tidak dibaca: %(names)s", names=", ".join(others)[:200]))
                yield first
                yield from rows
                return
    except (InvalidInputError, MemoryError):
        raise
    except Exception as error:  # a parser of hostile input: whatever it raises, this is no readable table
        raise table_error(f"unreadable: {error!r}"[:500], unreadable) from error


def _has_sheet_content(sheet: Any) -> bool:
    """Tell whether an unread sheet has anything in its first rows."""
    try:
        return any(map(any, islice(_iterate_sheet_rows(sheet), PREFACE_MOST)))
    except Exception:  # noqa: BLE001 - a parser of hostile input: it holds something
        return True


def _iterate_sheet_rows(sheet: Any) -> Iterator[Cells]:
    """Yield the rows of a sheet as text, with one column more than is stored, so that cut content is noticed.

    Raises InvalidInputError for a sheet with too many cells or rows.
    """
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    cells = 0
    # Without the last column, one far cell would make its row as wide as the file says.
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)):
        width = _filled_width(row)
        cells += width
        if cells > CELLS_LIMIT or number > SHEET_ROWS_LIMIT:
            raise too_many_parts_error("file", _("%(count)s sel berisi", count=f"{CELLS_LIMIT:,}".replace(",", ".")))
        yield tuple(cell_text(cell) for cell in row[:width])


def _filled_width(row: Sequence[Any]) -> int:
    """Return the number of cells up to the last one with content."""
    width = len(row)
    if row.count(None) == width:
        return 0
    while row[width - 1] is None:
        width -= 1
    return width


def _require_harmless_xlsx(content: bytes) -> None:
    """Raise InvalidInputError for a file that unpacks to too much or has entities, which no program writes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if len(archive.infolist()) > XLSX_PARTS_LIMIT:
            raise too_many_parts_error("file", _("%(count)s berkas", count=f"{XLSX_PARTS_LIMIT:,}".replace(",", ".")))
        shared = sum(part.file_size for part in archive.infolist() if "sharedstrings" in part.filename.lower())
        if shared > SHARED_LIMIT_BYTES or sum(part.file_size for part in archive.infolist()) > UNPACKED_LIMIT_BYTES:
            raise table_error("unpacks to too much", _("Tabel itu terlalu besar. Bagi menjadi beberapa berkas."))
        for part in archive.infolist():
            if part.filename.endswith((".xml", ".rels")) and _has_document_type(archive, part):
                raise table_error("a document type", _("Berkas XLSX itu tidak aman dibaca. Simpan sebagai CSV."))


def _has_document_type(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Tell whether a part declares a document type, reading in pieces: unpacked it may be large."""
    before = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE_BYTES):
            if _DOCTYPE.search(before + piece):
                return True
            before = piece[-_OVERLAP_BYTES:]
    return False


def cell_text(value: Any) -> str:
    """Return a cell as its reader sees it; dates as ISO 8601, without a zone where the file has none."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return strip_invisible(str(value)).strip()


def _unique_column_names(header: Iterable[str]) -> Cells:
    """Return distinct column names; an unnamed column is called by its position."""
    names: list[str] = []
    for place, heading in enumerate(header, 1):
        name = base = " ".join(heading.split())[:80] or _("Kolom %(place)s", place=place)
        number = 2
        while name in names:
            name, number = f"{base} ({number})", number + 1
        names.append(name)
    while names and not list(header)[len(names) - 1]:
        names.pop()
    return tuple(names)


def _fit_row(line: Cells, width: int, number: int, cut: list[int]) -> Cells:
    """Return a row with exactly that many cells; record its number where content is cut."""
    if any(line[width:]):
        cut.append(number)
    return (*line, *("",) * (width - len(line)))[:width]


# How exports call their columns, the likeliest first: those of Meta, CrowdTangle, Brandwatch, Meltwater, Talkwalker,
# Brand24, Apify, X, TikTok, 4CAT, twarc and of Indonesian tools; "likesCount" and "authorMeta.name" are read as
# separate words. Where a tool has two columns for one thing, the better one stands first: a name before a number.
KNOWN_COLUMN_NAMES = {
    "text": "full text|text|raw content|teks|message|pesan|content|isi|konten|caption|post text|post message|tweet|body"
    "|isi unggahan|isi postingan|hit sentence|snippet|mention|description|deskripsi|keterangan|narasi|post"
    "|opening text|content snippet|video description",
    "title": "title|video title|judul|headline|link text|subject",
    "url": "url|link|permalink|tautan|post url|post link|link unggahan|tautan unggahan|alamat|permalink url|tweet url"
    "|tautan permanen|mention url|web video url|mcl url|tiktok url",
    "id": "id|post id|id unggahan|id postingan|tweet id|status id|video id|nomor unggahan|document id|resource id",
    "author": "author name|author fullname|author full|extra author attributes name|author meta name|author|penulis"
    "|page name|account|akun|user|username|user name|nama akun|pengunggah|from|screen name|channel|channel title"
    "|author user name|author username|owner username|post owner name|post owner username|nama halaman|nama|owner"
    "|full name|influencer|user displayname|user username|pengirim|sender",
    "published": "unix timestamp|published|published at|post created|created at|created time|post created date"
    "|publish time|waktu penerbitan|waktu terbit|date|tanggal|waktu|time|timestamp|tanggal unggah|waktu unggah"
    "|create time iso|create time|creation time|created date|datetime|video publish time",
    "likes": "likes|suka|like count|likes count|favorites|favorite count|reactions|total reactions|jumlah suka|like"
    "|number of likes|num likes|digg count|reaksi|tanggapan",
    "shares": "shares|dibagikan|share count|shares count|retweets|retweet count|reposts|jumlah dibagikan|share|bagikan"
    "|number of shares|twitter retweets|pembagian|forwards|repost count",
    "replies": "comments|komentar|replies|comment count|comments count|reply count|jumlah komentar|balasan"
    "|number of comments|num comments|comments added",
    "views": "views|dilihat|view count|views count|post views|total views|tayangan|video views"
    "|impressions|jumlah tayangan|play count|plays|video view count|impression count|impresi",
}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KNOWN = frozenset(name for names in KNOWN_COLUMN_NAMES.values() for name in names.split("|"))


def _is_known_column(name: str) -> bool:
    return normalise_column_name(name) in _KNOWN


def normalise_column_name(name: str) -> str:
    """Return the words of a column name in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", _CAMEL.sub(" ", name).replace("_", " ").casefold()))
