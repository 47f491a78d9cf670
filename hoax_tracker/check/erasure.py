"""A reporter takes back: the contact alone, or the whole report. Who holds the ticket may; nobody else can name it.

What goes: words, link, place, contact, ticket, screenshot, letters that wait, the model's numbers. A claim that stands
on this report alone goes with it; where officers have begun with it, its words go and the case is closed, because
decisions and the audit log are kept. A claim that others reported too, or that stood in a feed, stays in the words of
the others. What officers wrote stays: clarifications, drafts, reasons. Backups keep the report until they are deleted
themselves.
"""

from __future__ import annotations

import logging
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker import audit
from hoax_tracker.check.reports import find_report
from hoax_tracker.check.standing import claim_of
from hoax_tracker.database import Turn, forget_deleted, take_turn, writing
from hoax_tracker.errors import NotFound
from hoax_tracker.index import match_index
from hoax_tracker.models import (
    OPEN_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Item,
    OutgoingMail,
    Report,
    db,
)
from hoax_tracker.screen import short_text

log = logging.getLogger(__name__)

TITLE_LENGTH, TEXT_LENGTH = 110, 4_000


def forget_contact(ticket: str, now: datetime) -> None:
    """Forget the contact of the ticket's report, and every letter that waits for it. Raises NotFound."""
    with writing():
        report = held(ticket)
        report.contact_encrypted = report.ticket_encrypted = None
        report.contact_purged_at = now
        db.session.execute(unlettered(report))
        audit.record("contact_erased", f"report:{report.id}", officer=None, now=now)
    forget_deleted()


def erase_report(ticket: str, now: datetime) -> None:
    """Erase the ticket's report. Raises NotFound."""
    with writing():
        take_turn(Turn.FLAG)  # nothing is given to its claim meanwhile
        report = held(ticket)
        claim, number = claim_of(report), report.id
        text = report.text
        db.session.execute(sa.delete(ClaimAppearance).where(ClaimAppearance.report_id == number))
        db.session.execute(sa.delete(Report).where(Report.id == number))  # and what hangs on it
        matched = release(claim, text) if claim is not None else False
        audit.record("report_erased", f"report:{number}", officer=None, now=now, detail={"claim": claim and claim.id})
    forget_deleted()
    if matched:
        rewrite_index()


def held(ticket: str) -> Report:
    """Return the ticket's report. Raises NotFound."""
    found = find_report(ticket)
    if found is None:
        raise NotFound("no such ticket")
    return found[1]


def unlettered(report: Report) -> sa.Delete:
    """Return the statement that drops the letters of a report which were not sent."""
    return sa.delete(OutgoingMail).where(OutgoingMail.report_id == report.id, OutgoingMail.next_try_at.is_not(None))


def release(claim: Claim, text: str) -> bool:
    """Let a claim go on without a report that said ``text``; True where the match index may know its words."""
    db.session.expire(claim)
    matched = claim.examined_since is not None
    others = first_words(claim)
    if others is not None:
        if claim.text == text[:TEXT_LENGTH]:
            put_words(claim, others)
    elif claim.status is ClaimStatus.NEW and not claim.decisions:
        db.session.delete(claim)
    else:
        empty(claim)
    return matched


def first_words(claim: Claim) -> str | None:
    """Return what the oldest appearance that is left says; None where none is left."""
    query = (
        sa.select(Item.title, Item.text, Report.text)
        .select_from(ClaimAppearance)
        .outerjoin(Item, Item.id == ClaimAppearance.item_id)
        .outerjoin(Report, Report.id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id == claim.id)
        .order_by(ClaimAppearance.id)
    )
    row = db.session.execute(query).first()
    return next((words for words in (row[2], row[1], row[0]) if words), "") if row else None


def put_words(claim: Claim, words: str) -> None:
    """Let the claim say what another appearance says."""
    claim.text, claim.title = words[:TEXT_LENGTH], short_text(words, TITLE_LENGTH) or "…"
    claim.version += 1


def empty(claim: Claim) -> None:
    """Take the words out of a claim that officers have worked on; one that still waits is closed."""
    with force_locale("id"):
        put_words(claim, _("Aduan ini dihapus oleh pelapornya."))
    claim.claimant = None
    if claim.status in (ClaimStatus.NEW, *OPEN_STATUSES):
        claim.status = ClaimStatus.DISMISSED


def rewrite_index() -> None:
    """Write the files of the match index anew: they hold the words' stems until then."""
    try:
        match_index().forget()
    except Exception:  # the report is erased; the worker's next rewriting takes the stems
        db.session.rollback()
        log.exception("the match index could not be written anew after an erasure")
