"""A claim that officers open because residents ask about it, though no source and no report has brought it."""

from __future__ import annotations

from datetime import datetime

from hoax_tracker import targets
from hoax_tracker.flag import models, policy
from hoax_tracker.flag.judging import judge
from hoax_tracker.flag.routing import Units
from hoax_tracker.models import Claim, ClaimStatus, ModelVersion, db
from hoax_tracker.subjects import CLAIM_TEXT, headline


def open_claim(text: str, since: datetime, version: ModelVersion, now: datetime) -> Claim:
    """Open a claim with this text in the current transaction; the model says its topic, unit and priority.

    Its status is an officer's (triaged): from now on who asks is told that it is being examined.
    """
    found = judge(models.bundle_of(version), [text], Units(), reported=True)[0]
    value = policy.priority(found.parts)
    claim = Claim(
        title=headline(text),
        text=text[:CLAIM_TEXT],
        topic=found.topic,
        unit_id=found.route.unit_id,
        accused_unit_id=found.route.accused_unit_id,
        status=ClaimStatus.TRIAGED,
        priority=value,
        priority_parts=found.parts.as_json(),
        first_seen_at=since,
        last_seen_at=now,
        due_at=targets.read().due(value, now, is_report=True),
        created_at=now,
        examined_since=now,
    )
    db.session.add(claim)
    db.session.flush()
    return claim
