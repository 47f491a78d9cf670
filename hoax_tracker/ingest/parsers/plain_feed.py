"""Plain feeds, read by lxml: well-formed RSS 2.0, RSS 1.0 and Atom of elements whose reading is known exactly.

What is read has the shape of feedparser's result, and is equal to it in everything that xml_feed.py uses. Any element,
attribute or form beyond those named here makes the feed one for feedparser, which is also the judge of this module
(tests/ingest/parsers/test_plain_feed.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from feedparser.datetimes import _parse_date
from lxml import etree

_ATOM, _RSS1 = "{http://www.w3.org/2005/Atom}", "{http://purl.org/rss/1.0/}"
_RDF, _XML = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://www.w3.org/XML/1998/namespace}"
_DC, _DCTERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"
_CONTENT, _SLASH = "{http://purl.org/rss/1.0/modules/content/}", "{http://purl.org/rss/1.0/modules/slash/}"
_MEDIA, _FEEDBURNER = "{http://search.yahoo.com/mrss/}", "{http://rssnamespace.org/feedburner/ext/1.0}"
_SYNDICATION, _WFW = "{http://purl.org/rss/1.0/modules/syndication/}", "{http://wellformedweb.org/CommentAPI/}"

_WINDOWS_CHARACTER = re.compile("[\x80-\x9f]")
_LOOKS_LIKE_ENTITY = re.compile(r"&\w+;")
"""In an address feedparser takes it for a parameter, in two ways."""
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})
_TEXT_TYPES = frozenset({"text", "html", "text/plain", "text/html"})
_LINK_ATTRIBUTES = frozenset({"href", "rel", "type", "title", "length", "hreflang"})
_IMAGE_PARTS = frozenset({"title", "url", "link", "width", "height", "description"})

Node = Any  # lxml has no types
Read = Callable[["_Part", Node], None]


class _UnsureError(Exception):
    """The feed holds something that only feedparser can judge."""


def read_plain_feed(text: str) -> dict[str, Any] | None:
    """Return the feed in feedparser's shape, or None where feedparser has to read it."""
    if "<!DOCTYPE" in text:  # which may declare entities
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
        return _read_root(root)
    except (_UnsureError, etree.XMLSyntaxError):
        return None


def _read_root(root: Node) -> dict[str, Any]:
    head = _Part(None)
    if root.tag == f"{_ATOM}feed":
        head.language = head.values["language"] = _language(root, None)
        _require(_attributes(root) <= {f"{_XML}lang"})
        entries = _read_children(root, head, _ATOM_HEAD, f"{_ATOM}entry", _ATOM_ENTRY)
    elif root.tag == "rss":
        _require(len(root) == 1 and root[0].tag == "channel" and not root[0].attrib)
        _require(_attributes(root) <= {"version"})
        entries = _read_children(root[0], head, _RSS_HEAD, "item", _RSS_ITEM)
    elif root.tag == f"{_RDF}RDF":
        _require(not root.attrib and len(root) > 0 and root[0].tag == f"{_RSS1}channel")
        _require(_attributes(root[0]) <= {f"{_RDF}about"})
        _read_children(root[0], head, _RDF_HEAD, None, {})
        entries = _read_children(root[1:], _Part(None), {f"{_RSS1}image": _skip_image}, f"{_RSS1}item", _RDF_ITEM)
    else:
        raise _UnsureError
    return {"bozo": False, "version": "plain", "feed": head.values, "entries": entries}


def _read_children(
    nodes: Iterable[Node], head: _Part, of_head: Mapping[str, Read], entry_tag: str | None, of_entry: Mapping[str, Read]
) -> list[dict[str, Any]]:
    """Read what is the feed's own into ``head``, and return the entries."""
    entries = []
    for node in nodes:
        if node.tag != entry_tag:
            _reader_of(node, of_head)(head, node)
            continue
        _require(_attributes(node) <= {f"{_RDF}about", f"{_XML}lang"})
        entry = _Part(_language(node, head.language))
        if about := node.get(f"{_RDF}about"):
            entry.values["id"] = about
        for child in node:
            _reader_of(child, of_entry)(entry, child)
        if "content" in entry.values:
            entry.values.setdefault("summary", entry.values["content"][0]["value"])
        entries.append(entry.values)
    return entries


class _Part:
    """The feed's head or an entry, while it is read."""

    def __init__(self, language: str | None) -> None:
        self.values: dict[str, Any] = {}
        self.language = language
        self._read = set[str]()

    def read_once(self, name: str) -> None:
        """Note that something is read. The second of a kind is feedparser's to judge."""
        _require(name not in self._read)
        self._read.add(name)


