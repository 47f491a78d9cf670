"""Sources in and out as OPML 2.0; whether one writes about the city only stands in an attribute of our namespace."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree  # nosec B405  # only written with; lxml reads

import sqlalchemy as sa
from flask_babel import gettext as _
from lxml import etree

from hoax_tracker.errors import Invalid
from hoax_tracker.models import Source, SourceKind, db

SIZE_LIMIT_BYTES = 2**20
OUTLINES_MOST = 2000
NAME_LONGEST = 200
URL_LONGEST = 2000
NAMESPACE = "urn:hoax-tracker:opml"
LOCAL = f"{{{NAMESPACE}}}local"


@dataclass(frozen=True)
class Outline:
    """One source of an OPML file: what to read, the home page where it is named, whether about the city only."""

    name: str
    url: str
    home_url: str | None
    is_local: bool = False


def import_sources(content: bytes, now: datetime) -> tuple[int, int]:
    """Add the sources of an OPML file in the current transaction; return (added, already known).

    Known is a source with the same address. A name that another source has gets the host beside it, or a number.
    Raises Invalid where the content is not OPML, too large, or has a document type of its own.
    """
    found = list(outlines(content))
    names, addresses = in_use()
    rows = []
    for one in found:
        if one.url in addresses:
            continue
        name = free_name(one, names)
        names.add(name)
        addresses |= {one.url, one.home_url or one.url}
        fields = {"name": name, "url": one.url, "home_url": one.home_url, "is_local": one.is_local}
        rows.append(fields | {"kind": SourceKind.FEED, "is_active": True, "created_at": now})
    if rows:
        db.session.execute(sa.insert(Source), rows)
    return len(rows), len(found) - len(rows)


def in_use() -> tuple[set[str], set[str]]:
    """Return the names of all sources, and their addresses: where each is read, and where it was found."""
    rows = db.session.execute(sa.select(Source.name, Source.url, Source.home_url)).all()
    return {name for name, _, _ in rows}, {url for _, *urls in rows for url in urls if url}


def import_default_sources(path: Path, now: datetime) -> tuple[int, int]:
    """Add the default sources of the city that are missing; one that was renamed or moved is not added again."""
    found = list(outlines(path.read_bytes()))
    fresh = [one for one in found if not is_known(one)]
    added = sum(add_source(one.name, one.url, one.home_url, now, is_local=one.is_local) for one in fresh)
    return added, len(found) - added


def outlines(content: bytes) -> Iterator[Outline]:
    """Yield the outlines that have an address.

    Without ``xmlUrl`` it is the home page: the first reading finds the feed that the page names. Raises Invalid.
    """
    root = parsed(content)
    for number, outline in enumerate(root.iter("outline"), 1):
        if number > OUTLINES_MOST:
            raise refused(f"more than {OUTLINES_MOST} outlines", _("Berkas itu memuat terlalu banyak sumber."))
        given = {str(name).lower(): str(value) for name, value in outline.attrib.items()}  # some write "xmlurl"
        home_url = given.get("htmlurl", "").strip()
        url = as_web(given.get("xmlurl", "").strip()) or home_url
        name = " ".join((given.get("title") or given.get("text") or url).split())
        if is_web(url):
            yield Outline(name[:NAME_LONGEST], url, home_url if is_web(home_url) else None, outline.get(LOCAL) == "1")


def parsed(content: bytes) -> etree._Element:
    """Return the root of an OPML document. A document type is refused: OPML has none, and entities can explode."""
    if len(content) > SIZE_LIMIT_BYTES:
        raise too_large()
    # Nothing but a byte order mark may stand before the declaration, and something often does.
    mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
    content = mark + content.removeprefix(mark).lstrip(b" \t\r\n")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise refused(f"not OPML: {error}") from error
    if root.tag != "opml":
        raise refused(f"not OPML: the root is <{root.tag}>")
    if root.getroottree().docinfo.doctype:
        raise refused("a document type is not accepted")
    return root


def too_large() -> Invalid:
    """Return the error for a file beyond what is read."""
    return refused(f"larger than {SIZE_LIMIT_BYTES} bytes", _("Berkas itu terlalu besar. Paling besar 1 MB."))


def refused(detail: str, message: str | None = None) -> Invalid:
    """Return the error for a file that cannot be taken in."""
    return Invalid(detail, user_message=message or _("Berkas itu bukan OPML yang sah."), field="file")


def as_web(url: str) -> str:
    """Return an address of the scheme that programs made for feeds ("feed://…", "feed:https://…") as one of the web."""
    if not url.lower().startswith("feed:"):
        return url
    return f"https:{url[5:]}" if url[5:].startswith("//") else url[5:]


def is_web(url: str) -> bool:
    """Tell whether it is an http(s) address that the table can hold, and of a form that is ever fetched."""
    if len(url) > URL_LONGEST:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def is_known(one: Outline) -> bool:
    """Tell whether a default source is there already, under its address, home page or name."""
    same = [Source.url == one.url, Source.name == one.name]
    if one.home_url:
        same.append(Source.home_url == one.home_url)
    return db.session.scalar(sa.select(Source.id).where(sa.or_(*same))) is not None


def free_name(one: Outline, taken: AbstractSet[str]) -> str:
    """Return the outline's name, told apart from sources that have it already."""
    name, host = one.name[:120], (urlsplit(one.url).hostname or one.url)[:60]
    tries = chain((one.name, f"{name} ({host})"), (f"{name} ({host} {number})" for number in count(2)))
    return next(free for free in tries if free not in taken)


def add_source(
    name: str,
    url: str,
    home_url: str | None,
    now: datetime,
    kind: SourceKind = SourceKind.FEED,
    *,
    is_local: bool = False,
) -> bool:
    """Add a scheduled source unless its address or name is in use; tell whether it was added.

    An address is also in use where a source was read there until its page named the feed.
    """
    same = sa.or_(Source.url == url, Source.home_url == url, Source.name == name)
    if db.session.scalar(sa.select(Source.id).where(same)):
        return False
    row = Source(name=name, url=url, home_url=home_url, kind=kind, is_active=True, is_local=is_local, created_at=now)
    db.session.add(row)
    db.session.flush()
    return True


def export_sources() -> bytes:
    """Return every source that has an address as OPML 2.0."""
    ElementTree.register_namespace("kh", NAMESPACE)
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Kupang Kabas Hoaks"
    body = ElementTree.SubElement(root, "body")
    for source in db.session.scalars(sa.select(Source).where(Source.url.is_not(None)).order_by(Source.name)):
        known = {"xmlUrl": source.url, "htmlUrl": source.home_url, LOCAL: "1" if source.is_local else None}
        names = {"type": "rss", "text": source.name, "title": source.name}
        ElementTree.SubElement(body, "outline", names | {name: value for name, value in known.items() if value})
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
