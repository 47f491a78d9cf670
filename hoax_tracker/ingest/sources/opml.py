"""Lists of sources as OPML: ours exported and imported as 2.0, those of other programs read from 1.0 on.

Values that OPML has no name for are attributes of our namespace. What is left out of another program's list is
described. Malformed XML is read as a browser reads a page: a bare "&", an extra quotation mark or a name in another
case costs at most its own outline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree  # only written with; lxml reads

import lxml.html
import sqlalchemy as sa
from flask_babel import gettext as _, ngettext
from lxml import etree

from hoax_tracker.authority.proposals import confirm_as_shipped
from hoax_tracker.core.content.encodings import decode_bytes
from hoax_tracker.core.content.html_to_text import strip_invisible
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest.forms import INTERVALS_MINUTES
from hoax_tracker.ingest.parsers.xml_feed import repair_xml
from hoax_tracker.ingest.sources.address_kinds import (
    NEWS_QUERY_PREFIX,
    SCHEMELESS_URL,
    AllowedHosts,
    Bridges,
    plan_address,
    require_readable_address,
)
from hoax_tracker.models import Source, SourceKind, db

OPML_SIZE_LIMIT_BYTES = 2**20
OUTLINES_LIMIT = 2000
OPML_NAME_LIMIT = 200
OPML_URL_LIMIT = 2000
OPML_NAMESPACE = "urn:hoax-tracker:opml"

_PROLOG = r"\s*+(?:<\?[^>]*+>\s*+|<!--(?:(?!-->).)*+-->\s*+)*+"
_OPENING = re.compile(rf"{_PROLOG}<(?:[\w.-]+:)?opml\b", re.IGNORECASE | re.DOTALL)
_DECLARATION = re.compile(r"\s*+<\?xml[^>]*+>")
_DOCTYPE = re.compile("<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TTRSS_SETTINGS_PREFIX = "tt-rss-"
"""What Tiny Tiny RSS puts below an outline whose name begins so: its settings, labels and filters."""
_TRUE_VALUES = ("1", "true")


@dataclass(frozen=True)
class Outline:
    """One source of an OPML file: the address to read, the home page if named, and our own files' values.

    ``is_feed``: the file names the address as the feed's own. ``kind`` is None in files of other programs; ``minutes``
    is the chosen reading interval, if any.
    """

    name: str
    url: str
    home_url: str | None = None
    is_feed: bool = False
    is_local: bool = False
    kind: SourceKind | None = None
    minutes: int | None = None
    is_paused: bool = False


@dataclass
class ParsedOpml:
    """The sources of a file, and one description of each left out; ``fault`` concerns the whole file."""

    found: list[Outline] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    fault: str = ""

    def leave_out(self, name: str, reason: str) -> None:
        """Note an outline that does not become a source, and why."""
        name = name or _("Tanpa nama")
        self.left_out.append(_("«%(name)s» tidak diambil: %(reason)s", name=name[:OPML_NAME_LIMIT], reason=reason))


def read_outlines(content: bytes) -> ParsedOpml:
    """Return the sources of an OPML file.

    Raises InvalidInputError where it is not OPML, is too large, or has a document type.
    """
    root, fault = _parse_opml(content)
    read = ParsedOpml(
        fault=_("Berkas itu bukan XML yang sah, jadi dibaca sebisanya. Periksa jumlahnya.") if fault else ""
    )
    for number, (attributes, is_leaf, is_comment) in enumerate(_outline_elements(root), 1):
        if number > OUTLINES_LIMIT:
            raise _opml_error(f"more than {OUTLINES_LIMIT} outlines", _("Berkas itu memuat terlalu banyak sumber."))
        name = " ".join((attributes.get("title") or attributes.get("text") or "").split())
        has_address = attributes.get("xmlurl") or attributes.get("htmlurl") or attributes.get("url")
        if is_comment and (has_address or is_leaf):
            read.leave_out(name, _("ditandai sebagai komentar"))
        elif has_address or is_leaf:
            _add_outline(name, attributes, read)
    if fault and not read.found:
        raise _opml_error(f"not OPML: {fault}")
    return read


def _add_outline(name: str, attributes: Mapping[str, str], read: ParsedOpml) -> None:
    """Add one outline, or note why not.

    Without ``xmlUrl`` the home page is used: the first reading finds the feed that the page names.
    """
    kind = attributes.get("type", "").lower()
    home_url, other = attributes.get("htmlurl", ""), attributes.get("url", "")
    is_link = kind not in ("rss", "rss1", "atom")  # some write the feed's address where OPML has that of a link
    url = _replace_feed_scheme(attributes.get("xmlurl") or home_url or ("" if is_link else other))
    if not url and other:
        reason = _("bukan umpan, melainkan tautan ke halaman atau daftar lain")
        read.leave_out(name or other, reason)
    elif not url:
        read.leave_out(name, _("tanpa alamat umpan"))
    elif not _is_source_address(url):
        read.leave_out(name, _("alamatnya bukan alamat web yang dapat dibaca"))
    else:
        home = _replace_feed_scheme(home_url)
        read.found.append(
            Outline(
                (name or url)[:OPML_NAME_LIMIT],
                url,
                home if _is_web_url(home) else None,
                is_feed=bool(attributes.get("xmlurl") or not home_url),
                is_local=attributes.get("kh:local") == "1",
                kind=_read_own_kind(attributes.get("kh:source", "")),
                minutes=_read_own_interval(attributes.get("kh:minutes", "")),
                is_paused=attributes.get("kh:paused") == "1",
            )
        )


def _read_own_kind(value: str) -> SourceKind | None:
    """Return the kind that one of our own files names, if sources of that kind are read from an address."""
    of_no_address = (SourceKind.FILE, SourceKind.POSTS, SourceKind.MANUAL)
    return next((kind for kind in SourceKind if kind.value == value and kind not in of_no_address), None)


def _read_own_interval(value: str) -> int | None:
    """Return the interval that one of our own files names, within the limits of the form."""
    if not re.fullmatch("[1-9][0-9]{0,4}", value):
        return None
    return min(max(int(value), min(INTERVALS_MINUTES)), max(INTERVALS_MINUTES))


def _outline_elements(root: Any) -> Iterator[tuple[dict[str, str], bool, bool]]:
    """Yield the attributes of every outline, and whether it is a leaf, and whether it is a comment.

    The names of attributes are in lower case. Everything below a comment is a comment, too. Outlines with a program's
    own settings are skipped.
    """
    comments, settings = set(), set()
    for outline in (element for element in root.iter("*") if _local_name(element) == "outline"):
        attributes = {
            _attribute_name(str(name)): " ".join(str(value).split()) for name, value in outline.attrib.items()
        }
        parent = outline.getparent()
        if parent in settings or attributes.get("text", "").startswith(_TTRSS_SETTINGS_PREFIX):
            settings.add(outline)
            continue
        if parent in comments or attributes.get("iscomment", "").lower() in _TRUE_VALUES:
            comments.add(outline)
        is_leaf = not any(_local_name(element) == "outline" for element in outline.iterchildren("*"))
        yield attributes, is_leaf, outline in comments


def _local_name(element: Any) -> str:
    """Return an element's name in lower case, without the namespace that some programs give to OPML."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _attribute_name(name: str) -> str:
    """Return an attribute's name in lower case. Names of our namespace begin with "kh:"."""
    return name.replace(f"{{{OPML_NAMESPACE}}}", "kh:").lower()


