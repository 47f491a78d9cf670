"""A draft begun from an earlier answer: the tenth edition of a story is answered from the ninth.

Text and sources of the earlier clarification are copied, with gaps in place of old details (old_details.py). Title and
verdict stay empty: what the new claim says is judged anew. The draft then goes the way of every draft, and author and
approver see from which page it began and in what the two claims differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims.changed_details import ChangedDetail, list_changed_details
from hoax_tracker.claims.claim_review_markup import clarification_url
from hoax_tracker.claims.earlier_answers import find_earlier_answer
from hoax_tracker.clarify.content import LONGEST_SOURCE_TITLE, SourceLine, clarification_content, list_source_lines
from hoax_tracker.clarify.earlier_answers.old_details import list_unchanged_details, mark_old_details
from hoax_tracker.clarify.forms import MOST_SOURCES
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.current import current_settings
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import (
    UNFINISHED_STATUSES,
    Claim,
    Clarification,
    ClarificationBasis,
    ClarificationStatus,
    Evidence,
    EvidenceKind,
    db,
)

CHANGES = (ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED)


@dataclass(frozen=True)
class DraftBasis:
    """The clarification from which a draft was begun, and in what the new claim differs from the one it answered.

    ``unchanged``: values and names that stand in the draft as in the earlier text. ``changed_at``: when the earlier
    page was last corrected or withdrawn since, None where it was not.
    """

    earlier: Clarification
    differences: list[ChangedDetail]
    unchanged: list[str]
    changed_at: datetime | None


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
    lines = _list_earlier_sources(earlier)
    rows = [shared | {"title": line.title, "url": line.url, "dated": line.dated} for line in lines]
    db.session.execute(sa.insert(Evidence), rows)
    db.session.add(ClarificationBasis(clarification_id=page.id, earlier_id=earlier.id))


def _list_earlier_sources(earlier: Clarification) -> list[SourceLine]:
    """Return the earlier sources in their order, by which the text numbers them, and the page itself if it fits."""
    dated = day_in_kupang(earlier.published_at) if earlier.published_at else None
    title = f"Klarifikasi nomor {earlier.number}: {earlier.title}"[:LONGEST_SOURCE_TITLE]
    itself = SourceLine(title, clarification_url(earlier, current_settings()), dated)
    return [*list_source_lines(earlier), itself][:MOST_SOURCES]


def find_draft_basis(page: Clarification) -> DraftBasis | None:
    """Return from which clarification the draft was begun, with the differences; None where it began empty."""
    basis = db.session.get(ClarificationBasis, page.id)
    if basis is None:
        return None
    earlier, told = basis.earlier, " ".join(claim.text for claim in page.claims) or page.claim_quote
    # What a correction took out of the earlier page may stand in the draft still.
    texts = [earlier.claim_quote, _join_texts(clarification_content(earlier).as_json())]
    texts += [_join_texts(revision.content) for revision in earlier.revisions]
    since = [one.made_at for one in earlier.revisions if one.kind in CHANGES and one.made_at >= page.created_at]
    return DraftBasis(
        earlier,
        list_changed_details(told, earlier.claim_quote),
        list_unchanged_details(_join_texts(clarification_content(page).as_json()), texts, told),
        max(since, default=None),
    )


def _join_texts(content: Mapping[str, Any]) -> str:
    """Return everything that an author wrote in a content as one text."""
    return "\n".join(content[name] for name in ("title", "summary", "findings", "conclusion"))


def find_withdrawn_address(page: Clarification) -> str:
    """Return the address of the clarification from which the draft was begun if it was withdrawn, else ""."""
    basis = db.session.get(ClarificationBasis, page.id) if page.status in UNFINISHED_STATUSES else None
    if basis is None or basis.earlier.status is not ClarificationStatus.RETRACTED:
        return ""
    return clarification_url(basis.earlier, current_settings())
