"""What is asked and not answered yet: claims that officers examine, by topic. Their words are not public."""

from __future__ import annotations

import sqlalchemy as sa

from hoax_tracker.models import Claim, db
from hoax_tracker.models.claims import OPEN_STATUSES


def count_open_claims() -> dict[str, int]:
    """Return how many claims residents are told to be under examination, by topic."""
    query = sa.select(Claim.topic, sa.func.count()).where(Claim.status.in_(OPEN_STATUSES)).group_by(Claim.topic)
    return {topic.value: count for topic, count in db.session.execute(query)}
