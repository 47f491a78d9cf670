"""The built-in server: unusable addresses, and real processes that end on request."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.server.run import AddressUnusableError, bind_error_advice, require_free_port
from tests import databases
from tests.processes import child_process_ids, is_process_running
from tests.services import free_port
from tests.waiting import DEADLINE_S, wait_until_or_ended


def test_a_free_port_is_free_and_a_taken_one_is_not() -> None:
    port = free_port()  # no other process is given it once it is free again
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(AddressUnusableError, match=f"127.0.0.1:{port}") as caught:
            require_free_port("127.0.0.1", port)
        assert f"--port {port + 1}" in str(caught.value.user_message)
    require_free_port("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_named() -> None:
    for host in ("192.0.2.1", "tidak-ada.invalid"):
        with pytest.raises(AddressUnusableError) as caught:
            require_free_port(host, free_port())
        assert str(caught.value.user_message).startswith(f"Alamat {host} bukan milik mesin ini")


def test_ports_of_the_system_and_the_last_one_get_advice_of_their_own() -> None:
    assert "--port 65534" in bind_error_advice("127.0.0.1", 65535, 98)
    assert "di atas 1023" in bind_error_advice("127.0.0.1", 80, 13)


@pytest.fixture
def served(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The app served as ``hoax-tracker serve`` does, with one web process and without a worker."""
    port = free_port()
    command = [sys.executable, "-m", "hoax_tracker", "serve", "--port", str(port), "--workers", "1", "--no-worker"]
    environ = databases.command_environment(settings.data_folder)
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process, port
    process.kill()
    process.communicate()


def is_served(port: int) -> bool:
    """Whether the app answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_the_app_is_served_and_ends_when_told(served: tuple[subprocess.Popen[str], int]) -> None:
    process, port = served
    wait_until_or_ended(lambda: is_served(port), process, "the app answers")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=DEADLINE_S) as answer:
        assert answer.status == 200
        assert "Kupang Kabas Hoaks" in answer.read().decode()
    children = child_process_ids(process.pid)
    assert children
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, out
    assert "Traceback" not in out
    require_free_port("127.0.0.1", port)
    assert not [pid for pid in children if is_process_running(pid)]


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_with_its_worker_it_ends_whole(settings: Settings) -> None:
    port = free_port()
    command = [sys.executable, "-m", "hoax_tracker", "serve", "--port", str(port), "--workers", "1"]
    environ = databases.command_environment(settings.data_folder)
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until_or_ended(lambda: is_served(port), process, "the app answers")
        children = child_process_ids(process.pid)
        assert len(children) == 2, "a web process and a worker"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, out
        assert not [pid for pid in children if is_process_running(pid)]
    finally:
        process.kill()


@pytest.mark.slow
@pytest.mark.process
def test_uploads_that_never_end_and_silent_connections_keep_nobody_from_a_page(
    served: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = served
    wait_until_or_ended(lambda: is_served(port), process, "the app answers")
    form = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 999999\r\n\r\n--b"
    head = b"POST /lapor HTTP/1.1\r\nHost: x\r\n" + form
    with ExitStack() as stack:
        # Silent ones that each kept a thread for gunicorn's five seconds would outlast the time that a page is given.
        for begun in (head, b"") * 80:
            stack.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(begun)
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=DEADLINE_S / 4) as answer:
                assert answer.status == 200


@pytest.mark.parametrize(
    ("begins", "lane"),
    [
        (b"GET / HTTP/1.1\r\n", "pages"),
        (b"HEAD /klarifikasi/ HTTP/1.1\r\n", "pages"),
        (b"GET /petugas/ HTTP/1.1\r\n", "pages"),
        (b"GET /cekung HTTP/1.1\r\n", "pages"),
        (b"", "pages"),
        (b"GET /cek?q=air HTTP/1.1\r\n", "messages"),
        (b"POST /cek HTTP/1.1\r\n", "messages"),
        (b"POST /api/v1/check HTTP/1.1\r\n", "messages"),
        (b"GET /api/v1/search?q=air HTTP/1.1\r\n", "messages"),
        (b"HEAD /v1alpha1/claims:search?query=air HTTP/1.1\r\n", "messages"),
        (b"GET /api/v1/searches HTTP/1.1\r\n", "pages"),
        (b"POST /lapor HTTP/1.1\r\n", "others"),
        (b"PUT / HTTP/1.1\r\n", "others"),
    ],
)
@pytest.mark.needs("posix")
def test_what_a_connection_asks_for_is_seen_and_left_there(begins: bytes, lane: str) -> None:
    from hoax_tracker.server.gunicorn_arbiter import lane_of

    here, there = socket.socketpair()
    with here, there:
        there.sendall(begins)
        assert lane_of(here) == lane
        if begins:
            assert here.recv(999) == begins
