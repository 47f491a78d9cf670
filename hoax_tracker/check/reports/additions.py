"""What reporters add to their own report through its ticket: text, and with it at most one picture.

It changes no decision. Officers see it beside the report, and those who answer or decided the claim get a notice. It is
a part of the report: masked, limited, kept and erased as the report is. Who reported in a chat
may add an e-mail address for what cannot be told there; it is a part of the contact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.check.reports.status import find_claim_of_report
from hoax_tracker.check.reports.status_mail import decrypt_report_contact
from hoax_tracker.check.reports.submission import (
    reencode_screenshot,
    require_message,
    require_report_by_ticket,
    require_report_text,
)
from hoax_tracker.claims.recusal import is_accused, note_accusations
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.encryption import encrypt_bytes, encrypt_contact
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import (
    Claim,
    ClaimStatus,
    Decision,
    Notice,
    NoticeKind,
    Officer,
    Report,
    ReportAddition,
    ReportPicture,
    Unit,
    db,
)
from hoax_tracker.notifications import chats, notices
from hoax_tracker.organisation.named_units import load_unit_names

ADDITIONS_MOST = 5


def add_to_report(
    ticket: str,
    text: str,
    picture: bytes | None,
    now: datetime,
    settings: Settings,
    *,
    admit: Callable[[], None] = lambda: None,
    admit_picture: Callable[[], None] = lambda: None,
    most: int = ADDITIONS_MOST,
) -> None:
    """Store what the holder of a ticket adds; the same sent twice is stored once.

    Raises NotFoundError for an unknown ticket, InvalidInputError for a text without words, a file that is no picture,
    a rejected report and more than ``most``, and what ``admit`` and ``admit_picture`` raise: they are called
    before anything is stored, and before a picture is drawn anew.
    """
    text = _clean_addition_text(text)
    digest = _hash_addition(text, picture)
    with read_transaction():
        if not _is_new_addition(require_report_by_ticket(ticket), digest, most):
            return
    screenshot = None
    if picture is not None:
        admit_picture()
        screenshot = _seal_screenshot(picture, now, settings)
    with write_transaction():  # its turn: two at once would both see room for one more
        report = require_report_by_ticket(ticket)
        if _is_new_addition(report, digest, most):
            admit()
            store_addition(ReportAddition(report_id=report.id, text=text, digest=digest, added_at=now), screenshot)
            _note_named_units(report, text, now)
            _notify_desk(report, now)


def set_mail_of_report(ticket: str, address: str, now: datetime, settings: Settings) -> None:
    """Let a report's contact have an e-mail address beside its conversation, "" for none. Raises NotFoundError."""
    with write_transaction():
        report = require_report_by_ticket(ticket)
        contact = decrypt_report_contact(report, settings) if report.contact_encrypted else None
        if chats.read_chat_id(contact):
            report.contact_encrypted = encrypt_contact(chats.with_mail(contact or "", address), settings.contact_key)
            report.consent_at = now


def _clean_addition_text(text: str) -> str:
    """Return the text to store, with identity numbers masked. Raises InvalidInputError."""
    text = require_report_text(text)
    require_message(text)
    return text


def _hash_addition(text: str, picture: bytes | None) -> str:
    """Return the digest of an addition: equal for the same text with the same file."""
    parts = (text.encode(), picture or b"")
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _is_new_addition(report: Report, digest: str, most: int) -> bool:
    """Tell whether an addition is not stored yet. Raises InvalidInputError where the report takes no other one."""
    digests = db.session.scalars(sa.select(ReportAddition.digest).where(ReportAddition.report_id == report.id)).all()
    if digest in digests:
        return False
    if report.rejected_at is not None or len(digests) >= most:
        message = _("Aduan ini tidak dapat ditambah lagi. Punya keterangan baru? Anda boleh melapor lagi.")
        raise InvalidInputError("no more additions", user_message=message)
    return True


def _seal_screenshot(data: bytes, now: datetime, settings: Settings) -> ReportPicture:
    """Return the row of a picture that is drawn anew and encrypted. Raises as reencode_screenshot does."""
    drawn = reencode_screenshot(data)
    sealed = encrypt_bytes(drawn.data, settings.contact_key)
    return ReportPicture(sealed=sealed, width=drawn.width, height=drawn.height, added_at=now)


def store_addition(addition: ReportAddition, picture: ReportPicture | None) -> None:
    """Store an addition and its picture, in the current transaction."""
    db.session.add(addition)
    db.session.flush()
    if picture is not None:
        picture.addition_id = addition.id
        db.session.add(picture)


def _note_named_units(report: Report, text: str, now: datetime) -> None:
    """Note the units that an addition names as accused, as those in the report are; "kadis" may be the report's."""
    claim = find_claim_of_report(report)
    if claim is not None:
        names = load_unit_names()
        named, kinds = names.find(text), names.find(f"{report.text}\n{text}").kinds
        note_accusations(claim, replace(named, kinds=named.kinds & kinds), now, report_id=report.id)


def list_additions(report: Report) -> list[ReportAddition]:
    """Return what was added to the report, oldest first, without the content of pictures."""
    size = sa.orm.load_only(ReportPicture.addition_id, ReportPicture.width, ReportPicture.height)
    query = (
        sa.select(ReportAddition)
        .where(ReportAddition.report_id == report.id)
        .options(sa.orm.joinedload(ReportAddition.picture).options(size))
        .order_by(ReportAddition.id)
    )
    return list(db.session.scalars(query))


def takes_additions(report: Report, additions: list[ReportAddition]) -> bool:
    """Tell whether the report takes another addition."""
    return report.rejected_at is None and len(additions) < ADDITIONS_MOST


def _notify_desk(report: Report, now: datetime) -> None:
    """Notify the officers of the report's claim, in the current transaction; one unseen notice is enough.

    Nobody is notified of a claim that waits to be read for the first time: they will read all of it.
    """
    claim = find_claim_of_report(report)
    if claim is None or claim.status is ClaimStatus.NEW:
        return
    unseen = set(
        db.session.scalars(
            sa.select(Notice.officer_id).where(
                Notice.claim_id == claim.id, Notice.kind == NoticeKind.REPLIED, Notice.seen_at.is_(None)
            )
        )
    )
    people = [officer for officer in _list_concerned_officers(claim) if officer.id not in unseen]
    notices.notify_officers(people, NoticeKind.REPLIED, now, claim_id=claim.id)


def _list_concerned_officers(claim: Claim) -> list[Officer]:
    """Return the officers of the unit that answers the claim and the one who decided last, without the accused."""
    people = notices.list_answering_officers(claim.unit_id) if claim.unit_id else notices.list_officers_in(Unit.is_root)
    last = sa.select(Decision.officer_id).where(Decision.claim_id == claim.id).order_by(Decision.id.desc()).limit(1)
    decided = notices.list_officers_in(Officer.id.in_(last))
    by_id = {officer.id: officer for officer in (*people, *decided)}
    return [officer for officer in by_id.values() if not is_accused(claim, officer)]