def _parse_opml(content: bytes) -> tuple[Any, str]:
    """Return the root of an OPML document, and a description of the fault in its XML.

    A document type is refused: OPML has none, and entities can explode.
    """
    if len(content) > OPML_SIZE_LIMIT_BYTES:
        raise opml_too_large_error()
    text = decode_bytes(content)[0].lstrip("\ufeff\x00 \t\r\n")
    if not _OPENING.match(text):
        if _DOCTYPE.search(text[:1000]):
            raise _opml_error("a document type is not accepted")
        raise _opml_error("not OPML: it does not begin with <opml>")
    body = text[end.end() :] if (end := _DECLARATION.match(text)) else text
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(body.encode("utf-8", "replace"), parser), ""
    except etree.XMLSyntaxError as error:
        fault = str(error)
    try:
        lenient = lxml.html.HTMLParser(encoding="utf-8", no_network=True)
        return lxml.html.document_fromstring(repair_xml(body).encode("utf-8", "replace"), parser=lenient), fault
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise _opml_error(f"not OPML: {fault}") from error


def opml_too_large_error() -> InvalidInputError:
    """Return the error for a file above the size limit."""
    return _opml_error(f"larger than {OPML_SIZE_LIMIT_BYTES} bytes", _("Berkas itu terlalu besar. Paling besar 1 MB."))


def _opml_error(detail: str, message: str | None = None) -> InvalidInputError:
    """Return the error for a file that cannot be imported."""
    return InvalidInputError(detail, user_message=message or _("Berkas itu bukan OPML yang sah."), field="file")


def _replace_feed_scheme(url: str) -> str:
    """Return an address of a feed scheme ("feed://…", "feed:https://…") as a web address."""
    if not url.lower().startswith("feed:"):
        return url
    return f"https:{url[5:]}" if url[5:].startswith("//") else url[5:]


