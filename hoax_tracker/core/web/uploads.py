"""Forms of the desk that bring files: however large they are, the form comes back in words."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import wraps
from typing import IO, Any, TypeVar, cast

from apiflask import APIFlask
from flask import Request, request
from werkzeug.datastructures import FileStorage

from hoax_tracker.core.extensions import csrf
from hoax_tracker.errors import Invalid

View = TypeVar("View", bound=Callable[..., Any])


def bringing_files(too_large: Callable[[], Invalid]) -> Callable[[View], View]:
    """Let a view's form bring files: read before anything else asks for the form.

    The token of the form is asked for here: whoever asks before would refuse a large file unread, with a broken
    connection. ``too_large`` returns the error for a request that is not read at all.
    """

    def around(view: View) -> View:
        @wraps(view)
        def reading(*args: Any, **kwargs: Any) -> Any:
            if request.method == "POST":
                if not take_files(MOST_FROM_AN_OFFICER):
                    raise too_large()
                csrf.protect()
            return view(*args, **kwargs)

        csrf.exempt(reading)
        return cast(View, reading)

    return around


# A photograph that no phone was asked to make small is taken in to its end: a browser shows no answer before it has
# sent everything. Past this its sender may see a broken connection instead.
MOST_OF_A_REQUEST = 64 * 2**20
# An officer's fields are shown again whatever file came with them.
MOST_FROM_AN_OFFICER = 160 * 2**20
# No view takes as much.
MOST_OF_FILES = 9 * 2**20
# Our forms have a dozen fields; a message of 100,000 characters takes at most 400 kB.
MOST_PARTS, MOST_OF_A_FIELD = 16, 2**20

READ_AT_ONCE = 64 * 2**10


class Beginning(io.BytesIO):
    """A file of a request, of which no more is kept than there is room for. ``is_whole``: nothing was dropped."""

    def __init__(self, room: list[int]) -> None:
        super().__init__()
        self._room, self.is_whole = room, True

    def write(self, data: Any) -> int:
        """Keep what there is room for, and say that all was taken."""
        kept = super().write(memoryview(data)[: self._room[0]])
        self._room[0] -= kept
        self.is_whole = self.is_whole and kept == len(data)
        return len(data)


class InMemoryRequest(Request):
    """A request whose files are kept in memory, and no more of them together than MOST_OF_FILES."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._room = [MOST_OF_FILES]

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return Beginning(self._room)


def register(app: APIFlask) -> None:
    """Let the app's requests be such."""
    app.request_class = InMemoryRequest


def take_files(most: int = MOST_OF_A_REQUEST) -> bool:
    """Let the present request bring files beside its fields; False where it is too large to be read at all.

    Then what it sends was thrown away, so that its sender gets to see the answer. ``most``: bytes of the request that
    are read to its end, of which no more is kept than of any other.
    """
    if request.mimetype != "multipart/form-data":
        return True
    request.max_content_length = most
    request.max_form_parts, request.max_form_memory_size = MOST_PARTS, MOST_OF_A_FIELD
    if (request.content_length or 0) <= most:
        return True
    throw_away()
    return False


def content(file: FileStorage) -> bytes | None:
    """Return the bytes of a file; None for one that is larger than any view takes, or came beside such files."""
    return file.read() if getattr(file.stream, "is_whole", True) else None


def throw_away() -> None:
    """Read what is left of a request that is too large, as far as that makes sense."""
    stream, left = request.environ["wsgi.input"], min(request.content_length or 0, MOST_OF_A_REQUEST)
    while left > 0 and (part := stream.read(min(left, READ_AT_ONCE))):
        left -= len(part)
