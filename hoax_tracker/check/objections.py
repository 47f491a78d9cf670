"""Residents' objections to pages: taken, and answered by letters to who left an address.

Alike objections are one row: the same ground, the same page, not being decided yet. A connection objects to a page
once, as long as its digest is kept and the objection is not decided (reports/proof_of_work.py): who says it again adds
nothing, and the decision answers everybody.

Letters tell that an objection arrived, and what was decided; they never repeat what was said. The letter about the
decision and the record of it are one transaction, so nothing is sent twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, format_date, get_locale, gettext as _, lazy_gettext as _l

from classifiers.text.normalise import says_nothing
from hoax_tracker.check.reports.proof_of_work import list_sender_digests
from hoax_tracker.check.reports.status_mail import may_mail_contact
from hoax_tracker.check.reports.submission import (
    derive_ticket,
    new_ticket,
    read_ticket,
    require_report_contact,
    require_report_text,
    ticket_digest,
)
from hoax_tracker.claims.public_words.objections import ANSWER_DAYS, is_decision_proposed, objection_subject
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.clock import WITA
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_contact, encrypt_contact
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Clarification,
    Objection,
    ObjectionGround,
    ObjectionStatement,
    OutgoingMail,
    Proposal,
    db,
)
from hoax_tracker.notifications import mail
from hoax_tracker.notifications.mail import Letter, public_url_for
from hoax_tracker.privacy.retention import forget_deleted

log = logging.getLogger(__name__)


def _enqueue_received_letter(statement: ObjectionStatement, contact: str, ticket: str, now: datetime) -> None:
    """Queue the confirmation, in the transaction that stores the statement."""
    row = statement.objection
    paragraphs = (
        _("Nomor tiket Anda: %(ticket)s", ticket=ticket),
        _(
            "Diputuskan orang yang tidak menulis dan tidak menyetujui halaman itu, paling lambat %(day)s. Keputusannya "
            "tertulis di halaman itu, dan kami mengabari Anda lewat email ini.",
            day=format_date(row.due_at.astimezone(WITA), "long"),
        ),
    )
    if may_mail_contact(contact, now):
        mail.enqueue_letter(
            _letter_key(statement, "received"),
            contact,
            _build_letter(_("Keberatan Anda sudah masuk"), paragraphs, ticket),
            now,
        )


def _letter_key(statement: ObjectionStatement, step: str) -> str:
    return f"objection:{statement.id}:{step}"


def _build_letter(subject: str, paragraphs: tuple[str, ...], ticket: str | None, quote: str = "") -> Letter:
    """Return a letter that leads to the ticket's page."""
    page = public_url_for("objections.ticket", ticket=ticket) if ticket else ""
    return Letter(
        subject=subject,
        paragraphs=paragraphs,
        quote=quote,
        action=(_("Lihat keberatan Anda"), page) if page else None,
        closing=(),
        why=_("Anda menerima email ini karena alamat ini ditulis pada formulir keberatan."),
    )


def notify_objectors(settings: Settings, now: datetime) -> int:
    """Queue a letter to everybody whose objection was decided since; return how many."""
    row = ObjectionStatement
    query = sa.select(row.id).join(Objection).where(Objection.outcome.is_not(None), row.told_at.is_(None))
    with read_transaction():
        untold = db.session.scalars(query.where(row.contact_encrypted.is_not(None)).order_by(row.id)).all()
        db.session.rollback()
    letters = 0
    for statement_id in untold:
        with write_transaction():
            letters += _notify_objector(statement_id, settings, now)
    return letters


def _notify_objector(statement_id: int, settings: Settings, now: datetime) -> bool:
    """Queue the letter about the decision, and record it. True where one was queued."""
    statement = db.session.get(ObjectionStatement, statement_id)
    if statement is None or statement.contact_encrypted is None or statement.told_at is not None:
        return False
    try:
        contact = decrypt_contact(statement.contact_encrypted, settings.contact_key)
        ticket = (
            decrypt_contact(statement.ticket_encrypted, settings.contact_key) if statement.ticket_encrypted else None
        )
    except DecryptionError:
        log.warning("who objected cannot be told", extra=log_fields(statement=statement.id))
        statement.told_at = now
        return False
    if mail.is_mail_enabled() and not may_mail_contact(contact, now):
        return False  # too many letters there today: it stays to be told
    statement.told_at = now
    row = statement.objection
    with force_locale(statement.language):
        label = row.outcome.label if row.outcome else ""
        paragraphs = (_("Keputusan: %(outcome)s.", outcome=label),)
        letter = _build_letter(_("Keberatan Anda sudah diputuskan"), paragraphs, ticket, quote=row.reason)
        return mail.enqueue_letter(_letter_key(statement, "decided"), contact, letter, now)


