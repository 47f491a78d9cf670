"""Tables of posts, as social listening tools export them: which column is what, and rows to entries."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from hoax_tracker.core.content.html_to_text import clean_plain_text
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.dates import parse_exported_date
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedProblems
from hoax_tracker.ingest.spreadsheets import reader
from hoax_tracker.ingest.spreadsheets.column_names import KNOWN_COLUMN_NAMES, normalise_column_name
from hoax_tracker.ingest.spreadsheets.reader import SpreadsheetTable
from hoax_tracker.ingest.spreadsheets.row_fields import RowFields, find_count_columns, find_known_export
from hoax_tracker.models import SourceKind

POST_FIELDS = {
    "text": _l("Isi unggahan"),
    "title": _l("Judul"),
    "url": _l("Tautan"),
    "id": _l("Nomor unggahan"),
    "author": _l("Pengunggah"),
    "published": _l("Waktu"),
    "likes": _l("Suka"),
    "shares": _l("Dibagikan"),
    "replies": _l("Komentar"),
    "views": _l("Dilihat"),
}
"""What an entry may be given by a column, with its name on screen."""

_ACCOUNT_NAME = re.compile(r"""['"](?:displayname|displayName|username)['"]: ['"]([^'"]{1,200})['"]""")
_READ_TO_GUESS = 50
_ROWS_NAMED, _COLUMNS_NAMED = 20, 12
"""How many rows are named by their numbers where something was cut."""

ColumnMapping = Mapping[str, str]
"""From a field to the name of its column."""


def guess_columns(table: SpreadsheetTable) -> dict[str, str]:
    """Return the probable column of each part; where no name tells, the text is in the one with the longest cells."""
    by_name = {normalise_column_name(column): column for column in reversed(table.columns)}
    export, networks = find_known_export(table.columns), find_count_columns(table.columns)
    certain = export.columns if export else {}
    column_by_part: dict[str, str] = {field: by_name[name] for field, name in certain.items() if name in by_name}
    for field, names in KNOWN_COLUMN_NAMES.items():
        column = next((by_name[name] for name in names.split("|") if name in by_name), None)
        column = column or next(iter(networks.get(field, ())), None)
        if column is not None and column not in column_by_part.values() and field not in certain:
            column_by_part[field] = column
    if "text" not in column_by_part and "text" not in certain:
        free = [column for column in table.columns if column not in column_by_part.values()]
        if free:
            column_by_part["text"] = max(free, key=lambda column: _count_filled_characters(table, column))
    return column_by_part


def _count_filled_characters(table: SpreadsheetTable, column: str) -> int:
    """Return how many characters a column has in the first rows."""
    place = table.columns.index(column)
    return sum(len(row[place]) for row in table.rows[:_READ_TO_GUESS])


def keep_existing_columns(table: SpreadsheetTable, mapped: ColumnMapping) -> dict[str, str]:
    """Return the part of a mapping whose columns the table has."""
    return {field: column for field, column in mapped.items() if field in POST_FIELDS and column in table.columns}


def read_posts_from_table(table: SpreadsheetTable, mapped: ColumnMapping, now: datetime) -> Feed:
    """Return the rows as entries; rows without text are reported and left out."""
    problems, entries = FeedProblems(), []
    _note_unread_parts(table, problems)
    fields = RowFields(table, keep_existing_columns(table, mapped))
    for number, row in enumerate(table.rows, start=1):
        entry = _read_post(fields.read_row(row), fields.has_month_first, now, number, problems)
        if entry is None:
            problems.add(_("dilewati, karena tanpa isi"), number)
        else:
            entries.append(entry)
    _note_unread_columns(table, fields.columns_read, problems)
    feed_entry.note_repeated_ids(entries, problems)
    return Feed("", None, None, tuple(entries), problems.as_tuple(), SourceKind.POSTS)


def _note_unread_parts(table: SpreadsheetTable, problems: FeedProblems) -> None:
    """Report the unread parts of the file first, because only the first problems are shown."""
    for note in table.notes:
        problems.add(note)
    if table.left_out >= reader.ROWS_COUNTED_BEYOND:
        problems.add(_("%(count)s baris terakhir atau lebih tidak dibaca: bagi tabelnya", count=table.left_out))
    elif table.left_out:
        words = ngettext(
            "%(num)d baris terakhir tidak dibaca: bagi tabelnya",
            "%(num)d baris terakhir tidak dibaca: bagi tabelnya",
            table.left_out,
        )
        problems.add(words)
    if table.cut:
        numbers = ", ".join(map(str, table.cut[:_ROWS_NAMED])) + (", …" if len(table.cut) > _ROWS_NAMED else "")
        words = ngettext(
            "Isi di kanan kolom terakhir tidak dibaca pada %(num)d entri: %(numbers)s",
            "Isi di kanan kolom terakhir tidak dibaca pada %(num)d entri: %(numbers)s",
            len(table.cut),
            numbers=numbers,
        )
        problems.add(words)


def _note_unread_columns(table: SpreadsheetTable, read: Collection[int], problems: FeedProblems) -> None:
    """Report the columns with content of which nothing is kept."""
    unread = [
        column
        for place, column in enumerate(table.columns)
        if place not in read and any(row[place] for row in table.rows)
    ]
    if unread and not table.is_chat:
        words = ngettext(
            "%(num)d kolom tidak dibaca: %(names)s",
            "%(num)d kolom tidak dibaca: %(names)s",
            len(unread),
            names=", ".join(unread[:_COLUMNS_NAMED]) + (", …" if len(unread) > _COLUMNS_NAMED else ""),
        )
        problems.add(words)


def _read_post(
    row: ColumnMapping, month_first: bool, now: datetime, number: int, problems: FeedProblems
) -> FeedEntry | None:
    """Return one post, or None where it has no text."""
    text, title = (
        clean_plain_text(row.get("text", "")),
        clean_plain_text(row.get("title", "")).replace("\n", " ")[:1000],
    )
    if not (text or title):
        return None
    counts = {
        field: _read_post_count(row.get(field, ""), number, problems)
        for field in ("replies", "likes", "shares", "views")
    }
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(row.get("id") or _substitute_post_id(row)),
        url=_read_post_link(row.get("url", ""), number, problems),
        title=title,
        text=text,
        author=_read_post_author(row.get("author", ""))[: feed_entry.AUTHOR_LIMIT] or None,
        published_at=_read_post_date(row.get("published", ""), month_first, now, number, problems),
        updated_at=None,
        language=None,
        images=(),
        counts=EngagementCounts(**counts).or_none(),
    )


