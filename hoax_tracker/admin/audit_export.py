"""Rows of the audit log as people read them (the actor, a sentence, its subject with a link), and the log as a file.

A file is CSV, XLSX for people, or JSON with every field that a row's hash covers. Its rows are read in batches, newest
first. It ends after ``MOST_ROWS``; the page then offers the next one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_security import current_user
from markupsafe import Markup, escape

from hoax_tracker.admin.audit_filters import RowConditions, list_rows_before, name_actor
from hoax_tracker.authority.acts import label_of_act
from hoax_tracker.authority.row_acts import NEW
from hoax_tracker.core.audit.audit_log import ACTS
from hoax_tracker.core.content.list_files import file_cell, safe_cell, write_xlsx
from hoax_tracker.core.web.downloads import LIST_TITLES
from hoax_tracker.models import AuditEvent, Clarification, District, Officer, Programme, Source, Topic, Unit, db

NAMED_MODELS: dict[str, Any] = {
    "officer": Officer,
    "unit": Unit,
    "district": District,
    "programme": Programme,
    "source": Source,
}
REASON_KEYS = ("reason", "note")


@dataclass(frozen=True)
class AuditRow:
    """One row: ``words`` is the sentence after the actor's name, ``detail`` the recorded JSON as text."""

    event: AuditEvent
    actor: str
    unit: str
    words: Markup
    reason: str
    detail: str


class SubjectNames:
    """The present names of the events' subjects, read with one query per kind."""

    def __init__(self, events: Iterable[AuditEvent]) -> None:
        ids: dict[str, set[int]] = {}
        for event in events:
            kind, _colon, key = event.subject.partition(":")
            if key.isascii() and key.isdecimal():
                ids.setdefault(kind, set()).add(int(key))
        self.names = {kind: _names_by_id(model.id, model.name, ids.get(kind)) for kind, model in NAMED_MODELS.items()}
        self.pages = _names_by_id(Clarification.id, Clarification.number, ids.get("clarification"))

    def describe(self, event: AuditEvent) -> Markup:
        """Return the event's subject, with a link where the reader may open it."""
        kind, _colon, key = event.subject.partition(":")
        if kind in self.names and key.isdecimal():
            return _link_to(
                self.names[kind].get(int(key)) or _("nomor %(number)s", number=key), self.address_of(kind, int(key))
            )
        if kind == "narrative" and key.isdecimal():
            return _link_to(_("Narasi %(number)s", number=key), url_for("narratives.page", narrative_id=int(key)))
        if kind in ("claim", "clarification") and key.isdecimal():
            return _link_to(self.number_of(kind, int(key)), self.address_of(kind, int(key)))
        if kind == "report":
            claim = (event.detail or {}).get("claim")
            address = url_for("review.claim", claim_id=claim) if isinstance(claim, int) else ""
            return _link_to(_("aduan %(number)s", number=key), address)
        if kind == "objection" and key.isdecimal():
            address = url_for("objection_desk.page", objection_id=key)
            return _link_to(_("keberatan %(number)s", number=key), address)
        if kind == "reason" or key.startswith(NEW):  # a digest, which tells nobody anything
            return escape(label_of_act(str((event.detail or {}).get("act", ""))))
        return escape(PLAIN_SUBJECTS[kind](key) if kind in PLAIN_SUBJECTS else event.subject)

    def number_of(self, kind: str, key: int) -> str:
        """Return the display name of a claim or clarification."""
        if kind == "claim":
            return str(_("Klaim %(number)s", number=key))
        number = self.pages.get(key)
        return str(_("Klarifikasi %(number)s", number=number) if number else _("rancangan %(number)s", number=key))

    def address_of(self, kind: str, key: int) -> str:
        """Return the subject's address, "" where the reader may not open it or it no longer exists."""
        if kind == "claim":
            return url_for("review.claim", claim_id=key)
        if kind == "clarification":
            return url_for("clarify.page", clarification_id=key) if key in self.pages else ""
        if kind == "source":
            return url_for("ingest.standing", source_id=key) if key in self.names[kind] else ""
        if kind == "officer" and current_user.is_administrator and key in self.names[kind]:
            return url_for("accounts.change_officer", officer_id=key)
        return ""


