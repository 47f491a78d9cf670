"""A claim that officers open because residents ask about it, though no source and no report has brought it."""

from __future__ import annotations

from datetime import datetime

from classifiers.assess import assess
from hoax_tracker.flag import models, policy
from hoax_tracker.flag.service import Units, assessment_row
from hoax_tracker.models import Claim, ClaimStatus, ModelVersion, db
from hoax_tracker.subjects import CLAIM_TEXT, headline


def open_claim(text: str, since: datetime, version: ModelVersion, now: datetime) -> Claim:
    """Open a claim with this text in the current transaction; the model says its topic, unit and priority.

    Its status is an officer's (triaged): from now on who asks is told that it is being examined.
    """
    bundle = models.bundle_of(version)
    row = assessment_row(assess(bundle, [text])[0], bundle, version, Units(), now)
    claim = Claim(
        title=headline(text),
        text=text[:CLAIM_TEXT],
        topic=row["topic"],
        unit_id=row["unit_id"],
        status=ClaimStatus.TRIAGED,
        priority=row["priority"],
        first_seen_at=since,
        last_seen_at=now,
        due_at=policy.due(row["priority"], now, True),
        created_at=now,
        examined_since=now,
    )
    db.session.add(claim)
    db.session.flush()
    return claim
