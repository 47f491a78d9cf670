"""A table of posts, as tools that listen to social media export it: which column is what, and rows to entries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from hoax_tracker.core.content.html_to_text import plain_text
from hoax_tracker.ingest.parsers import entry as shape
from hoax_tracker.ingest.parsers.entry import Counts, Entry, Feed, Problems
from hoax_tracker.ingest.parsers.export_dates import has_month_first, parse_exported
from hoax_tracker.ingest.spreadsheets import reader
from hoax_tracker.ingest.spreadsheets.column_names import NAMES, plain
from hoax_tracker.ingest.spreadsheets.reader import Table
from hoax_tracker.models import SourceKind

FIELDS = {
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

_EXCEL_DAY = re.compile(r"[0-9]{5}(?:[.,][0-9]{1,12})?")
_EXCEL_BEGINS = datetime(1899, 12, 30)  # noqa: DTZ001 - the file's own time, whatever its zone
_READ_TO_GUESS = 50
_NAMED = 20
"""How many rows are named by their numbers where something was cut."""

Mapped = Mapping[str, str]
"""From a field to the name of its column."""


def guess(table: Table) -> dict[str, str]:
    """Return which column is probably what; the words are in the one with the longest cells where no name says so."""
    by_name = {plain(column): column for column in reversed(table.columns)}
    found: dict[str, str] = {}
    for field, names in NAMES.items():
        column = next((by_name[name] for name in names.split("|") if name in by_name), None)
        if column is not None and column not in found.values():
            found[field] = column
    if "text" not in found:
        free = [column for column in table.columns if column not in found.values()]
        if free:
            found["text"] = max(free, key=lambda column: filled(table, column))
    return found


def filled(table: Table, column: str) -> int:
    """Return how many characters the first rows hold in a column."""
    place = table.columns.index(column)
    return sum(len(row[place]) for row in table.rows[:_READ_TO_GUESS])


def kept(table: Table, mapped: Mapped) -> dict[str, str]:
    """Return a mapping as far as the table has its columns."""
    return {field: column for field, column in mapped.items() if field in FIELDS and column in table.columns}


def posts_of(table: Table, mapped: Mapped, now: datetime) -> Feed:
    """Return the rows as entries; one without any words is named and left out."""
    problems, found = Problems(), []
    note_unread(table, problems)
    cells = {field: table.columns.index(column) for field, column in kept(table, mapped).items()}
    times = [row[cells["published"]] for row in table.rows] if "published" in cells else []
    month_first, are_days = has_month_first(times), are_excel_days(times)
    for number, row in enumerate(table.rows, start=1):
        given = {field: row[place] for field, place in cells.items()}
        if are_days:
            given["published"] = of_excel_day(given["published"])
        entry = entry_of(given, month_first, now, number, problems)
        if entry is None:
            problems.add(_("dilewati, karena tanpa isi"), number)
        else:
            found.append(entry)
    shape.repeated_ids(found, problems)
    return Feed("", None, None, tuple(found), problems.as_tuple(), SourceKind.POSTS)


def note_unread(table: Table, problems: Problems) -> None:
    """Note what of the file is in no row: before all else, since of many problems only the first are shown."""
    for note in table.notes:
        problems.add(note)
    if table.left_out >= reader.COUNTED_BEYOND:
        problems.add(_("%(count)s baris terakhir atau lebih tidak dibaca: bagi tabelnya", count=table.left_out))
    elif table.left_out:
        words = ngettext(
            "%(num)d baris terakhir tidak dibaca: bagi tabelnya",
            "%(num)d baris terakhir tidak dibaca: bagi tabelnya",
            table.left_out,
        )
        problems.add(words)
    if table.cut:
        numbers = ", ".join(map(str, table.cut[:_NAMED])) + (", …" if len(table.cut) > _NAMED else "")
        words = ngettext(
            "Isi di kanan kolom terakhir tidak dibaca pada %(num)d entri: %(numbers)s",
            "Isi di kanan kolom terakhir tidak dibaca pada %(num)d entri: %(numbers)s",
            len(table.cut),
            numbers=numbers,
        )
        problems.add(words)


def entry_of(row: Mapped, month_first: bool, now: datetime, number: int, problems: Problems) -> Entry | None:
    """Return one post, or None where it says nothing."""
    text, title = plain_text(row.get("text", "")), plain_text(row.get("title", "")).replace("\n", " ")[:1000]
    if not (text or title):
        return None
    counts = {field: counted(row.get(field, ""), number, problems) for field in ("replies", "likes", "shares", "views")}
    return Entry(
        feed_id=shape.feed_id(row.get("id") or told_apart(row)),
        url=linked(row.get("url", ""), number, problems),
        title=title,
        text=text,
        author=plain_text(row.get("author", "")).replace("\n", " ")[: shape.AUTHOR_LIMIT] or None,
        published_at=moment(row.get("published", ""), month_first, now, number, problems),
        updated_at=None,
        language=None,
        images=(),
        counts=Counts(**counts).or_none(),
    )


def counted(text: str, number: int, problems: Problems) -> int | None:
    """Return a count; one that is there but cannot be read is a problem."""
    found = shape.count(text)
    if found is None and any(sign.isdigit() for sign in text):
        problems.add(_("jumlah «%(text)s» tidak terbaca", text=text[:60]), number)
    return found


def linked(text: str, number: int, problems: Problems) -> str | None:
    """Return a post's address; one that is there but leads nowhere is a problem.

    One without its scheme leads nowhere: posts were stored so, and would be stored once more with another address.
    """
    found = shape.link("", text)
    if text and found is None:
        problems.add(_("tautan «%(text)s» tidak terbaca", text=text[:60]), number)
    return found


def told_apart(row: Mapped) -> str:
    """Return what stands for an id where a post has none, nor a link: the same words by another account are reach."""
    return "" if row.get("url") else " ".join(row[part] for part in ("author", "published") if row.get(part))


def are_excel_days(values: Sequence[str]) -> bool:
    """Tell whether a column holds days as Excel counts them, as cells do whose format was lost: 1954 to 2064."""
    given = [value for value in values if value]
    return bool(given) and all(_EXCEL_DAY.fullmatch(value) and 20_000 <= int(value[:5]) < 60_000 for value in given)


def of_excel_day(value: str) -> str:
    """Return the date and time, without a zone, of a number of days since Excel's first, "" for none."""
    seconds = round(float(value.replace(",", ".")) * 86_400) if value else 0
    return (_EXCEL_BEGINS + timedelta(seconds=seconds)).isoformat(" ") if value else ""


def moment(text: str, month_first: bool, now: datetime, number: int, problems: Problems) -> datetime | None:
    """Return when a post appeared; without a zone it is Kupang's own time."""
    text = text.strip()
    if not text:
        return None
    found = parse_exported(text, month_first=month_first)
    if found is None:
        problems.add(_("tanggal «%(text)s» tidak terbaca", text=text[:60]), number)
    return shape.plausible(found, now, number, problems)
