"""The title of a narrative: what an officer wrote, else the title of its oldest claim as it is now."""

from __future__ import annotations

import sqlalchemy as sa

from hoax_tracker.models import Claim, Narrative, NarrativeClaim


def narrative_title_column(narrative_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[str | None]:
    """Return the column with the title of a narrative by the column of its id; None for one without title and claims.

    The claim's title is read, never copied: it holds words of a report, which its reporter may erase.
    """
    named, inside, told = sa.orm.aliased(Narrative), sa.orm.aliased(NarrativeClaim), sa.orm.aliased(Claim)
    written = sa.select(sa.func.nullif(named.title, "")).where(named.id == narrative_id)
    oldest = (
        sa.select(told.title)
        .join(inside, inside.claim_id == told.id)
        .where(inside.narrative_id == narrative_id)
        .order_by(told.first_seen_at, told.id)
        .limit(1)
    )
    owner = narrative_id.class_  # type: ignore[attr-defined]
    return sa.func.coalesce(
        written.correlate(owner).scalar_subquery(), oldest.correlate(owner).scalar_subquery()
    ).label("narrative_title")
