"""The rows that hold what is asked for, newest first, as one officer may see them: one statement a kind.

Pages follow by id (``before``), so that the hundredth costs what the first does, and nothing is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.recusal import partial_units
from hoax_tracker.desk_search.filters import Kind, Wanted
from hoax_tracker.desk_search.index_tables import SEARCHED, Searched
from hoax_tracker.desk_search.joins import JOINS, OF_ITSELF, Select
from hoax_tracker.desk_search.query_parser import Asked
from hoax_tracker.desk_search.results import Hit, hit_of
from hoax_tracker.desk_search.small_units import of_small_unit, of_unit
from hoax_tracker.desk_search.word_forms import Shares, narrowed_to, occurring, share
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
    RoleName,
    Tag,
    Unit,
    claim_tag,
    db,
)

PAGE = 30
FEW = 5
NEWEST = {kind: 600 if kind is Kind.ITEM else 150 for kind in Kind}
"""Rows of which PostgreSQL makes the words anew before it asks the index; words that many rows hold are found there."""
AT_ABOUT_THE_SAME_TIME = 2_000
"""Rows whose order by id may differ from that by moment: a batch of entries is stored in far fewer."""
MODELS: dict[Kind, Any] = {
    Kind.CLAIM: Claim,
    Kind.CLARIFICATION: Clarification,
    Kind.REPORT: Report,
    Kind.QUESTION: Question,
    Kind.NOTE: Note,
    Kind.EVIDENCE: Evidence,
    Kind.ITEM: Item,
}
SEARCHED_OF = {
    kind: next(one for one in SEARCHED if one.table == model.__tablename__) for kind, model in MODELS.items()
}
WHEN: dict[Kind, Any] = {
    Kind.CLAIM: Claim.created_at,
    Kind.CLARIFICATION: Clarification.created_at,
    Kind.REPORT: Report.received_at,
    Kind.QUESTION: Question.asked_at,
    Kind.NOTE: Note.written_at,
    Kind.EVIDENCE: Evidence.added_at,
    Kind.ITEM: Item.fetched_at,
}


@dataclass(frozen=True)
class Section:
    """What was found of one kind; ``after`` is where the next page begins, None where this is all."""

    kind: Kind
    hits: list[Hit]
    after: int | None


def find(wanted: Wanted, officer: Officer) -> list[Section]:
    """Return what the officer may see of what is wanted: a page of the chosen kind, or a few of every kind."""
    if wanted.is_empty or (wanted.q and not wanted.asked):
        return []
    on_postgresql = db.engine.dialect.name != "sqlite"
    forms = occurring(wanted.asked, [SEARCHED_OF[kind] for kind in wanted.kinds]) if on_postgresql else {}
    few: set[Kind] = set() if on_postgresql or not wanted.asked else of_small_unit(wanted)
    sections = (
        section_of(kind, wanted, officer, forms.get(SEARCHED_OF[kind].index), few=kind in few) for kind in wanted.kinds
    )
    return [section for section in sections if section.hits or wanted.kind]


def section_of(kind: Kind, wanted: Wanted, officer: Officer, forms: Shares | None, *, few: bool = False) -> Section:
    """Return what is found of one kind; ``forms``: those of the words that occur, where the database told them.

    ``few``: the filters leave few rows.
    """
    limit = PAGE if wanted.kind else FEW
    query = statement(kind, wanted, officer, limit + 1, forms, few=few)
    rows = db.session.execute(query).all() if query is not None else []
    hits = [hit_of(kind, row[0], row[1], wanted.asked) for row in rows[:limit]]
    return Section(kind, hits, hits[-1].id if len(rows) > limit else None)


def statement(
    kind: Kind, wanted: Wanted, officer: Officer, limit: int, forms: Shares | None = None, *, few: bool = False
) -> Select | None:
    """Return the query for (row, id of its claim); None where nothing holds the words, by the forms that occur.

    ``few``, on SQLite: the rows that the filters leave are asked whether they hold the words, not the other way round.
    """
    model, searched = MODELS[kind], SEARCHED_OF[kind]
    conditions = (*narrowed(kind, wanted), *allowed(kind, officer), *dated(kind, wanted))
    if not wanted.asked and (wanted.since or wanted.until):
        return by_moment(shown(kind).where(*conditions), kind, wanted).limit(limit)
    if few:
        query, order = shown(kind).where(holds(kind, wanted.asked, of=sums(model))), sums(model)
    else:
        query, order = holding(shown(kind), model, searched, wanted)
    within = [order <= newest_before(kind, wanted)] if wanted.until else []
    if wanted.before and wanted.kind:
        within.append(order < wanted.before)
    if wanted.asked and forms is not None:
        asked = narrowed_to(wanted.asked, forms)
        if asked is None:
            return None
        enough = share(asked, forms) * NEWEST[kind] >= limit
        holding_them = [*conditions, *within, matches(searched, asked)]
        if enough:
            found = newest_first(kind, holding_them, within, narrowed(kind, wanted), limit)
        else:
            found = by_index(kind, holding_them, limit)
        return query.join(found, found.c.id == model.id).order_by(order.desc())
    return query.where(*conditions, *within).order_by(order.desc()).limit(limit)


def newest_first(
    kind: Kind, conditions: Sequence[Any], within: Sequence[Any], filters: Sequence[Any], limit: int
) -> sa.Subquery:
    """Return the newest ids that meet the conditions, on PostgreSQL, where common words are asked for.

    Its index of words gives no order. So the newest rows ``within`` are looked through first, and only where they hold
    too few is the index asked, for the others: the second part is not run before the first is used up, nor where there
    are no others. The newest are those that the ``filters`` leave, where these are on the row itself; to find the
    newest that stand in a claim of some kind may take all rows.
    """
    model = MODELS[kind]
    newest = JOINS[kind](model.id).where(*conditions)
    if filters and kind in OF_ITSELF:
        left = sa.select(model.id).where(*filters, *within).order_by(model.id.desc()).limit(NEWEST[kind]).cte("newest")
        are_more = sa.func.count() == NEWEST[kind]
        last = sa.select(sa.func.min(left.c.id)).having(are_more).correlate(None).scalar_subquery()
        newest = newest.join(left, left.c.id == model.id).order_by(left.c.id.desc())
        older = [last.is_not(None), sums(model) < last]
    else:
        floor = sa.select(sa.func.max(model.id) - NEWEST[kind]).where(*within).correlate(None).scalar_subquery()
        newest = newest.where(model.id > floor).order_by(model.id.desc())
        older = [sums(model) <= floor]
    parts = (newest.limit(limit).subquery(), by_index(kind, [*conditions, *older], limit))
    return sa.union_all(*(sa.select(one) for one in parts)).limit(limit).subquery()


def by_index(kind: Kind, conditions: Sequence[Any], limit: int) -> sa.Subquery:
    """Return the newest ids that meet the conditions, which the index of words finds, on PostgreSQL."""
    model = MODELS[kind]
    found: sa.Select[int] = JOINS[kind](model.id).where(*conditions).order_by(sums(model).desc())
    return found.limit(limit).subquery()


def sums(model: Any) -> sa.ColumnElement[int]:
    """Return the id in a sum: by itself, a planner walks through all rows where it takes a rare word for common."""
    return model.id + sa.literal_column("0")  # type: ignore[no-any-return]


def by_moment(query: Any, kind: Kind, wanted: Wanted) -> Select:
    """Return the query in the order of the moments, which have an index of their own: days far back cost no more."""
    model, moment = MODELS[kind], WHEN[kind]
    if wanted.before and wanted.kind:
        last = sa.select(moment).where(model.id == wanted.before).scalar_subquery()
        query = query.where(sa.tuple_(moment, model.id) < sa.tuple_(last, wanted.before))
    return query.order_by(moment.desc(), model.id.desc())


def newest_before(kind: Kind, wanted: Wanted) -> sa.ScalarSelect[int]:
    """Return the query for the highest id there can be before the last day: what is newer is not looked through.

    Ids follow the moments, but for rows that were written at about the same time.
    """
    model, moment = MODELS[kind], WHEN[kind]
    last = (
        sa.select(model.id)
        .where(*dated(kind, wanted))
        .order_by(moment.desc(), model.id.desc())
        .limit(AT_ABOUT_THE_SAME_TIME)
    )
    return sa.select(sa.func.max(last.subquery().c.id)).scalar_subquery()


def holding(query: Any, model: Any, searched: Searched, wanted: Wanted) -> tuple[Any, Any]:
    """Return the query narrowed to rows that hold the words (on SQLite), and the column of ids that it is ordered by.

    On SQLite that is the index's own: it gives its rows in that order, and stops where enough are found.
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


