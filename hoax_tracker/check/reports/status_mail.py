"""Status mail: the reporter is told of every step where the contact is; the ticket's page says the same.

The contact is an e-mail address, or the conversation in which the report was made (notifications/chats.py). What cannot
be told in the conversation goes to the e-mail address that its person may have given there. No mail repeats the
reported message (see mail.Letter).

The confirmation is queued together with the report. Every later step is derived from rows: reports whose claim or page
changed since the last mail are checked again. Where the step differs, the mail and the record of it are one
transaction. So no stage needs to call this when it changes a claim, and nothing is sent twice. Mail about a decision
waits until it can no longer be undone. A report that passes two steps between two rounds gets mail about the last one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _

from hoax_tracker.check.reports.status import (
    RECEIVED_STEP,
    ReportStage,
    ReportStatus,
    find_claim_of_report,
    report_status,
)
from hoax_tracker.clock import is_recent
from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_contact
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import (
    UNDO_WITHIN,
    Chat,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    Decision,
    DecisionKind,
    OutgoingMail,
    Report,
    clarification_claim,
    db,
)
from hoax_tracker.notifications import chats, mail
from hoax_tracker.notifications.mail import Letter, public_url_for

EXAMINING_STEPS = ("examined:", "retracted:")


def received_letter(ticket: str) -> Letter:
    """Return the confirmation that the report arrived, with its ticket."""
    return _build_report_letter(
        _("Aduan Anda sudah masuk"),
        (
            _("Nomor tiket Anda: %(ticket)s", ticket=ticket),
            _("Petugas akan memeriksanya. Setiap kali aduan ini maju selangkah, kami mengabari Anda lewat email ini."),
            _("Simpan nomor itu. Siapa pun yang memegangnya dapat melihat jalannya aduan, tetapi tidak kontak Anda."),
        ),
        ticket,
    )


def _build_status_letter(state: ReportStatus, before: str, ticket: str | None) -> Letter | None:
    """Return the letter about a step after the last notified step ``before``; None where none is due."""
    write = LETTER_WRITERS.get(state.stage)
    return write(state, before, ticket) if write else None


def _examined_letter(state: ReportStatus, before: str, ticket: str | None) -> Letter | None:
    """Return the letter that officers examine the report, or do so again; None where the reporter knows that.

    A report that moves to another claim while it is examined stays examined: that is no news to its sender.
    """
    if state.change is not None:
        return _build_report_letter(
            _("Klarifikasi untuk aduan Anda ditarik"),
            (_("Klarifikasi yang menjawab aduan Anda tidak berlaku lagi. Petugas memeriksanya kembali."),),
            ticket,
            quote=state.change.note,
        )
    if before.startswith(EXAMINING_STEPS):
        return None
    if before != RECEIVED_STEP:
        return _build_report_letter(
            _("Aduan Anda diperiksa lagi"),
            (_("Petugas memeriksa lagi pesan yang Anda laporkan. Kami mengabari Anda lagi begitu ada hasilnya."),),
            ticket,
        )
    return _build_report_letter(
        _("Aduan Anda sedang diperiksa"),
        (_("Petugas sedang memeriksa pesan yang Anda laporkan. Kami mengabari Anda lagi begitu ada hasilnya."),),
        ticket,
    )


def _clarified_letter(state: ReportStatus, before: str, ticket: str | None) -> Letter:
    """Return the letter that a clarification answers the report, or was corrected."""
    page = state.clarification
    assert page is not None  # noqa: S101 - a clarified report has its page
    if state.change is not None and before != RECEIVED_STEP and not before.startswith("examined"):
        return _build_report_letter(
            _("Klarifikasi untuk aduan Anda dikoreksi"),
            (_("Halaman yang menjawab aduan Anda berubah. Yang berlaku sekarang:"), page.title),
            ticket,
            quote=state.change.note,
            action=_clarification_action(page),
        )
    label = page.verdict.label if page.verdict else ""
    return _build_report_letter(
        _("Aduan Anda sudah dijawab"),
        (_("Pesan yang beredar: %(verdict)s. Faktanya:", verdict=label), page.title),
        ticket,
        action=_clarification_action(page),
    )


def _closed_letter(state: ReportStatus, _before: str, ticket: str | None) -> Letter:
    """Return the letter that the report was closed without a clarification, with the officer's reason."""
    why = {
        DecisionKind.NOT_A_CLAIM: _(
            "Pesan itu berisi pendapat, kritik, keluhan, atau lelucon. Itu hak setiap warga, dan tidak kami nilai "
            "benar atau salah."
        ),
        DecisionKind.OUT_OF_SCOPE: _(
            "Pesan itu menyangkut urusan di luar Pemerintah Kota Kupang, sehingga kami tidak dapat memastikannya."
        ),
    }.get(state.kind or DecisionKind.DISMISS, "")
    advice = _("Ini tidak berarti pesan itu benar. Punya keterangan baru? Anda boleh melapor lagi.")
    words = tuple(filter(None, (why, advice)))
    return _build_report_letter(_("Aduan Anda ditutup tanpa klarifikasi"), words, ticket, quote=state.reason)


