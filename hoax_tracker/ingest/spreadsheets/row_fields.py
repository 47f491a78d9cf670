"""From the cells of a row to the fields of a post, each as text; some fields come from several columns together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hoax_tracker.ingest.parsers.entry import read_count
from hoax_tracker.ingest.parsers.export_dates import has_month_first
from hoax_tracker.ingest.spreadsheets.known_exports import (
    compose_link,
    decode_json_text,
    find_count_columns,
    find_known_export,
    find_link_columns,
)
from hoax_tracker.ingest.spreadsheets.reader import SpreadsheetTable

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
        export, (self._link, parts) = find_known_export(table.columns), find_link_columns(table.columns)
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
            fields["text"] = decode_json_text(fields.get("text", ""))
        for field, places in self._networks.items():
            fields[field] = max((row[place] for place in places), key=lambda cell: read_count(cell) or 0)
        if not fields.get("url"):
            fields["url"] = compose_link(self._link, [row[place] for place in self._link_places])
        return fields


def _are_excel_days(values: Sequence[str]) -> bool:
    """Tell whether a column holds Excel day numbers, as cells do whose format was lost: 1954 to 2064."""
    filled = [value for value in values if value]
    return bool(filled) and all(_EXCEL_DAY.fullmatch(value) and 20_000 <= int(value[:5]) < 60_000 for value in filled)


def _excel_day_to_iso(value: str) -> str:
    """Return an Excel day number as date and time without a zone, "" for an invalid one."""
    seconds = round(float(value.replace(",", ".")) * 86_400) if value else 0
    return (_EXCEL_BEGINS + timedelta(seconds=seconds)).isoformat(" ") if value else ""
