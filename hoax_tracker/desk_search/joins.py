"""The joins of each kind of result: the tables that its filters apply to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from hoax_tracker.desk_search.filters import ResultKind
from hoax_tracker.models import Claim, ClaimAppearance, Evidence, Item, Note, Question, Report

Select = Any  # of what it gives, each kind has its own


def _select_plain_rows(*columns: Any) -> Select:
    """Return the query for claims or clarifications."""
    return sa.select(*columns)


def _select_reports(*columns: Any) -> Select:
    """Return the query for reports that belong to a claim."""
    joined = sa.select(*columns).select_from(Report).join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
    return joined.join(Claim, Claim.id == ClaimAppearance.claim_id)


def _select_questions(*columns: Any) -> Select:
    """Return the query for questions to units, with their answers."""
    return sa.select(*columns).select_from(Question).join(Claim, Claim.id == Question.claim_id)


def _select_notes(*columns: Any) -> Select:
    """Return the query for officers' notes."""
    return sa.select(*columns).select_from(Note).join(Claim, Claim.id == Note.claim_id)


def _select_evidence(*columns: Any) -> Select:
    """Return the query for the evidence of claims; sources of clarifications are found with their page."""
    return sa.select(*columns).select_from(Evidence).join(Claim, Claim.id == Evidence.claim_id)


def _select_items(*columns: Any) -> Select:
    """Return the query for items, with or without a claim."""
    return sa.select(*columns).select_from(Item).outerjoin(ClaimAppearance, ClaimAppearance.item_id == Item.id)


SELECT_BY_KIND: dict[ResultKind, Callable[..., Select]] = {
    ResultKind.CLAIM: _select_plain_rows,
    ResultKind.CLARIFICATION: _select_plain_rows,
    ResultKind.REPORT: _select_reports,
    ResultKind.QUESTION: _select_questions,
    ResultKind.NOTE: _select_notes,
    ResultKind.EVIDENCE: _select_evidence,
    ResultKind.ITEM: _select_items,
}
"""What a row is told apart by: its own columns and those of its claim, where it has one."""
SELF_FILTERED_KINDS = frozenset({ResultKind.CLAIM, ResultKind.CLARIFICATION, ResultKind.ITEM})
"""The kinds whose filters are on the row itself; those of the others are on its claim."""
