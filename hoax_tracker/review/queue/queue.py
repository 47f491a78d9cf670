"""The queue: claims that wait for an officer, in the one order of the desk; or, on request, closed claims.

What rises comes first, the most harmful at the head; then what is late, what is due today, and the rest, each by the
priority that remains (claims/priority.py: harm, spread, age); at the end what awaits an approver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _, lazy_gettext as _l, ngettext
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.accused_view import hide_words, hides_words_from
from hoax_tracker.claims.awaiting_approval import awaits_approval
from hoax_tracker.claims.priority import is_rising
from hoax_tracker.claims.response_targets import next_midnight
from hoax_tracker.core.content.list_files import ListColumn
from hoax_tracker.core.web.downloads import MOST_ROWS, split_into_batches
from hoax_tracker.core.web.query_args import (
    Pages,
    QueryFilters,
    enum_parser,
    parse_page_number,
    parse_row_id,
    query_arg,
    text_parser,
)
from hoax_tracker.desk_search import query_parser
from hoax_tracker.desk_search.queries import has_label, holds_words, unindexed_row_id
from hoax_tracker.desk_search.query_parser import ResultKind, read_label_name
from hoax_tracker.models import WAITING_STATUSES, Claim, ClaimAppearance, ClaimStatus, Topic, Unit, db
from hoax_tracker.models.enums import Labelled
from hoax_tracker.review.decisions.labels import labels_column, split_label_names

CLAIMS_PER_PAGE = 30
RISING, LATE, TODAY, LATER, AWAITING, CLOSED = range(6)
ORDER_WORDS = _l(
    "Urutan di semua daftar: sedang naik, terlambat, hari ini, selebihnya; di dalamnya prioritas, yaitu kemungkinan "
    "keliru, bahaya bila keliru, dan sebarannya."
)
RANK_ORDER: tuple[Any, ...] = (Claim.rank.desc(), Claim.id)
HARM = sa.func.coalesce(Claim.priority_parts["harm"].as_float(), 0)
"""Of what rises, which is little; all else is ordered by the rank, which an index keeps and harm is a part of."""
LAST_SEEN_AT = Claim.last_seen_at


class PartFilter(Labelled):
    """Parts of the queue that can be asked for alone."""

    RISING = "rising", _l("Sedang naik")
    LATE = "late", _l("Terlambat")
    TODAY = "today", _l("Hari ini")
    AWAITING = "awaiting", _l("Menunggu persetujuan")


@dataclass(frozen=True)
class QueuePart:
    """A group of the list: its condition and its order."""

    key: int
    within: tuple[sa.ColumnElement[bool], ...]
    order: tuple[Any, ...]


@dataclass(frozen=True)
class QueueFilters(QueryFilters):
    """Filters of the queue; invalid values are ignored. ``status`` None means all waiting claims."""

    status: ClaimStatus | None = query_arg(enum_parser(ClaimStatus))
    topic: Topic | None = query_arg(enum_parser(Topic))
    unit: int | None = query_arg(parse_row_id)
    q: str = query_arg(text_parser(200), "")
    page: int = query_arg(parse_page_number, 1)
    label: str = query_arg(read_label_name, "")
    part: PartFilter | None = query_arg(enum_parser(PartFilter))


@dataclass(frozen=True)
class QueueRow:
    """A claim in the list, with its number of appearances and its labels."""

    claim: Claim
    seen: int
    tags: list[str]


@dataclass(frozen=True)
class QueueGroup:
    """Rows under one heading; ``count`` covers the whole group, not only this page."""

    title: str
    count: int
    rows: list[QueueRow]
    key: int = LATER

    @property
    def awaits_approval(self) -> bool:
        """True for the group whose answers await approval."""
        return self.key == AWAITING

    @property
    def is_urgent(self) -> bool:
        """True for what rises and what is late."""
        return self.key in (RISING, LATE)


@dataclass(frozen=True)
class ClaimQueue:
    """A page of the queue. ``total`` and groups are filtered.

    ``waiting``, ``late``, ``ours`` (assigned to the officer's unit) and ``ours_late`` count all claims.
    """

    waiting: int
    late: int
    ours: int
    ours_late: int
    total: int
    groups: list[QueueGroup]
    filters: QueueFilters
    along: Sequence[int] = ()

    @property
    def rest(self) -> int:
        """The number of claims after this page."""
        return Pages(self.total, CLAIMS_PER_PAGE).rest(self.filters.page)

    @property
    def first(self) -> Claim | None:
        """The claim that is open by default: none that awaits somebody's approval."""
        return next((group.rows[0].claim for group in self.groups if not group.awaits_approval), None)

    @property
    def heading(self) -> str:
        """The numbers of waiting and late claims as a phrase."""
        return queue_heading(self.waiting, self.late)

    def after(self, claim_id: int) -> int | None:
        """Return the claim to read next: the following one on the page, else the first; None where it is alone."""
        ids = [row.claim.id for group in self.groups for row in group.rows]
        place = ids.index(claim_id) + 1 if claim_id in ids else 0
        others = [*ids[place:], *ids[:place]]
        return next((other_id for other_id in others if other_id != claim_id), None)

    def after_closing(self, claim_id: int) -> int | None:
        """Return the claim to work on next: what rises or is late first, unless it is in its turn already."""
        urgent = [row.claim.id for group in self.groups if group.is_urgent for row in group.rows]
        return urgent[0] if urgent and claim_id not in urgent else self.after(claim_id)


def load_claim_queue(
    filters: QueueFilters, unit: Unit, now: datetime, along: Sequence[sa.Select[int]] = ()
) -> ClaimQueue:
    """Return one page of the queue for an officer of that unit, in the words that they may read.

    The counting queries in ``along`` run with it; their results are in ``ClaimQueue.along``.
    """
    chosen, parts = queue_conditions(filters, unit), queue_parts(filters, now)
    counts, (waiting, late, ours, ours_late, *more) = _count_queue_parts(
        chosen, parts, [*_total_count_queries(unit.id, now), *along]
    )
    page = _load_queue_page(filters, chosen, parts, counts)
    hide_words([row[1] for row in page], unit)
    groups = [
        QueueGroup(
            _queue_group_title(key, filters),
            counts[key],
            [QueueRow(claim, seen, split_label_names(tags)) for _key, claim, seen, tags in rows],
            key,
        )
        for key, rows in groupby(page, key=lambda row: row[0])
    ]
    return ClaimQueue(waiting, late, ours, ours_late, sum(counts.values()), groups, filters, more)


def queue_parts(filters: QueueFilters, now: datetime) -> list[QueuePart]:
    """Return the groups of the list in order; each by deadline is one range of an index."""
    if filters.status and filters.status not in WAITING_STATUSES:
        return [QueuePart(CLOSED, (), (LAST_SEEN_AT.desc(), *RANK_ORDER))]
    midnight, awaits, rises = next_midnight(now), awaits_approval(Claim.id), is_rising(Claim.id)
    late, today = Claim.due_at < now, sa.and_(Claim.due_at >= now, Claim.due_at < midnight)
    by_harm: tuple[Any, ...] = (HARM.desc(), *RANK_ORDER)
    if filters.part:
        alone = {
            PartFilter.RISING: QueuePart(RISING, (rises, ~awaits), by_harm),
            PartFilter.LATE: QueuePart(LATE, (late, ~awaits), RANK_ORDER),
            PartFilter.TODAY: QueuePart(TODAY, (today, ~awaits), RANK_ORDER),
            PartFilter.AWAITING: QueuePart(AWAITING, (awaits,), RANK_ORDER),
        }
        return [alone[filters.part]]
    return [
        QueuePart(RISING, (rises, ~awaits), by_harm),
        QueuePart(LATE, (late, ~awaits, ~rises), RANK_ORDER),
        QueuePart(TODAY, (Claim.due_at >= now, Claim.due_at < midnight, ~awaits, ~rises), RANK_ORDER),
        QueuePart(LATER, (Claim.due_at >= midnight, ~awaits, ~rises), RANK_ORDER),
        QueuePart(AWAITING, (awaits,), RANK_ORDER),
    ]


def claim_count_query(*conditions: sa.ColumnElement[bool]) -> sa.Select[int]:
    """Return the query that counts the claims that meet the conditions."""
    return sa.select(sa.func.count()).select_from(Claim).where(*conditions)


def _count_queue_parts(
    chosen: Sequence[sa.ColumnElement[bool]], parts: Sequence[QueuePart], totals: Sequence[sa.Select[int]]
) -> tuple[dict[int, int], Sequence[int]]:
    """Return the filtered count of each group, and the results of the other counting queries, with one statement."""
    part_counts = (sa.func.count(sa.case((sa.and_(sa.true(), *part.within), 1))) for part in parts)
    apart = (query.correlate(None).scalar_subquery() for query in totals)
    row = db.session.execute(sa.select(*part_counts, *apart).where(*chosen)).one()
    return {part.key: count for part, count in zip(parts, row, strict=False)}, row[len(parts) :]


def _total_count_queries(unit_id: int, now: datetime) -> list[sa.Select[int]]:
    """Return the queries that count waiting claims, late ones, those assigned to the unit, and the late among these."""
    waits = Claim.status.in_(WAITING_STATUSES)
    is_late, is_ours = (Claim.due_at < now, ~awaits_approval(Claim.id)), Claim.unit_id == unit_id
    return [
        claim_count_query(waits),
        claim_count_query(waits, *is_late),
        claim_count_query(waits, is_ours),
        claim_count_query(waits, *is_late, is_ours),
    ]


def queue_conditions(filters: QueueFilters, unit: Unit) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that the filters make. No word finds a claim that hides its words from the unit."""
    chosen: list[sa.ColumnElement[bool]] = [Claim.status.in_([filters.status] if filters.status else WAITING_STATUSES)]
    if filters.topic:
        chosen.append(Claim.topic == filters.topic)
    if filters.unit:
        chosen.append(Claim.unit_id == filters.unit)
    if filters.label:
        chosen.append(has_label(filters.label))
    if filters.q:
        # Claims of the list are asked whether they hold the words, in its index: to look up each that holds a common
        # word, only to find that most do not wait, takes longer.
        chosen.append(
            holds_words(ResultKind.CLAIM, query_parser.read_search_words(filters.q), of=unindexed_row_id(Claim))
        )
        chosen.append(~hides_words_from(unit))
    return chosen


def _load_queue_page(
    filters: QueueFilters,
    chosen: Sequence[sa.ColumnElement[bool]],
    parts: Sequence[QueuePart],
    counts: Mapping[int, int],
) -> Sequence[sa.Row[int, Claim, int, str]]:
    """Return (group, claim, appearances, labels) in the order of each group.

    The ids come from the index alone; only the rows of this page are read.
    """
    skipped = Pages(sum(counts.values()), CLAIMS_PER_PAGE).offset(filters.page)
    room, selects = CLAIMS_PER_PAGE, []
    for part in parts:
        here = min(room, max(0, counts[part.key] - skipped))
        if here:
            ids = sa.select(sa.literal(part.key).label("part"), Claim.id).where(*chosen, *part.within)
            selects.append(sa.select(ids.order_by(*part.order).limit(here).offset(skipped).subquery()))
        skipped, room = max(0, skipped - counts[part.key]), room - here
    if not selects:
        return []
    page = sa.union_all(*selects).subquery()
    seen = sa.select(sa.func.count(ClaimAppearance.id)).where(ClaimAppearance.claim_id == Claim.id).scalar_subquery()
    harm, closed = (sa.case((page.c.part == key, column)) for key, column in ((RISING, HARM), (CLOSED, LAST_SEEN_AT)))
    query = (
        sa.select(page.c.part, Claim, seen + Claim.sightings, labels_column())
        .join(page, page.c.id == Claim.id)
        .options(joinedload(Claim.unit))
        .order_by(page.c.part, harm.desc(), closed.desc(), *RANK_ORDER)
    )
    return db.session.execute(query).all()


def count_claim_totals(unit_id: int, now: datetime) -> tuple[int, int]:
    """Return the numbers of waiting claims and of late ones."""
    totals = _total_count_queries(unit_id, now)[:2]
    waiting, late = db.session.execute(sa.select(*(query.scalar_subquery() for query in totals))).one()
    return waiting, late


def queue_heading(waiting: int, late: int) -> str:
    """Return the numbers of waiting and late claims as a phrase."""
    if not waiting:
        return str(_("Tidak ada klaim yang menunggu"))
    words = ngettext("%(num)d klaim menunggu", "%(num)d klaim menunggu", waiting)
    overdue = ngettext("%(num)d terlambat", "%(num)d terlambat", late)
    return f"{words}, {overdue}" if late else str(words)


def _queue_group_title(group: int, filters: QueueFilters) -> str:
    if group == CLOSED and filters.status:
        return str(filters.status.label)
    titles = {
        RISING: _("Sedang naik"),
        LATE: _("Terlambat"),
        TODAY: _("Hari ini"),
        LATER: _("Sesudah hari ini"),
        AWAITING: _("Menunggu persetujuan"),
    }
    return str(titles[group])


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
