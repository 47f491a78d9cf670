"""Files that people take with them. Each is made whole, within its request, before its first byte is sent.

A response that is still made while it is sent fails after its status 200: its reader keeps half a file that looks like
all of it. And nothing of the request may be relied on by then: the officer and the rows are detached, the language is
the default one. So the rows go into a temporary file first. A fault on the way is an ordinary error page, all rows are
of one snapshot of the database, nobody's slow line holds a transaction open, and ``Content-Length`` shows a client that
the line broke. The price is that the first byte comes when the last row is read.

Nothing else in the program attaches a file or sends what a generator yields (tests/test_downloads.py).
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Response, current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.http import dump_options_header
from werkzeug.wsgi import FileWrapper

from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.acts import AuditAct, register_acts
from hoax_tracker.core.content.list_files import ListColumn, csv_lines, file_cell, write_xlsx
from hoax_tracker.core.current import current_officer, current_settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import FileTooLargeError, StorageFullError

MOST_BYTES = 96 * 2**20
"""Of a file. A hundred thousand claims take 20 MB; each thread of a web process makes one file at a time."""
MOST_BYTES_IN_MEMORY = 2**20
"""A larger file lies in the data folder meanwhile, without a name: it is gone with the process, however that ends."""
CHUNK_BYTES = 64 * 2**10
MOST_ROWS = {"csv": 100_000, "xlsx": 20_000}
"""Rows in a list's file. An XLSX file takes five times as long to make, and somebody waits for it."""
ROWS_AT_ONCE = 500
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIST_TITLES: dict[str, Any] = {
    "queue": _l("antrean"),
    "clarifications": _l("klarifikasi"),
    "sources": _l("sumber"),
    "search": _l("hasil pencarian"),
}

register_acts(AuditAct("list_exported", _l("mengunduh %(what)s")))


def attach_file(
    content: bytes | Iterable[str], media_type: str, file_name: str, *, disposition: str = "attachment"
) -> Response:
    """Return the answer with a file that the browser saves, or shows where ``disposition`` is "inline".

    Text that comes in parts is read to its end first. Raises FileTooLargeError or StorageFullError.
    """
    headers = {"Content-Disposition": dump_options_header(disposition, {"filename": file_name})}
    if not isinstance(content, bytes):
        file = _write_whole_file(content, current_settings().data_folder)
        size = file.seek(0, 2)
        file.seek(0)
        if size > MOST_BYTES_IN_MEMORY:  # the server closes the file once it is sent, however that ends
            headers["Content-Length"] = str(size)
            return current_app.response_class(FileWrapper(file, CHUNK_BYTES), mimetype=media_type, headers=headers)
        with file:
            content = file.read()
    return current_app.response_class(content, mimetype=media_type, headers=headers)


def _write_whole_file(parts: Iterable[str], folder: Path) -> IO[bytes]:
    """Return a temporary file with all parts. Raises FileTooLargeError or StorageFullError, and leaves nothing then."""
    file, left = SpooledTemporaryFile(MOST_BYTES_IN_MEMORY, dir=str(folder)), MOST_BYTES  # noqa: SIM115 - closed as it is sent
    try:
        for part in parts:
            data = part.encode()
            left -= len(data)
            if left < 0:
                raise _file_too_large()
            file.write(data)
        file.flush()
    except OSError as error:
        file.close()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError(f"a file to send: {error.strerror}") from error
        raise
    except BaseException:
        file.close()
        raise
    return file


def _file_too_large() -> FileTooLargeError:
    """Return the error for a file that would be larger than any that is sent."""
    words = _("Berkas ini lebih besar dari %(count)s MB. Persempit saringannya.", count=MOST_BYTES // 2**20)
    return FileTooLargeError("a file to send is too large", user_message=words)


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
        _record_export(download, file_format)
    most = MOST_ROWS[file_format]
    headings = [column.heading for column in download.columns]
    rows = _bounded_rows(download, most)
    title = str(LIST_TITLES[download.name])
    file_name = f"{title.replace(' ', '-')}-{utc_now().astimezone(WITA):%Y-%m-%d}.{file_format}"
    if file_format == "xlsx":
        return attach_file(write_xlsx(title, headings, rows), XLSX_TYPE, file_name)
    return attach_file(csv_lines(headings, rows), "text/csv", file_name)


def _record_export(download: ListDownload, file_format: str) -> None:
    """Record in the audit log who exported which rows of which list."""
    person = current_officer()
    with write_transaction():
        detail = {"format": file_format, **download.filters}
        audit_log.record_event("list_exported", f"list:{download.name}", officer=person, now=utc_now(), detail=detail)


def _bounded_rows(download: ListDownload, most: int) -> Iterator[Sequence[str | int]]:
    """Yield the rows as cells; where there are more than a file may hold, a last line says so."""
    rows = (
        [file_cell(column.value(row)) for column in download.columns] for batch in download.batches for row in batch
    )
    yield from islice(rows, most)
    if next(rows, None) is not None:
        words = _("Berkas ini hanya memuat %(count)s baris pertama. Persempit saringannya.", count=most)
        yield [words, *[""] * (len(download.columns) - 1)]


def split_into_batches(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the ids, some at a time."""
    for start in range(0, len(ids), ROWS_AT_ONCE):
        yield ids[start : start + ROWS_AT_ONCE]
