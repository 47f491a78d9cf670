"""Taking over: for a time an officer reads one conversation in place of the machine.

The person is told once that somebody reads, until when, and that what they write belongs to their report. The machine
is silent until then, or until an officer lets it answer again; erasure and *berhenti* work at any time. What an officer
writes goes the same way as always: fixed questions at once, own words after a second person (replies.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import force_locale, format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import WITA
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.acts import AuditAct, register_acts
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.models import Officer
from hoax_tracker.notifications.chats import enqueue_reply
from hoax_tracker.review.claim_page.reporter_contact import require_reader
from hoax_tracker.tipline.desk.blocking import lock_chat
from hoax_tracker.tipline.desk.conversations import reply_subject, require_written_to
from hoax_tracker.tipline.desk.replies import expect_addition

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
            body = _write_notice(chat.paused_until, officer)
        enqueue_reply(chat, f"takeover:{int(now.timestamp())}", body, now)
        expect_addition(chat, report, settings)
        detail = {"claim": claim_id, "chat": chat.id, "hours": hours}
        audit_log.record_event("chat_taken_over", reply_subject(report_id), officer=officer, now=now, detail=detail)


def give_back(claim_id: int, report_id: int, *, officer: Officer, settings: Settings, now: datetime) -> None:
    """Let the machine answer again. Raises NotFoundError, NotAllowedError or EditConflictError."""
    with write_transaction():
        chat = lock_chat(claim_id, report_id, officer, settings, now)
        if chat.paused_until is None or chat.paused_until <= now:
            message = _("Mesin sudah menjawab lagi di percakapan ini.")
            raise EditConflictError(f"chat {chat.id} is read by no officer", user_message=message)
        chat.paused_until = None
        detail = {"claim": claim_id, "chat": chat.id}
        audit_log.record_event("chat_given_back", reply_subject(report_id), officer=officer, now=now, detail=detail)


def _write_notice(until: datetime, officer: Officer) -> dict[str, Any]:
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
