"""Periodic review: published pages to read again, after some months or because their claim came back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.clarify.service import editing_clarification, record_change, require_officer, require_status
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import PUBLIC_STATUSES, Claim, ClaimStatus, Clarification, Officer, PageMatch, db
from hoax_tracker.organisation.office_hours import load_office_rules

MONTH = timedelta(days=30.4)
NEW_CLAIMS_BATCH = 20


def last_review_expression() -> sa.ColumnElement[datetime]:
    """Return the expression for the time a page was last reviewed or changed."""
    reviewed, changed = Clarification.reviewed_at, Clarification.changed_at
    return sa.case((reviewed > changed, reviewed), else_=changed)


def _recurring_pages_query() -> sa.Select[int]:
    """Return the query for ids of pages that a new claim has matched since their last review."""
    newest = (
        sa.select(PageMatch.clarification_id.label("id"), sa.func.max(PageMatch.looked_at).label("at"))
        .where(PageMatch.clarification_id.is_not(None))
        .group_by(PageMatch.clarification_id)
        .subquery()
    )
    return (
        sa.select(newest.c.id)
        .join(Clarification, Clarification.id == newest.c.id)
        .where(newest.c.at > last_review_expression())
    )


def _pages_read_before_query(moment: datetime) -> sa.Select[int]:
    """Return the query for ids of public pages last reviewed or changed before that time."""
    public = Clarification.status.in_(PUBLIC_STATUSES)
    return sa.select(Clarification.id).where(
        public, Clarification.changed_at < moment, last_review_expression() < moment
    )


def review_due_conditions(now: datetime) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for public pages due for review."""
    old = now - load_office_rules().review_months * MONTH
    return [
        Clarification.id.in_(sa.union_all(_pages_read_before_query(old), _recurring_pages_query())),
        Clarification.status.in_(PUBLIC_STATUSES),
        Clarification.proposed_kind.is_(None),
    ]


def is_review_due(page: Clarification, now: datetime) -> bool:
    """Tell whether the page is due for review."""
    due_query = sa.select(Clarification.id).where(Clarification.id == page.id, *review_due_conditions(now))
    return page.is_public and db.session.scalar(due_query) is not None


def confirm_page(clarification_id: int, version: int, *, officer: Officer, now: datetime) -> None:
    """Record that the page still holds. Raises EditConflictError where it changed meanwhile."""
    require_officer(officer)
    with editing_clarification(clarification_id, version) as page:
        require_status(page, *PUBLIC_STATUSES)
        if page.proposed_kind is not None:
            raise InvalidInputError(
                "a change waits", user_message=_("Masih ada usulan perubahan yang menunggu persetujuan.")
            )
        page.reviewed_at, changed_at = now, page.changed_at
        record_change(page, "clarification_confirmed", officer, now)
        page.changed_at = changed_at  # nothing that readers see changed


def match_new_claims(now: datetime) -> int:
    """Match new claims with the published pages; return how many a page answers.

    Each claim is matched once: a row records that also where no page answers it.
    """
    looked = sa.exists().where(PageMatch.claim_id == Claim.id)
    fresh = sa.select(Claim.id, Claim.text).where(Claim.status == ClaimStatus.NEW, ~looked).order_by(Claim.id)
    matches = {
        key: _match_published_page(text) for key, text in db.session.execute(fresh.limit(NEW_CLAIMS_BATCH)).all()
    }
    with write_transaction():
        still = set(db.session.scalars(sa.select(Claim.id).where(Claim.id.in_(matches), ~looked)))
        db.session.add_all(PageMatch(claim_id=key, looked_at=now, **matches[key]) for key in still)
    return sum(1 for key in still if matches[key]["clarification_id"] is not None)


def _match_published_page(text: str) -> dict[str, Any]:
    """Return the page that certainly answers the text (None: none does) and the probability."""
    result = current_match_index().published(text)
    best = result.matches[0] if result.decision == "match" and result.matches else None
    return {"clarification_id": int(best.id) if best else None, "probability": best.probability if best else 0.0}
