"""Sources in and out as OPML 2.0."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import sqlalchemy as sa
from lxml import etree

from hoax_tracker.errors import Invalid
from hoax_tracker.models import Source, SourceKind, db


def import_sources(content: bytes, now: datetime) -> tuple[int, int]:
    """Add the outlines with an address as sources in the current transaction; return (added, already known).

    An outline without ``xmlUrl`` is added with its home page: the first reading finds the feed that the page names.
    Raises Invalid where the content is not OPML. Entities are not expanded.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid(f"not OPML: {error}", user_message="Berkas itu bukan OPML yang sah.") from error
    if root.tag != "opml":
        raise Invalid(f"not OPML: the root is <{root.tag}>", user_message="Berkas itu bukan OPML yang sah.")
    added = known = 0
    for outline in root.iter("outline"):
        url = outline.get("xmlUrl") or outline.get("htmlUrl")
        if url and url.startswith(("http://", "https://")):
            new = add_source(outline.get("title") or outline.get("text") or url, url, outline.get("htmlUrl"), now)
            added, known = added + new, known + (not new)
    return added, known


def add_source(name: str, url: str, home_url: str | None, now: datetime) -> bool:
    """Add a scheduled source unless its address (or home page) or name is known; tell whether it was added."""
    same = [Source.url == url, Source.name == name]
    if home_url:
        same.append(Source.home_url == home_url)
    if db.session.scalar(sa.select(Source.id).where(sa.or_(*same))):
        return False
    db.session.add(
        Source(name=name[:200], url=url[:2000], home_url=home_url, kind=SourceKind.FEED, is_active=True, created_at=now)
    )
    db.session.flush()
    return True


def export_sources() -> bytes:
    """Return every source that has an address as OPML 2.0."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Kupang Kabas Hoaks"
    body = ElementTree.SubElement(root, "body")
    for source in db.session.scalars(sa.select(Source).where(Source.url.is_not(None)).order_by(Source.name)):
        ElementTree.SubElement(
            body,
            "outline",
            {"type": "rss", "text": source.name, "xmlUrl": source.url or "", "htmlUrl": source.home_url or ""},
        )
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def import_default_sources(path: Path, now: datetime) -> tuple[int, int]:
    """Add the default sources of the city."""
    return import_sources(path.read_bytes(), now)
