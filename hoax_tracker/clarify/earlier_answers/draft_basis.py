"""A draft begun from an earlier answer: the tenth edition of a story is answered from the ninth.

Text and sources of the earlier clarification are copied, with gaps in place of old details (old_details.py). Title and
verdict stay empty: what the new claim says is judged anew. The draft then goes the way of every draft, and author and
approver see from which page it began and in what the two claims differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from hoax_tracker.claims.changed_details import ChangedDetail, list_changed_details
from hoax_tracker.claims.claim_review_markup import clarification_url
from hoax_tracker.claims.earlier_answers import find_earlier_answer
from hoax_tracker.clarify.content import LONGEST_SOURCE_TITLE, SourceLine, list_source_lines
from hoax_tracker.clarify.earlier_answers.old_details import mark_old_details
from hoax_tracker.clarify.forms import MOST_SOURCES
from hoax_tracker.clock import WITA
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Claim, Clarification, ClarificationBasis, Evidence, EvidenceKind, db


@dataclass(frozen=True)
class DraftDifference:
    """A detail that the new claim tells otherwise than the earlier one; ``is_in_draft``: the old one is written there.

    In a gap it does not count as written.
    """

    detail: ChangedDetail
    is_in_draft: bool


@dataclass(frozen=True)
class DraftBasis:
    """The clarification from which a draft was begun, and in what the new claim differs from the one it answered."""

    earlier: Clarification
    differences: list[DraftDifference]


def require_earlier_answer(claim: Claim, clarification_id: int) -> Clarification:
    """Return the clarification if it answers another claim of the same narrative. Raises InvalidInputError."""
    page = find_earlier_answer(claim.id, clarification_id)
    if page is None:
        message = _(
            "Klarifikasi itu tidak lagi menjawab klaim lain dalam narasi yang sama. Rancangan belum dibuat. Di bawah "
            "ini keadaan terbaru."
        )
        raise InvalidInputError(f"no earlier answer {clarification_id}", user_message=message)
    return page


def fill_from_earlier(page: Clarification, claim: Claim, earlier: Clarification) -> None:
    """Fill a new draft from an earlier clarification. What the units answered this time stands first.

    The unit that the earlier claim accused counts as accused until an officer says otherwise. Gaps may make a text too
    long for its field: nothing of it is cut off, the form says so.
    """

    def take_over(text: str) -> str:
        return mark_old_details(text, claim.text)

    page.summary = take_over(earlier.summary)
    page.findings = "\n\n".join(filter(None, [page.findings, take_over(earlier.findings)]))
    page.conclusion = take_over(earlier.conclusion)
    page.accused_unit_id = page.accused_unit_id or earlier.accused_unit_id


def store_basis(page: Clarification, earlier: Clarification, now: datetime) -> None:
    """Give a stored draft the earlier sources, and note from which page it began."""
    shared = {"kind": EvidenceKind.LINK, "clarification_id": page.id, "added_at": now}
    lines = list_earlier_sources(earlier)
    rows = [shared | {"title": line.title, "url": line.url, "dated": line.dated} for line in lines]
    db.session.execute(sa.insert(Evidence), rows)
    db.session.add(ClarificationBasis(clarification_id=page.id, earlier_id=earlier.id))


def list_earlier_sources(earlier: Clarification) -> list[SourceLine]:
    """Return the earlier sources in their order, by which the text numbers them, and behind them the page itself."""
    dated = earlier.published_at.astimezone(WITA).date() if earlier.published_at else None
    title = f"Klarifikasi nomor {earlier.number}: {earlier.title}"[:LONGEST_SOURCE_TITLE]
    itself = SourceLine(title, clarification_url(earlier, current_app.extensions["settings"]), dated)
    return [*list_source_lines(earlier)[: MOST_SOURCES - 1], itself]


def find_draft_basis(page: Clarification) -> DraftBasis | None:
    """Return from which clarification the draft was begun, with the differences; None where it began empty."""
    basis = db.session.get(ClarificationBasis, page.id)
    return DraftBasis(basis.earlier, list(iterate_differences(page, basis.earlier))) if basis else None


def iterate_differences(page: Clarification, earlier: Clarification) -> Iterator[DraftDifference]:
    """Yield the details in which the page's claims differ from what the earlier clarification quotes."""
    told = " ".join(claim.text for claim in page.claims) or page.claim_quote
    written = f"{page.title} {page.summary} {page.findings} {page.conclusion}".casefold()
    for detail in list_changed_details(told, earlier.claim_quote):
        old = re.compile(rf"(?<!\w)(?<!«dulu ){re.escape(detail.before.casefold())}(?!\w)")
        yield DraftDifference(detail, old.search(written) is not None)
