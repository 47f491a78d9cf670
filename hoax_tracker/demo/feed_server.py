"""The sample feeds over loopback HTTP, so that the demo reads them through the same guarded client as real ones.

They come in the formats and encodings of real sources, each in its own style.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

from hoax_tracker.clock import WITA
from hoax_tracker.demo.sample_data import MONTH_NAMES, SampleEntry, SampleFeed, fill_in_dates, load_sample_feeds

VisibleEntries = Sequence[tuple[SampleEntry, datetime | None]]

CONTENT_TYPES = {"atom": "application/atom+xml", "jsonfeed": "application/feed+json", "rdf": "application/rdf+xml"}


def render_feed(feed: SampleFeed, shown: VisibleEntries, now: datetime) -> bytes:
    """Return the feed with these entries as its source would send it."""
    text = FORMATS[feed.format](feed, shown, now)
    body = text.encode(feed.encoding, "xmlcharrefreplace")
    return codecs.BOM_UTF8 + body if feed.bom else body


def _feed_content_type(feed: SampleFeed) -> str:
    return CONTENT_TYPES.get(feed.format, "application/rss+xml")


def _render_rss20(feed: SampleFeed, shown: VisibleEntries, now: datetime) -> str:
    """RSS 2.0: markup in CDATA, dates by RFC 2822 or as Indonesian portals write them."""
    items = "\n".join(_render_rss_item(feed, entry, published_at, now) for entry, published_at in shown)
    return f"""{_xml_declaration(feed)}
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
{_render_channel_head(feed)}
{items}
</channel>
</rss>
"""


def _render_rss_item(feed: SampleFeed, entry: SampleEntry, published_at: datetime | None, now: datetime) -> str:
    """Return one item; a post of a social network has no title."""
    title, text = _entry_words(entry, published_at, now)
    markup = text if feed.html else escape(text, quote=False)
    return "".join(
        [
            "<item>",
            _xml_element("title", title),
            _xml_element("link", urljoin(feed.home, entry.path)),
            f'<guid isPermaLink="false">{escape(entry.id)}</guid>',
            _xml_element("pubDate", _rss_date(feed, published_at)),
            _xml_element("dc:creator", entry.author),
            f"<description><![CDATA[{markup}]]></description>",
            "</item>",
        ]
    )


def _render_rss091(feed: SampleFeed, shown: VisibleEntries, now: datetime) -> str:
    """RSS 0.91: old software, nothing but title, link, description and date."""
    items = "\n".join(
        "<item>"
        + _xml_element("title", _entry_words(entry, published_at, now)[0])
        + _xml_element("link", urljoin(feed.home, entry.path))
        + _xml_element("description", escape(_entry_words(entry, published_at, now)[1], quote=False))
        + _xml_element("pubDate", _rss_date(feed, published_at))
        + "</item>"
        for entry, published_at in shown
    )
    return f"""{_xml_declaration(feed)}
