"""Feeds over loopback HTTP from a process of their own, so that what is measured does not pay for serving them."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from urllib.parse import urlsplit


@contextmanager
def serve_feeds(bodies: Sequence[bytes], wait_s: float = 0.0, after: Sequence[bytes] = ()) -> Iterator[str]:
    """Serve each body at its number until the block ends; yield the base address.

    Every answer comes ``wait_s`` late and has an ETag: who sends it along gets 304. ``after``: what is there for who
    has an ETag of the first.
    """
    forking = multiprocessing.get_context("fork")
    here, there = forking.Pipe()
    process = forking.Process(target=serve_until_killed, args=(bodies, wait_s, after or bodies, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.kill()
        process.join()


def serve_until_killed(bodies: Sequence[bytes], wait_s: float, after: Sequence[bytes], ready: Connection) -> None:
    """Serve until killed; tell the port once it listens."""
    tags = [[hashlib.sha256(body).hexdigest()[:16] for body in each] for each in (bodies, after)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        number = int(urlsplit(head.split(" ", 2)[1]).path.strip("/"))
        await asyncio.sleep(wait_s)
        again = "if-none-match:" in head.lower()
        tag, body = tags[again][number], (after if again else bodies)[number]
        known = f'"{tag}"' in head
        status = "304 Not Modified" if known else "200 OK"
        lines = [f"HTTP/1.1 {status}", "Content-Type: application/rss+xml", f'ETag: "{tag}"']
        lines += [f"Content-Length: {len(body)}"] * (not known) + ["Connection: close", "\r\n"]
        writer.write("\r\n".join(lines).encode() + (b"" if known else body))
        await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())
