"""Officers write in a conversation, in the city's name: fixed questions at once, their own words after a second person.

Nobody can tell a verdict from other words by machine, so every text of an officer waits; only the questions that are
written here do not (QUESTIONS). What the resident writes next is added to the report. The database refuses words that
stand on no confirmation (authority/guards.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import force_locale, gettext as _, lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.check.reports.status import find_claim_of_report
from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import decrypt_bytes, decrypt_contact, encrypt_bytes
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Chat, Claim, Officer, Proposal, Report, Unit, db
from hoax_tracker.notifications.chats import enqueue_reply
from hoax_tracker.review.claim_page.reporter_contact import require_reader
from hoax_tracker.tipline.conversation.state import ChatState
from hoax_tracker.tipline.desk.conversations import (
    OFFICER,
    QUESTION,
    REPLY_ACT,
    reply_key,
    reply_subject,
    require_written_to,
)

REPLY_LENGTH, QUOTE_LENGTH, SHOWN_LENGTH = 1_000, 80, 400
QUESTIONS: Mapping[str, tuple[Any, Any]] = {
    "tempat": (_l("Minta tempatnya"), _l("Di mana ini terjadi? Tulis kelurahan atau nama tempatnya.")),
    "waktu": (_l("Minta waktunya"), _l("Kapan ini terjadi, atau kapan Anda menerima kabarnya?")),
    "gambar": (_l("Minta gambar"), _l("Ada foto, tangkapan layar, atau pengumumannya? Kirim ke sini.")),
    "asal": (
        _l("Minta asalnya"),
        _l("Dari mana kabarnya: grup, akun, atau situs apa? Nama orang tidak perlu ditulis."),
    ),
}
"""The button's words, and what the resident reads."""

register_acts(AuditAct("resident_asked", _l("bertanya kepada pelapor %(what)s dalam percakapannya")))


def ask_resident(
    claim_id: int, report_id: int, name: str, *, officer: Officer, settings: Settings, now: datetime
) -> None:
    """Send one of the fixed questions, once. Raises NotFoundError, NotAllowedError or EditConflictError."""
    with write_transaction():
        report = require_reader(claim_id, report_id, officer, now)
        chat = require_written_to(report, settings, now)
        with force_locale(chat.language):
            body = _write_body(report, officer.unit, str(QUESTIONS[name][1]))
        if not enqueue_reply(chat, reply_key(QUESTION, report.id, name), body, now):
            message = _("Itu sudah pernah ditanyakan di percakapan ini.")
            raise EditConflictError(f"report {report.id} was asked {name}", user_message=message)
        expect_addition(chat, report, settings)
        detail = {"claim": claim_id, "question": name}
        audit_log.record_event("resident_asked", reply_subject(report.id), officer=officer, now=now, detail=detail)


def propose_reply(
    claim_id: int, report_id: int, text: str, *, officer: Officer, settings: Settings, now: datetime
) -> Proposal:
    """Let an officer's words to a reporter wait for a second person.

    Raises NotFoundError, NotAllowedError, InvalidInputError, or EditConflictError where others wait or the conversation
    takes none.
    """
    with write_transaction():
        report = require_reader(claim_id, report_id, officer, now)
        written = _require_text(text)
        require_written_to(report, settings, now)
        subject = reply_subject(report.id)
        if proposals.find_open(REPLY_ACT, subject) is not None:
            message = _("Balasan lain untuk percakapan ini masih menunggu orang kedua.")
            raise EditConflictError(f"{subject} has a reply that waits", user_message=message)
        values = {"text": written, "claim": claim_id, "unit": officer.unit_id}
        return proposals.propose(REPLY_ACT, subject, values, by=officer, now=now)


def _require_text(text: str) -> str:
    """Return the stripped text. Raises InvalidInputError where it is empty or too long."""
    written = text.replace("\r\n", "\n").strip()
    if not written or len(written) > REPLY_LENGTH:
        message = _("Tulis balasannya.") if not written else _("Paling banyak %(max)s huruf.", max=REPLY_LENGTH)
        raise InvalidInputError("no reply, or too long", user_message=message, field="text")
    return written


