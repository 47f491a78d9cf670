"""Optimistic locking for edits of one row: a concurrent change is never overwritten.

A form carries a digest of the values it showed. ``apply_edit`` compares the digest with the row, writes the
differences, marks the row as edited (reloading the shipped data then skips it) and adds the audit event, all in the
caller's transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.conflicts import edit_conflict
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import AuditEvent, Base, Officer, db

Values = Mapping[str, Any]
Row = TypeVar("Row", bound=Base)

# Words for the audit actions of these pages, in the list of recent changes and where two people met.
AUDIT_ACTION_LABELS: dict[str, Any] = {
    "proposal_made": _l("mengusulkan perubahan"),
    "proposal_confirmed": _l("menyetujui usulan"),
    "proposal_refused": _l("menolak usulan"),
    "proposal_withdrawn": _l("menarik usulan"),
    "proposal_alone": _l("usulan berlaku tanpa orang kedua"),
    "officer_added": _l("menambah petugas"),
    "officer_changed": _l("mengubah petugas"),
    "officer_disabled": _l("menutup akun"),
    "officer_enabled": _l("membuka akun"),
    "password_reset": _l("menyetel ulang kata sandi"),
    "password_changed": _l("mengganti kata sandinya"),
    "password_chosen": _l("memilih kata sandi baru"),
    "profile_changed": _l("mengubah profilnya"),
    "officer_invited": _l("mengundang petugas"),
    "invitation_repeated": _l("mengulangi undangan"),
    "invitation_withdrawn": _l("mencabut undangan"),
    "invitation_accepted": _l("menerima undangan"),
    "second_factor_added": _l("menambah kode kedua"),
    "second_factor_removed": _l("menghapus kode kedua"),
    "second_factor_reset": _l("menyetel ulang kode kedua"),
    "password_link_repeated": _l("membuat lagi tautan kata sandi"),
    "second_named": _l("menunjuk pihak kedua"),
    "second_removed": _l("mencabut penunjukan pihak kedua"),
    "unit_added": _l("menambah perangkat daerah"),
    "unit_changed": _l("mengubah perangkat daerah"),
    "topic_changed": _l("mengubah penjawab topik"),
    "district_changed": _l("mengubah wilayah"),
    "programme_added": _l("menambah program"),
    "programme_changed": _l("mengubah program"),
    "template_changed": _l("mengubah contoh teks"),
    "explainer_proposed": _l("mengusulkan panduan"),
    "explainer_published": _l("menyetujui panduan"),
    "explainer_dropped": _l("membatalkan usulan panduan"),
    "channel_proposed": _l("mengusulkan saluran resmi"),
    "channel_approved": _l("menyetujui saluran resmi"),
    "channel_dropped": _l("membatalkan usulan saluran resmi"),
    "office_changed": _l("mengubah jam kerja dan batas waktu"),
    "contacts_changed": _l("mengubah kontak untuk warga"),
    "holiday_added": _l("menambah hari libur"),
    "holiday_dropped": _l("menghapus hari libur"),
    "holiday_verified": _l("memeriksa hari libur"),
    "source_added": _l("menambah sumber"),
    "source_changed": _l("mengubah sumber"),
    "source_paused": _l("menjeda sumber"),
    "source_resumed": _l("melanjutkan sumber"),
    "source_read": _l("membaca sumber"),
    "posts_imported": _l("mengimpor unggahan"),
    "item_recorded": _l("mencatat kabar"),
    "sources_imported": _l("mengimpor sumber"),
    "sources_exported": _l("mengunduh daftar sumber"),
    "mail_tried": _l("mencoba server email"),
    "tipline_keys_saved": _l("menyimpan kunci saluran percakapan"),
    "tipline_tried": _l("mencoba saluran percakapan"),
    "tipline_paused": _l("menjeda saluran percakapan"),
    "tipline_resumed": _l("melanjutkan saluran percakapan"),
    "tipline_limited": _l("mengubah batas balasan"),
    "webhook_added": _l("menambah webhook"),
    "webhook_changed": _l("mengubah webhook"),
    "webhook_removed": _l("menghapus webhook"),
    "webhook_secret_renewed": _l("mengganti rahasia webhook"),
    "webhook_resent": _l("mengirim ulang pesan webhook"),
    "webhook_turned_off": _l("mematikan webhook"),
    "report_commented": _l("mencatat pada laporan bulanan"),
    "report_sent": _l("mengirim laporan bulanan"),
    "report_reopened": _l("meminta versi baru laporan bulanan"),
    "report_recipients_changed": _l("mengubah penerima laporan bulanan"),
    "yearly_report_entered": _l("mengisi laporan tahunan"),
    "yearly_report_sent": _l("mengirim laporan tahunan"),
    "yearly_report_reopened": _l("membuat versi baru laporan tahunan"),
}


class Editable(Protocol):
    """A row that stores when a person changed it."""

    edited_at: Any


def values_digest(values: Values) -> str:
    """Return a digest of the values, 32 hex digits."""
    text = json.dumps(dict(values), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def require_row(model: type[Row], key: Any) -> Row:
    """Return the row with that key. Raises NotFoundError."""
    row = db.session.get(model, key)
    if row is None:
        raise NotFoundError(f"{model.__name__} {key}")
    return row


def lock_row(model: type[Row], key: Any) -> Row:
    """Return the row, locked for update until the transaction ends. Raises NotFoundError."""
    row = db.session.get(model, key, with_for_update=True)
    if row is None:
        raise NotFoundError(f"{model.__name__} {key}")
    return row


def require_unchanged_values(subject: str, values: Values, seen: str) -> None:
    """Raise EditConflictError, naming who changed the row, unless ``seen`` is the values' digest."""
    if seen != values_digest(values):
        raise edit_conflict(subject, AUDIT_ACTION_LABELS)


def apply_edit(
    row: Editable, values: Values, seen: str, *, action: str, subject: str, by: Officer | None, now: datetime
) -> bool:
    """Set ``values`` on a row unchanged since the editor saw it, and tell whether anything differed.

    Raises EditConflictError.
    """
    before = {name: getattr(row, name) for name in values}
    require_unchanged_values(subject, before, seen)
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(row, name, value)
    row.edited_at = now
    detail = {"before": {name: before[name] for name in changed}, "after": changed}
    audit_log.record_event(action, subject, officer=by, now=now, detail=detail)
    return True


def list_recent_changes(count: int = 10) -> Sequence[AuditEvent]:
    """Return the newest changes to the data that administrators maintain."""
    query = sa.select(AuditEvent).where(AuditEvent.action.in_(AUDIT_ACTION_LABELS)).order_by(AuditEvent.id.desc())
    return db.session.scalars(query.limit(count)).all()
