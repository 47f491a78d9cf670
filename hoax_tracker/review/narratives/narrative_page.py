"""Everything that an officer sees of one narrative, and of a claim in its narrative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.accused_view import hide_words
from hoax_tracker.core.audit.audit_log import edits_of
from hoax_tracker.core.database.upsert import alias_table
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    Clarification,
    Narrative,
    NarrativeClaim,
    Officer,
    clarification_claim,
    db,
)
from hoax_tracker.review.narratives.listing import narrative_title_column
from hoax_tracker.review.narratives.membership import require_narrative
from hoax_tracker.review.narratives.wave_chart import (
    Period,
    Wave,
    WaveChart,
    count_days,
    count_periods,
    draw_waves,
    split_waves,
)

CLAIMS_ON_PAGE, EVENTS_SHOWN = 30, 20


@dataclass(frozen=True)
class MemberClaim:
    """A claim of a narrative, its place there, and the clarifications with a number that answer it, newest first."""

    claim: Claim
    row: NarrativeClaim
    answers: Sequence[Clarification]


@dataclass(frozen=True)
class NarrativePage:
    """A narrative with everything its page shows; ``chart`` is None where none of its claims was ever seen.

    ``merged``: narratives that were merged into this one. ``into_title``: of the one it was merged into.
    """

    narrative: Narrative
    title: str
    members: list[MemberClaim]
    claim_count: int
    page: int
    waves: list[Wave]
    periods: list[Period]
    chart: WaveChart | None
    merged: Sequence[Narrative]
    into_title: str
    events: Sequence[AuditEvent]

    @property
    def is_last_page(self) -> bool:
        """True where no claims follow."""
        return self.page * CLAIMS_ON_PAGE >= self.claim_count


@dataclass(frozen=True)
class ClaimNarrative:
    """The narrative that a claim is in: its id, its title, and the number of its claims."""

    id: int
    title: str
    claim_count: int


def load_narrative_page(narrative_id: int, page: int, officer: Officer) -> NarrativePage:
    """Return the narrative's page. Raises NotFoundError."""
    narrative = require_narrative(narrative_id)
    days = count_days([narrative_id]).get(narrative_id, [])
    members = _list_members(narrative_id, page)
    hide_words([member.claim for member in members], officer.unit)
    waves, periods = split_waves(days), count_periods(days)
    inside = sa.select(sa.func.count()).where(NarrativeClaim.narrative_id == narrative_id)
    return NarrativePage(
        narrative=narrative,
        title=_read_narrative_title(narrative_id),
        members=members,
        claim_count=db.session.scalar(inside) or 0,
        page=page,
        waves=waves[::-1],
        periods=periods,
        chart=draw_waves(periods, waves) if waves else None,
        merged=_list_merged(narrative_id),
        into_title=_read_narrative_title(narrative.merged_into_id) if narrative.merged_into_id else "",
        events=_list_narrative_events(narrative_id),
    )


def _read_narrative_title(narrative_id: int) -> str:
    """Return the title of a narrative, "" for one without any."""
    query = sa.select(narrative_title_column(Narrative.id)).where(Narrative.id == narrative_id)
    return db.session.scalar(query) or ""


def _list_members(narrative_id: int, page: int) -> list[MemberClaim]:
    """Return the claims of a narrative on that page, newest first, with their numbered clarifications."""
    query = (
        sa.select(NarrativeClaim)
        .join(NarrativeClaim.claim)
        .where(NarrativeClaim.narrative_id == narrative_id)
        .options(
            joinedload(NarrativeClaim.claim).joinedload(Claim.unit),
            joinedload(NarrativeClaim.claim).selectinload(Claim.accusations),
            joinedload(NarrativeClaim.added_by).lazyload(Officer.roles),
        )
        .order_by(Claim.first_seen_at.desc(), Claim.id.desc())
        .limit(CLAIMS_ON_PAGE)
        .offset((page - 1) * CLAIMS_ON_PAGE)
    )
    rows = db.session.scalars(query).all()
    answers = _list_answers([row.claim_id for row in rows])
    return [MemberClaim(row.claim, row, answers.get(row.claim_id, [])) for row in rows]


def _list_answers(claim_ids: Sequence[int]) -> dict[int, list[Clarification]]:
    """Return by claim the clarifications that were published, newest first: public ones and retracted ones."""
    links = clarification_claim.c
    query = (
        sa.select(links.claim_id, Clarification)
        .join(Clarification, Clarification.id == links.clarification_id)
        .where(links.claim_id.in_(claim_ids), Clarification.number.is_not(None))
        .order_by(Clarification.published_at.desc(), Clarification.id.desc())
    )
    answers: dict[int, list[Clarification]] = {}
    for claim_id, clarification in db.session.execute(query) if claim_ids else ():
        answers.setdefault(claim_id, []).append(clarification)
    return answers


def _list_merged(narrative_id: int) -> Sequence[Narrative]:
    """Return the narratives that were merged into this one, newest first."""
    query = sa.select(Narrative).where(Narrative.merged_into_id == narrative_id)
    return db.session.scalars(query.order_by(Narrative.changed_at.desc(), Narrative.id.desc())).all()


def _list_narrative_events(narrative_id: int) -> Sequence[AuditEvent]:
    """Return what officers did to the narrative, newest first."""
    query = (
        sa.select(AuditEvent)
        .where(AuditEvent.subject == f"narrative:{narrative_id}", AuditEvent.action.in_(edits_of("narrative_")))
        .options(joinedload(AuditEvent.officer).lazyload(Officer.roles))
        .order_by(AuditEvent.id.desc())
        .limit(EVENTS_SHOWN)
    )
    return db.session.scalars(query).all()


def claim_narrative_columns(claim_id: sa.SQLColumnExpression[int]) -> list[sa.ColumnElement[Any]]:
    """Return the columns of the narrative that a claim is in: id, title, number of claims."""
    own, fellow = alias_table(NarrativeClaim, "own"), alias_table(NarrativeClaim, "fellow")
    mine = sa.select(own.narrative_id).where(own.claim_id == claim_id).correlate(Claim).scalar_subquery()
    title = sa.select(narrative_title_column(Narrative.id)).where(Narrative.id == mine).correlate(Claim)
    count = sa.select(sa.func.count()).where(fellow.narrative_id == mine).correlate(Claim)
    return [mine, title.scalar_subquery(), count.scalar_subquery()]


def read_claim_narrative(columns: Sequence[Any]) -> ClaimNarrative | None:
    """Return the narrative in these columns of a row; None where the claim is in none."""
    narrative_id, title, claim_count = columns
    return ClaimNarrative(narrative_id, title or "", claim_count) if narrative_id else None


def find_claim_narrative(claim_id: int) -> ClaimNarrative | None:
    """Return the narrative that the claim is in; None where it is in none."""
    row = db.session.execute(sa.select(*claim_narrative_columns(Claim.id)).where(Claim.id == claim_id)).one_or_none()
    return read_claim_narrative(row) if row else None
