"""Which forms of the searched words occur, and how often the common ones do: asked of PostgreSQL once.

A word has over a hundred forms, of which few occur. For each row PostgreSQL would look up all of them, and the planner
takes each for a common one. So the index is asked first which occur: common ones are in its statistics, and looking up
another takes microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod

from hoax_tracker.desk_search.index_tables import IndexedTable
from hoax_tracker.desk_search.query_parser import SearchWords
from hoax_tracker.models import db

FormShares = Mapping[str, float]
"""The forms that occur in a table, with the share (0..1) of its rows that hold them: 0 for one that is not common."""
COMMON_FORMS_SQL = """
with common as materialized (
    select tablename, word, share
    from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) as counted(word, share)
    where schemaname = current_schema() and tablename = any(%(indexes)s) and word = any(%(forms)s)
)
"""
OCCURRING_FORMS_SQL = """
select '{index}', form, coalesce(share, 0)
from unnest(%(forms)s) as asked(form) left join common on tablename = '{index}' and word = form
where word is not null or exists (
    select from {table} where {expression} @@ to_tsquery('simple'::regconfig, quote_literal(form))
)
"""


def load_occurring_forms(asked: SearchWords, tables: Iterable[IndexedTable]) -> dict[str, dict[str, float]]:
    """Return the occurring word forms by table, on PostgreSQL."""
    shares_by_index: dict[str, dict[str, float]] = {indexed_table.index: {} for indexed_table in tables}
    forms = sorted({form for term in asked.terms for form in term.forms})
    if forms and shares_by_index:
        parts = " union all ".join(
            OCCURRING_FORMS_SQL.format(
                index=indexed_table.index, table=indexed_table.table, expression=indexed_table.expression
            )
            for indexed_table in tables
        )
        parameters = {"forms": forms, "indexes": list(shares_by_index)}
        for index, form, share in db.session.connection().exec_driver_sql(COMMON_FORMS_SQL + parts, parameters):
            shares_by_index[index][form] = share
    return shares_by_index


def keep_occurring_forms(asked: SearchWords, shares: FormShares) -> SearchWords | None:
    """Return the query limited to occurring forms; None where a word occurs in no form, so that nothing can match."""
    terms = [replace(term, forms=term.forms & shares.keys()) if term.forms else term for term in asked.terms]
    lost = any(before.forms and not after.forms for before, after in zip(asked.terms, terms, strict=True))
    return None if lost else SearchWords(tuple(terms))


def estimated_match_share(asked: SearchWords, shares: FormShares) -> float:
    """Return the estimated share (0..1) of matching rows, taking words as independent.

    A term without forms (a phrase, a prefix) is not estimated: it counts as if every row had it.
    """
    return prod(min(1.0, sum(shares.get(form, 0.0) for form in term.forms)) for term in asked.terms if term.forms)
