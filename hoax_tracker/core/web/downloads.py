"""Files that go out, as downloads, and come in, by the forms of the desk.

A download is made whole, within its request, before its first byte is sent. A response that is still made while it is
sent fails after its status 200: its reader keeps half a file that looks like all of it. And nothing of the request may
be relied on by then: the officer and the rows are detached, the language is the default one. So the rows go into a
temporary file first. A fault on the way is an ordinary error page, all rows are of one snapshot of the database,
nobody's slow line holds a transaction open, and ``Content-Length`` shows a client that the line broke. The price is
that the first byte comes when the last row is read. Nothing else in the program attaches a file or sends what a
generator yields (tests/test_downloads.py).

However large an uploaded file is, the officer gets the form and a message back.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, TypeVar, cast

from apiflask import APIFlask
from flask import Request, Response, current_app, request
from flask_babel import gettext as _, lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from werkzeug.http import dump_options_header
from werkzeug.wsgi import FileWrapper

from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.content.list_files import ListColumn, csv_lines, file_cell, write_xlsx
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import csrf, current_officer, current_settings
from hoax_tracker.errors import FileTooLargeError, InvalidInputError, StorageFullError

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
    file, remaining = SpooledTemporaryFile(MOST_BYTES_IN_MEMORY, dir=str(folder)), MOST_BYTES  # noqa: SIM115 - closed as it is sent
    try:
        for part in parts:
            data = part.encode()
            remaining -= len(data)
            if remaining < 0:
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


View = TypeVar("View", bound=Callable[..., Any])


def accepts_files(too_large: Callable[[], InvalidInputError]) -> Callable[[View], View]:
    """Let a view's form carry files; they are read before anything else reads the form.

    The form token is checked here. An earlier check would refuse a large file unread, which the browser shows as a
    broken connection. ``too_large`` returns the error for a request too large to read at all.
    """

    def around(view: View) -> View:
        @wraps(view)
        def reading(*args: Any, **kwargs: Any) -> Any:
            if request.method == "POST":
                if not accept_request_files(MAX_OFFICER_REQUEST_BYTES):
                    raise too_large()
                csrf.protect()
            return view(*args, **kwargs)

        csrf.exempt(reading)
        return cast(View, reading)

    return around


# A photograph that no phone was asked to make small is taken in to its end: a browser shows no answer before it has
# sent everything. Past this its sender may see a broken connection instead.
MAX_REQUEST_BYTES = 64 * 2**20
# An officer's fields are shown again whatever file came with them.
MAX_OFFICER_REQUEST_BYTES = 160 * 2**20
# No view takes as much.
MAX_FILES_BYTES = 9 * 2**20
# Our forms have a dozen fields; a message of 100,000 characters takes at most 400 kB.
MAX_FORM_PARTS, MAX_FIELD_BYTES = 16, 2**20

DISCARD_CHUNK_BYTES = 64 * 2**10


class BoundedUpload(io.BytesIO):
    """An uploaded file of which only the available room is kept. ``is_whole``: nothing was dropped."""

    def __init__(self, room: list[int]) -> None:
        super().__init__()
        self._room, self.is_whole = room, True

    def write(self, data: Any) -> int:
        """Keep what fits in the room left, and report all of it as written."""
        written = super().write(memoryview(data)[: self._room[0]])
        self._room[0] -= written
        self.is_whole = self.is_whole and written == len(data)
        return len(data)


class InMemoryRequest(Request):
    """A request that keeps its files in memory, together at most MAX_FILES_BYTES."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._room = [MAX_FILES_BYTES]

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BoundedUpload(self._room)


def register_in_memory_requests(app: APIFlask) -> None:
    """Make the app's requests keep their files in memory."""
    app.request_class = InMemoryRequest


def accept_request_files(most: int = MAX_REQUEST_BYTES) -> bool:
    """Let the current request carry files; False where it is too large to read at all.

    Its body is then discarded, so that the sender gets to see the response. ``most`` is the number of bytes that are
    read; it does not raise the limit on what is kept.
    """
    if request.mimetype != "multipart/form-data":
        return True
    request.max_content_length = most
    request.max_form_parts, request.max_form_memory_size = MAX_FORM_PARTS, MAX_FIELD_BYTES
    if (request.content_length or 0) <= most:
        return True
    discard_request_body()
    return False


def read_whole_file(file: FileStorage) -> bytes | None:
    """Return a file's bytes; None where it, or files sent with it, exceeded the room for files."""
    return file.read() if getattr(file.stream, "is_whole", True) else None


def discard_request_body() -> None:
    """Read and discard the rest of a request that is too large, up to a limit."""
    stream, remaining = request.environ["wsgi.input"], min(request.content_length or 0, MAX_REQUEST_BYTES)
    while remaining > 0 and (part := stream.read(min(remaining, DISCARD_CHUNK_BYTES))):
        remaining -= len(part)
