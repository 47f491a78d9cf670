"""The sample feeds over loopback HTTP, so that the demo reads them through the same guarded client as real ones."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from hoax_tracker.demo.feed_rendering import feed_content_type, render_feed
from hoax_tracker.demo.sample_data import SampleFeed, load_sample_feeds

HOST = "127.0.0.1"
FEED_ENTRIES_LIMIT = 30  # entries in a feed: real ones do not reach back for ever either


class FeedServer:
    """Serves each feed at its path, with ETag and 304, during the ``with`` block.

    A feed shows what had appeared by the time of ``clock``, which the demo moves through thirty days.
    """

    def __init__(self, started: datetime, clock: Callable[[], datetime], port: int = 0) -> None:
        self.started, self.clock = started, clock
        self._http = _bind_server(port)
        self._http.feeds = {feed.path: feed for feed in load_sample_feeds()}
        self._http.body = self.body
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

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

    def url(self, feed: SampleFeed) -> str:
        """Return the address of a feed here."""
        return f"http://{HOST}:{self.port}{feed.path}"

    def body(self, feed: SampleFeed) -> bytes:
        """Return the feed as it stands at this moment."""
        now = self.clock()
        return render_feed(feed, feed.visible(self.started, now)[:FEED_ENTRIES_LIMIT], self.started)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    feeds: dict[str, SampleFeed]
    body: Callable[[SampleFeed], bytes]


def _bind_server(port: int) -> _Server:
    """Return a server at the port, or at a free one where it is taken."""
    try:
        return _Server((HOST, port), _Handler)
    except OSError:
        return _Server((HOST, 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        feed = self.server.feeds.get(self.path)
        if feed is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body = self.server.body(feed)
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        is_unchanged = self.headers["If-None-Match"] == etag
        self.send_response(HTTPStatus.NOT_MODIFIED if is_unchanged else HTTPStatus.OK)
        self.send_header("ETag", etag)
        if not is_unchanged:
            self.send_header("Content-Type", feed_content_type(feed))
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not is_unchanged:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The demo's own output says what was read."""
