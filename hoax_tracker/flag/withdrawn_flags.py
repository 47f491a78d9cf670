"""What the model in use does not flag any more leaves the queue, where nobody but a model put it there.

Going back from a model so takes back what that model added. It leaves when its opening text is judged anew: that is
queued whenever another version comes into use (items/assessment_queue.py). A claim stays where officers began with it,
where a resident reported it or asked for it, where it accuses or rises, where an officer recorded the text, where
another of its texts is flagged, and where its source reworded the text since: officers see both.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from hoax_tracker.claims.locks import has_officer_work
from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.models import (
    Alarm,
    Assessment,
    Claim,
    ClaimAccusation,
    ClaimAppearance,
    ClaimStatus,
    Demand,
    Item,
    Source,
    SourceKind,
    db,
)


def list_openers(ids: Collection[int]) -> set[int]:
    """Return the items among these that opened a claim which no officer has changed."""
    query = (
        sa.select(ClaimAppearance.item_id)
        .join(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(ClaimAppearance.item_id.in_(ids), ClaimAppearance.opens)
        .where(Claim.status == ClaimStatus.NEW, Claim.version == 1)
    )
    return {key for key in db.session.scalars(query) if key is not None}


def withdraw_claims(opened_by: Collection[Item], version_id: int) -> int:
    """Delete the claims that these items opened and that are a model's alone, in the current transaction.

    ``version_id``: that of the model in use, which does not flag the items. What other models said of a claim's items
    is forgotten, so that one that comes back judges them anew. Returns how many claims left.
    """
    number = 0
    for item in opened_by:
        claim = db.session.scalar(
            sa.select(Claim)
            .join(ClaimAppearance)
            .where(ClaimAppearance.item_id == item.id, ClaimAppearance.opens)
            .with_for_update(of=Claim)
        )
        if claim is None or claim.text != claim_text_of(item) or not _is_models_alone(claim, version_id):
            continue
        ids = [appearance.item_id for appearance in claim.appearances]
        others = sa.and_(Assessment.item_id.in_(ids), Assessment.model_version_id != version_id)
        db.session.execute(sa.delete(Assessment).where(others), execution_options={"synchronize_session": False})
        db.session.delete(claim)
        db.session.flush()
        number += 1
    return number


def _is_models_alone(claim: Claim, version_id: int) -> bool:
    if claim.status is not ClaimStatus.NEW or claim.version > 1 or claim.demand or claim.sightings:
        return False
    appearances = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.claim_id == claim.id)
    keep = [
        sa.and_(ClaimAppearance.claim_id == claim.id, ClaimAppearance.report_id.is_not(None)),
        sa.and_(Item.id.in_(appearances), Item.source_id == Source.id, Source.kind == SourceKind.MANUAL),
        sa.and_(
            Assessment.item_id.in_(appearances), Assessment.model_version_id == version_id, Assessment.flagged.is_(True)
        ),
        ClaimAccusation.claim_id == claim.id,
        Alarm.claim_id == claim.id,
        sa.or_(Demand.claim_id == claim.id, Demand.suggested_id == claim.id),
    ]
    has_other_source = any(db.session.scalar(sa.select(sa.exists().where(condition))) for condition in keep)
    return not has_other_source and not has_officer_work(claim)