def _is_source_address(url: str) -> bool:
    """Tell whether it may be read: a web address, with or without its scheme, or a Google News query."""
    return (
        _is_web_url(url)
        or url.lower().startswith(NEWS_QUERY_PREFIX)
        or bool(SCHEMELESS_URL.fullmatch(url) and _is_web_url(f"https://{url}"))
    )


def _is_web_url(url: str) -> bool:
    """Tell whether it is an http(s) address that fits the table and has a fetchable form."""
    if len(url) > OPML_URL_LIMIT:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


DEFAULT_INTERVAL_MINUTES = 30


@dataclass(frozen=True)
class OpmlImport:
    """The result of an import: numbers of added and known sources, and descriptions of those left out.

    ``believed`` describes settings taken from the list that keep entries of its sources from being read or flagged.
    ``fact_checkers`` were not added: residents would read their names, so a second person confirms them first.
    """

    added: int
    known: int
    left_out: tuple[str, ...] = ()
    fault: str = ""
    believed: tuple[str, ...] = ()
    fact_checkers: tuple[Outline, ...] = ()


def import_sources(
    content: bytes, now: datetime, bridges: Bridges | None = None, allow: AllowedHosts = frozenset()
) -> OpmlImport:
    """Add the sources of an OPML file in the current transaction.

    A source with the same address is known already. A name that another source has gets the host appended, or a number.
    Raises InvalidInputError where the content is not OPML, is too large, or has its own document type.
    """
    read = read_outlines(content)
    names, addresses = _used_names_and_urls()
    rows, known_count = [], 0
    for outline, resolved in _resolve_outlines(read, bridges, allow):
        if not addresses.isdisjoint({outline.url, resolved.url}):
            known_count += 1
            continue
        name = _unused_source_name(resolved, names)
        names.add(name)
        addresses |= {resolved.url, resolved.home_url or resolved.url}
        rows.append(replace(resolved, name=name))
    added = [row for row in rows if row.kind is not SourceKind.CLAIM_REVIEW]
    if added:
        db.session.execute(sa.insert(Source), [_source_columns(row, now) for row in added])
    checkers = tuple(row for row in rows if row.kind is SourceKind.CLAIM_REVIEW)
    silent = tuple(_describe_silent_sources(rows))
    return OpmlImport(len(added), known_count, tuple(read.left_out), read.fault, silent, checkers)


def _describe_silent_sources(rows: list[Outline]) -> Iterator[str]:
    """Describe how many sources the list silences: an administrator may not expect that of the file."""
    if checkers := sum(row.kind is SourceKind.CLAIM_REVIEW for row in rows):
        yield ngettext(
            "%(num)d pemeriksa fakta diusulkan: masuk setelah orang kedua menyetujuinya",
            "%(num)d pemeriksa fakta diusulkan: masuk setelah orang kedua menyetujuinya",
            checkers,
        )
    if paused := sum(row.is_paused for row in rows):
        yield ngettext("%(num)d sumber masuk dalam keadaan jeda", "%(num)d sumber masuk dalam keadaan jeda", paused)


def _resolve_outlines(
    read: ParsedOpml, bridges: Bridges | None = None, allow: AllowedHosts = frozenset()
) -> Iterator[tuple[Outline, Outline]]:
    """Yield each outline as given, with the source that it becomes. Note those that cannot be read."""
    for outline in read.found:
        try:
            resolved = resolve_outline(outline, bridges)
            _require_short_address(resolved)
            require_readable_address(resolved.url, allow)
        except InvalidInputError as error:
            read.leave_out(outline.name, str(error.user_message))
            continue
        yield outline, resolved


def _require_short_address(outline: Outline) -> None:
    """Raise InvalidInputError for an address that does not fit the table: a plan can write far more than was given."""
    if max(len(outline.url), len(outline.home_url or "")) > OPML_URL_LIMIT:
        message = _("alamatnya terlalu panjang: paling banyak %(max)s huruf", max=OPML_URL_LIMIT)
        raise InvalidInputError("a long address", user_message=message, field="file")


