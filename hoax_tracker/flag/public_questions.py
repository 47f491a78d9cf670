"""Claims opened by officers because residents ask, though no source or report brought them."""

from __future__ import annotations

from datetime import datetime

from hoax_tracker.flag import claim_opening
from hoax_tracker.flag.model import model_files
from hoax_tracker.flag.scoring import score_and_route_texts
from hoax_tracker.flag.unit_suggestion import UnitRouter
from hoax_tracker.items.claim_text import CLAIM_TEXT_LIMIT, headline_of_text
from hoax_tracker.models import Claim, ClaimStatus, ModelVersion, db


def open_claim_from_question(text: str, since: datetime, version: ModelVersion, now: datetime) -> Claim:
    """Open a claim with this text in the current transaction; the model gives topic, unit and priority.

    Its status is an officer's (triaged): residents who ask are told that it is under examination.
    """
    units = UnitRouter()
    scored = score_and_route_texts(model_files.load_version_bundle(version), [text], units, reported=True)[0]
    seen, status = (since, now), ClaimStatus.TRIAGED
    told = headline_of_text(text), text[:CLAIM_TEXT_LIMIT]
    claim = claim_opening.open_claim(*told, scored.suggestion, units.targets, seen, now, status=status, is_report=True)
    db.session.flush()
    return claim