def _write_body(report: Report, unit: Unit, text: str) -> dict[str, Any]:
    """Return the body of a reply, in the language of the conversation: who writes, about what, and what follows."""
    who = _(
        "Dari petugas %(unit)s, tentang laporan Anda “%(quote)s”:",
        unit=unit.name_as_source,
        quote=short_text(report.text, QUOTE_LENGTH),
    )
    then = _("Jawaban Anda di sini ditambahkan ke laporan itu.")
    return {"text": f"{who}\n\n{text}\n\n{then}", "choices": [], "card_url": "", "link": ""}


def expect_addition(chat: Chat, report: Report, settings: Settings) -> None:
    """Let what the resident writes next belong to the report, in the current transaction.

    Numbers and "ya" answer the officer from then on, and no longer what the machine asked before.
    """
    if report.ticket_encrypted is None:
        return
    state = ChatState(language=chat.language)
    if chat.state_encrypted:
        state = ChatState.from_bytes(decrypt_bytes(chat.state_encrypted, settings.contact_key))
    ticket = decrypt_contact(report.ticket_encrypted, settings.contact_key)
    opened = replace(state, open_ticket=ticket, is_asked=True, numbered=(), titles=(), otherwise="")
    chat.state_encrypted = encrypt_bytes(opened.as_bytes(), settings.contact_key)


def _send_reply(proposal: Proposal, _by: Officer | None, now: datetime) -> dict[str, Any]:
    """Send the confirmed words, in the current transaction. Raises EditConflictError where they cannot be sent."""
    settings, report = current_settings(), db.session.get(Report, proposals.subject_id(proposal))
    if report is None:
        message = _("Laporan itu sudah dihapus pelapornya. Tolak usulan ini.")
        raise EditConflictError(f"{proposal.subject} is gone", user_message=message)
    chat = require_written_to(report, settings, now)
    unit = db.session.get_one(Unit, proposal.values["unit"])
    with force_locale(chat.language):
        body = _write_body(report, unit, proposal.values["text"])
    enqueue_reply(chat, reply_key(OFFICER, report.id, proposal.id), body, now, confirmation_id=proposal.id)
    expect_addition(chat, report, settings)
    return {"claim": proposal.values["claim"]}


def _find_claim(proposal: Proposal) -> Claim | None:
    """Return the claim of the report by now, else the one at which the reply was written."""
    report = db.session.get(Report, proposals.subject_id(proposal))
    claim = find_claim_of_report(report) if report is not None else None
    return claim or db.session.get(Claim, proposal.values["claim"])


def _show_reply(proposal: Proposal) -> Shown:
    claim = _find_claim(proposal)
    number = claim.id if claim else proposal.values["claim"]
    effect = _(
        "Satu pelapor membacanya dalam percakapannya, sebagai kata petugas kota. Menyatakan benar atau salah lebih "
        "baik lewat klarifikasi: semua yang bertanya dikabari."
    )
    lines = ((_("Balasan"), "–", proposal.values["text"]), *_list_answered_words(proposal))
    return Shown(
        _("Balasan kepada pelapor, Klaim %(number)s", number=number),
        str(effect),
        lines,
        ("claim_chats.page", {"claim_id": number}),
    )


def _list_answered_words(proposal: Proposal) -> Iterator[tuple[str, str, str]]:
    """Yield what the resident wrote, to which the reply answers: "Benar." says nothing without it."""
    report = db.session.get(Report, proposals.subject_id(proposal))
    if report is None:
        return
    yield _("Aduannya"), "–", short_text(report.text, SHOWN_LENGTH)
    if report.additions:
        yield _("Tambahan terakhir"), "–", short_text(report.additions[-1].text, SHOWN_LENGTH)


def _may_judge(proposal: Proposal, person: Officer) -> bool:
    """Tell whether somebody stands outside the accused branch, of the claim as it is by now."""
    claim = _find_claim(proposal)
    return claim is not None and not is_accused(claim, person)


register_act(
    Act(
        REPLY_ACT,
        _l("Balasan kepada pelapor"),
        ActClass.PUBLIC,
        apply=_send_reply,
        show=_show_reply,
        is_impartial=_may_judge,
    )
)


def withdraw_reply(proposal_id: int, *, officer: Officer, now: datetime) -> None:
    """Take back words that still wait. Raises NotAllowedError for anybody else's."""
    row = db.session.get(Proposal, proposal_id)
    if row is None or row.act != REPLY_ACT:
        raise NotAllowedError("no reply", user_message=_("Hanya pengusulnya yang menarik usulan ini."))
    proposals.withdraw(proposal_id, by=officer, now=now)
