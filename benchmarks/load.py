"""A full house: 50, then 300 clients at once for a minute each, while the worker reads 12,000 entries.

Every client asks for the next thing as soon as it has the last: a page, a message that nobody sent before (by the
form), or it sends a report; the messages are such that words alone leave many of them open, so pages are read with
them. Who is told to come again later (503) does not wait, which is worse than any browser. The clients run in a
process of their own on the same machine. ``5 a second`` is another crowd: so many messages a second and a report every
other second, beside the same reading. Times are in milliseconds, of what was answered.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from benchmarks.feeds import make_feeds
from benchmarks.instance import temporary_instance
from benchmarks.pipeline import add_sources
from benchmarks.served import serve_feeds as feeds_served
from benchmarks.web import build_request, child_process_ids, publish_sample, run_server, wait_for_index

FEEDS, ENTRIES, SECONDS = 24, 500, 60.0
SLOWEST_S = 120.0
LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Crowd:
    """How many ask, and what (shares of kinds); each asks ``every_s`` seconds, or as soon as it has its answer (0)."""

    clients: int
    shares: dict[str, float]
    every_s: float = 0.0


FULL = {"front": 0.2, "pages": 0.35, "checks": 0.4, "reports": 0.05}
CROWDS = {
    "5 a second": Crowd(10, {"front": 0.2, "checks": 0.6, "reports": 0.2}, every_s=2.0),
    "50 clients": Crowd(50, FULL),
    "300 clients": Crowd(300, FULL),
}

Times = dict[tuple[str, int], list[float]]


def measure() -> dict[str, Any]:
    """Return for each crowd what it met, and the memory of the processes before and after."""
    unlimited = {"LIMIT_FACTOR": "100000"}
    found: dict[str, Any] = {}
    bodies = make_feeds(FEEDS, ENTRIES)
    for name, crowd in CROWDS.items():
        with (
            feeds_served(bodies) as base,
            temporary_instance(FETCH_ALLOW=base.removeprefix("http://"), **unlimited) as (_app, folder),
        ):
            slug = publish_sample()
            add_sources(base, FEEDS)
            with run_server(folder, ["-m", "hoax_tracker", "serve", "--workers", "2"]) as (port, process):
                wait_for_index(folder)
                before = memory_mb(process.pid)
                times = load(port, crowd, slug)
                after = memory_mb(process.pid)
            found[name] = figures(times) | {"mb_before": before, "mb_after": after} | stored()
    return found


def figures(times: Times) -> dict[str, Any]:
    """Return p50 and p95 of what was answered, and how often each status came, for each kind of request."""
    found: dict[str, Any] = {}
    for kind in sorted({kind for kind, _status in times}):
        statuses = {status: every for (name, status), every in times.items() if name == kind}
        answered = [one for status, every in statuses.items() if 200 <= status < 300 for one in every]
        counts = {str(status): len(every) for status, every in sorted(statuses.items())}
        found[kind] = percentiles(answered) | {"statuses": counts}
    refused = [one for (_kind, status), every in times.items() if status == 503 for one in every]
    return found | ({"refused": percentiles(refused)} if refused else {})


def percentiles(times: Sequence[float]) -> dict[str, float]:
    """Return what half and what 95 of 100 stay under, in ms."""
    return {f"p{at}_ms": round(1000 * float(np.percentile(times or [np.nan], at)), 1) for at in (50, 95)}


def stored() -> dict[str, int]:
    """Return how many entries the worker has stored meanwhile."""
    from hoax_tracker.models import Item, db

    db.session.rollback()
    return {"entries_stored": db.session.scalar(sa.select(sa.func.count(Item.id))) or 0}


def memory_mb(pid: int) -> dict[str, float]:
    """Return the resident memory of the server's processes (Linux): master, worker, web processes together."""
    found: dict[str, float] = defaultdict(float)
    for one in (pid, *child_process_ids(pid)):
        command = Path(f"/proc/{one}/cmdline").read_text(encoding="utf-8")
        name = "master" if one == pid else "worker" if "--end-with-stdin" in command else "web"
        found[name] += int(Path(f"/proc/{one}/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20
    return {name: round(value, 1) for name, value in found.items()}


def load(port: int, crowd: Crowd, slug: str) -> Times:
    """Return how long each answer took in seconds, by kind and status; 0 is a connection that broke."""
    forking = multiprocessing.get_context("fork")
    here, there = forking.Pipe()
    process = forking.Process(target=run_clients, args=(port, crowd, slug, there), daemon=True)
    process.start()
    times: Times = here.recv()
    process.join()
    return times


def run_clients(port: int, crowd: Crowd, slug: str, answer: Connection) -> None:
    """Ask from many connections until the time is over; send what was met."""
    times: Times = defaultdict(list)
    start = time.perf_counter()

    async def run() -> None:
        clients = (Client(port, crowd, number, slug, start, times) for number in range(crowd.clients))
        await asyncio.gather(*(client.run() for client in clients))

    asyncio.run(run())
    answer.send(dict(times))


def messages(seed: int) -> Iterator[str]:
    """Yield messages for ever, no two the same: parts of what was published, told with other parts."""
    from hoax_tracker.core.paths import data_file_path

    lines = data_file_path("pairs", "clarifications.jsonl").read_text(encoding="utf-8").splitlines()
    told = [str(json.loads(line)["claim"]) for line in lines]
    dice = random.Random(seed)
    while True:
        first, second = (dice.choice(told).split() for _ in range(2))
        yield " ".join(first[: dice.randint(4, 12)] + second[: dice.randint(2, 9)] + [f"kata{dice.getrandbits(40):x}"])


def report_of(text: str) -> bytes:
    """Return the bytes of a report to the API."""
    body = json.dumps({"text": text}).encode()
    head = ["POST /api/v1/reports HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


class Client:
    """One of a crowd, on one connection while it lasts."""

    def __init__(self, port: int, crowd: Crowd, number: int, slug: str, start: float, times: Times) -> None:
        self._port, self._crowd, self._times = port, crowd, times
        self._dice, self._messages = random.Random(number), messages(number)
        self._paths = ("/klarifikasi/", f"/klarifikasi/{slug}")
        self._due, self._end = start + number * crowd.every_s / crowd.clients, start + SECONDS
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self) -> None:
        """Ask one thing after the other."""
        while max(self._due, time.perf_counter()) < self._end:
            await asyncio.sleep(self._due - time.perf_counter())
            self._due += self._crowd.every_s
            kind = self._dice.choices(list(self._crowd.shares), list(self._crowd.shares.values()))[0]
            begun = time.perf_counter()
            status = await self._ask(self._request(kind))
            self._times[kind, status].append(time.perf_counter() - begun)
        self._close()

    def _request(self, kind: str) -> bytes:
        if kind == "checks":
            return build_request("/cek", form=next(self._messages))
        if kind == "reports":
            return report_of(next(self._messages))
        return build_request("/" if kind == "front" else self._dice.choice(self._paths))

    async def _ask(self, request: bytes) -> int:
        try:
            async with asyncio.timeout(SLOWEST_S):
                self._line = self._line or await asyncio.open_connection("127.0.0.1", self._port)
                status, closes = await asked(*self._line, request)
        except (OSError, EOFError, TimeoutError):
            status, closes = 0, True
        if closes:
            self._close()
        return status

    def _close(self) -> None:
        if self._line is not None:
            self._line[1].close()
            self._line = None


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bool]:
    """Send a request and read its answer; return its status and whether the connection ends with it."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length:
        await reader.readexactly(int(length[1]))
    return int(head[9:12]), length is None or b"connection: close" in head.lower()