def _require(holds: bool) -> None:
    if not holds:
        raise _UnsureError


def _reader_of(node: Node, readers: Mapping[str, Read]) -> Read:
    reader = readers.get(node.tag)
    if reader is None:
        raise _UnsureError
    return reader


def _attributes(node: Node) -> set[str]:
    return set(node.attrib) if node.attrib else set()


def _language(node: Node, outer: str | None) -> str | None:
    language = node.get(f"{_XML}lang", outer)
    _require(language != "")
    return language.replace("_", "-") if language else None


def _text(node: Node) -> str:
    """Return the text of an element that holds nothing else.

    feedparser mends characters of Windows, and UTF-8 that was taken for Latin-1.
    """
    _require(not len(node))
    text = (node.text or "").strip()
    if text.isascii():
        return text
    _require(not _WINDOWS_CHARACTER.search(text))
    try:
        text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return text
    raise _UnsureError


def _address(text: str | None) -> str:
    """Return an address. feedparser mends those with too many slashes."""
    _require(bool(text) and ":///" not in str(text))
    return str(text)


def _plain_text(node: Node) -> str:
    _require(not node.attrib)
    return _text(node)


def _value(key: str) -> Read:
    """Return the reader of an element whose text is one value."""

    def read(part: _Part, node: Node) -> None:
        part.read_once(key)
        part.values[key] = _plain_text(node)

    return read


def _date(key: str) -> Read:
    """Return the reader of a date, which feedparser reads in many forms."""

    def read(part: _Part, node: Node) -> None:
        part.read_once(key)
        text = part.values[key] = _plain_text(node)
        part.values[f"{key}_parsed"] = _parse_date(text)

    return read


def _markup(part: _Part, node: Node) -> dict[str, Any]:
    _require(_attributes(node) <= {"type", f"{_XML}lang"} and node.get("type", "text").lower() in _TEXT_TYPES)
    return {"value": _text(node), "type": "text/html", "language": _language(node, part.language)}


def _read_title(part: _Part, node: Node) -> None:
    part.read_once("title")
    part.values["title"] = _markup(part, node)["value"]


def _read_summary(part: _Part, node: Node) -> None:
    part.read_once("summary")
    details = part.values["summary_detail"] = _markup(part, node)
    part.values["summary"] = details["value"]


def _read_content(part: _Part, node: Node) -> None:
    part.read_once("content")
    part.values["content"] = [_markup(part, node)]


def _read_id(part: _Part, node: Node) -> None:
    """Read the id, which is the link, too, where there is no other and it does not deny it."""
    part.read_once("id")
    _require(_attributes(node) <= {"isPermaLink"})
    text = _text(node)
    part.values["id"] = _address(text) if text else ""
    if node.get("isPermaLink", "true") == "true":
        part.values.setdefault("link", part.values["id"])


def _read_link(part: _Part, node: Node) -> None:
    """Read a link: its target is the text, as in RSS, or an attribute, as in Atom."""
    links = part.values.setdefault("links", [])
    if not node.attrib:
        part.read_once("link")
        text = _text(node)
        _require(not _LOOKS_LIKE_ENTITY.search(text))
        target = part.values["link"] = _address(text) if text else ""
        links.append({"rel": "alternate", "type": "text/html", "href": target})
        return
    _require(_attributes(node) <= _LINK_ATTRIBUTES and not _text(node))
    target = _address(node.get("href"))
    relation = node.get("rel", "alternate").lower()
    kind = node.get("type", "application/atom+xml" if relation == "self" else "text/html").lower()
    links.append({"rel": relation, "type": kind, "href": target})
    if relation == "alternate" and kind in _HTML_TYPES:
        part.values["link"] = target


def _read_enclosure(part: _Part, node: Node) -> None:
    _require(_attributes(node) <= {"url", "type", "length"} and not _text(node))
    link = {"rel": "enclosure", "type": node.get("type", "").lower(), "href": node.get("url")}
    part.values.setdefault("links", []).append(link)


def _read_author(part: _Part, node: Node) -> None:
    """Read an author: a name as text, or the parts of one."""
    part.read_once("author")
    _require(not node.attrib)
    if not len(node):
        part.values["author"] = _text(node)
        return
    _require(not (node.text or "").strip())
    named: dict[str, str] = {}
    for child in node:
        name = child.tag.removeprefix(_ATOM)
        _require(name in ("name", "email", "uri") and name not in named and not (child.tail or "").strip())
        named[name] = _plain_text(child)
    name, mail = named.get("name"), named.get("email")
    part.values["author"] = f"{name} ({mail})" if name and mail else name or mail or ""


