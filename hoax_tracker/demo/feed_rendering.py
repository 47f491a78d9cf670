"""Sample feeds as bytes, in the formats and encodings that real sources use, each in a hand of its own."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import urljoin

from hoax_tracker.clock import WITA
from hoax_tracker.demo.sample_data import MONTHS, SampleEntry, SampleFeed, dated

Shown = Sequence[tuple[SampleEntry, datetime | None]]

CONTENT_TYPES = {"atom": "application/atom+xml", "jsonfeed": "application/feed+json", "rdf": "application/rdf+xml"}


def render(feed: SampleFeed, shown: Shown, now: datetime) -> bytes:
    """Return the feed with these entries, as its source would send it."""
    text = FORMATS[feed.format](feed, shown, now)
    body = text.encode(feed.encoding, "xmlcharrefreplace")
    return codecs.BOM_UTF8 + body if feed.bom else body


def content_type(feed: SampleFeed) -> str:
    """Return what the server says the feed is."""
    return CONTENT_TYPES.get(feed.format, "application/rss+xml")


def rss20(feed: SampleFeed, shown: Shown, now: datetime) -> str:
    """RSS 2.0: markup in CDATA, dates by RFC 2822 or as Indonesian portals write them."""
    items = "\n".join(rss_item(feed, entry, at, now) for entry, at in shown)
    return f"""{declaration(feed)}
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
{channel(feed)}
{items}
</channel>
</rss>
"""


def rss_item(feed: SampleFeed, entry: SampleEntry, at: datetime | None, now: datetime) -> str:
    """Return one item; a post of a social network has no title."""
    title, text = words(entry, at, now)
    markup = text if feed.html else escape(text, quote=False)
    return "".join(
        [
            "<item>",
            element("title", title),
            element("link", urljoin(feed.home, entry.path)),
            f'<guid isPermaLink="false">{escape(entry.id)}</guid>',
            element("pubDate", date(feed, at)),
            element("dc:creator", entry.author),
            f"<description><![CDATA[{markup}]]></description>",
            "</item>",
        ]
    )


def rss091(feed: SampleFeed, shown: Shown, now: datetime) -> str:
    """RSS 0.91: old software, nothing but title, link, description and date."""
    items = "\n".join(
        "<item>"
        + element("title", words(entry, at, now)[0])
        + element("link", urljoin(feed.home, entry.path))
        + element("description", escape(words(entry, at, now)[1], quote=False))
        + element("pubDate", date(feed, at))
        + "</item>"
        for entry, at in shown
    )
    return f"""{declaration(feed)}
<rss version="0.91"><channel>
{channel(feed)}
{items}
</channel></rss>
"""


def rdf(feed: SampleFeed, shown: Shown, now: datetime) -> str:
    """RSS 1.0 (RDF) with Dublin Core, as forum software writes it."""
    links = [urljoin(feed.home, entry.path) for entry, _ in shown]
    listed = "".join(f'<rdf:li rdf:resource="{escape(link)}"/>' for link in links)
    items = "\n".join(
        f'<item rdf:about="{escape(link)}">'
        + element("title", words(entry, at, now)[0])
        + element("link", link)
        + element("dc:date", iso(at))
        + element("dc:creator", entry.author)
        + element("description", escape(words(entry, at, now)[1], quote=False))
        + "</item>"
        for link, (entry, at) in zip(links, shown, strict=True)
    )
    return f"""{declaration(feed)}
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="{escape(feed.home)}">
{channel(feed, language="dc:language")}
<items><rdf:Seq>{listed}</rdf:Seq></items>
</channel>
{items}
</rdf:RDF>
"""


def atom(feed: SampleFeed, shown: Shown, now: datetime) -> str:
    """Atom 1.0."""
    newest = next((at for _, at in shown if at), now)
    entries = "\n".join(atom_entry(feed, entry, at, now) for entry, at in shown)
    return f"""{declaration(feed)}
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{feed.language}">
<title>{escape(feed.name)}</title><subtitle>{escape(feed.description)}</subtitle><id>{escape(feed.home)}</id>
<link rel="alternate" href="{escape(feed.home)}"/><updated>{newest.isoformat()}</updated>
{entries}
</feed>
"""


def atom_entry(feed: SampleFeed, entry: SampleEntry, at: datetime | None, now: datetime) -> str:
    """Return one entry: its text as plain words or as escaped markup."""
    title, text = words(entry, at, now)
    kind = "html" if feed.html else "text"
    return "".join(
        [
            "<entry>",
            element("id", entry.id),
            element("title", title),
            f'<link rel="alternate" href="{escape(urljoin(feed.home, entry.path))}"/>',
            element("published", iso(at)),
            element("updated", iso(at)),
            f"<author>{element('name', entry.author)}</author>" if entry.author else "",
            f'<content type="{kind}">{escape(text, quote=False)}</content>',
            "</entry>",
        ]
    )


def jsonfeed(feed: SampleFeed, shown: Shown, now: datetime) -> str:
    """JSON Feed 1.1."""
    items = []
    for entry, at in shown:
        title, text = words(entry, at, now)
        item: dict[str, object] = {"id": entry.id, "url": urljoin(feed.home, entry.path)}
        item |= {"content_html" if feed.html else "content_text": text}
        item |= {"title": title} if title else {}
        item |= {"date_published": at.isoformat()} if at else {}
        item |= {"authors": [{"name": entry.author}]} if entry.author else {}
        items.append(item)
    head = {"version": "https://jsonfeed.org/version/1.1", "title": feed.name, "home_page_url": feed.home}
    head |= {"description": feed.description, "language": feed.language}
    return json.dumps(head | {"items": items}, ensure_ascii=False, indent=1)


FORMATS: dict[str, Callable[[SampleFeed, Shown, datetime], str]] = {
    "rss20": rss20,
    "rss091": rss091,
    "rdf": rdf,
    "atom": atom,
    "jsonfeed": jsonfeed,
}


def words(entry: SampleEntry, at: datetime | None, now: datetime) -> tuple[str, str]:
    """Return title and text of an entry with their days in words."""
    return dated(entry.title or "", at or now), dated(entry.text, at or now)


def declaration(feed: SampleFeed) -> str:
    """Return the XML declaration with the encoding that the feed uses."""
    return f'<?xml version="1.0" encoding="{feed.encoding}"?>'


def channel(feed: SampleFeed, language: str = "language") -> str:
    """Return what stands at the head of an RSS channel."""
    facts = {"title": feed.name, "link": feed.home, "description": feed.description, language: feed.language}
    return "".join(element(name, value) for name, value in facts.items())


def element(name: str, text: str | None) -> str:
    """Return an XML element, or nothing where there is no text."""
    return f"<{name}>{escape(text, quote=False)}</{name}>" if text else ""


def iso(at: datetime | None) -> str | None:
    """Return a date of Atom or Dublin Core."""
    return at.isoformat() if at else None


def date(feed: SampleFeed, at: datetime | None) -> str | None:
    """Return a date of RSS: as RFC 2822 has it, or in the local manner."""
    if at is None:
        return None
    if feed.dates == "local":
        here = at.astimezone(WITA)
        return f"{here.day} {MONTHS[here.month - 1]} {here.year} {here:%H:%M} WITA"
    return format_datetime(at.astimezone(UTC))
