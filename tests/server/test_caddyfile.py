"""What the shipped Caddyfile does with a form whose host ends with it in hand: sent once more, or answered in words."""

from __future__ import annotations

import http.client
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from tests.server.web_hosts import run_caddy
from tests.services import free_port

FORM = b"teks=" + b"a" * 50_000
HOSTS = 4
"""One of which dies: nine times in a row by chance, after which a form is sent no more, is one in 262,144."""
TRIES = 40
"""Requests, each of which goes to one of the hosts by chance; that none meets the one that dies is one in 99,000."""
pytestmark = [
    pytest.mark.process,
    pytest.mark.needs("caddy"),
]


class Host(NamedTuple):
    """A web host of these tests, by its port."""

    port: int


class Lives(BaseHTTPRequestHandler):
    """A host that answers with the size of what was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer that it may serve."""
        self.answer(b"ready")

    def do_POST(self) -> None:
        """Answer a form."""
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(str(len(sent)).encode())

    def answer(self, body: bytes) -> None:
        """Send an answer."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Dies(Lives):
    """A host whose connection breaks when it has the whole form."""

    def answer(self, body: bytes) -> None:
        """Reset the connection, unless Caddy only asks whether it may serve."""
        if self.command == "GET":
            super().answer(body)
            return
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of Caddy before hosts that live and one that dies with each form."""
    with ExitStack() as stack:
        hosts = []
        for kind in (Dies, *[Lives] * (HOSTS - 1)):
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), kind))
            server.handle_error = lambda *_: None  # type: ignore[method-assign]
            Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(server.shutdown)
            hosts.append(Host(server.server_port))
        at = free_port()
        stack.enter_context(run_caddy(tmp_path, hosts, at))
        yield at


def send(port: int, path: str, **headers: str) -> tuple[int, str, str]:
    """Send a form; return status, body and where the answer leads."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("POST", path, FORM, {"Content-Type": "application/x-www-form-urlencoded", **headers})
        answer = line.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    finally:
        line.close()


def send_as_a_browser(port: int, path: str, **headers: str) -> tuple[int, str, int]:
    """Send a form and follow 307; return status, body and how often it was sent."""
    for times in range(1, 21):
        status, body, there = send(port, path, **headers)
        if status != 307:
            return status, body, times
        assert there.startswith(path.partition("?")[0] + "?")
        path = there
    raise AssertionError("no end")


@pytest.mark.parametrize("path", ["/lapor", "/cek?bahasa=en", "/api/v1/check", "/api/v1/reports"])
def test_what_may_be_sent_twice_is_sent_until_somebody_answers(port: int, path: str) -> None:
    headers = {"Idempotency-Key": "0123456789abcdef0123456789abcdef"} if path == "/api/v1/reports" else {}
    found = [send_as_a_browser(port, path, **headers) for _ in range(TRIES)]
    assert {(status, body) for status, body, _times in found} == {(200, str(len(FORM)))}
    assert max(times for *_, times in found) > 1, "none met the host that dies"


@pytest.mark.parametrize(
    "path", ["/petugas/klaim/1/keputusan", "/api/v1/reports", "//lain.example/x", "/%5Clain.example"]
)
def test_anything_else_is_answered_in_words_and_leads_nowhere(port: int, path: str) -> None:
    found = [send(port, path) for _ in range(TRIES)]
    assert {status for status, *_ in found} == {200, 503}
    assert {there for *_, there in found} == {""}
    (words,) = {body for status, body, _there in found if status == 503}
    assert words.startswith("Sambungan terputus sebelum ada jawaban.")


def test_it_ends_where_every_host_dies(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Dies) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        at = free_port()
        with run_caddy(tmp_path, [Host(server.server_port)], at):
            status, body, times = send_as_a_browser(at, "/lapor")
        server.shutdown()
    assert (status, times) == (503, 9)
    assert "lihat dahulu apakah isian Anda sudah tersimpan" in body
