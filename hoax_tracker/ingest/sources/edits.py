"""Sources as officers see and keep them: each change is one transaction with its audit event."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import change, held
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.core.fetch.errors import AddressRefused
from hoax_tracker.errors import Conflict, Invalid
from hoax_tracker.ingest.service import Outcome
from hoax_tracker.ingest.sources import opml
from hoax_tracker.ingest.sources.address_kinds import Bridges, plan
from hoax_tracker.ingest.sources.preview import look
from hoax_tracker.models import HubSubscription, Officer, Source, SourceKind, db

Allow = AbstractSet[tuple[str, int]]
Values = dict[str, Any]


def source_values(source: Source) -> Values:
    """Return what can be edited of a source."""
    names = ("name", "url", "interval_minutes", "is_local")
    return {name: getattr(source, name) for name in names}


@dataclass(frozen=True)
class Place:
    """What becomes of an address: which kind of source it is, where that is read, and the page that people open."""

    kind: SourceKind
    url: str
    page: str | None = None


def place_of(given: str, fetcher: Fetcher, bridges: Bridges, now: datetime) -> Place:
    """Return where an address is read. Feeds and sites are taken as they are: the first reading finds their feed.

    Raises Invalid where an account of a service cannot be read there.
    """
    found = plan(given, bridges)
    if found.kind is SourceKind.FEED or (len(found.tries) == 1 and found.tries[0] != given):
        return Place(found.kind, found.tries[0], found.page)
    seen = look(given, fetcher, bridges, now)
    return Place(seen.kind, seen.url, seen.page)


def add(name: str, place: Place, *, is_local: bool = False, allow: Allow, by: Officer | None, now: datetime) -> None:
    """Add a feed, or a page that names its feed; it is read at the next round. Raises Invalid."""
    url = place.url
    with writing():
        check(None, name, url, allow)
        opml.add_source(name, url, place.page, now, place.kind, is_local=is_local)
        source = db.session.scalars(sa.select(Source).where(Source.url == url)).one()
        detail = {"name": name, "url": url, "kind": place.kind.value, "is_local": is_local}
        audit_log.record("source_added", f"source:{source.id}", officer=by, now=now, detail=detail)


def edit(source_id: int, values: Values, seen: str, *, allow: Allow, by: Officer, now: datetime) -> bool:
    """Change what can be edited of a source; tell whether anything differed. Raises Conflict or Invalid."""
    with writing():
        source = held(Source, source_id)
        if source.url is not None:
            check(source, values["name"], values["url"] or "", allow)
        elif name_taken(source, values["name"]):
            raise Invalid("name taken", user_message=_("Nama itu sudah dipakai sumber lain."), field="name")
        before = source.url
        subject = f"source:{source_id}"
        changed = change(source, values, seen, action="source_changed", subject=subject, by=by, now=now)
        if source.url != before:
            begin_anew(source)
        elif changed and source.next_fetch_at is not None:
            source.next_fetch_at = min(source.next_fetch_at, now + timedelta(minutes=source.interval_minutes))
    return changed


def begin_anew(source: Source) -> None:
    """Forget what belonged to the old address; the new one is read at the next round."""
    source.etag = source.last_modified = source.last_error = source.next_fetch_at = source.moving_to = None
    source.failures, source.problems = 0, []
    db.session.execute(sa.delete(HubSubscription).where(HubSubscription.source_id == source.id))


def check(source: Source | None, name: str, url: str, allow: Allow) -> None:
    """Raise Invalid unless the address is one that is fetched, and no other source has it or the name."""
    try:
        parse_target(url, allow)
    except AddressRefused as error:
        raise Invalid(str(error), user_message=str(error.user_message), field="url") from error
    own = source.id if source is not None else None
    same = sa.select(Source.id).where(sa.or_(Source.url == url, Source.home_url == url))
    if any(other != own for other in db.session.scalars(same)):
        raise Invalid("address known", user_message=_("Alamat itu sudah ada di daftar sumber."), field="url")
    if name_taken(source, name):
        raise Invalid("name taken", user_message=_("Nama itu sudah dipakai sumber lain."), field="name")


def name_taken(source: Source | None, name: str) -> bool:
    """Tell whether another source has the name."""
    own = source.id if source is not None else None
    return any(other != own for other in db.session.scalars(sa.select(Source.id).where(Source.name == name)))


def set_active(source_id: int, active: bool, *, by: Officer | None, now: datetime) -> Source:
    """Pause a source, or read it on schedule again from the next round on; what it brought stays."""
    with writing():
        source = held(Source, source_id)
        if source.url is None:
            raise Invalid("a file", user_message=_("Sumber ini dibaca dari berkas, bukan menurut jadwal."))
        if source.is_active != active:
            source.is_active, source.edited_at = active, now
            source.next_fetch_at = source.paused_at = source.paused_because = None
            source.failures = 0 if active else source.failures
            action = "source_resumed" if active else "source_paused"
            audit_log.record(action, f"source:{source_id}", officer=by, now=now, detail={"name": source.name})
    return source


def require_readable(source_id: int, now: datetime) -> None:
    """Raise unless the source can be read at once: it has an address, and nobody is reading it."""
    source = held(Source, source_id)
    if source.url is None:
        raise Invalid("a file", user_message=_("Sumber ini dibaca dari berkas, bukan dari alamat."))
    if source.lease_until is not None and source.lease_until > now:
        raise Conflict("leased", user_message=_("Sumber ini sedang dibaca. Muat ulang halaman sebentar lagi."))


def note_read(source_id: int, outcome: Outcome, *, by: Officer, now: datetime) -> None:
    """Keep in the audit log that an officer had a source read, and what it brought."""
    detail = {"entries": outcome.entries, "new": outcome.new, "failed": bool(outcome.failed)}
    with writing():
        audit_log.record("source_read", f"source:{source_id}", officer=by, now=now, detail=detail)


def import_opml(content: bytes, bridges: Bridges, *, by: Officer | None, now: datetime) -> opml.Imported:
    """Add the sources of an OPML file. Raises Invalid where it is none."""
    with writing():
        found = opml.import_sources(content, now, bridges)
        detail = {"added": found.added, "known": found.known, "left_out": len(found.left_out)}
        audit_log.record("sources_imported", "sources", officer=by, now=now, detail=detail)
    return found


def export_opml(*, by: Officer | None, now: datetime) -> bytes:
    """Return the sources as OPML; the audit log keeps who took the list along."""
    with writing():
        content = opml.export_sources()
        audit_log.record("sources_exported", "sources", officer=by, now=now)
    return content
