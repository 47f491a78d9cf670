"""The queue as a list to download: every claim that its filters match, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.core.content.list_files import ListColumn
from hoax_tracker.core.web.downloads import MOST_ROWS, split_into_batches
from hoax_tracker.models import Claim, ClaimAppearance, db
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


def queue_batches(filters: QueueFilters, now: datetime) -> Iterator[Sequence[QueueRow]]:
    """Yield the claims some at a time. Their order is read once, so that a claim that moves is in the file once."""
    ids = _list_queue_ids(filters, now)
    for part in split_into_batches(ids):
        yield _load_queue_rows(part)


def _list_queue_ids(filters: QueueFilters, now: datetime) -> list[int]:
    """Return the ids of the claims in the order of the page, one more than a file may hold."""
    ids: list[int] = []
    chosen, most = queue_conditions(filters), max(MOST_ROWS.values()) + 1
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
