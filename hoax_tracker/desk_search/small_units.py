"""Small units: where a unit has few rows of a kind, these rows are searched for the words instead of the word index."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hoax_tracker.desk_search.filters import ResultKind, SearchQuery
from hoax_tracker.models import Claim, Clarification, Question, db

SMALL_UNIT_ROWS = 1_000
"""Rows of a unit that are looked through whole."""


def kinds_with_few_rows(wanted: SearchQuery) -> set[ResultKind]:
    """Return the kinds of which the filtered unit has few rows, or rows in few claims.

    Walking all rows with a common word only to find none of the unit would take longer the more rows there are.
    """
    asked = {kind: unit_column(kind) for kind in wanted.kinds if wanted.unit}
    if not asked:
        return set()
    columns = list(dict.fromkeys(asked.values()))
    counts = (
        sa.select(sa.func.count()).select_from(
            sa.select(column).where(column == wanted.unit).limit(SMALL_UNIT_ROWS + 1).subquery()
        )
        for column in columns
    )
    row = db.session.execute(sa.select(*(count_query.scalar_subquery() for count_query in counts))).one()
    small = {column for column, count in zip(columns, row, strict=True) if count <= SMALL_UNIT_ROWS}
    return {kind for kind, column in asked.items() if column in small}


def unit_column(kind: ResultKind) -> Any:
    """Return the column with the unit of a row or of its claim."""
    return {ResultKind.CLARIFICATION: Clarification.unit_id, ResultKind.QUESTION: Question.unit_id}.get(
        kind, Claim.unit_id
    )
