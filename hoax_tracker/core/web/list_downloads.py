"""Downloads of the desk's lists: the rows that the page's filters match, as CSV or XLSX, noted in the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import Response, current_app, request, stream_with_context
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user

from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.content.list_files import ListColumn, csv_lines, file_cell, write_xlsx
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import Officer, db

MOST_ROWS = {"csv": 100_000, "xlsx": 20_000}
"""Rows in a file. A CSV file is sent as it is read; an XLSX file is made whole first, and somebody waits for it."""
ROWS_AT_ONCE = 500
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIST_TITLES: dict[str, Any] = {
    "queue": _l("antrean"),
    "clarifications": _l("klarifikasi"),
    "sources": _l("sumber"),
    "search": _l("hasil pencarian"),
}


@dataclass(frozen=True)
class ListDownload:
    """A list to send. ``batches`` yields its rows, some at a time, in the order of the page."""

    name: str
    columns: Sequence[ListColumn]
    batches: Iterator[Sequence[Any]]
    filters: Mapping[str, Any]


def send_list(download: ListDownload, file_format: str) -> Response:
    """Return the list as a file, and record who took it and by which filters."""
    if request.method != "HEAD":
        record_export(download, file_format)
    most = MOST_ROWS[file_format]
    headings = [column.heading for column in download.columns]
    rows = bounded_rows(download, most)
    title = str(LIST_TITLES[download.name])
    file_name = f"{title.replace(' ', '-')}-{utc_now().astimezone(WITA):%Y-%m-%d}.{file_format}"
    if file_format == "xlsx":
        return attach_file(write_xlsx(title, headings, rows), XLSX_TYPE, file_name)
    return attach_file(stream_with_context(csv_lines(headings, rows)), "text/csv", file_name)


def attach_file(content: bytes | Iterator[str], media_type: str, file_name: str) -> Response:
    """Return an answer that the browser saves as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return current_app.response_class(content, mimetype=media_type, headers=headers)


def record_export(download: ListDownload, file_format: str) -> None:
    """Record in the audit log who exported which rows of which list."""
    person: Officer = current_user._get_current_object()
    with write_transaction():
        detail = {"format": file_format, **download.filters}
        audit_log.record_event("list_exported", f"list:{download.name}", officer=person, now=utc_now(), detail=detail)


def bounded_rows(download: ListDownload, most: int) -> Iterator[Sequence[str | int]]:
    """Yield the rows as cells; where there are more than a file may hold, a last line says so."""
    rows = iterate_rows(download)
    yield from islice(rows, most)
    if next(rows, None) is not None:
        words = _("Berkas ini hanya memuat %(count)s baris pertama. Persempit saringannya.", count=most)
        yield [words, *[""] * (len(download.columns) - 1)]


def iterate_rows(download: ListDownload) -> Iterator[Sequence[str | int]]:
    """Yield the rows as cells. Each batch is one short transaction, so that a slow line holds up nobody."""
    while True:
        with read_transaction():  # the request may be over, as far as Flask is concerned, while its answer is sent
            batch = next(download.batches, None)
            cells = [[file_cell(column.value(row)) for column in download.columns] for row in batch or ()]
            db.session.rollback()
        if batch is None:
            return
        yield from cells


def split_into_batches(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the ids, some at a time."""
    for start in range(0, len(ids), ROWS_AT_ONCE):
        yield ids[start : start + ROWS_AT_ONCE]
