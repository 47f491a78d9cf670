"""Which of the words that are asked for are common, as the statistics have it that PostgreSQL keeps of its indexes.

A word is asked for in more than a hundred forms. PostgreSQL's index of words goes through all of them again at each row
that holds one. Of the forms few are common: many rows are found by these alone, and only the few rows that hold another
one by all of them (``split``). What the statistics do not know costs time, and nothing is left out for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod

import sqlalchemy as sa

from hoax_tracker.models import db
from hoax_tracker.search.words import Asked, Term

Shares = Mapping[str, float]
"""The share (0..1) of a table's rows that holds a word, of the common ones among those that were asked for."""
STATISTICS = sa.text(
    "select tablename, (select jsonb_object_agg(word, share) "
    "from unnest(most_common_elems::text::text[], most_common_elem_freqs) as common(word, share) "
    "where word = any(:forms)) from pg_stats where schemaname = current_schema() and tablename = any(:indexes)"
)


def shares(asked: Asked, indexes: Iterable[str]) -> dict[str, Shares]:
    """Return the shares of the common forms by index; an index that was never counted is not in it. {} on SQLite."""
    forms = sorted({form for term in asked.terms for form in term.forms})
    if not forms or db.engine.dialect.name == "sqlite":
        return {}
    found = db.session.execute(STATISTICS, {"forms": forms, "indexes": list(indexes)})
    return {index: common or {} for index, common in found}


def split(asked: Asked, common: Shares) -> list[Asked]:
    """Return questions that together find what was asked for: with common forms alone, and with each of the others."""
    often = [kept(term, term.forms & common.keys()) for term in asked.terms]
    if not all(term.forms or not one.forms for term, one in zip(often, asked.terms, strict=True)):
        return [asked]  # of one word no form is common: by that few rows are found
    seldom = [kept(term, term.forms - common.keys()) for term in asked.terms]
    others = [
        Asked((*asked.terms[:place], term, *asked.terms[place + 1 :]))
        for place, term in enumerate(seldom)
        if term.forms
    ]
    return [Asked(tuple(often)), *others]


def kept(term: Term, forms: frozenset[str]) -> Term:
    """Return a word in those of its forms alone; what is no word in forms stays as it is."""
    return replace(term, forms=forms) if term.forms else term


def share(asked: Asked, common: Shares) -> float:
    """Return about what share (0..1) of the rows holds all that is asked for, were the words found independently.

    What is asked for in no forms (a phrase, a beginning) is not guessed: it counts as if every row held it.
    """
    return prod(min(1.0, sum(common.get(form, 0.0) for form in term.forms)) for term in asked.terms if term.forms)