LONGEST_STATEMENT = 5_000

register_acts(
    AuditAct("objection_received", _l("mengajukan %(what)s")),
    AuditAct("objection_withdrawn", _l("menarik isi dari %(what)s")),
    actor=_l("Warga"),
)


@dataclass(frozen=True)
class ObjectionAnswers:
    """What a resident filled in, as typed: an error loses nothing. ``key``: the form's own (reports/submission.py)."""

    ground: str = ""
    text: str = ""
    contact: str = ""
    consent: bool = False
    key: str = ""


def submit_objection(
    page_id: int,
    given: ObjectionAnswers,
    now: datetime,
    settings: Settings,
    *,
    address: str,
    admit: Callable[[], None] = lambda: None,
) -> str:
    """Store what a resident says is wrong with a public page, and return their ticket.

    Raises InvalidInputError with the faulty field, NotFoundError where the page is not public any more, and what
    ``admit`` raises: it is called in the transaction that stores the statement.
    """
    ground, text = _require_ground(given.ground), _require_statement(given.text)
    contact = _require_address(given.contact, given.consent)
    content = (str(page_id), ground.value, text, contact or "")
    ticket = derive_ticket(given.key, content, settings.secret_key) if given.key else new_ticket()
    digests = list_sender_digests(address, now)
    with write_transaction():
        if find_statement(ticket):
            return ticket
        page = db.session.get(Clarification, page_id)
        if page is None or page.status not in PUBLIC_STATUSES:
            raise NotFoundError(f"no public clarification {page_id}")
        _require_first_of_connection(page, digests)
        admit()
        row = _find_alike(page, ground) or _open_objection(page, ground, now)
        statement = ObjectionStatement(
            objection=row,
            text=text,
            ticket_digest=ticket_digest(ticket),
            received_at=now,
            language=str(get_locale() or "id"),
            sender_digest=digests[0],
        )
        if contact:
            statement.contact_encrypted = encrypt_contact(contact, settings.contact_key)
            statement.ticket_encrypted = encrypt_contact(ticket, settings.contact_key)
            statement.consent_at = now
        db.session.add(statement)
        db.session.flush()
        if contact:
            _enqueue_received_letter(statement, contact, ticket, now)
    return ticket


def _require_ground(value: str) -> ObjectionGround:
    """Return the chosen ground. Raises InvalidInputError where none is chosen."""
    try:
        return ObjectionGround(value)
    except ValueError:
        message = _("Pilih satu: apa yang keliru?")
        raise InvalidInputError("no ground", user_message=message, field="ground") from None


def _require_statement(text: str) -> str:
    """Return the text to store. Raises InvalidInputError where it says nothing or is too long."""
    if says_nothing(text):
        message = _("Tulis yang benar menurut Anda, dan dari mana Anda tahu.")
        raise InvalidInputError("an objection without words", user_message=message, field="text")
    if len(text) > LONGEST_STATEMENT:
        message = _("Paling banyak %(max)s huruf.", max=LONGEST_STATEMENT)
        raise InvalidInputError("a long objection", user_message=message, field="text")
    return require_report_text(text)


def _require_address(contact: str, consent: bool) -> str | None:
    """Return the e-mail address, or None. Only the program writes to it, so a telephone number would reach nobody."""
    address = require_report_contact(contact, consent)
    if address and not is_mail_address(address):
        message = _("Tulis satu alamat email, atau kosongkan.")
        raise InvalidInputError("not an e-mail address", user_message=message, field="contact")
    return address


