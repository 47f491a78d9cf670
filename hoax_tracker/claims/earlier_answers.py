"""Earlier answers: published clarifications of other claims of the same narrative.

Officers may begin a draft from one (clarify/earlier_answers/). Residents never see it as the answer to the new claim.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hoax_tracker.models import PUBLIC_STATUSES, Clarification, NarrativeClaim, clarification_claim, db

EARLIER_ANSWERS_SHOWN = 3


def list_earlier_answers(claim_id: int) -> Sequence[Clarification]:
    """Return the newest public clarifications of the claim's narrative that do not answer the claim itself."""
    query = _select_earlier_answers(claim_id)
    newest = query.order_by(Clarification.published_at.desc(), Clarification.id.desc())
    return db.session.scalars(newest.limit(EARLIER_ANSWERS_SHOWN)).all()


def find_earlier_answer(claim_id: int, clarification_id: int) -> Clarification | None:
    """Return that clarification if it is one of these."""
    return db.session.scalar(_select_earlier_answers(claim_id).where(Clarification.id == clarification_id))


def _select_earlier_answers(claim_id: int) -> sa.Select[Clarification]:
    """Return the query of public pages that answer claims of the same narrative and not this one."""
    links, inside = clarification_claim.c, NarrativeClaim
    mine = sa.select(inside.narrative_id).where(inside.claim_id == claim_id).scalar_subquery()
    fellows = sa.select(inside.claim_id).where(inside.narrative_id == mine, inside.claim_id != claim_id)
    answering = sa.select(links.clarification_id).where(links.claim_id.in_(fellows))
    own = sa.select(links.clarification_id).where(links.claim_id == claim_id)
    return sa.select(Clarification).where(
        Clarification.id.in_(answering), Clarification.id.not_in(own), Clarification.status.in_(PUBLIC_STATUSES)
    )