def holds(kind: Kind, asked: Asked, of: Any = None) -> sa.ColumnElement[bool]:
    """Return the condition that a row of that kind holds the words; none does where nothing is asked for.

    ``of``: what gives the row's id, where that is not the column itself.
    """
    model, searched = MODELS[kind], SEARCHED_OF[kind]
    if not asked:
        return sa.false()
    if db.engine.dialect.name != "sqlite":
        return matches(searched, asked)
    index = sa.table(searched.index, sa.column("rowid", sa.Integer))
    found = sa.select(index.c.rowid).where(
        sa.literal_column(searched.index).op("match")(asked.for_fts5(searched.columns))
    )
    condition: sa.ColumnElement[bool] = (model.id if of is None else of).in_(found)
    return condition


def matches(searched: Searched, asked: Asked) -> sa.ColumnElement[bool]:
    """Return the condition for PostgreSQL."""
    sought = sa.func.to_tsquery(sa.literal_column("'simple'::regconfig"), literal(asked.for_tsquery()))
    return sa.literal_column(searched.expression, sa.Text).op("@@", return_type=sa.Boolean())(sought)


def literal(text: str) -> sa.ColumnElement[str]:
    """Return a text that stands in the statement itself: PostgreSQL plans by how often its words are found."""
    return sa.literal(text, sa.String, literal_execute=True)