def _read_source(part: _Part, node: Node) -> None:
    part.read_once("source")
    _require(_attributes(node) <= {"url"})
    part.values["source"] = {"title": title} if (title := _text(node)) else {}


def _media(key: str) -> Read:
    """Return the reader of a picture or recording, which is described by attributes."""

    def read(part: _Part, node: Node) -> None:
        _require(not _text(node))
        details = {name.lower(): value.lower() if name.lower() == "type" else value for name, value in node.items()}
        part.values.setdefault(key, []).append(details)

    return read


def _skip(_part: _Part, node: Node) -> None:
    """Skip an element that is not used, and has no others in it."""
    _require(not len(node))


def _skip_image(_part: _Part, node: Node) -> None:
    _require(all(not len(child) and etree.QName(child).localname in _IMAGE_PARTS for child in node))


def _skip_sequence(_part: _Part, node: Node) -> None:
    """Skip the list of an RSS 1.0 feed's items."""
    _require(all(child.tag.startswith(_RDF) for child in node.iterdescendants()))


def _named(prefix: str, names: str, read: Read) -> dict[str, Read]:
    return {f"{prefix}{name}": read for name in names.split()}


_PUBLISHED, _UPDATED = _date("published"), _date("updated")
_SHARED: dict[str, Read] = {
    **_named(_SYNDICATION, "updatePeriod updateFrequency updateBase", _skip),
    **_named(_DC, "subject rights", _skip),
}
_IN_ENTRY: dict[str, Read] = {
    f"{_CONTENT}encoded": _read_content,
    f"{_DC}creator": _read_author,
    f"{_DC}date": _UPDATED,
    f"{_DCTERMS}issued": _PUBLISHED,
    f"{_DCTERMS}modified": _UPDATED,
    f"{_DCTERMS}created": _date("created"),
    f"{_SLASH}comments": _value("slash_comments"),
    f"{_FEEDBURNER}origLink": _value("feedburner_origlink"),
    f"{_MEDIA}content": _media("media_content"),
    f"{_MEDIA}thumbnail": _media("media_thumbnail"),
    f"{_ATOM}link": _read_link,
    **_named(_WFW, "commentRss comment", _skip),
    **_SHARED,
}
_RSS_HEAD: dict[str, Read] = {
    "title": _read_title,
    "link": _read_link,
    f"{_ATOM}link": _read_link,
    "language": _value("language"),
    "image": _skip_image,
    **_named("", "description copyright managingEditor webMaster pubDate lastBuildDate category", _skip),
    **_named("", "generator docs cloud ttl rating skipHours skipDays", _skip),
    **_SHARED,
}
_RSS_ITEM: dict[str, Read] = {
    "title": _read_title,
    "link": _read_link,
    "description": _read_summary,
    "guid": _read_id,
    "pubDate": _PUBLISHED,
    "author": _read_author,
    "enclosure": _read_enclosure,
    "source": _read_source,
    **_named("", "category comments", _skip),
    **_IN_ENTRY,
}
_RDF_HEAD: dict[str, Read] = {
    f"{_RSS1}title": _read_title,
    f"{_RSS1}link": _read_link,
    f"{_RSS1}description": _skip,
    f"{_RSS1}items": _skip_sequence,
    f"{_RSS1}image": _skip,
    f"{_DC}language": _value("language"),
    f"{_DC}date": _skip,
    **_SHARED,
}
_RDF_ITEM: dict[str, Read] = {
    f"{_RSS1}title": _read_title,
    f"{_RSS1}link": _read_link,
    f"{_RSS1}description": _read_summary,
    **_IN_ENTRY,
}
_ATOM_HEAD: dict[str, Read] = {
    f"{_ATOM}title": _read_title,
    f"{_ATOM}link": _read_link,
    f"{_ATOM}id": _read_id,
    **_named(_ATOM, "author contributor", lambda part, node: _read_author(_Part(None), node)),
    **_named(_ATOM, "updated subtitle rights icon logo generator category", _skip),
}
_ATOM_ENTRY: dict[str, Read] = {
    f"{_ATOM}title": _read_title,
    f"{_ATOM}id": _read_id,
    f"{_ATOM}published": _PUBLISHED,
    f"{_ATOM}updated": _UPDATED,
    f"{_ATOM}summary": _read_summary,
    f"{_ATOM}content": _read_content,
    f"{_ATOM}author": _read_author,
    f"{_ATOM}category": _skip,
    **_IN_ENTRY,
}
