"""An officer ends the machine's answers in a conversation for a time: blocks it, with a reason, or reads it themselves.

No machine blocks anybody: beyond its limits it says so itself. A blocked person is told once, until when and why, and
what stays open: reports on the site, *berhenti* and *hapus data saya*. What they write meanwhile is read by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import force_locale, format_datetime, gettext as _, lazy_gettext as _l

from hoax_tracker.check.sharing.card_facts import format_day
from hoax_tracker.clock import WITA
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.models import Chat, Officer, db
from hoax_tracker.notifications.chats import enqueue_reply
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.review.claim_page.reporter_contact import require_reader
from hoax_tracker.tipline.desk.conversations import find_chat, reply_subject, require_written_to
from hoax_tracker.tipline.desk.replies import expect_addition

REASONS: Mapping[str, Any] = {
    "banjir": _l("Pesan yang sama dikirim berulang-ulang."),
    "kasar": _l("Pesannya berisi hinaan atau ancaman kepada petugas."),
    "iklan": _l("Pesannya berisi iklan atau tautan penipuan."),
}
"""Why a conversation may be blocked, as the resident reads it."""
DAYS = (1, 7, 30)

register_acts(
    AuditAct("chat_blocked", _l("memblokir percakapan pelapor %(what)s")),
    AuditAct("chat_unblocked", _l("membuka blokir percakapan pelapor %(what)s")),
)


def block_conversation(
    claim_id: int, report_id: int, reason: str, days: int, *, officer: Officer, settings: Settings, now: datetime
) -> None:
    """Block the conversation of a report.

    Raises NotFoundError, NotAllowedError, InvalidInputError, or EditConflictError where it is blocked or gone.
    """
    if reason not in REASONS or days not in DAYS:
        message = _("Pilih alasan dan lamanya.")
        raise InvalidInputError("no reason or no time to block for", user_message=message, field="reason")
    with write_transaction():
        chat = _lock_chat(claim_id, report_id, officer, settings, now)
        if chat.blocked_until is not None and chat.blocked_until > now:
            message = _("Percakapan ini sudah diblokir petugas lain.")
            raise EditConflictError(f"chat {chat.id} is blocked", user_message=message)
        chat.blocked_until, chat.blocked_reason = now + timedelta(days=days), reason
        with force_locale(chat.language):
            body = _write_notice(chat.blocked_until, reason, officer)
        enqueue_reply(chat, f"block:{int(now.timestamp())}", body, now)
        detail = {"claim": claim_id, "chat": chat.id, "reason": reason, "days": days}
        audit_log.record_event("chat_blocked", reply_subject(report_id), officer=officer, now=now, detail=detail)


def unblock_conversation(claim_id: int, report_id: int, *, officer: Officer, settings: Settings, now: datetime) -> None:
    """Let the machine answer again. Raises NotFoundError, NotAllowedError or EditConflictError."""
    with write_transaction():
        chat = _lock_chat(claim_id, report_id, officer, settings, now)
        if chat.blocked_until is None:
            message = _("Percakapan ini tidak diblokir lagi.")
            raise EditConflictError(f"chat {chat.id} is not blocked", user_message=message)
        detail = {"claim": claim_id, "chat": chat.id, "reason": chat.blocked_reason}
        chat.blocked_until = chat.blocked_reason = None
        audit_log.record_event("chat_unblocked", reply_subject(report_id), officer=officer, now=now, detail=detail)


def _lock_chat(claim_id: int, report_id: int, officer: Officer, settings: Settings, now: datetime) -> Chat:
    """Return the conversation of a report, which nobody else changes in this transaction."""
    found = find_chat(require_reader(claim_id, report_id, officer, now), settings)
    chat = db.session.get(Chat, found.id, with_for_update=True, populate_existing=True) if found else None
    if chat is None or chat.erase_when_sent:
        message = _("Percakapan itu sudah dihapus.")
        raise EditConflictError(f"report {report_id} has no conversation", user_message=message)
    return chat


def _write_notice(until: datetime, reason: str, officer: Officer) -> dict[str, Any]:
    """Return what a blocked person is told, once."""
    lines = (
        _(
            "Petugas %(unit)s menghentikan jawaban di percakapan ini sampai %(day)s. %(why)s",
            unit=officer.unit.name_as_source,
            day=format_day(until),
            why=REASONS[reason],
        ),
        _("Melapor di situs tetap boleh. «berhenti» dan «hapus data saya» tetap berlaku di sini."),
    )
    text = "\n\n".join(map(str, lines))
    return {"text": text, "choices": [], "card_url": "", "link": public_url_for("reports.report")}


HOURS = (1, 4, 24)

register_acts(
    AuditAct("chat_taken_over", _l("mengambil alih percakapan pelapor %(what)s")),
    AuditAct("chat_given_back", _l("membiarkan mesin menjawab lagi dalam percakapan pelapor %(what)s")),
)


def take_over(
    claim_id: int, report_id: int, hours: int, *, officer: Officer, settings: Settings, now: datetime
) -> None:
    """Let an officer read the conversation of a report in place of the machine.

    Raises NotFoundError, NotAllowedError, InvalidInputError, or EditConflictError where it takes no reply or somebody
    reads already.
    """
    if hours not in HOURS:
        raise InvalidInputError("no time to read for", user_message=_("Pilih lamanya."), field="hours")
    with write_transaction():
        report = require_reader(claim_id, report_id, officer, now)
        chat = require_written_to(report, settings, now)
        if chat.paused_until is not None and chat.paused_until > now:
            message = _("Percakapan ini sudah diambil alih petugas.")
            raise EditConflictError(f"chat {chat.id} is read by an officer", user_message=message)
        chat.paused_until = now + timedelta(hours=hours)
        with force_locale(chat.language):
            body = _write_takeover_notice(chat.paused_until, officer)
        enqueue_reply(chat, f"takeover:{int(now.timestamp())}", body, now)
        expect_addition(chat, report, settings)
        detail = {"claim": claim_id, "chat": chat.id, "hours": hours}
        audit_log.record_event("chat_taken_over", reply_subject(report_id), officer=officer, now=now, detail=detail)


def give_back(claim_id: int, report_id: int, *, officer: Officer, settings: Settings, now: datetime) -> None:
    """Let the machine answer again. Raises NotFoundError, NotAllowedError or EditConflictError."""
    with write_transaction():
        chat = _lock_chat(claim_id, report_id, officer, settings, now)
        if chat.paused_until is None or chat.paused_until <= now:
            message = _("Mesin sudah menjawab lagi di percakapan ini.")
            raise EditConflictError(f"chat {chat.id} is read by no officer", user_message=message)
        chat.paused_until = None
        detail = {"claim": claim_id, "chat": chat.id}
        audit_log.record_event("chat_given_back", reply_subject(report_id), officer=officer, now=now, detail=detail)


def _write_takeover_notice(until: datetime, officer: Officer) -> dict[str, Any]:
    """Return what the person is told, once."""
    when = format_datetime(until.astimezone(WITA), "EEEE, d MMMM, HH.mm 'WITA'")
    lines = (
        _(
            "Petugas %(unit)s membaca percakapan ini sampai %(when)s; sampai itu mesin tidak menjawab.",
            unit=officer.unit.name_as_source,
            when=when,
        ),
        _("Yang Anda tulis masuk ke laporan Anda. «berhenti» dan «hapus data saya» tetap berlaku."),
    )
    return {"text": "\n\n".join(map(str, lines)), "choices": [], "card_url": "", "link": ""}