def resolve_outline(outline: Outline, bridges: Bridges | None = None) -> Outline:
    """Return an outline with its kind and the address that is read, as far as its address tells them.

    Raises InvalidInputError. No server is asked: a Mastodon account is read from the feed that its page names. Any site
    may have such a path, so an address that the list calls a feed stays unchanged, and so does one that may be a topic
    page. A kind in the list is accepted together with a whole address that is no page of a closed network: our own
    files have no other.
    """
    plan = plan_address(outline.url, bridges)
    is_closed = plan.kind is SourceKind.BRIDGE and plan.page is not None
    if outline.kind is not None and _is_web_url(outline.url) and not is_closed:
        return outline
    if plan.kind is SourceKind.MASTODON:
        is_account = plan.lookup is not None and not outline.is_feed
        url = outline.url if _is_web_url(outline.url) else f"https://{outline.url}"
        return replace(outline, url=url, kind=SourceKind.MASTODON if is_account else SourceKind.FEED)
    return replace(outline, url=plan.tries[0], home_url=plan.page or outline.home_url, kind=plan.kind)


def _source_columns(outline: Outline, now: datetime) -> dict[str, object]:
    return {
        "name": outline.name,
        "url": outline.url,
        "home_url": outline.home_url,
        "is_local": outline.is_local,
        "kind": outline.kind or SourceKind.FEED,
        "interval_minutes": outline.minutes or DEFAULT_INTERVAL_MINUTES,
        "is_active": not outline.is_paused,
        "created_at": now,
    }


def _used_names_and_urls() -> tuple[set[str], set[str]]:
    """Return the names of all sources, and their addresses: where each is read, and where it was found."""
    rows = db.session.execute(sa.select(Source.name, Source.url, Source.home_url)).all()
    return {name for name, *_urls in rows}, {url for _name, *urls in rows for url in urls if url}


def import_default_sources(path: Path, now: datetime) -> tuple[int, int]:
    """Add the missing default sources of the city. A renamed or moved one is not added again."""
    outlines = [outline for _given, outline in _resolve_outlines(read_outlines(path.read_bytes()))]
    fresh = [outline for outline in outlines if not _is_source_known(outline)]
    added = sum(
        add_source_if_new(
            outline.name, outline.url, outline.home_url, now, outline.kind or SourceKind.FEED, is_local=outline.is_local
        )
        for outline in fresh
    )
    return added, len(outlines) - added


def _is_source_known(outline: Outline) -> bool:
    """Tell whether a default source exists already, by its address, home page or name."""
    same = [Source.url == outline.url, Source.name == outline.name]
    if outline.home_url:
        same.append(Source.home_url == outline.home_url)
    return db.session.scalar(sa.select(Source.id).where(sa.or_(*same))) is not None


def _unused_source_name(outline: Outline, used_names: AbstractSet[str]) -> str:
    """Return the outline's name, changed where a source already has it."""
    name, host = outline.name[:120], (urlsplit(outline.url).hostname or outline.url)[:60]
    tries = chain((outline.name, f"{name} ({host})"), (f"{name} ({host} {number})" for number in count(2)))
    return next(free for free in tries if free not in used_names)


def add_source_if_new(
    name: str,
    url: str,
    home_url: str | None,
    now: datetime,
    kind: SourceKind = SourceKind.FEED,
    *,
    is_local: bool = False,
) -> bool:
    """Add a scheduled source unless its address or name is in use. Return whether it was added.

    An address also counts as in use where a source was read from it until its page named the feed.
    """
    same = sa.or_(Source.url == url, Source.home_url == url, Source.name == name)
    if db.session.scalar(sa.select(Source.id).where(same)):
        return False
    row = Source(name=name, url=url, home_url=home_url, kind=kind, is_active=True, is_local=is_local, created_at=now)
    if kind is SourceKind.CLAIM_REVIEW:  # only the program's own list names one here
        row.confirmation_id = confirm_as_shipped(now).id
    db.session.add(row)
    db.session.flush()
    return True


def export_sources() -> bytes:
    """Return every source with an address as OPML 2.0, which ``import_sources`` reads as the same sources."""
    ElementTree.register_namespace("kh", OPML_NAMESPACE)
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Kupang Kabas Hoaks"
    body = ElementTree.SubElement(root, "body")
    for source in db.session.scalars(sa.select(Source).where(Source.url.is_not(None)).order_by(Source.name)):
        ElementTree.SubElement(body, "outline", _outline_attributes(source))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _outline_attributes(source: Source) -> dict[str, str]:
    name = strip_invisible(source.name)
    own = {
        "source": source.kind.value,
        "local": "1" if source.is_local else None,
        "minutes": str(source.interval_minutes) if source.interval_minutes != DEFAULT_INTERVAL_MINUTES else None,
        "paused": None if source.is_active else "1",
    }
    attributes = {"xmlUrl": source.url, "htmlUrl": source.home_url}
    attributes |= {f"{{{OPML_NAMESPACE}}}{key}": value for key, value in own.items()}
    return {"type": "rss", "text": name, "title": name} | {key: value for key, value in attributes.items() if value}
