"""The pages that the public may open: public ones, and withdrawn ones, which only say so."""

from __future__ import annotations

import sqlalchemy as sa

from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationStatus, db

SHOWN_STATUSES = (*PUBLIC_STATUSES, ClarificationStatus.RETRACTED)


def find_shown_page(slug: str) -> Clarification:
    """Return the page at a slug, public or withdrawn. Raises NotFoundError."""
    row = db.session.scalar(
        sa.select(Clarification).where(Clarification.slug == slug, Clarification.status.in_(SHOWN_STATUSES))
    )
    if row is None:
        raise NotFoundError(f"no public clarification {slug!r}")
    return row


def find_page_by_number(number: int) -> Clarification:
    """Return the page with a number, public or withdrawn. Raises NotFoundError."""
    row = db.session.scalar(
        sa.select(Clarification).where(Clarification.number == number, Clarification.status.in_(SHOWN_STATUSES))
    )
    if row is None:
        raise NotFoundError(f"no public clarification number {number}")
    return row
