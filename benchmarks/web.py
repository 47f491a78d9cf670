"""Requests a second and p95 of public pages under gunicorn, beside a bare Flask view under the same server; memory.

A page and an answer are to reach 0.6 of the bare view, a page for a reader who has it 0.9. ``answer`` is the same
message again and again, as when something is passed on; ``other answers`` each time another message.
"""

from __future__ import annotations

import itertools
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

from benchmarks.instance import temporary_instance

SECONDS, ROUNDS, CLIENTS = 1.0, 4, 4
RATIO_AIMS = {"front": 0.6, "clarification": 0.6, "answer": 0.6, "front again": 0.9, "clarification again": 0.9}
DIFFERENT_ANSWERS_AIM = 120
CONTENT_LENGTH_PATTERN = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
ETAG_PATTERN = re.compile(rb"^etag: *([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
WATER_MESSAGE = (
    "Diteruskan: mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa pecah, isi bak memang"
)

BARE_APP_SOURCE = """
from flask import Flask
app = Flask(__name__)
@app.get("/")
def bare(): return "x" * 2000
"""


def measure_web_requests() -> dict[str, dict[str, float]]:
    """Return requests a second, p95 in ms and the ratio to the bare view for each page; and memory in MB.

    All are asked in turn, round after round, so that a machine that is slow for a while is slow for all of them.
    ``… again`` is the page for a reader who has it: its ETag is sent along and the answer is 304. ``… by the form``
    is posted, as the box does it.
    """
    with temporary_instance(LIMIT_FACTOR="100000") as (_app, folder):
        slug = publish_sample()
        ours = run_server(folder, ["-m", "hoax_tracker", "serve", "--workers", "1", "--no-worker"])
        with serve_bare_view(folder) as bare_port, ours as (port, process):
            wait_for_index(folder)
            paths = {"front": "/", "clarification": f"/klarifikasi/{slug}", "answer": f"/cek?q={quote(WATER_MESSAGE)}"}
            asked = {"bare": Asked(bare_port, "/")} | {name: Asked(port, path) for name, path in paths.items()}
            asked |= {f"{name} again": Asked(port, paths[name], etag=True) for name in ("front", "clarification")}
            asked["answer by the form"] = Asked(port, "/cek", form=WATER_MESSAGE)
            asked["other answers"] = Asked(port, paths["answer"] + "+{}")
            for _round in range(ROUNDS):
                for page in asked.values():
                    page.load()
            memory = max(resident_mb(pid) for pid in [process.pid, *child_process_ids(process.pid)])
        two_processes = measure_different_answers(folder, paths["answer"] + "+{}")
    figures = {name: page.figures() for name, page in asked.items()}
    for row in figures.values():
        row["ratio"] = round(row["requests_per_s"] / figures["bare"]["requests_per_s"], 3)
    for name, aim in RATIO_AIMS.items():
        figures[name]["aim"] = aim
    return figures | {"other answers, two processes": two_processes, "web_process": {"peak_mb": memory}}


def measure_different_answers(folder: Path, path: str) -> dict[str, float]:
    """Return requests a second and p95 in ms of two web processes, each time another message."""
    with run_server(folder, ["-m", "hoax_tracker", "serve", "--workers", "2", "--no-worker"]) as (port, _process):
        page = Asked(port, path)
        for _round in range(ROUNDS):
            page.load()
    return page.figures() | {"aim": DIFFERENT_ANSWERS_AIM}


def publish_sample() -> str:
    """Publish the clarifications of data/pairs, and return the address of the last one."""
    from benchmarks.clarifications import publish_clarifications

    return publish_clarifications(90)


@contextmanager
def serve_bare_view(folder: Path) -> Iterator[int]:
    """Serve a bare Flask view under the same server with the same threads; yield its port."""
    (folder / "bare.py").write_text(BARE_APP_SOURCE, encoding="utf-8")
    server = ["-m", "gunicorn", "--chdir", str(folder), "--threads", "8", "-w", "1"]
    with run_server(folder, [*server, "-b", "127.0.0.1:{port}", "bare:app"]) as (port, _process):
        yield port


@contextmanager
def run_server(folder: Path, command: list[str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run a server on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [part.format(port=port) for part in command]
    if "serve" in arguments:
        arguments += ["--port", str(port)]
    environ = os.environ | {"HOAX_TRACKER_DATA": str(folder)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, *arguments], env=environ, **quiet)
    try:
        wait_for_server(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(30)


def wait_for_server(port: int, process: subprocess.Popen[bytes], limit_s: float = 300.0) -> None:
    """Wait until the server answers."""
    deadline = perf_counter() + limit_s
    while perf_counter() < deadline and process.poll() is None:
        try:
            line = Line(port)
            line.ask(build_request("/"))
            line.close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer")


def wait_for_index(folder: Path, limit_s: float = 60.0) -> None:
    """Wait until the server has read what is published: that happens once, beside the first requests."""
    deadline = perf_counter() + limit_s
    while perf_counter() < deadline and not (folder / "index" / "published" / "current").exists():
        time.sleep(0.1)


def build_request(path: str, etag: str = "", form: str = "") -> bytes:
    """Return the bytes of a request; ``form``: a message to post, as the box does it."""
    head = [f"{'POST' if form else 'GET'} {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: Mozilla/5.0"]
    body = f'--b\r\nContent-Disposition: form-data; name="teks"\r\n\r\n{form}\r\n--b--\r\n'.encode() if form else b""
    head += [f"If-None-Match: {etag}"] if etag else []
    head += ["Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(body)}"] if form else []
    return "\r\n".join([*head, "", ""]).encode() + body


class Line:
    """A connection that is kept, and reads no more of an answer than it must: what is measured is the server."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes, expected: int = 200) -> str:
        """Send a request, read the answer and return its ETag. Raises RuntimeError for another status."""
        self._line.sendall(request)
        answer = bytearray()
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._read()
        head = bytes(answer[:end])
        if int(head[9:12]) != expected:
            raise RuntimeError(f"{request[:80]!r}: {head[:40]!r}")
        length = CONTENT_LENGTH_PATTERN.search(head)
        while length and len(answer) < end + 4 + int(length[1]):
            answer += self._read()
        etag = ETAG_PATTERN.search(head)
        return etag[1].decode() if etag else ""

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def _read(self) -> bytes:
        part = self._line.recv(2**16)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part


class Asked:
    """A page and how long each answer took, in seconds; ``{}`` in its path is another number each time."""

    def __init__(self, port: int, path: str, *, etag: bool = False, form: str = "") -> None:
        self._port, self._path, self._etag, self._form = port, path, etag, form
        self._times, self._numbers = list[float](), itertools.count()

    def load(self) -> None:
        """Ask for it from several connections for some seconds."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            for part in pool.map(self._client, range(CLIENTS)):
                self._times += part

    def _client(self, _number: int) -> list[float]:
        line, times = Line(self._port), []
        etag = line.ask(build_request(self._path)) if self._etag else ""
        request, expected = build_request(self._path, etag, self._form), 304 if etag else 200
        end = perf_counter() + SECONDS
        while (started := perf_counter()) < end:
            if "{}" in self._path:
                request = build_request(self._path.format(next(self._numbers)))
            line.ask(request, expected)
            times.append(perf_counter() - started)
        line.close()
        return times

    def figures(self) -> dict[str, float]:
        """Return requests a second and the p95 in ms over all rounds."""
        times = sorted(self._times)
        return {
            "requests_per_s": round(len(times) / (SECONDS * ROUNDS), 1),
            "p95_ms": round(1000 * times[int(len(times) * 0.95)], 1),
        }


def child_process_ids(pid: int) -> list[int]:
    """Return the processes below a process (Linux)."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in path.read_text().split()] if path.exists() else []


def resident_mb(pid: int, *, now: bool = False) -> float:
    """Return the resident memory of a process in MB (Linux): the most that it was, or what it is ``now``."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS" if now else "VmHWM")) / 1024, 1)