<rss version="0.91"><channel>
{_render_channel_head(feed)}
{items}
</channel></rss>
"""


def _render_rdf(feed: SampleFeed, shown: VisibleEntries, now: datetime) -> str:
    """RSS 1.0 (RDF) with Dublin Core, as forum software writes it."""
    links = [urljoin(feed.home, entry.path) for entry, _ in shown]
    listed = "".join(f'<rdf:li rdf:resource="{escape(link)}"/>' for link in links)
    items = "\n".join(
        f'<item rdf:about="{escape(link)}">'
        + _xml_element("title", _entry_words(entry, published_at, now)[0])
        + _xml_element("link", link)
        + _xml_element("dc:date", _iso_date(published_at))
        + _xml_element("dc:creator", entry.author)
        + _xml_element("description", escape(_entry_words(entry, published_at, now)[1], quote=False))
        + "</item>"
        for link, (entry, published_at) in zip(links, shown, strict=True)
    )
    return f"""{_xml_declaration(feed)}
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="{escape(feed.home)}">
{_render_channel_head(feed, language="dc:language")}
<items><rdf:Seq>{listed}</rdf:Seq></items>
</channel>
{items}
</rdf:RDF>
"""


def _render_atom(feed: SampleFeed, shown: VisibleEntries, now: datetime) -> str:
    newest = next((published_at for _, published_at in shown if published_at), now)
    entries = "\n".join(_render_atom_entry(feed, entry, published_at, now) for entry, published_at in shown)
    return f"""{_xml_declaration(feed)}
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{feed.language}">
<title>{escape(feed.name)}</title><subtitle>{escape(feed.description)}</subtitle><id>{escape(feed.home)}</id>
<link rel="alternate" href="{escape(feed.home)}"/><updated>{newest.isoformat()}</updated>
{entries}
</feed>
"""


def _render_atom_entry(feed: SampleFeed, entry: SampleEntry, published_at: datetime | None, now: datetime) -> str:
    """Return one entry: its text as plain words or as escaped markup."""
    title, text = _entry_words(entry, published_at, now)
    kind = "html" if feed.html else "text"
    return "".join(
        [
            "<entry>",
            _xml_element("id", entry.id),
            _xml_element("title", title),
            f'<link rel="alternate" href="{escape(urljoin(feed.home, entry.path))}"/>',
            _xml_element("published", _iso_date(published_at)),
            _xml_element("updated", _iso_date(published_at)),
            f"<author>{_xml_element('name', entry.author)}</author>" if entry.author else "",
            f'<content type="{kind}">{escape(text, quote=False)}</content>',
            "</entry>",
        ]
    )


def _render_json_feed(feed: SampleFeed, shown: VisibleEntries, now: datetime) -> str:
    items = []
    for entry, published_at in shown:
        title, text = _entry_words(entry, published_at, now)
        item: dict[str, object] = {"id": entry.id, "url": urljoin(feed.home, entry.path)}
        item |= {"content_html" if feed.html else "content_text": text}
        item |= {"title": title} if title else {}
        item |= {"date_published": published_at.isoformat()} if published_at else {}
        item |= {"authors": [{"name": entry.author}]} if entry.author else {}
        items.append(item)
    head = {"version": "https://jsonfeed.org/version/1.1", "title": feed.name, "home_page_url": feed.home}
    head |= {"description": feed.description, "language": feed.language}
    return json.dumps(head | {"items": items}, ensure_ascii=False, indent=1)


FORMATS: dict[str, Callable[[SampleFeed, VisibleEntries, datetime], str]] = {
    "rss20": _render_rss20,
    "rss091": _render_rss091,
    "rdf": _render_rdf,
    "atom": _render_atom,
    "jsonfeed": _render_json_feed,
}


def _entry_words(entry: SampleEntry, published_at: datetime | None, now: datetime) -> tuple[str, str]:
    """Return title and text of an entry with dates filled in."""
    return fill_in_dates(entry.title or "", published_at or now), fill_in_dates(entry.text, published_at or now)


def _xml_declaration(feed: SampleFeed) -> str:
    """Return the XML declaration with the encoding that the feed uses."""
    return f'<?xml version="1.0" encoding="{feed.encoding}"?>'


def _render_channel_head(feed: SampleFeed, language: str = "language") -> str:
    facts = {"title": feed.name, "link": feed.home, "description": feed.description, language: feed.language}
    return "".join(_xml_element(name, value) for name, value in facts.items())


def _xml_element(name: str, text: str | None) -> str:
    """Return an XML element, or nothing where there is no text."""
    return f"<{name}>{escape(text, quote=False)}</{name}>" if text else ""


def _iso_date(published_at: datetime | None) -> str | None:
    """Return a date of Atom or Dublin Core."""
    return published_at.isoformat() if published_at else None


def _rss_date(feed: SampleFeed, published_at: datetime | None) -> str | None:
    """Return a date of RSS, by RFC 2822 or in local style."""
    if published_at is None:
        return None
    if feed.dates == "local":
        here = published_at.astimezone(WITA)
        return f"{here.day} {MONTH_NAMES[here.month - 1]} {here.year} {here:%H:%M} WITA"
    return format_datetime(published_at.astimezone(UTC))


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
            self.send_header("Content-Type", _feed_content_type(feed))
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not is_unchanged:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The demo's own output says what was read."""
