"""Tables of posts, as social listening tools export them: which column is what, and rows to entries."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import gettext as _, lazy_gettext as _l, ngettext

from hoax_tracker.core.content.html_to_text import clean_plain_text
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.dates import has_month_first, parse_exported_date
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedProblems, read_count
from hoax_tracker.ingest.spreadsheets import reader
from hoax_tracker.ingest.spreadsheets.reader import KNOWN_COLUMN_NAMES, SpreadsheetTable, normalise_column_name
from hoax_tracker.models import SourceKind


@dataclass(frozen=True)
class KnownExport:
    """A tool's table: known by ``marks``, columns that it always has; all names are normalised.

    ``columns`` goes before the guess by names. ``link`` is what an address begins with, and the columns that follow.
    ``has_json_texts`` means that texts may be written as JSON strings, with quotes and escapes.
    """

    tool: str
    marks: frozenset[str]
    columns: Mapping[str, str] = field(default_factory=dict)
    link: tuple[str, ...] = ()
    has_json_texts: bool = False


_VIDEO = "https://www.youtube.com/watch?v="
_FORMS = (
    # https://github.com/DocNow/twarc-csv
    KnownExport("twarc", frozenset({"conversation id", "author username"}), {}, ("https://x.com/i/status", "id"), True),
    # https://github.com/digitalmethodsinitiative/4cat: a message's number counts within its chat.
    KnownExport(
        "4CAT, Telegram",
        frozenset({"thread id", "chat", "body", "unix timestamp"}),
        {"text": "body", "published": "unix timestamp"},
        ("https://t.me", "chat", "id"),
    ),
    # https://ytdt.digitalmethods.net
    KnownExport("YouTube Data Tools", frozenset({"video id", "video title"}), {}, (_VIDEO, "video id")),
    # YouTube Studio calls a video's number its content.
    KnownExport(
        "YouTube Studio",
        frozenset({"content", "video title", "video publish time"}),
        {"id": "content", "text": "", "title": "video title"},
        (_VIDEO, "content"),
    ),
)

_NETWORKS = "facebook|instagram|twitter|x|tiktok|youtube|linkedin|threads|bluesky|reddit|pinterest"
_COUNT_WORDS = {
    "likes": "likes?|like count|reactions|reaction count|favorites|upvotes|score upvotes",
    "shares": "shares?|share count|retweets?|retweet count|reposts|repost count",
    "replies": "comments?|comment count|repl(?:ies|y)|reply count",
    "views": "views?|view count|video views|impressions|impression count|play count",
}
# Brandwatch and Talkwalker have a column for each network; Meta one for all reactions and one for likes.
_PREFIX = rf"(?:article extended attributes )?(?:{_NETWORKS}|url|num)|statistics|public metrics"
_NETWORK_COUNTS = {name: re.compile(rf"(?:{_PREFIX}) (?:{words})") for name, words in _COUNT_WORDS.items()}


def _find_known_export(columns: Sequence[str]) -> KnownExport | None:
    """Return the tool whose columns these are, or None."""
    names = set(map(normalise_column_name, columns))
    return next((form for form in _FORMS if form.marks <= names), None)


def _find_count_columns(columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns that give the same count for one network each. A post has it in one of them."""
    return {
        name: [column for column in columns if pattern.fullmatch(normalise_column_name(column))]
        for name, pattern in _NETWORK_COUNTS.items()
    }


def _find_link_columns(columns: Sequence[str]) -> tuple[str, list[str]]:
    """Return the beginning of the posts' addresses and the columns that complete it, ("", []) where none is known."""
    form = _find_known_export(columns)
    if form is None or not form.link:
        return "", []
    by_name = {normalise_column_name(column): column for column in reversed(columns)}
    parts = [by_name[name] for name in form.link[1:] if name in by_name]
    return (form.link[0], parts) if len(parts) == len(form.link) - 1 else ("", [])


