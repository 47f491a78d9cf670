"""Publishing a page, with its address, its number and its first revision, by a second person.

A draft, a correction and a retraction are proposals (authority/proposals.py) about the page: which waits, who wrote in
it, and who may not judge it, is said here. What is confirmed covers exactly the claims that were answered when it was
proposed: a claim that joins meanwhile is answered, but no message is told the verdict because of its words.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.authority import proposals
from hoax_tracker.claims.recusal import is_accused_by_any, is_recused_unit
from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import (
    AuditEvent,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Officer,
    Proposal,
    Unit,
    db,
)

SLUG_LONGEST = 70
"""Characters of a slug without the number of further ones: the columns hold 80 and more."""


def make_public(page: Clarification, now: datetime) -> None:
    """Give the page its slug, number and date, and store revision 1."""
    page.slug = unused_slug(page.title, Clarification.slug, "klarifikasi")
    page.number = (db.session.scalar(sa.select(sa.func.max(Clarification.number))) or 0) + 1
    page.published_at = now
    page.status = ClarificationStatus.PUBLISHED
    add_revision(page, "", page.author_id, page.approver_id, now)


def add_revision(page: Clarification, note: str, author_id: int, approver_id: int | None, now: datetime) -> None:
    """Store the present public content as a revision, on the page's confirmation."""
    page.revisions.append(
        ClarificationRevision(
            number=len(page.revisions) + 1,
            kind=page.status,
            note=note,
            content=clarification_content(page).as_json(),
            author_id=author_id,
            approver_id=approver_id,
            made_at=now,
            confirmation_id=page.confirmation_id,
        )
    )
    wake_job(WokenJob.PUBLISHED_PAGES, WokenJob.PUSHES)


def unused_slug(title: str, column: sa.SQLColumnExpression[Any], nameless: str) -> str:
    """Return a slug of the title that the column does not hold; of ``nameless`` for a title without Latin letters."""
    slug = _slug_from_title(title) or nameless
    used_slugs = set(db.session.scalars(sa.select(column).where(column.startswith(slug, autoescape=True))))
    candidates = (slug, *(f"{slug}-{number}" for number in range(2, len(used_slugs) + 2)))
    return next(candidate for candidate in candidates if candidate not in used_slugs)


def _slug_from_title(title: str) -> str:
    """Return the title in lower-case letters and digits, cut at a word."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))
    return slug if len(slug) <= SLUG_LONGEST else slug[: SLUG_LONGEST + 1].rsplit("-", 1)[0][:SLUG_LONGEST]


PAGE_ACTS = ("clarification", "correction", "retraction")
TAKEN_OVER_ACTION = "clarification_taken_over"
WRITING_ACTIONS = ("clarification_drafted", "clarification_edited", TAKEN_OVER_ACTION)
# What was written before has been approved, or is gone.
ENDING_ACTIONS = (
    "clarification_published",
    "clarification_corrected",
    "clarification_retracted",
    "clarification_retraction_proposed",
)


def find_page_proposal(page: Clarification) -> Proposal | None:
    """Return the proposal about the page that waits, or None."""
    return next((row for row in proposals.find_open_of(page_subject(page)) if row.act in PAGE_ACTS), None)


def require_page_proposal(page: Clarification) -> Proposal:
    """Return the proposal about the page that waits. Raises InvalidInputError where none does."""
    row = find_page_proposal(page)
    if row is None:
        raise InvalidInputError("nothing proposed", user_message=_("Tidak ada usulan yang menunggu."))
    return row


def page_subject(page: Clarification) -> str:
    """Return the page's name in proposals and in the audit log."""
    return f"clarification:{page.id}"


def page_of(row: Proposal) -> Clarification:
    """Return the page that a proposal is about. Raises NotFoundError."""
    page = db.session.get(Clarification, proposals.subject_id(row))
    if page is None:
        raise NotFoundError(row.subject)
    return page


def is_impartial(page: Clarification, officer: Officer) -> bool:
    """Tell whether the officer is impartial towards everything that the page and its pending change accuse."""
    accused_id = page.proposed.get("accused_unit_id") if page.proposed_kind and page.proposed else None
    units = [db.session.get(Unit, key) for key in {page.accused_unit_id, accused_id} - {None}]
    if any(unit is not None and is_recused_unit(officer.unit, unit) for unit in units):
        return False
    return not is_accused_by_any(page.claims, officer)


def previous_authors(page: Clarification) -> frozenset[int]:
    """Return the ids of earlier authors of the pending text, according to the audit log.

    The author of a declined proposal counts only where the pending one was taken over from them.
    """
    query = sa.select(AuditEvent.action, AuditEvent.officer_id, AuditEvent.detail).order_by(AuditEvent.id)
    subject = AuditEvent.subject == page_subject(page)
    author_ids: set[int | None] = set()
    for action, officer_id, detail in db.session.execute(
        query.where(subject, AuditEvent.action.in_(WRITING_ACTIONS + ENDING_ACTIONS))
    ):
        if action in ENDING_ACTIONS:
            author_ids.clear()
        else:
            author_ids |= {officer_id, detail.get("from")}
    return frozenset(key for key in author_ids if key is not None)
