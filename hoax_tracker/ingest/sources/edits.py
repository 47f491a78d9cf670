"""Operations of officers on sources. Each change is one transaction with its audit event.

Residents read the name and the reviews of a fact-checker: adding one, making a source one, and changing its name or
address waits for a second person. All other sources are the desk's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import apply_edit, lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.ingest.service import IngestOutcome
from hoax_tracker.ingest.sources import opml
from hoax_tracker.ingest.sources.address_kinds import AllowedHosts, Bridges, plan_address, require_readable_address
from hoax_tracker.ingest.sources.fact_checkers import (
    SOURCES,
    SourceValues,
    follow_edit,
    needs_second_person,
    require_name_is_free,
)
from hoax_tracker.ingest.sources.preview import preview_source
from hoax_tracker.models import Officer, Source, SourceKind, db

register_acts(
    AuditAct("source_added", _l("menambah sumber %(what)s")),
    AuditAct("source_changed", _l("mengubah sumber %(what)s")),
    AuditAct("source_paused", _l("menjeda sumber %(what)s"), actor=_l("Program")),
    AuditAct("source_resumed", _l("melanjutkan sumber %(what)s")),
    AuditAct("source_read", _l("membaca sumber %(what)s")),
    AuditAct("posts_imported", _l("mengimpor unggahan ke sumber %(what)s")),
    AuditAct("item_recorded", _l("mencatat %(what)s")),
    AuditAct("sources_imported", _l("mengimpor %(what)s")),
    AuditAct("sources_exported", _l("mengunduh daftar sumber")),
    is_setup=True,
)


@dataclass(frozen=True)
class SourcePlace:
    """The kind of source an address belongs to, the address that is read, and the page for people."""

    kind: SourceKind
    url: str
    page: str | None = None


def resolve_source_place(address: str, fetcher: Fetcher, bridges: Bridges, now: datetime) -> SourcePlace:
    """Return how an address is read. Feeds and sites are taken unchanged: the first reading finds their feed.

    Raises InvalidInputError where an account of a service cannot be read there.
    """
    plan = plan_address(address, bridges)
    if plan.kind is SourceKind.FEED or (len(plan.tries) == 1 and plan.tries[0] != address):
        return SourcePlace(plan.kind, plan.tries[0], plan.page)
    seen = preview_source(address, fetcher, bridges, now)
    return SourcePlace(seen.kind, seen.url, seen.page)


def add_source(
    name: str, place: SourcePlace, *, is_local: bool = False, allow: AllowedHosts, by: Officer | None, now: datetime
) -> bool:
    """Add a feed, or a page that names its feed; the next round reads it. Raises InvalidInputError.

    A fact-checker's is only proposed, as residents read its name and its reviews. Tells whether it was added at once.
    """
    url = place.url
    if place.kind is SourceKind.CLAIM_REVIEW:
        values = {"name": name, "url": url, "interval_minutes": opml.DEFAULT_INTERVAL_MINUTES, "is_local": is_local}
        require_valid_source(None, name, url, allow)
        SOURCES.propose_new(url, values | {"is_fact_checker": True, "home_url": place.page}, by=by, now=now)
        return False
    with write_transaction():
        require_valid_source(None, name, url, allow)
        opml.add_source_if_new(name, url, place.page, now, place.kind, is_local=is_local)
        source = db.session.scalars(sa.select(Source).where(Source.url == url)).one()
        detail = {"name": name, "url": url, "kind": place.kind.value, "is_local": is_local}
        audit_log.record_event("source_added", f"source:{source.id}", officer=by, now=now, detail=detail)
    return True


def edit_source(
    source_id: int, values: SourceValues, seen: str, *, allow: AllowedHosts, by: Officer, now: datetime
) -> bool:
    """Change the editable values of a source. Tell whether that waits for a second person.

    What residents read of a fact-checker is only proposed: its name, its address, and that it is one. Raises
    EditConflictError or InvalidInputError.
    """
    with write_transaction():
        source = lock_row(Source, source_id)
        if source.url is not None:
            require_valid_source(source, values["name"], values["url"] or "", allow)
        waits = needs_second_person(source, values)
        if not waits:
            require_name_is_free(source, values["name"])
            before, subject = SOURCES.read_values(source), f"source:{source_id}"
            if apply_edit(source, values, seen, action="source_changed", subject=subject, by=by, now=now):
                follow_edit(source, before, now)
    return waits and SOURCES.propose(source_id, values, seen, by=by, now=now) is not None


def require_valid_source(source: Source | None, name: str, url: str, allow: AllowedHosts) -> None:
    """Raise InvalidInputError unless the address may be fetched, and address and name are unused."""
    require_readable_address(url, allow)
    own = source.id if source is not None else None
    same = sa.select(Source.id).where(sa.or_(Source.url == url, Source.home_url == url))
    if any(other != own for other in db.session.scalars(same)):
        raise InvalidInputError("address known", user_message=_("Alamat itu sudah ada di daftar sumber."), field="url")
    require_name_is_free(source, name)


def set_source_active(source_id: int, active: bool, *, by: Officer | None, now: datetime) -> Source:
    """Pause a source, or read it on schedule again from the next round on. Its items stay."""
    with write_transaction():
        source = lock_row(Source, source_id)
        if source.url is None:
            raise InvalidInputError("a file", user_message=_("Sumber ini dibaca dari berkas, bukan menurut jadwal."))
        if source.is_active != active:
            source.is_active, source.edited_at = active, now
            source.next_fetch_at = source.paused_at = source.paused_because = None
            source.failures = 0 if active else source.failures
            action = "source_resumed" if active else "source_paused"
            audit_log.record_event(action, f"source:{source_id}", officer=by, now=now, detail={"name": source.name})
    return source


def require_source_readable(source_id: int, now: datetime) -> None:
    """Raise unless the source can be read at once: it has an address, and nobody is reading it."""
    source = lock_row(Source, source_id)
    if source.url is None:
        raise InvalidInputError("a file", user_message=_("Sumber ini dibaca dari berkas, bukan dari alamat."))
    if source.lease_until is not None and source.lease_until > now:
        raise EditConflictError("leased", user_message=_("Sumber ini sedang dibaca. Muat ulang halaman sebentar lagi."))


def audit_source_read(source_id: int, outcome: IngestOutcome, *, by: Officer, now: datetime) -> None:
    """Record in the audit log that an officer had a source read, and the result."""
    detail = {"entries": outcome.entries, "new": outcome.new, "failed": bool(outcome.failed)}
    with write_transaction():
        audit_log.record_event("source_read", f"source:{source_id}", officer=by, now=now, detail=detail)


def import_opml(
    content: bytes, bridges: Bridges, *, allow: AllowedHosts, by: Officer | None, now: datetime
) -> opml.OpmlImport:
    """Add the sources of an OPML file, and propose those of fact-checkers.

    Raises InvalidInputError where it is not OPML.
    """
    with write_transaction():
        imported = opml.import_sources(content, now, bridges, allow)
        detail = {"added": imported.added, "known": imported.known, "left_out": len(imported.left_out)}
        audit_log.record_event("sources_imported", "sources", officer=by, now=now, detail=detail)
    refused = []
    for row in imported.fact_checkers:
        values = {"name": row.name, "url": row.url, "is_fact_checker": True, "home_url": row.home_url}
        values["is_active"] = not row.is_paused
        minutes = row.minutes or opml.DEFAULT_INTERVAL_MINUTES
        try:
            SOURCES.propose_new(
                row.url, values | {"is_local": row.is_local, "interval_minutes": minutes}, by=by, now=now
            )
        except InvalidInputError as error:
            refused.append(f"{row.name}: {error.user_message}")
    return replace(imported, left_out=(*imported.left_out, *refused))


def export_opml(*, by: Officer | None, now: datetime) -> bytes:
    """Return the sources as OPML. The audit log records the officer who exported the list."""
    with write_transaction():
        content = opml.export_sources()
        audit_log.record_event("sources_exported", "sources", officer=by, now=now)
    return content
