"""A small JSON server on loopback: what both chat servers share."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

HOST = "127.0.0.1"
DELIVERED_WITHIN_S = 60.0


@dataclass(frozen=True)
class ServerAnswer:
    """An answer: a JSON object, or the bytes of a file."""

    status: int = 200
    content: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ServerRequest:
    """A request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: Mapping[str, Any]


@dataclass(frozen=True)
class WebhookAnswer:
    """What the program answered to a delivery."""

    status: int
    body: bytes

    @property
    def content(self) -> Any:
        """The answer as JSON."""
        return json.loads(self.body)


class LoopbackServer:
    """Serves on a free port of 127.0.0.1 during the ``with`` block, one request at a time.

    ``faults`` are answers to the next requests that send a message, one each; afterwards it answers as it should.
    """

    def __init__(self, port: int = 0) -> None:
        self.faults: deque[ServerAnswer] = deque()
        self.lock = threading.RLock()
        self._http = _Http((HOST, port), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """The address of the interface."""
        return f"http://{HOST}:{self.port}"

    @property
    def allow(self) -> frozenset[tuple[str, int]]:
        """What the program's settings must allow, so that it may ask this server."""
        return frozenset({(HOST, self.port)})

    def answer(self, request: ServerRequest) -> ServerAnswer:
        """Return the answer to a request. Overridden by each service."""
        raise NotImplementedError

    def take_fault(self) -> ServerAnswer | None:
        """Return the next fault, which then is over."""
        return self.faults.popleft() if self.faults else None


def deliver(url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
    """Post a delivery to the program's webhook and return its answer."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or HOST, parts.port or 80, timeout=DELIVERED_WITHIN_S)
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return WebhookAnswer(response.status, response.read())
    finally:
        connection.close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    owner: LoopbackServer


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = ServerRequest(self.command, self.path, headers, json.loads(body) if body else {})
        with self.server.owner.lock:
            answer = self.server.owner.answer(request)
        sent = answer.body if answer.body is not None else json.dumps(answer.content).encode()
        self.send_response(answer.status)
        kind = "application/octet-stream" if answer.body is not None else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(sent)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a path holds the bot's token."""
