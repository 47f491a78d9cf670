"""A real HTTP server on loopback whose answers a test writes: statuses, headers, slow bytes, bombs, raw sockets.

with FeedServer() as server:
    server.answer("/feed.xml", Reply(RSS), Reply(status=500))   # one after the other; the last one stays
    Fetcher(server.allow).get(server.url("/feed.xml"))
    assert server.count("/feed.xml") == 1
"""

from __future__ import annotations

import gzip
import ssl
import threading
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """One answer. ``raw`` is sent as it stands, in place of status, headers and body.

    With ``pause_s`` the bytes go out one at a time with that pause between them; the head as well where
    ``slow_head``. With ``chunked`` no length is announced. Given an ``etag`` or ``last_modified``, a request that
    names it is answered with 304.
    """

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    content_type: str | None = "application/rss+xml"
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    delay_s: float = 0
    pause_s: float = 0
    slow_head: bool = False
    chunked: bool = False
    raw: bytes | None = None


@dataclass(frozen=True)
class Request:
    """A request to the server; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes = b""


def redirect_reply(location: str, status: int = 302) -> Reply:
    """A redirect."""
    return Reply(status=status, content_type=None, headers={"Location": location})


def gzipped_reply(body: bytes, times: int = 1) -> Reply:
    """An answer compressed one or more times."""
    for _ in range(times):
        body = gzip.compress(body)
    return Reply(body, headers={"Content-Encoding": ", ".join(["gzip"] * times)})


def deflated_reply(body: bytes, *, bare: bool = False) -> Reply:
    """An answer with Content-Encoding: deflate, in zlib's format or the bare one that some servers send."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
    return Reply(compressor.compress(body) + compressor.flush(), headers={"Content-Encoding": "deflate"})


class FeedServer:
    """Serves on a free port of 127.0.0.1 until the ``with`` block ends. ``tls`` makes it an HTTPS server."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.replies, self._http.requests, self._http.lock = {}, [], threading.Lock()
        self._http.stopping, self._http.sent_bytes = threading.Event(), 0
        self._scheme = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def allow(self) -> frozenset[tuple[str, int]]:
        """The addresses that a Fetcher must be allowed to reach."""
        return frozenset({("127.0.0.1", self.port)})

    @property
    def sent_bytes(self) -> int:
        """The bytes of bodies that were sent."""
        return self._http.sent_bytes

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the address of a path here."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def answer(self, path: str, *replies: Reply) -> str:
        """Set the answers of a path, one per request; the last one repeats. Return its address."""
        with self._http.lock:
            self._http.replies[path] = list(replies)
        return self.url(path)

    def requests(self, path: str | None = None) -> list[Request]:
        """Return the requests for one path or all."""
        with self._http.lock:
            return [request for request in self._http.requests if path in (None, request.path)]

    def count(self, path: str | None = None) -> int:
        """Return the number of requests."""
        return len(self.requests(path))


class _Server(ThreadingHTTPServer):
    """The state that the handlers share."""

    daemon_threads = True
    request_queue_size = 128
    replies: dict[str, list[Reply]]
    requests: list[Request]
    lock: threading.Lock
    stopping: threading.Event
    sent_bytes: int

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up and failed TLS handshakes, as many tests cause them."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        with self.server.lock:
            self.server.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            waiting = self.server.replies.get(self.path) or [Reply(b"not here", 404)]
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        with suppress(OSError):
            self._send(reply)

    do_POST = do_GET

    def _send(self, reply: Reply) -> None:
        self.server.stopping.wait(reply.delay_s)
        if reply.raw is not None:
            self._write(reply.raw, reply.pause_s)
            return
        known = self.headers["If-None-Match"] or self.headers["If-Modified-Since"]
        fresh = known is not None and known in (reply.etag, reply.last_modified)
        body = b"" if fresh else reply.body
        self._write(self._head(reply, 304 if fresh else reply.status, body), reply.pause_s * reply.slow_head)
        for piece in [body] if isinstance(body, bytes) else body:
            framed = b"%x\r\n%b\r\n" % (len(piece), piece) if reply.chunked else piece
            self._write(framed, reply.pause_s)
            self.server.sent_bytes += len(piece)
        if reply.chunked:
            self._write(b"0\r\n\r\n", 0)

    def _head(self, reply: Reply, status: int, body: bytes | Iterable[bytes]) -> bytes:
        headers = {"Content-Type": reply.content_type, "ETag": reply.etag, "Last-Modified": reply.last_modified}
        if reply.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif isinstance(body, bytes):
            headers["Content-Length"] = str(len(body))
        lines = [f"{name}: {value}" for name, value in {**headers, **reply.headers}.items() if value is not None]
        return "\r\n".join([f"HTTP/1.1 {status} Test", *lines, "Connection: close", "\r\n"]).encode("utf-8")

    def _write(self, data: bytes, pause_s: float) -> None:
        """Send ``data``, byte by byte where there is a pause, until the test ends."""
        if not pause_s:
            self.wfile.write(data)
            return
        for number in range(len(data)):
            self.wfile.write(data[number : number + 1])
            self.wfile.flush()
            if self.server.stopping.wait(pause_s):
                return

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing, because tests read the requests from the server."""
