"""The queue as a list to download: every claim that its filters match, in the order of the page.

Claims of a list that say the same, folded into one row. Cheap: the words of the rows that are shown, and no index.

Merging is an officer's decision; folding only keeps ten copies of a chain message from filling the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.accused_view import hide_words
from hoax_tracker.core.content.list_files import ListColumn
from hoax_tracker.core.web.downloads import MOST_ROWS, split_into_batches
from hoax_tracker.models import Claim, ClaimAppearance, Unit, db
from hoax_tracker.review.decisions.labels import labels_column, split_label_names
from hoax_tracker.review.queue.queue import QueueFilters, QueueRow, queue_conditions, queue_parts

QUEUE_COLUMNS = (
    ListColumn("number", _l("Klaim"), lambda row: row.claim.id),
    ListColumn("title", _l("Judul"), lambda row: row.claim.title),
    ListColumn("status", _l("Keadaan"), lambda row: row.claim.status.label),
    ListColumn("unit", _l("Perangkat daerah"), lambda row: row.claim.unit.name if row.claim.unit else ""),
    ListColumn("topic", _l("Pokok"), lambda row: row.claim.topic.label),
    ListColumn("labels", _l("Label"), lambda row: ", ".join(row.tags)),
    ListColumn("seen", _l("Kemunculan"), lambda row: row.seen),
    ListColumn("priority", _l("Prioritas (0–100)"), lambda row: round(100 * row.claim.priority)),
    ListColumn("first_seen_at", _l("Pertama terlihat (WITA)"), lambda row: row.claim.first_seen_at),
    ListColumn("last_seen_at", _l("Terakhir terlihat (WITA)"), lambda row: row.claim.last_seen_at),
    ListColumn("due_at", _l("Batas keputusan awal (WITA)"), lambda row: row.claim.due_at),
    ListColumn("address", _l("Alamat"), lambda row: url_for("review.claim", claim_id=row.claim.id, _external=True)),
)


def queue_batches(filters: QueueFilters, unit: Unit, now: datetime) -> Iterator[Sequence[QueueRow]]:
    """Yield the claims some at a time. Their order is read once, so that a claim that moves is in the file once."""
    ids = _list_queue_ids(filters, unit, now)
    for part in split_into_batches(ids):
        rows = _load_queue_rows(part)
        hide_words([row.claim for row in rows], unit)
        yield rows


def _list_queue_ids(filters: QueueFilters, unit: Unit, now: datetime) -> list[int]:
    """Return the ids of the claims in the order of the page, one more than a file may hold."""
    ids: list[int] = []
    chosen, most = queue_conditions(filters, unit), max(MOST_ROWS.values()) + 1
    for part in queue_parts(filters, now):
        query = sa.select(Claim.id).where(*chosen, *part.within).order_by(*part.order).limit(most - len(ids))
        ids += db.session.scalars(query)
    return ids


def _load_queue_rows(ids: Sequence[int]) -> list[QueueRow]:
    """Return the claims with their appearances and labels, in the order of the ids."""
    seen = sa.select(sa.func.count(ClaimAppearance.id)).where(ClaimAppearance.claim_id == Claim.id).scalar_subquery()
    query = sa.select(Claim, seen + Claim.sightings, labels_column()).where(Claim.id.in_(ids))
    rows = db.session.execute(query.options(joinedload(Claim.unit)))
    by_id = {claim.id: QueueRow(claim, count, split_label_names(tags)) for claim, count, tags in rows}
    return [by_id[key] for key in ids if key in by_id]


ALIKE = 0.8
"""The share of words that two texts have in common, of all that either has."""
WORD = re.compile(r"\w+")


@dataclass
class FoldedRow:
    """A row with those below it in the list that say the same."""

    row: QueueRow
    same: list[QueueRow] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """Return the number of appearances of the row and of those folded below it."""
        return self.row.seen + sum(row.seen for row in self.same)


def fold_same(rows: Sequence[QueueRow]) -> list[FoldedRow]:
    """Return the rows in their order, each with the later ones that say the same."""
    folded: list[tuple[set[str], FoldedRow]] = []
    for row in rows:
        words = set(WORD.findall(row.claim.text.casefold()))
        first = next((one for known, one in folded if _say_same(known, words)), None)
        if first is None:
            folded.append((words, FoldedRow(row)))
        else:
            first.same.append(row)
    return [one for _words, one in folded]


def _say_same(one: set[str], other: set[str]) -> bool:
    """Tell whether two texts have nearly all words in common, and every number: another date is another claim."""
    if {word for word in one ^ other if word.isdigit()}:
        return False
    return len(one & other) >= ALIKE * len(one | other) > 0
