"""From the cells of a row to the fields of a post, each as text; some fields come from several columns together.

Exports of tools whose columns need more than their names: where an address is missing, or a name means otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hoax_tracker.ingest.parsers.dates import has_month_first
from hoax_tracker.ingest.parsers.entry import read_count
from hoax_tracker.ingest.spreadsheets.column_names import normalise_column_name
from hoax_tracker.ingest.spreadsheets.reader import SpreadsheetTable


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


def find_known_export(columns: Sequence[str]) -> KnownExport | None:
    """Return the tool whose columns these are, or None."""
    names = set(map(normalise_column_name, columns))
    return next((form for form in _FORMS if form.marks <= names), None)


def find_count_columns(columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns that give the same count for one network each. A post has it in one of them."""
    return {
        name: [column for column in columns if pattern.fullmatch(normalise_column_name(column))]
        for name, pattern in _NETWORK_COUNTS.items()
    }


def _find_link_columns(columns: Sequence[str]) -> tuple[str, list[str]]:
    """Return the beginning of the posts' addresses and the columns that complete it, ("", []) where none is known."""
    form = find_known_export(columns)
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
            for field, columns in find_count_columns(table.columns).items()
            if mapped.get(field) in columns
        }
        export, (self._link, parts) = find_known_export(table.columns), _find_link_columns(table.columns)
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
