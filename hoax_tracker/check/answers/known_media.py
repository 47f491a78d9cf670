"""The answer to a file whose very bytes officers know: the page of its claim, as judged words get it."""

from __future__ import annotations

from datetime import datetime

from hoax_tracker.check.answers.service import AnswerCandidate, CheckAnswer, load_public_clarifications
from hoax_tracker.claims.media_fingerprints import find_page_of_media
from hoax_tracker.models import CheckDecision


def answer_media(sha256: str, now: datetime) -> CheckAnswer | None:
    """Return the answer to a file by its SHA-256; None where nothing is told of it."""
    page_id = find_page_of_media(sha256)
    page = load_public_clarifications({page_id}).get(page_id) if page_id is not None else None
    if page is None:
        return None
    return CheckAnswer(CheckDecision.MATCH, now, (AnswerCandidate(page, 1.0, 1.0),), stamped=True)
