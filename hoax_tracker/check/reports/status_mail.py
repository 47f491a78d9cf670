"""Word to the reporter at every step, by e-mail where that is the contact; the ticket's page says the same.

That a report came in is posted with the report itself. Every later step is read from the rows: reports whose claim or
page changed since they were last told are looked at again. Where one stands at another step, the letter and the note
that it was posted are one transaction. So nobody has to remember to call this, whatever stage changes a claim, and
nothing is told twice. What an officer can still take back is told when that time is over. Whoever moves through two
steps between two rounds is told the last one.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from hoax_tracker.check.reports.mail_texts import letter_for, received_letter
from hoax_tracker.check.reports.status import RECEIVED, claim_of, standing
from hoax_tracker.clock import is_recent
from hoax_tracker.core.config.mail_server import is_address
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import reading, writing
from hoax_tracker.core.encryption import ContactUnreadable, decrypt_contact
from hoax_tracker.core.rate_limiting.limiter import spend
from hoax_tracker.core.structured_logging import facts
from hoax_tracker.errors import TooMany
from hoax_tracker.models import (
    UNDO_WITHIN,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    ClarificationRevision,
    Decision,
    OutgoingMail,
    Report,
    clarification_claim,
    db,
)
from hoax_tracker.notifications import mail

log = logging.getLogger(__name__)

# A decision is dated when its request begins, and seen when it ends: so much is looked at again.
OVERLAP = timedelta(minutes=10)
# Anybody can enter anybody's address: this many letters a day reach it, however many reports name it.
LETTERS_A_DAY = 10


def post_received(report: Report, contact: str, ticket: str, now: datetime) -> None:
    """Note that the reporter is told, and post the letter that the report came in, in the reader's language.

    In the transaction that stores the report.
    """
    report.told, report.told_at = RECEIVED, now - OVERLAP
    if reaches(contact, now):
        mail.post(key_of(report, RECEIVED), contact, received_letter(ticket), now, report_id=report.id)


def reaches(contact: str, now: datetime) -> bool:
    """Tell whether a letter may go to the contact: an address, mail is set up, and not too many went there today."""
    settings: Settings = current_app.extensions["settings"]
    if not is_address(contact) or not mail.is_on():
        return False
    day, secret = timedelta(days=1), settings.secret_key
    try:
        with db.session.begin_nested():
            spend("letter", contact.lower(), limit=LETTERS_A_DAY, window=day, secret=secret, now=now)
    except TooMany:
        return False
    return True


def key_of(report: Report, step: str) -> str:
    """Return the key of the letter about a step."""
    return f"report:{report.id}:{step}"


def tell_reporters(settings: Settings, now: datetime) -> int:
    """Post a letter for every report that stands at another step than it was told; return how many."""
    with reading():
        changed = db.session.scalars(changed_reports()).all()
        db.session.rollback()
    told = 0
    for report_id in changed:
        with writing():  # in the officers' turn, so that no act is told half
            told += tell(report_id, settings, now)
    return told


def changed_reports() -> sa.Select[int]:
    """Return the query for reports with a contact about which anything may have changed since they were told."""
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
    joined = sa.and_(sa.func.coalesce(Report.told, RECEIVED) == RECEIVED, Claim.status != ClaimStatus.NEW)
    moved = sa.select(Claim.id).where(claim, sa.or_(joined, decided.exists(), revised.exists())).exists()
    return (
        sa.select(Report.id)
        .where(Report.contact_encrypted.is_not(None), sa.or_(moved, Report.rejected_at >= Report.told_at))
        .order_by(Report.id)
    )


def tell(report_id: int, settings: Settings, now: datetime) -> bool:
    """Post the letter about where the report stands, unless that was told; note what was told. True for a letter."""
    report = db.session.get(Report, report_id)
    if report is None or report.contact_encrypted is None:
        return False
    if may_be_undone(report, now):
        return False
    state, before = standing(report), report.told or RECEIVED
    to = contact_of(report, settings) if state.step != before else None
    reachable = to is not None and is_address(to) and mail.is_on()
    if reachable and not reaches(to or "", now):
        return False  # too many letters there today: it stays to be told
    report.told, report.told_at = state.step, now - OVERLAP
    if to is None or not reachable:
        return False
    with force_locale(report.language):  # the letter's frame is written by ``post``
        letter = letter_for(state, before, ticket_of(report, settings))
        return letter is not None and mail.post(key_of(report, state.step), to, letter, now, report_id=report.id)


def may_be_undone(report: Report, now: datetime) -> bool:
    """Tell whether an officer can still take back the newest decision about the report's claim: word waits as long."""
    claim = claim_of(report)
    if claim is None:
        return False
    about = sa.or_(Decision.claim_id == claim.id, Decision.other_claim_id == claim.id)
    newest = db.session.scalars(sa.select(Decision).where(about).order_by(Decision.id.desc()).limit(1)).first()
    return newest is not None and newest.changes is not None and is_recent(newest.decided_at, UNDO_WITHIN, now)


def undelivered(report: Report) -> bool:
    """Tell whether a letter about the report was refused for good: the address is wrong, or takes nothing from us."""
    refused = sa.select(OutgoingMail.id).where(OutgoingMail.report_id == report.id, OutgoingMail.failed_at.is_not(None))
    return db.session.scalar(refused.limit(1)) is not None


def contact_of(report: Report, settings: Settings) -> str | None:
    """Return the contact, or None where it was sealed with another key: then nobody can be told."""
    try:
        return decrypt_contact(report.contact_encrypted or b"", settings.contact_key)
    except ContactUnreadable:
        log.warning("a reporter cannot be told", extra=facts(report=report.id))
        return None


def ticket_of(report: Report, settings: Settings) -> str | None:
    """Return the ticket for the letter's link; None for a report of before it was kept."""
    sealed = report.ticket_encrypted
    return decrypt_contact(sealed, settings.contact_key) if sealed else None