def _read_post_author(text: str) -> str:
    """Return the account of a post on one line. Some programs write all that they know of it, as Python does."""
    named = _ACCOUNT_NAME.search(text) if text.startswith("{") else None
    return clean_plain_text(named[1] if named else text).replace("\n", " ")


def _read_post_count(text: str, number: int, problems: FeedProblems) -> int | None:
    """Return a count; an unreadable one is a problem."""
    count = feed_entry.read_count(text)
    if count is None and any(sign.isdigit() for sign in text):
        problems.add(_("jumlah «%(text)s» tidak terbaca", text=text[:60]), number)
    return count


def _read_post_link(text: str, number: int, problems: FeedProblems) -> str | None:
    """Return a post's address; an unusable one is a problem.

    One without a scheme is unusable: posts were stored so before, and would be stored again under another address.
    """
    link = feed_entry.read_link("", text)
    if text and link is None:
        problems.add(_("tautan «%(text)s» tidak terbaca", text=text[:60]), number)
    return link


def _substitute_post_id(row: ColumnMapping) -> str:
    """Return an id for a post without id and link; equal words by another account are reach."""
    return "" if row.get("url") else " ".join(row[part] for part in ("author", "published") if row.get(part))


def _read_post_date(
    text: str, month_first: bool, now: datetime, number: int, problems: FeedProblems
) -> datetime | None:
    """Return the time of a post; without a zone it is Kupang's."""
    text = text.strip()
    if not text:
        return None
    moment = parse_exported_date(text, month_first=month_first)
    if moment is None:
        problems.add(_("tanggal «%(text)s» tidak terbaca", text=text[:60]), number)
    return feed_entry.plausible_date(moment, now, number, problems)
