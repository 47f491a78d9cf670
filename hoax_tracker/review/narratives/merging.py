"""Merging two narratives into one story, and separating them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims import locks
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Narrative, NarrativeClaim, Officer, db
from hoax_tracker.review.narratives.membership import (
    follow_narrative_merges,
    narrative_conflict,
    raise_version,
    require_may_change,
    require_narrative,
    require_narrative_at_version,
)


def merge_narratives(narrative_id: int, version: int, into_id: int, *, officer: Officer, now: datetime) -> int:
    """Merge a narrative into another, and return the id of that one. Its title and notes stay for a separation.

    Raises NotFoundError, NotAllowedError, ClaimLockedError, EditConflictError for a stale version, InvalidInputError
    for a narrative and itself.
    """
    with write_transaction():
        narrative = require_narrative_at_version(narrative_id, version)
        into = follow_narrative_merges(require_narrative(into_id))
        if into.id == narrative.id:
            message = _("Narasi tidak dapat digabung dengan dirinya sendiri.")
            raise InvalidInputError(f"narrative {into_id} into itself", user_message=message, field="into")
        for side in (narrative, into):
            require_may_change(side, officer)
        rows = _list_claim_rows(narrative)
        locks.require_unlocked(officer, now, *(row.claim_id for row in rows))
        _move_claims(rows, into)
        narrative.merged_into_id, narrative.merged_row_ids = into.id, [row.id for row in rows]
        for side in (narrative, into):
            raise_version(side, now)
        acts = [
            audit_log.AuditEntry("narrative_merged", f"narrative:{narrative.id}", {"into": into.id}),
            audit_log.AuditEntry("narrative_merged", f"narrative:{into.id}", {"merged": narrative.id}),
        ]
        audit_log.record_events(acts, officer=officer, now=now)
        return into.id


def separate_narrative(narrative_id: int, version: int, *, officer: Officer, now: datetime) -> None:
    """Separate a merged narrative again, with those of its claims that still are where they went.

    Raises as ``merge_narratives`` does; InvalidInputError for a narrative that is not merged.
    """
    with write_transaction():
        narrative = require_narrative(narrative_id)
        if narrative.version != version:
            raise narrative_conflict(narrative_id)
        if narrative.merged_into_id is None:
            message = _("Narasi ini tidak sedang digabung.")
            raise InvalidInputError(f"narrative {narrative_id} is not merged", user_message=message)
        root = follow_narrative_merges(narrative)
        require_may_change(root, officer)
        # Not one that came since: SQLite gives the number of a deleted row to the next one.
        brought = set(narrative.merged_row_ids or ())
        rows = [row for row in _list_claim_rows(root) if row.id in brought and row.added_at <= narrative.changed_at]
        locks.require_unlocked(officer, now, *(row.claim_id for row in rows))
        _move_claims(rows, narrative)
        narrative.merged_into_id, narrative.merged_row_ids = None, None
        for side in (narrative, root):
            raise_version(side, now)
        acts = [
            audit_log.AuditEntry("narrative_separated", f"narrative:{narrative.id}", {"from": root.id}),
            audit_log.AuditEntry("narrative_separated", f"narrative:{root.id}", {"separated": narrative.id}),
        ]
        audit_log.record_events(acts, officer=officer, now=now)


def _list_claim_rows(narrative: Narrative) -> Sequence[Any]:
    """Return (id, claim, time) of the places in the narrative. A place stays the same where its claim is merged."""
    columns = (NarrativeClaim.id, NarrativeClaim.claim_id, NarrativeClaim.added_at)
    query = sa.select(*columns).where(NarrativeClaim.narrative_id == narrative.id)
    return db.session.execute(query.order_by(NarrativeClaim.id)).all()


def _move_claims(rows: Sequence[Any], target: Narrative) -> None:
    """Move these places to another narrative."""
    if rows:
        mine = NarrativeClaim.id.in_([row.id for row in rows])
        db.session.execute(sa.update(NarrativeClaim).where(mine).values(narrative_id=target.id))