def _rejected_letter(state: ReportStatus, _before: str, ticket: str | None) -> Letter:
    """Return the letter that the report cannot be processed, and why."""
    advice = _("Bila ini keliru, Anda boleh melapor lagi dengan keterangan yang lebih lengkap.")
    return _build_report_letter(_("Aduan Anda tidak dapat diproses"), (advice,), ticket, quote=state.reason)


LetterWriter = Callable[[ReportStatus, str, str | None], Letter | None]
LETTER_WRITERS: dict[ReportStage, LetterWriter] = {
    ReportStage.EXAMINED: _examined_letter,
    ReportStage.CLARIFIED: _clarified_letter,
    ReportStage.CLOSED: _closed_letter,
    ReportStage.REJECTED: _rejected_letter,
}


def _build_report_letter(
    subject: str,
    paragraphs: tuple[str, ...],
    ticket: str | None,
    quote: str = "",
    action: tuple[str, str] | None = None,
) -> Letter:
    """Return a letter with a link to the ticket and a way to stop these letters."""
    page = public_url_for("reports.ticket", ticket=ticket) if ticket else ""
    closing = []
    if page and action:
        closing.append(_("Jalannya aduan: %(address)s", address=page))
    if page:
        closing.append(_("Tidak mau dikabari lagi, atau bukan Anda yang melapor? Di halaman itu aduan dapat dihapus."))
    return Letter(
        subject=subject,
        paragraphs=paragraphs,
        quote=quote,
        action=action or ((_("Lihat jalannya aduan"), page) if page else None),
        closing=tuple(closing),
        why=_("Anda menerima email ini karena alamat ini ditulis pada formulir aduan."),
    )


def _clarification_action(page: Clarification) -> tuple[str, str]:
    return _("Baca klarifikasi lengkap"), public_url_for("pages.page", slug=page.slug)


log = logging.getLogger(__name__)

# A decision is dated when its request begins, and seen when it ends: so much is looked at again.
LOOKBACK_OVERLAP = timedelta(minutes=10)
# Anybody can enter anybody's address: this many letters a day reach it, however many reports name it.
LETTERS_A_DAY = 10


def enqueue_received_letter(report: Report, contact: str, ticket: str, now: datetime) -> None:
    """Queue the confirmation in the reporter's language, in the transaction that stores the report."""
    report.told, report.told_at = RECEIVED_STEP, now - LOOKBACK_OVERLAP
    if may_mail_contact(contact, now):
        mail.enqueue_letter(
            _letter_key(report, RECEIVED_STEP), contact, received_letter(ticket), now, report_id=report.id
        )


def may_mail_contact(contact: str, now: datetime) -> bool:
    """Tell whether mail may go to the contact: it is an address, mail is set up, and its daily limit is not reached."""
    if not is_mail_address(contact) or not mail.is_mail_enabled():
        return False
    return Limit("letter", LETTERS_A_DAY, timedelta(days=1)).allows(contact.lower(), now)


def _letter_key(report: Report, step: str) -> str:
    return f"report:{report.id}:{step}"


def notify_reporters(settings: Settings, now: datetime) -> int:
    """Queue mail for every report whose step changed; return how many."""
    with read_transaction():
        changed = db.session.scalars(_changed_reports_query()).all()
        db.session.rollback()
    notified = 0
    for report_id in changed:
        with write_transaction():  # in the officers' turn, so that no act is told half
            notified += _notify_reporter(report_id, settings, now)
    return notified


def _changed_reports_query() -> sa.Select[int]:
    """Return the query for reports with a contact that may have changed since their last mail."""
    claim = sa.and_(ClaimAppearance.report_id == Report.id, ClaimAppearance.claim_id == Claim.id)
    about = sa.or_(Decision.claim_id == Claim.id, Decision.other_claim_id == Claim.id)
    decided = sa.select(Decision.id).where(about, Decision.decided_at >= Report.told_at)
    revised = (
        sa.select(ClarificationRevision.id)
        .join(
            clarification_claim,
            clarification_claim.c.clarification_id == ClarificationRevision.clarification_id,
        )
        .where(clarification_claim.c.claim_id == Claim.id, ClarificationRevision.made_at >= Report.told_at)
    )
    # A report that joins a claim which officers know already: nothing happens to the claim after it.
    joined = sa.and_(sa.func.coalesce(Report.told, RECEIVED_STEP) == RECEIVED_STEP, Claim.status != ClaimStatus.NEW)
    moved = sa.select(Claim.id).where(claim, sa.or_(joined, decided.exists(), revised.exists())).exists()
    return (
        sa.select(Report.id)
        .where(Report.contact_encrypted.is_not(None), sa.or_(moved, Report.rejected_at >= Report.told_at))
        .order_by(Report.id)
    )


