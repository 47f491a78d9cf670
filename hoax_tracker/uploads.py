"""Files that come with a request stay in memory: a resident's screenshot never touches a disk."""

from __future__ import annotations

import io
from typing import IO, Any

from apiflask import APIFlask
from flask import Request, request

READ_AT_ONCE = 64 * 2**10
# A browser shows no answer before it has sent everything; past this it may see a broken connection instead.
MOST_THROWN_AWAY = 64 * 2**20


# Of one file; no view takes as much.
MOST_OF_A_FILE = 9 * 2**20


class Beginning(io.BytesIO):
    """A file of a request, of which no more is kept than any view takes: its size past that is known, not its bytes.

    So what else was filled in is read and shown again, where the file is too large.
    """

    def write(self, data: Any) -> int:
        """Keep what there is room for, and say that all was taken."""
        room = MOST_OF_A_FILE - self.tell()
        if room > 0:
            super().write(memoryview(data)[:room])
        return len(data)


class InMemoryRequest(Request):
    """A request whose files are kept in memory; ``MAX_CONTENT_LENGTH`` or the view bounds them."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return Beginning()


def register(app: APIFlask) -> None:
    """Let the app's requests be such."""
    app.request_class = InMemoryRequest


def allow_bytes(most: int) -> bool:
    """Let the present request carry so many bytes; False where it says that it carries more."""
    request.max_content_length = most
    return (request.content_length or 0) <= most


def throw_away() -> None:
    """Read what is left of a request that is too large, so that its sender gets to see the answer."""
    stream, left = request.environ["wsgi.input"], min(request.content_length or 0, MOST_THROWN_AWAY)
    while left > 0 and (part := stream.read(min(left, READ_AT_ONCE))):
        left -= len(part)
