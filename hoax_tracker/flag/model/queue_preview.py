"""What putting a model into use would add to the queue and take from it, among the texts of the last thirty days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import assess_texts
from hoax_tracker.claims import priority
from hoax_tracker.flag.item_assessment import are_local
from hoax_tracker.items.claim_text import claim_text_of, claim_title_of
from hoax_tracker.models import Assessment, Item, ModelVersion, db

PREVIEWED_DAYS = 30
TEXTS_LIMIT = 5_000
"""The newest texts that are judged, in seconds, while a person waits."""
TITLES_SHOWN = 10
NOTHING_IS_EXPLAINED = 2.0


def preview_queue(bundle: Bundle, used: ModelVersion, now: datetime) -> dict[str, Any]:
    """Return what ``bundle`` would flag and ``used`` did not, and the reverse.

    ``previewed``: the number of texts that both judged; ``added``, ``dropped``: how many; ``added_titles``,
    ``dropped_titles``: the headlines of those that the model is surest of, at most TITLES_SHOWN.
    """
    seen_at = sa.func.coalesce(Item.published_at, Item.fetched_at)
    query = (
        sa.select(Item, Assessment.flagged)
        .join(Assessment, Assessment.item_id == Item.id)
        .where(Assessment.model_version_id == used.id, seen_at >= now - timedelta(days=PREVIEWED_DAYS))
        .order_by(seen_at.desc(), Item.id.desc())
        .limit(TEXTS_LIMIT)
    )
    rows = [(item, bool(flagged)) for item, flagged in db.session.execute(query)]
    lines = priority.FlagThresholds(bundle.thresholds["relevance"], bundle.thresholds["misinformation"])
    items = [item for item, _ in rows]
    scores = assess_texts(
        bundle, [claim_text_of(item) for item in items], lines.relevance, are_local(items), NOTHING_IS_EXPLAINED
    )
    added: list[tuple[float, str]] = []
    dropped: list[tuple[float, str]] = []
    for (item, was_flagged), score in zip(rows, scores, strict=True):
        if priority.is_flagged(score.relevance, score.misinformation, lines) != was_flagged:
            (dropped if was_flagged else added).append((score.misinformation, claim_title_of(item)))
    return {
        "previewed": len(rows),
        "added": len(added),
        "added_titles": [title for _, title in sorted(added, reverse=True)[:TITLES_SHOWN]],
        "dropped": len(dropped),
        "dropped_titles": [title for _, title in sorted(dropped)[:TITLES_SHOWN]],
    }