def _notify_reporter(report_id: int, settings: Settings, now: datetime) -> bool:
    """Queue mail about the present step unless it was sent, and record it. True where mail was queued."""
    report = db.session.get(Report, report_id)
    if report is None or report.contact_encrypted is None:
        return False
    if _is_undoable(report, now):
        return False
    state, before = report_status(report), report.told or RECEIVED_STEP
    to = decrypt_report_contact(report, settings) if state.step != before else None
    if chat := chats.find_chat_of_contact(to):
        report.told, report.told_at = state.step, now - LOOKBACK_OVERLAP
        return _enqueue_step_in_chat(chat, report, state, before, now, settings)
    address = chats.mail_of_contact(to)
    reachable = address is not None and mail.is_mail_enabled()
    if reachable and not may_mail_contact(address or "", now):
        return False  # too many letters there today: it stays to be told
    report.told, report.told_at = state.step, now - LOOKBACK_OVERLAP
    if address is None or not reachable:
        return False
    return _enqueue_step_letter(report, address, state, before, now, settings, is_instead_of_chat=address != to)


def _enqueue_step_letter(
    report: Report,
    address: str,
    state: ReportStatus,
    before: str,
    now: datetime,
    settings: Settings,
    *,
    is_instead_of_chat: bool = False,
) -> bool:
    """Queue the letter about a step; False where none is due, or it was queued before."""
    with force_locale(report.language):  # enqueue_letter() writes the letter's frame in it, too
        letter = _build_status_letter(state, before, _decrypt_report_ticket(report, settings))
        if letter is None:
            return False
        if is_instead_of_chat:
            why = _(
                "Anda menerima email ini karena alamat ini ditulis di obrolan, untuk kabar yang tidak sampai di sana."
            )
            letter = replace(letter, why=why)
        return mail.enqueue_letter(_letter_key(report, state.step), address, letter, now, report_id=report.id)


def mail_untold_step(report_id: int, key: str, settings: Settings, now: datetime) -> bool:
    """Queue a letter about a step that could not be told in the chat, in the current transaction.

    ``key`` is that of the reply. False where no e-mail address was given, or the report is a step further by now.
    """
    report = db.session.get(Report, report_id)
    if report is None or report.contact_encrypted is None:
        return False
    state = report_status(report)
    address = chats.mail_of_contact(decrypt_report_contact(report, settings))
    if address is None or key != _letter_key(report, state.step) or not may_mail_contact(address, now):
        return False
    before = RECEIVED_STEP if state.change is None else state.stage.value
    return _enqueue_step_letter(report, address, state, before, now, settings, is_instead_of_chat=True)


def _enqueue_step_in_chat(
    chat: Chat, report: Report, state: ReportStatus, before: str, now: datetime, settings: Settings
) -> bool:
    """Queue the words of a step for the conversation in which the report was made; True where they are new."""
    if not chats.may_tell(chat):
        return False
    with force_locale(chat.language):
        letter = _build_status_letter(state, before, _decrypt_report_ticket(report, settings))
        if letter is None:
            return False
        body = chats.letter_as_reply(letter)
    return chats.enqueue_reply(chat, _letter_key(report, state.step), body, now, report_id=report.id)


def _is_undoable(report: Report, now: datetime) -> bool:
    """Tell whether an officer can still undo the newest decision about the report's claim."""
    claim = find_claim_of_report(report)
    if claim is None:
        return False
    about = sa.or_(Decision.claim_id == claim.id, Decision.other_claim_id == claim.id)
    newest = db.session.scalars(sa.select(Decision).where(about).order_by(Decision.id.desc()).limit(1)).first()
    return newest is not None and newest.changes is not None and is_recent(newest.decided_at, UNDO_WITHIN, now)


def is_mail_undelivered(report: Report) -> bool:
    """Tell whether mail about the report was refused for good."""
    refused = sa.select(OutgoingMail.id).where(OutgoingMail.report_id == report.id, OutgoingMail.failed_at.is_not(None))
    return db.session.scalar(refused.limit(1)) is not None


def decrypt_report_contact(report: Report, settings: Settings) -> str | None:
    """Return the contact, or None where it was encrypted with another key."""
    try:
        return decrypt_contact(report.contact_encrypted or b"", settings.contact_key)
    except DecryptionError:
        log.warning("a reporter cannot be told", extra=log_fields(report=report.id))
        return None


def _decrypt_report_ticket(report: Report, settings: Settings) -> str | None:
    """Return the ticket for the link in the mail; None for an old report without a stored one."""
    sealed = report.ticket_encrypted
    return decrypt_contact(sealed, settings.contact_key) if sealed else None