def _names_by_id(identity: Any, name: Any, ids: set[int] | None) -> dict[int, Any]:
    if not ids:
        return {}
    rows = db.session.execute(sa.select(identity, name).where(identity.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _link_to(words: str, address: str) -> Markup:
    """Return the words as a link, or as plain text without an address."""
    return Markup('<a href="{}">{}</a>').format(address, words) if address else escape(words)


def _name_topic(key: str) -> str:
    return str(Topic(key).label) if key in {topic.value for topic in Topic} else key


PLAIN_SUBJECTS: dict[str, Callable[[str], Any]] = {
    "topic": _name_topic,
    "template": lambda key: key,
    "explainer": lambda key: _("panduan %(number)s", number=key),
    "channel": lambda key: _("saluran resmi %(number)s", number=key),
    "chat": lambda key: _("nomor %(number)s dengan semua isinya", number=key),
    "holiday": lambda key: key,
    "item": lambda key: _("kabar %(number)s", number=key),
    "demand": lambda key: _("pertanyaan warga %(number)s", number=key),
    "model": lambda key: _("model penanda %(number)s", number=key),
    "contacts": lambda _key: _("kontak untuk warga"),
    "office": lambda _key: _("jam kerja dan batas waktu"),
    "sources": lambda _key: _("daftar sumber"),
    "webhook": lambda key: _("webhook %(number)s", number=key),
    "tipline_channel": lambda key: _("saluran percakapan %(name)s", name=key.title()),
    "recording": lambda key: _("rekaman %(digest)s", digest=key[:12]),
    "instance": lambda _key: _("kunci layanan ini"),
    "monthly_report": lambda key: _("laporan bulan %(month)s", month=key),
    "yearly_report": lambda key: _("laporan tahun %(year)s", year=key),
    "report_recipients": lambda _key: _("penerima laporan bulanan"),
    "list": lambda key: _("daftar: %(list)s", list=LIST_TITLES.get(key, key)),
}
"""What has no page of its own."""


def describe_rows(events: Sequence[AuditEvent]) -> list[AuditRow]:
    """Return the events as rows for display."""
    names = SubjectNames(events)
    return [describe_row(event, names) for event in events]


def describe_row(event: AuditEvent, names: SubjectNames) -> AuditRow:
    """Return one event as a row for display. An act that the program does not write is shown by its name."""
    detail = event.detail if isinstance(event.detail, dict) else {"": event.detail}
    reason = next((str(detail[key]) for key in REASON_KEYS if detail.get(key)), "")
    return AuditRow(
        event=event,
        actor=str(name_actor(event.action, event.officer.name if event.officer else "")),
        unit=event.officer.unit.short_name if event.officer else "",
        words=_describe_act(event, names),
        reason=reason,
        detail=json.dumps(detail, ensure_ascii=False, sort_keys=True, indent=1) if detail else "",
    )


def _describe_act(event: AuditEvent, names: SubjectNames) -> Markup:
    """Return the sentence for the event, with its subject."""
    act = ACTS.get(event.action)
    if act is None:
        return Markup("<code>{}</code> {}").format(event.action, names.describe(event))
    return escape(str(act.sentence)) % {"what": names.describe(event)}


MOST_ROWS = 20_000
ROWS_AT_ONCE = 500
COLUMNS = (
    "number",
    "at",
    "officer_id",
    "officer",
    "unit",
    "action",
    "words",
    "subject",
    "detail",
    "previous_hash",
    "hash",
    "seal",
)


def export_rows(conditions: RowConditions, before: int | None) -> Iterator[dict[str, Any]]:
    """Yield the rows with their hashes, as plain values."""
    remaining = MOST_ROWS
    while remaining > 0:
        events = list_rows_before(conditions, before, min(ROWS_AT_ONCE, remaining))
        names = SubjectNames(events)
        rows = [_export_row(event, names) for event in events]
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return
        before, remaining = rows[-1]["number"], remaining - len(rows)


def _export_row(event: AuditEvent, names: SubjectNames) -> dict[str, Any]:
    """Return one row. Its hash covers the stored fields from ``at`` to ``previous_hash``."""
    described = describe_row(event, names)
    return {
        "number": event.id,
        "at": event.at.isoformat(),
        "officer_id": event.officer_id,
        "officer": described.actor,
        "unit": described.unit,
        "action": event.action,
        "words": described.words.striptags(),
        "subject": event.subject,
        "detail": event.detail,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
        "seal": event.seal,
    }


def export_csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file. No cell starts a formula."""
    yield _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line([row[name] if name != "detail" else _detail_text(row) for name in COLUMNS])


def _detail_text(row: dict[str, Any]) -> str:
    return json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)


def export_xlsx(rows: Iterator[dict[str, Any]]) -> bytes:
    """Return the rows as a spreadsheet; its times are in WITA, those of the other files as the hashes cover them."""
    shown = ({**row, "at": datetime.fromisoformat(row["at"]), "detail": _detail_text(row)} for row in rows)
    return write_xlsx("audit", COLUMNS, ([file_cell(row[name]) for name in COLUMNS] for row in shown))


def _csv_line(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def export_json(rows: Iterator[dict[str, Any]], head: str) -> Iterator[str]:
    """Yield the parts of a JSON file: the head of the chain and the rows."""
    yield f'{{"head": {json.dumps(head)}, "rows": ['
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False)
    yield "\n]}\n"
