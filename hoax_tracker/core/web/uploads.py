"""File uploads in desk forms. However large the files are, the officer gets the form and a message back."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import wraps
from typing import IO, Any, TypeVar, cast

from apiflask import APIFlask
from flask import Request, request
from werkzeug.datastructures import FileStorage

from hoax_tracker.core.extensions import csrf
from hoax_tracker.errors import InvalidInputError

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
    stream, left = request.environ["wsgi.input"], min(request.content_length or 0, MAX_REQUEST_BYTES)
    while left > 0 and (part := stream.read(min(left, DISCARD_CHUNK_BYTES))):
        left -= len(part)
