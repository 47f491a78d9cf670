"""Opening a claim from the model's assessment of a text, whatever its origin."""

from __future__ import annotations

from datetime import datetime

from hoax_tracker.claims import priority
from hoax_tracker.claims.recusal import note_accusations
from hoax_tracker.claims.response_targets import ResponseTargets
from hoax_tracker.flag.scoring import ClaimSuggestion
from hoax_tracker.models import Claim, ClaimStatus, db


def open_claim(
    title: str,
    text: str,
    suggestion: ClaimSuggestion,
    targets: ResponseTargets,
    seen: tuple[datetime, datetime],
    now: datetime,
    *,
    status: ClaimStatus = ClaimStatus.NEW,
    is_report: bool = False,
    report_id: int | None = None,
) -> Claim:
    """Open a claim in the current transaction: the model gives topic, unit and priority, ``targets`` the deadline.

    It is stored with the next flush: a batch opens many, and flushing each takes twice as long. ``seen``: first and
    last time. ``is_report``: a resident waits for the answer; ``report_id``: of whose report. Any status but NEW counts
    as an officer's: residents are then told that the claim is under examination.
    """
    value = priority.calculate_priority(suggestion.parts)
    claim = Claim(
        title=title,
        text=text,
        topic=suggestion.topic,
        unit_id=suggestion.route.unit_id,
        status=status,
        priority=value,
        priority_parts=suggestion.parts.as_json(),
        first_seen_at=seen[0],
        last_seen_at=seen[1],
        due_at=targets.due(value, now, is_report=is_report),
        created_at=now,
        examined_since=None if status is ClaimStatus.NEW else now,
    )
    db.session.add(claim)
    note_accusations(claim, suggestion.route.accused, now, report_id=report_id)
    return claim