def _decode_json_text(cell: str) -> str:
    """Return the text of a cell that holds a JSON string, any other cell unchanged."""
    if not (len(cell) > 1 and cell[0] == cell[-1] == '"'):
        return cell
    try:
        return str(json.loads(cell, strict=False))
    except ValueError:
        return cell


def _compose_link(beginning: str, parts: Sequence[str]) -> str:
    """Return a post's address from its parts, or "" where one is missing or could lead elsewhere."""
    if not beginning or not parts or not all(re.fullmatch(r"[\w-]{1,64}", part) for part in parts):
        return ""
    return beginning + "/".join(parts) if beginning.endswith("=") else "/".join((beginning, *parts))


_EXCEL_DAY = re.compile(r"[0-9]{5}(?:[.,][0-9]{1,12})?")
_EXCEL_BEGINS = datetime(1899, 12, 30)  # noqa: DTZ001 - the file's own time, whatever its zone


class RowFields:
    """Knows where the fields of a post stand in the rows of a table, and how its whole columns are to be read."""

    def __init__(self, table: SpreadsheetTable, mapped: Mapping[str, str]) -> None:
        """Look at the columns, whose names must be the table's."""
        self._places = {field: table.columns.index(column) for field, column in mapped.items()}
        times = [row[self._places["published"]] for row in table.rows] if "published" in mapped else []
        self.has_month_first, self._has_excel_days = has_month_first(times), _are_excel_days(times)
        # Where the column of one network was chosen, a row's count is in that of its own.
        self._networks = {
            field: [table.columns.index(column) for column in columns]
            for field, columns in _find_count_columns(table.columns).items()
            if mapped.get(field) in columns
        }
        export, (self._link, parts) = _find_known_export(table.columns), _find_link_columns(table.columns)
        self._link_places = [table.columns.index(column) for column in parts]
        self._has_json_texts = export is not None and export.has_json_texts

    @property
    def columns_read(self) -> frozenset[int]:
        """The places of the columns that something is read of."""
        networks = (place for places in self._networks.values() for place in places)
        return frozenset((*self._places.values(), *networks, *self._link_places))

    def read_row(self, row: Sequence[str]) -> dict[str, str]:
        """Return the fields of a row."""
        fields = {field: row[place] for field, place in self._places.items()}
        if self._has_excel_days:
            fields["published"] = _excel_day_to_iso(fields["published"])
        if self._has_json_texts:
            fields["text"] = _decode_json_text(fields.get("text", ""))
        for network_field, places in self._networks.items():
            fields[network_field] = max((row[place] for place in places), key=lambda cell: read_count(cell) or 0)
        if not fields.get("url"):
            fields["url"] = _compose_link(self._link, [row[place] for place in self._link_places])
        return fields


def _are_excel_days(values: Sequence[str]) -> bool:
    """Tell whether a column holds Excel day numbers, as cells do whose format was lost: 1954 to 2064."""
    filled = [value for value in values if value]
    return bool(filled) and all(_EXCEL_DAY.fullmatch(value) and 20_000 <= int(value[:5]) < 60_000 for value in filled)


def _excel_day_to_iso(value: str) -> str:
    """Return an Excel day number as date and time without a zone, "" for an invalid one."""
    seconds = round(float(value.replace(",", ".")) * 86_400) if value else 0
    return (_EXCEL_BEGINS + timedelta(seconds=seconds)).isoformat(" ") if value else ""


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
    export, networks = _find_known_export(table.columns), _find_count_columns(table.columns)
    certain = export.columns if export else {}
    column_by_part: dict[str, str] = {part: by_name[name] for part, name in certain.items() if name in by_name}
    for part, names in KNOWN_COLUMN_NAMES.items():
        column = next((by_name[name] for name in names.split("|") if name in by_name), None)
        column = column or next(iter(networks.get(part, ())), None)
        if column is not None and column not in column_by_part.values() and part not in certain:
            column_by_part[part] = column
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
