"""Explainers: short lessons for residents. One officer proposes a text; it is public once another approved it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.clarify.approval_facts import refusal_message, work_refusal_reason
from hoax_tracker.clarify.approval_policy import ApprovalRefusal, ApprovalSubject
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import EXPLAINER_FIELDS, Explainer, Officer, db

SLUG_LENGTH = 60


def list_explainers() -> Sequence[Explainer]:
    """Return all explainers: proposals first, then by title."""
    query = sa.select(Explainer).options(joinedload(Explainer.proposed_by).lazyload(Officer.roles))
    return db.session.scalars(query.order_by(Explainer.proposed_at.is_(None), Explainer.title, Explainer.id)).all()


def live_values(row: Explainer) -> dict[str, Any]:
    """Return the values that residents see."""
    return {name: getattr(row, name) for name in EXPLAINER_FIELDS}


def pending_values(row: Explainer | None) -> dict[str, Any]:
    """Return the values that an editor goes on with: the proposal where there is one, else what residents see."""
    if row is None:
        return {"title": "", "summary": "", "body": "", "cues": [], "is_shown": True}
    return dict(row.proposal) if row.proposal is not None else live_values(row)


def propose_explainer(
    explainer_id: int | None, values: Mapping[str, Any], seen: str, *, officer: Officer, now: datetime
) -> int:
    """Store values that await another person's approval; return the explainer's id. Residents see no change.

    Raises EditConflictError where somebody else changed them meanwhile.
    """
    with write_transaction():
        row = lock_row(Explainer, explainer_id) if explainer_id is not None else None
        subject = f"explainer:{explainer_id}"
        require_unchanged_values(subject, pending_values(row), seen)
        if row is None:
            row = Explainer(slug=free_slug(values["title"]), is_shown=False, cues=[], changed_at=now, edited_at=now)
            db.session.add(row)
        row.proposal = {name: values[name] for name in EXPLAINER_FIELDS}
        row.proposal_hands = sorted({*row.proposal_hands, officer.id}) if row.proposed_by_id else [officer.id]
        row.proposed_by_id, row.proposed_at = officer.id, now
        db.session.flush()
        detail = {"title": values["title"], "is_shown": values["is_shown"]}
        audit_log.record_event("explainer_proposed", f"explainer:{row.id}", officer=officer, now=now, detail=detail)
        return row.id


def free_slug(title: str) -> str:
    """Return an unused address made of the title's words."""
    base = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:SLUG_LENGTH].strip("-") or "panduan"
    used = set(db.session.scalars(sa.select(Explainer.slug).where(Explainer.slug.startswith(base))))
    candidates = [base, *(f"{base}-{number}" for number in range(2, len(used) + 2))]
    return next(slug for slug in candidates if slug not in used)


def approval_refusal_of(row: Explainer, officer: Officer, reason: str = "", *, now: datetime) -> ApprovalRefusal | None:
    """Return why the officer may not approve the proposal, or None."""
    work = ApprovalSubject(row.proposed_by_id or 0, hands=frozenset(row.proposal_hands))
    return work_refusal_reason(work, officer, reason, now=now)


def approve_explainer(explainer_id: int, seen: str, reason: str, *, officer: Officer, now: datetime) -> None:
    """Make the proposed values public. Raises NotAllowedError, InvalidInputError or EditConflictError."""
    with write_transaction():
        row = lock_row(Explainer, explainer_id)
        require_unchanged_values(f"explainer:{explainer_id}", pending_values(row), seen)
        if row.proposal is None:
            return
        if refusal := approval_refusal_of(row, officer, reason, now=now):
            kind = InvalidInputError if refusal is ApprovalRefusal.REASON_MISSING else NotAllowedError
            raise kind(
                f"explainer {explainer_id}: {refusal.value}", user_message=refusal_message(refusal, officer, now)
            )
        before = live_values(row)
        for name, value in row.proposal.items():
            setattr(row, name, value)
        changed = {name: value for name, value in row.proposal.items() if before[name] != value}
        detail = {"before": {name: before[name] for name in changed}, "after": changed, "author": row.proposed_by_id}
        row.changed_at = row.edited_at = now
        clear_proposal(row)
        audit_log.record_event(
            "explainer_published",
            f"explainer:{explainer_id}",
            officer=officer,
            now=now,
            detail=detail | ({"reason": reason} if reason else {}),
        )


def drop_proposal(explainer_id: int, seen: str, *, officer: Officer, now: datetime) -> bool:
    """Discard the proposal; delete an explainer that was never public and return False."""
    with write_transaction():
        row = lock_row(Explainer, explainer_id)
        require_unchanged_values(f"explainer:{explainer_id}", pending_values(row), seen)
        if row.proposal is None:
            raise InvalidInputError("no proposal", user_message=_("Tidak ada usulan pada panduan ini."))
        audit_log.record_event("explainer_dropped", f"explainer:{explainer_id}", officer=officer, now=now)
        clear_proposal(row)
        was_public = bool(row.title)
        if not was_public:
            db.session.delete(row)
        return was_public


def clear_proposal(row: Explainer) -> None:
    """Remove the proposal from the row."""
    row.proposal, row.proposal_hands, row.proposed_by_id, row.proposed_at = None, [], None, None
