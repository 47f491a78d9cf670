"""Letters to who objected and left an address: that it arrived, and what was decided. They never repeat what was said.

The letter about the decision and the record of it are one transaction, so nothing is sent twice.
"""

from __future__ import annotations

import logging
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, format_date
from flask_babel import gettext as _

from hoax_tracker.check.reports.status_mail import may_mail_contact
from hoax_tracker.clock import WITA
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_contact
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import Objection, ObjectionStatement, db
from hoax_tracker.notifications import mail
from hoax_tracker.notifications.mail import Letter, public_url_for

log = logging.getLogger(__name__)


def enqueue_received_letter(statement: ObjectionStatement, contact: str, ticket: str, now: datetime) -> None:
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
    """Return the key of a letter about a step."""
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
    told = 0
    for statement_id in untold:
        with write_transaction():
            told += _notify_objector(statement_id, settings, now)
    return told


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