def shown(kind: Kind) -> Select:
    """Return the query for (row, id of its claim) with what is shown beside them."""
    row, claim_id, *beside = SHOWN[kind]
    return JOINS[kind](row, claim_id).options(*beside)


SHOWN: dict[Kind, tuple[Any, ...]] = {
    Kind.CLAIM: (Claim, Claim.id, joinedload(Claim.unit)),
    Kind.CLARIFICATION: (Clarification, sa.null(), joinedload(Clarification.unit)),
    Kind.REPORT: (Report, ClaimAppearance.claim_id),
    Kind.QUESTION: (Question, Question.claim_id, joinedload(Question.unit), joinedload(Question.asked_by)),
    Kind.NOTE: (Note, Note.claim_id, joinedload(Note.officer)),
    Kind.EVIDENCE: (Evidence, Evidence.claim_id, joinedload(Evidence.added_by).lazyload(Officer.roles)),
    Kind.ITEM: (Item, ClaimAppearance.claim_id, joinedload(Item.source)),
}


def narrowed(kind: Kind, wanted: Wanted) -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions of the filters; those of a claim hold for what stands in it."""
    if kind is Kind.ITEM:
        return [Item.source_id == wanted.source] if wanted.source else []
    table = Clarification if kind is Kind.CLARIFICATION else Claim
    given: list[tuple[Any, Any]] = [(table.topic, wanted.topic), (of_unit(kind), wanted.unit)]
    if table is Clarification:
        given += [(Clarification.status, wanted.page_status), (Clarification.verdict, wanted.verdict)]
    else:
        given += [(Claim.status, wanted.status)]
    chosen = [column == value for column, value in given if value is not None]
    return [*chosen, bearing(wanted.label)] if wanted.label else chosen


def bearing(label: str) -> sa.ColumnElement[bool]:
    """Return the condition that the claim has the label."""
    tagged = sa.select(claim_tag.c.claim_id).join(Tag, Tag.id == claim_tag.c.tag_id).where(Tag.name == label)
    return Claim.id.in_(tagged)


def dated(kind: Kind, wanted: Wanted) -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions of the days."""
    (first, last), column = wanted.moments(), WHEN[kind]
    return [*([column >= first] if first else []), *([column < last] if last else [])]


def allowed(kind: Kind, officer: Officer) -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions of what the officer may see.

    A rejected report is on no page. Who belongs to a unit that a claim accuses reads its reports there, one claim at a
    time, but does not search for who wrote them; its notes and evidence are not for them.
    """
    if kind not in (Kind.REPORT, Kind.NOTE, Kind.EVIDENCE):
        return []
    seen = [Report.rejected_at.is_(None)] if kind is Kind.REPORT else []
    if officer.is_a(RoleName.ADMINISTRATOR):
        return seen
    accused, units = Claim.accused_unit_id, db.session.scalars(sa.select(Unit)).all()
    return [*seen, sa.or_(accused.is_(None), accused.not_in(partial_units(officer.unit, units)))]
