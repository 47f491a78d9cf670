"""The rows that messages are matched against: clarifications, those withdrawn, claims, and others' reviews."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from classifiers.matcher.document import Document
from hoax_tracker.models import (
    OPEN_STATUSES,
    PUBLIC_STATUSES,
    Claim,
    Clarification,
    ClarificationStatus,
    Item,
    Source,
    SourceKind,
    db,
)

Marks = npt.NDArray[np.int64]
"""Id, version and a checksum of the newest moment of some rows: another mark, another text."""

# Nobody reads on for a hoax: what identifies it stands near the top.
HEAD_CHARACTERS = 5_000
ASKED_AT_ONCE = 500

READ_AT_ONCE = 5_000
FACT_CHECK_CHARACTERS = 1_000
READ_BESIDE = 500
"""Changed rows that every process reads beside the files; with more, the files are rewritten."""

Signature = tuple[Any, ...]


@dataclass(frozen=True)
class MatchedRows:
    """One kind of rows; ids in answers are row ids as text.

    ``texts``: title, claim and summary, and approved wordings where there are any.
    """

    name: str
    table: type[Clarification | Claim | Item]
    version: sa.SQLColumnExpression[int]
    chosen: sa.ColumnElement[bool]
    moment: sa.SQLColumnExpression[Any]
    texts: tuple[sa.SQLColumnExpression[Any], ...]

    def marks(self) -> Marks:
        """Return (n, 3): id, version and newest time of each row, ordered by id."""
        # As text: a hundred thousand moments made into objects would take most of a second.
        moment = sa.func.coalesce(sa.cast(self.moment, sa.String), "")
        query = sa.select(self.table.id, self.version, moment).where(self.chosen).order_by(self.table.id)
        partitions = db.session.execute(query.execution_options(yield_per=READ_AT_ONCE)).partitions()
        parts = (
            [(key, version, crc32(changed_at.encode())) for key, version, changed_at in rows] for rows in partitions
        )
        return np.concatenate([np.zeros((0, 3), dtype=np.int64), *(np.array(part, dtype=np.int64) for part in parts)])

    def documents(self, ids: Collection[int]) -> dict[int, Document]:
        """Return the rows with these ids that still qualify."""
        return {int(document.id): document for document in self._documents(ids)}

    def _documents(self, ids: Collection[int]) -> Iterator[Document]:
        remaining_ids = iter(sorted(ids))
        while part := list(islice(remaining_ids, ASKED_AT_ONCE)):
            query = sa.select(self.table.id, *self.texts).where(self.table.id.in_(part), self.chosen)
            for key, title, claim, summary, *wordings in db.session.execute(query):
                yield Document(str(key), title, claim[:HEAD_CHARACTERS], summary, *map(tuple, wordings))

    @property
    def table_name(self) -> str:
        """Return this kind's name in the table of changes."""
        return self.table.__tablename__

    def signature(self) -> Signature:
        """Return count, newest time, and sums that differ for any two sets of rows and versions met in practice."""
        wide = sa.cast(self.table.id, sa.BigInteger)  # the product of two integers must not run over
        sums = (sa.func.sum(self.version), sa.func.sum(wide), sa.func.sum(wide * self.version))
        query = sa.select(sa.func.count(self.table.id), sa.func.max(self.moment), *sums).where(self.chosen)
        return tuple(db.session.execute(query).one())


def differing_row_ids(ours: Marks, other: Marks) -> frozenset[int]:
    """Return the ids of rows that only one side has, or that differ."""
    if np.array_equal(ours, other):  # as nearly always, and sorting records is slow
        return frozenset()
    kind = np.dtype([(name, np.int64) for name in ("id", "version", "moment")])
    first, second = (np.ascontiguousarray(marks, dtype=np.int64).view(kind).ravel() for marks in (ours, other))
    return frozenset(np.setxor1d(first, second)["id"].tolist())


def _clarification_rows(name: str, chosen: sa.ColumnElement[bool]) -> MatchedRows:
    page = Clarification
    texts = (page.title, page.claim_quote, page.summary, page.wordings)
    return MatchedRows(name, page, page.version, chosen, page.changed_at, texts)


PUBLISHED_ROWS = _clarification_rows("published", Clarification.status.in_(PUBLIC_STATUSES))
WITHDRAWN_ROWS = _clarification_rows("withdrawn", Clarification.status == ClarificationStatus.RETRACTED)
KNOWN_CLAIM_ROWS = MatchedRows(
    "known",
    Claim,
    Claim.version,
    sa.true(),
    Claim.created_at,  # SQLite gives the id of the newest claim again where that was deleted
    (Claim.title, Claim.text, sa.literal("")),
)
"""Every claim in the words in which it came: what is seen again joins it."""
FACT_CHECK_ROWS = MatchedRows(
    "fact_checks",
    Item,
    sa.literal(0),
    Item.source_id.in_(sa.select(Source.id).where(Source.kind == SourceKind.CLAIM_REVIEW)),
    sa.func.coalesce(Item.edited_at, Item.fetched_at),
    (Item.title, sa.literal(""), sa.func.substr(Item.text, 1, FACT_CHECK_CHARACTERS)),
)
"""Reviews by other fact-checkers: the claim, then the rating and the beginning of the finding."""


def published_signature() -> Signature:
    """Return a value that changes whenever a public clarification is added, corrected or retracted."""
    return PUBLISHED_ROWS.signature()


def claims_signature() -> Signature:
    """Return a value that changes whenever a claim is added, deleted, reworded or re-examined."""
    ids = sa.func.sum(sa.cast(Claim.id, sa.BigInteger))
    waiting = sa.select(sa.func.count(), ids, sa.func.max(Claim.examined_since)).where(Claim.status.in_(OPEN_STATUSES))
    return KNOWN_CLAIM_ROWS.signature() + tuple(db.session.execute(waiting).one())
