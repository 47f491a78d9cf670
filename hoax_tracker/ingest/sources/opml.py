"""Import and export sources as OPML 2.0. Values that OPML has no name for are attributes of our namespace."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree  # nosec B405  # only written with; lxml reads

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from hoax_tracker.authority.proposals import confirm_as_shipped
from hoax_tracker.core.content.html_to_text import strip_invisible
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest.sources.address_kinds import Bridges, plan_address
from hoax_tracker.ingest.sources.opml_parser import (
    OPML_NAMESPACE,
    OPML_URL_LIMIT,
    Outline,
    ParsedOpml,
    is_web_url,
    read_outlines,
)
from hoax_tracker.models import Source, SourceKind, db

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


def import_sources(content: bytes, now: datetime, bridges: Bridges | None = None) -> OpmlImport:
    """Add the sources of an OPML file in the current transaction.

    A source with the same address is known already. A name that another source has gets the host appended, or a number.
    Raises InvalidInputError where the content is not OPML, is too large, or has its own document type.
    """
    read = read_outlines(content)
    names, addresses = _used_names_and_urls()
    rows, known_count = [], 0
    for outline, resolved in _resolve_outlines(read, bridges):
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


def _resolve_outlines(read: ParsedOpml, bridges: Bridges | None = None) -> Iterator[tuple[Outline, Outline]]:
    """Yield each outline as given, with the source that it becomes. Note those that cannot be read."""
    for outline in read.found:
        try:
            resolved = resolve_outline(outline, bridges)
        except InvalidInputError as error:
            read.leave_out(outline.name, str(error.user_message))
            continue
        # a plan can write far more than was given
        if max(len(resolved.url), len(resolved.home_url or "")) > OPML_URL_LIMIT:
            read.leave_out(
                outline.name, _("alamatnya terlalu panjang: paling banyak %(max)s huruf", max=OPML_URL_LIMIT)
            )
        else:
            yield outline, resolved


def resolve_outline(outline: Outline, bridges: Bridges | None = None) -> Outline:
    """Return an outline with its kind and the address that is read, as far as its address tells them.

    Raises InvalidInputError. No server is asked: a Mastodon account is read from the feed that its page names. Any site
    may have such a path, so an address that the list calls a feed stays unchanged, and so does one that may be a topic
    page. A kind in the list is accepted together with a whole address that is no page of a closed network: our own
    files have no other.
    """
    plan = plan_address(outline.url, bridges)
    is_closed = plan.kind is SourceKind.BRIDGE and plan.page is not None
    if outline.kind is not None and is_web_url(outline.url) and not is_closed:
        return outline
    if plan.kind is SourceKind.MASTODON:
        is_account = plan.lookup is not None and not outline.is_feed
        url = outline.url if is_web_url(outline.url) else f"https://{outline.url}"
        return replace(outline, url=url, kind=SourceKind.MASTODON if is_account else SourceKind.FEED)
    return replace(outline, url=plan.tries[0], home_url=plan.page or outline.home_url, kind=plan.kind)


def _source_columns(outline: Outline, now: datetime) -> dict[str, object]:
    """Return the column values of the source for an outline."""
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
