"""The search queries: matching rows that the officer may see, newest first, one statement for each kind.

Each kind joins the tables that its filters apply to. Pages continue by id (``before``), so that the hundredth costs as
much as the first, and nothing is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.accused_view import hides_draft_from, hides_words_from
from hoax_tracker.claims.awaiting_approval import find_awaiting_claims
from hoax_tracker.claims.recusal import accuses_unit
from hoax_tracker.desk_search.index_tables import INDEXED_TABLES, IndexedTable
from hoax_tracker.desk_search.query_parser import (
    FormShares,
    ResultKind,
    SearchQuery,
    SearchWords,
    estimated_match_share,
    keep_occurring_forms,
    load_occurring_forms,
)
from hoax_tracker.desk_search.results import SearchHit, build_hit
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    Clarification,
    Evidence,
    Item,
    Note,
    Officer,
    Question,
    Report,
    Tag,
    claim_tag,
    db,
)

SMALL_UNIT_ROWS = 1_000
"""Rows of a unit that are looked through whole."""


def _kinds_with_few_rows(wanted: SearchQuery) -> set[ResultKind]:
    """Return the kinds of which the filtered unit has few rows, or rows in few claims.

    Walking all rows with a common word only to find none of the unit would take longer the more rows there are.
    """
    asked = {kind: _unit_column(kind) for kind in wanted.kinds if wanted.unit}
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


def _unit_column(kind: ResultKind) -> Any:
    """Return the column with the unit of a row or of its claim."""
    return {ResultKind.CLARIFICATION: Clarification.unit_id, ResultKind.QUESTION: Question.unit_id}.get(
        kind, Claim.unit_id
    )


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


Conditions = Sequence[sa.ColumnElement[bool]]
PAGE_SIZE = 30
FEW_RESULTS = 5
NEWEST_ROWS_SCANNED = {kind: 600 if kind is ResultKind.ITEM else 150 for kind in ResultKind}
"""Rows of which PostgreSQL makes the words anew before it asks the index; words that many rows hold are found there."""
ID_ORDER_TOLERANCE = 2_000
"""Rows whose order by id may differ from that by moment: a batch of entries is stored in far fewer."""
MODEL_BY_KIND: dict[ResultKind, Any] = {
    ResultKind.CLAIM: Claim,
    ResultKind.CLARIFICATION: Clarification,
    ResultKind.REPORT: Report,
    ResultKind.QUESTION: Question,
    ResultKind.NOTE: Note,
    ResultKind.EVIDENCE: Evidence,
    ResultKind.ITEM: Item,
}
INDEXED_TABLE_BY_KIND = {
    kind: next(indexed_table for indexed_table in INDEXED_TABLES if indexed_table.table == model.__tablename__)
    for kind, model in MODEL_BY_KIND.items()
}
MOMENT_BY_KIND: dict[ResultKind, Any] = {
    ResultKind.CLAIM: Claim.created_at,
    ResultKind.CLARIFICATION: Clarification.created_at,
    ResultKind.REPORT: Report.received_at,
    ResultKind.QUESTION: Question.asked_at,
    ResultKind.NOTE: Note.written_at,
    ResultKind.EVIDENCE: Evidence.added_at,
    ResultKind.ITEM: Item.fetched_at,
}


@dataclass(frozen=True)
class ResultSection:
    """The results of one kind; ``after`` is where the next page begins, None at the end."""

    kind: ResultKind
    hits: list[SearchHit]
    after: int | None


def list_search_sections(
    wanted: SearchQuery, officer: Officer, *, only: Conditions = (), page_size: int | None = None
) -> list[ResultSection]:
    """Return the results that the officer may see: a page of the chosen kind, or a few of every kind.

    ``only``: more conditions on the rows of the chosen kind.
    """
    if wanted.is_empty or (wanted.q and not wanted.asked):
        return []
    on_postgresql = db.engine.dialect.name != "sqlite"
    forms = (
        load_occurring_forms(wanted.asked, [INDEXED_TABLE_BY_KIND[kind] for kind in wanted.kinds])
        if on_postgresql
        else {}
    )
    few: set[ResultKind] = set() if on_postgresql or not wanted.asked else _kinds_with_few_rows(wanted)
    sections = (
        _search_one_kind(
            kind,
            wanted,
            officer,
            forms.get(INDEXED_TABLE_BY_KIND[kind].index),
            few=kind in few,
            only=only,
            limit=(page_size or PAGE_SIZE) if wanted.kind else FEW_RESULTS,
        )
        for kind in wanted.kinds
    )
    return [section for section in sections if section.hits or wanted.kind]


def _search_one_kind(
    kind: ResultKind,
    wanted: SearchQuery,
    officer: Officer,
    forms: FormShares | None,
    *,
    limit: int,
    few: bool = False,
    only: Conditions = (),
) -> ResultSection:
    """Return the results of one kind; ``forms``: the word forms that occur, where the database was asked.

    ``few``: the filters leave few rows.
    """
    query = build_search_statement(kind, wanted, officer, limit + 1, forms, few=few, only=only)
    rows = db.session.execute(query).all() if query is not None else []
    hits = [build_hit(kind, row[0], row[1], wanted.asked) for row in rows[:limit]]
    if kind is ResultKind.CLAIM:
        awaiting = find_awaiting_claims([hit.id for hit in hits if hit.due_at])
        hits = [replace(hit, awaits_approval=hit.id in awaiting) for hit in hits]
    return ResultSection(kind, hits, hits[-1].id if len(rows) > limit else None)


def build_search_statement(
    kind: ResultKind,
    wanted: SearchQuery,
    officer: Officer,
    limit: int,
    forms: FormShares | None = None,
    *,
    few: bool = False,
    only: Conditions = (),
) -> Select | None:
    """Return the query for (row, its claim's id); None where no row can match the occurring forms.

    ``few``, on SQLite: the words are looked for in the rows that the filters leave, not the other way round.
    """
    model, searched = MODEL_BY_KIND[kind], INDEXED_TABLE_BY_KIND[kind]
    conditions = (
        *_filter_conditions(kind, wanted),
        *_visibility_conditions(kind, officer),
        *_date_conditions(kind, wanted),
        *only,
    )
    if not wanted.asked and (wanted.since or wanted.until):
        return _order_by_moment(_select_with_details(kind).where(*conditions), kind, wanted).limit(limit)
    if few:
        query, order = (
            _select_with_details(kind).where(holds_words(kind, wanted.asked, of=unindexed_row_id(model))),
            unindexed_row_id(model),
        )
    else:
        query, order = _narrow_to_words(_select_with_details(kind), model, searched, wanted)
    within = [order <= _highest_id_before(kind, wanted)] if wanted.until else []
    if wanted.before and wanted.kind:
        within.append(order < wanted.before)
    if wanted.asked and forms is not None:
        asked = keep_occurring_forms(wanted.asked, forms)
        if asked is None:
            return None
        enough = estimated_match_share(asked, forms) * NEWEST_ROWS_SCANNED[kind] >= limit
        holding_them = [*conditions, *within, _matches_tsquery(searched, asked)]
        if enough:
            matching_ids = _newest_matching_ids(kind, holding_them, within, _filter_conditions(kind, wanted), limit)
        else:
            matching_ids = _indexed_matching_ids(kind, holding_them, limit)
        return query.join(matching_ids, matching_ids.c.id == model.id).order_by(order.desc())
    return query.where(*conditions, *within).order_by(order.desc()).limit(limit)


def _newest_matching_ids(
    kind: ResultKind, conditions: Sequence[Any], within: Sequence[Any], filters: Sequence[Any], limit: int
) -> sa.Subquery:
    """Return the newest matching ids on PostgreSQL, for common words.

    Its word index has no order. So the newest rows ``within`` are searched first, and the index is asked for the rest
    only where they yield too few: the second part does not run before the first is exhausted. The newest rows are those
    that the ``filters`` leave, if these are on the row itself; finding the newest that belong to a claim might read all
    rows.
    """
    model = MODEL_BY_KIND[kind]
    newest = SELECT_BY_KIND[kind](model.id).where(*conditions)
    if filters and kind in SELF_FILTERED_KINDS:
        further = (
            sa.select(model.id)
            .where(*filters, *within)
            .order_by(model.id.desc())
            .limit(NEWEST_ROWS_SCANNED[kind])
            .cte("newest")
        )
        are_more = sa.func.count() == NEWEST_ROWS_SCANNED[kind]
        last = sa.select(sa.func.min(further.c.id)).having(are_more).correlate(None).scalar_subquery()
        newest = newest.join(further, further.c.id == model.id).order_by(further.c.id.desc())
        older = [last.is_not(None), unindexed_row_id(model) < last]
    else:
        floor = (
            sa.select(sa.func.max(model.id) - NEWEST_ROWS_SCANNED[kind])
            .where(*within)
            .correlate(None)
            .scalar_subquery()
        )
        newest = newest.where(model.id > floor).order_by(model.id.desc())
        older = [unindexed_row_id(model) <= floor]
    parts = (newest.limit(limit).subquery(), _indexed_matching_ids(kind, [*conditions, *older], limit))
    return sa.union_all(*(sa.select(part) for part in parts)).limit(limit).subquery()


def _indexed_matching_ids(kind: ResultKind, conditions: Sequence[Any], limit: int) -> sa.Subquery:
    """Return the newest matching ids by PostgreSQL's word index."""
    model = MODEL_BY_KIND[kind]
    query: sa.Select[int] = SELECT_BY_KIND[kind](model.id).where(*conditions).order_by(unindexed_row_id(model).desc())
    return query.limit(limit).subquery()


def unindexed_row_id(model: Any) -> sa.ColumnElement[int]:
    """Return the id as a sum, so that a planner that overestimates a rare word does not walk all rows by id."""
    return model.id + sa.literal_column("0")  # type: ignore[no-any-return]


def _order_by_moment(query: Any, kind: ResultKind, wanted: SearchQuery) -> Select:
    """Return the query ordered by the time column and its index, so that distant days cost no more."""
    model, moment = MODEL_BY_KIND[kind], MOMENT_BY_KIND[kind]
    if wanted.before and wanted.kind:
        last = sa.select(moment).where(model.id == wanted.before).scalar_subquery()
        query = query.where(sa.tuple_(moment, model.id) < sa.tuple_(last, wanted.before))
    return query.order_by(moment.desc(), model.id.desc())


def _highest_id_before(kind: ResultKind, wanted: SearchQuery) -> sa.ScalarSelect[int]:
    """Return the query for the highest id that can lie before the last day, so that newer rows are skipped.

    Ids follow the times, except for rows written at about the same moment.
    """
    model, moment = MODEL_BY_KIND[kind], MOMENT_BY_KIND[kind]
    last = (
        sa.select(model.id)
        .where(*_date_conditions(kind, wanted))
        .order_by(moment.desc(), model.id.desc())
        .limit(ID_ORDER_TOLERANCE)
    )
    return sa.select(sa.func.max(last.subquery().c.id)).scalar_subquery()


def _narrow_to_words(query: Any, model: Any, searched: IndexedTable, wanted: SearchQuery) -> tuple[Any, Any]:
    """Return the query limited to rows with the words (on SQLite), and the id column that orders it.

    On SQLite that is the index's own column: it returns rows in this order, and stops once enough are found.
    """
    asked = wanted.asked
    if not asked or db.engine.dialect.name != "sqlite":
        return query, model.id
    index = sa.table(searched.index, sa.column("rowid", sa.Integer))
    match = asked.for_fts5(searched.columns)
    if searched.mark and wanted.source:
        match += f' AND {searched.mark} : "{wanted.source}"'
    query = query.join(index, index.c.rowid == model.id)
    return query.where(sa.literal_column(searched.index).op("match")(match)), index.c.rowid


def holds_words(
    kind: ResultKind, asked: SearchWords, of: Any = None, columns: tuple[str, ...] | None = None
) -> sa.ColumnElement[bool]:
    """Return the condition that a row contains the words; false for an empty query.

    ``of``: the expression of the row's id, where it is not the column itself. ``columns``: the only ones looked at, on
    SQLite; PostgreSQL's index knows no columns.
    """
    model, searched = MODEL_BY_KIND[kind], INDEXED_TABLE_BY_KIND[kind]
    if not asked:
        return sa.false()
    if db.engine.dialect.name != "sqlite":
        return _matches_tsquery(searched, asked)
    index = sa.table(searched.index, sa.column("rowid", sa.Integer))
    matching_rows = sa.select(index.c.rowid).where(
        sa.literal_column(searched.index).op("match")(asked.for_fts5(columns or searched.columns))
    )
    condition: sa.ColumnElement[bool] = (model.id if of is None else of).in_(matching_rows)
    return condition


def _matches_tsquery(searched: IndexedTable, asked: SearchWords) -> sa.ColumnElement[bool]:
    """Return the word condition on PostgreSQL."""
    sought = sa.func.to_tsquery(sa.literal_column("'simple'::regconfig"), _inline_literal(asked.for_tsquery()))
    return sa.literal_column(searched.expression, sa.Text).op("@@", return_type=sa.Boolean())(sought)


def _inline_literal(text: str) -> sa.ColumnElement[str]:
    """Return a literal rather than a parameter: PostgreSQL then plans by the frequency of the words."""
    return sa.literal(text, sa.String, literal_execute=True)


def _select_with_details(kind: ResultKind) -> Select:
    """Return the query for (row, its claim's id) with the columns a page shows."""
    row, claim_id, *beside = DETAILS_BY_KIND[kind]
    return SELECT_BY_KIND[kind](row, claim_id).options(*beside)


DETAILS_BY_KIND: dict[ResultKind, tuple[Any, ...]] = {
    ResultKind.CLAIM: (Claim, Claim.id, joinedload(Claim.unit)),
    ResultKind.CLARIFICATION: (Clarification, sa.null(), joinedload(Clarification.unit)),
    ResultKind.REPORT: (Report, ClaimAppearance.claim_id),
    ResultKind.QUESTION: (Question, Question.claim_id, joinedload(Question.unit), joinedload(Question.asked_by)),
    ResultKind.NOTE: (Note, Note.claim_id, joinedload(Note.officer)),
    ResultKind.EVIDENCE: (Evidence, Evidence.claim_id, joinedload(Evidence.added_by).lazyload(Officer.roles)),
    ResultKind.ITEM: (Item, ClaimAppearance.claim_id, joinedload(Item.source)),
}


def _filter_conditions(kind: ResultKind, wanted: SearchQuery) -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions of the filters; those on a claim apply to everything that belongs to it."""
    if kind is ResultKind.ITEM:
        return [Item.source_id == wanted.source] if wanted.source else []
    table = Clarification if kind is ResultKind.CLARIFICATION else Claim
    pairs: list[tuple[Any, Any]] = [(table.topic, wanted.topic), (_unit_column(kind), wanted.unit)]
    if table is Clarification:
        pairs += [(Clarification.status, wanted.page_status), (Clarification.verdict, wanted.verdict)]
    else:
        pairs += [(Claim.status, wanted.status)]
    chosen = [column == value for column, value in pairs if value is not None]
    return [*chosen, has_label(wanted.label)] if wanted.label else chosen


def has_label(label: str) -> sa.ColumnElement[bool]:
    """Return the condition that the claim has the label."""
    tagged = sa.select(claim_tag.c.claim_id).join(Tag, Tag.id == claim_tag.c.tag_id).where(Tag.name == label)
    return Claim.id.in_(tagged)


def _date_conditions(kind: ResultKind, wanted: SearchQuery) -> Sequence[sa.ColumnElement[bool]]:
    (first, last), column = wanted.moments(), MOMENT_BY_KIND[kind]
    return [*([column >= first] if first else []), *([column < last] if last else [])]


def _visibility_conditions(kind: ResultKind, officer: Officer) -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions on what the officer may see.

    Rejected reports are on no page. A claim's reports, notes and evidence are closed to members of an accused unit, and
    a claim that a report worded is not found by them (claims/accused_view.py).
    """
    if kind is ResultKind.CLAIM:
        return [~hides_words_from(officer.unit)]
    if kind is ResultKind.CLARIFICATION:
        return [~hides_draft_from(officer.unit)]
    if kind not in (ResultKind.REPORT, ResultKind.NOTE, ResultKind.EVIDENCE):
        return []
    seen = [Report.rejected_at.is_(None)] if kind is ResultKind.REPORT else []
    return [*seen, ~accuses_unit(officer.unit)]