def _require_first_of_connection(page: Clarification, digests: list[str]) -> None:
    """Raise InvalidInputError where an undecided objection to the page came from the connection already."""
    query = (
        sa.select(ObjectionStatement.id)
        .join(Objection)
        .where(Objection.clarification_id == page.id, Objection.outcome.is_(None))
        .where(ObjectionStatement.sender_digest.in_(digests))
    )
    if db.session.scalar(query.limit(1)) is not None:
        message = _(
            "Dari sambungan internet ini sudah ada keberatan atas halaman ini, dan belum diputuskan. Satu sambungan "
            "dihitung satu. Bila bukan Anda, kirim lewat sambungan lain atau datang ke kantor PPID."
        )
        raise InvalidInputError("a second objection of a connection", user_message=message)


def _find_alike(page: Clarification, ground: ObjectionGround) -> Objection | None:
    """Return the objection that says the same of the page, as long as nobody has proposed a decision about it."""
    query = (
        sa.select(Objection)
        .where(Objection.clarification_id == page.id, Objection.ground == ground, Objection.outcome.is_(None))
        .order_by(Objection.id.desc())
    )
    row = db.session.scalars(query).first()
    return None if row is None or is_decision_proposed(row.id) else row


def _open_objection(page: Clarification, ground: ObjectionGround, now: datetime) -> Objection:
    """Return a new objection, with its deadline by the office's working days."""
    row = Objection(clarification_id=page.id, ground=ground, received_at=now)
    row.due_at = load_targets().calendar.after(now, ANSWER_DAYS)
    db.session.add(row)
    db.session.flush()
    detail = {"clarification": page.id, "ground": ground.value, "due_at": row.due_at.isoformat()}
    audit_log.record_event("objection_received", objection_subject(row.id), officer=None, now=now, detail=detail)
    return row


def find_statement(typed: str) -> tuple[str, ObjectionStatement] | None:
    """Return (canonical ticket, statement) for a ticket as typed, or None."""
    ticket = read_ticket(typed)
    if ticket is None:
        return None
    query = sa.select(ObjectionStatement).where(ObjectionStatement.ticket_digest == ticket_digest(ticket))
    row = db.session.scalar(query)
    return (ticket, row) if row else None


def require_statement_by_ticket(typed: str) -> tuple[str, ObjectionStatement]:
    """Return (canonical ticket, statement) for a ticket as typed. Raises NotFoundError."""
    found = find_statement(typed)
    if found is None:
        message = _("Tiket itu tidak ditemukan. Periksa nomornya, lalu coba lagi.")
        raise NotFoundError("no such ticket", user_message=message)
    return found


def may_withdraw(statement: ObjectionStatement) -> bool:
    """Tell whether its holder may still erase the statement: until the decision, which answers it."""
    return statement.objection.outcome is None


def withdraw_statement(ticket: str, now: datetime) -> None:
    """Erase what the holder of the ticket wrote, with their address; the objection too where nobody else said it.

    One that officers have begun to decide stays, as their record does. Raises NotFoundError or InvalidInputError.
    """
    with write_transaction():
        _number, statement = require_statement_by_ticket(ticket)
        row = statement.objection
        if not may_withdraw(statement):
            message = _("Keberatan ini sudah diputuskan.")
            raise InvalidInputError("already decided", user_message=message)
        prefix = f"objection:{statement.id}:"
        unsent = OutgoingMail.key.startswith(prefix, autoescape=True), OutgoingMail.next_try_at.is_not(None)
        db.session.execute(sa.delete(OutgoingMail).where(*unsent))
        db.session.delete(statement)
        db.session.flush()
        begun = sa.select(Proposal.id).where(Proposal.subject == objection_subject(row.id))
        statements = sa.select(ObjectionStatement.id).where(ObjectionStatement.objection_id == row.id)
        is_empty = db.session.scalar(statements.limit(1)) is None
        is_gone = is_empty and db.session.scalar(begun.limit(1)) is None
        detail = {"clarification": row.clarification_id, "dropped": is_gone}
        audit_log.record_event("objection_withdrawn", objection_subject(row.id), officer=None, now=now, detail=detail)
        if is_gone:
            db.session.execute(sa.delete(Objection).where(Objection.id == row.id))
    forget_deleted()
