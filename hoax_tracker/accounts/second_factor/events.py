"""Changes to an officer's second factor: recorded in the audit log, and mailed to the owner, whoever made them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import force_locale, gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.models import AuditEvent, Officer
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for


def _tell_owner(person: Officer, event: AuditEvent, now: datetime) -> bool:
    """Queue a mail about an event to the officer it concerns, in the current transaction."""
    with force_locale("id"):
        letter = Letter(
            subject=_("Kode kedua akun petugas Anda"),
            paragraphs=(_describe_event(event), _("Bukan Anda? Segera hubungi administrator dan ganti kata sandi.")),
            action=(_("Buka pengaturan kode kedua"), public_url_for("second_factor.page")),
            why=_("Anda menerima email ini karena Anda petugas %(unit)s.", unit=person.unit.name),
        )
        return enqueue_letter(f"second_factor:{event.id}:{person.id}", person.email, letter, now)


def _describe_event(event: AuditEvent) -> str:
    detail = event.detail
    sentences = {
        "second_factor_added": _("Cara masuk kedua ditambahkan ke akun Anda: %(kind)s.", kind=_word_for(detail)),
        "second_factor_removed": _("Cara masuk kedua dihapus dari akun Anda: %(kind)s.", kind=_word_for(detail)),
        "second_factor_reset": _(
            "Kode kedua akun Anda disetel ulang: aplikasi kode, kunci sandi, dan kode cadangan yang lama tidak berlaku "
            "lagi. Masuk dengan kata sandi, lalu nyalakan yang baru."
        ),
        "second_factor_braked": _(
            "Sepuluh kode kedua yang salah dikirim untuk akun Anda. Yang mengirimnya tahu kata sandi Anda: bila bukan "
            "Anda, ganti kata sandi sekarang."
        ),
        "recovery_code_used": _(
            "Satu kode cadangan akun Anda dipakai. Masih ada %(count)s.", count=detail.get("left", 0)
        ),
        "recovery_codes_made": _("Kode cadangan baru dibuat untuk akun Anda. Yang lama tidak berlaku lagi."),
    }
    return str(sentences[event.action])


def _word_for(detail: dict[str, str]) -> str:
    if detail.get("kind") == "passkey":
        return str(_("kunci sandi «%(name)s»", name=detail.get("name", "")))
    return str(_("aplikasi kode"))


def record_factor_event(
    action: str, person: Officer, detail: dict[str, Any], *, by: Officer | None, now: datetime
) -> AuditEvent:
    """Record an act on an officer's second factor in the audit log, and queue a mail to the officer."""
    event = audit_log.record_event(action, f"officer:{person.id}", officer=by, now=now, detail=detail)
    _tell_owner(person, event, now)
    return event
