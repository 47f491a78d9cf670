"""Insert or update, for both databases; and second names for tables within one statement.

Counts are added by the database, as other processes count the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hoax_tracker.models import db


def insert_into(table: Any) -> postgresql.Insert | sqlite.Insert:
    """Return an insert with the present database's ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return postgresql.insert(table) if db.engine.dialect.name == "postgresql" else sqlite.insert(table)


def add_to_row(table: Any, key: Mapping[str, Any], counts: Mapping[str, int], **other: Any) -> Any:
    """Add to the counts of the row with that key, inserted with ``other`` where missing; return the new counts."""
    columns = {name: getattr(table, name) for name in counts}
    first = insert_into(table).values({**key, **counts, **other})
    more = {name: columns[name] + times for name, times in counts.items()}
    again = first.on_conflict_do_update(index_elements=list(key), set_=more)
    return db.session.execute(again.returning(*columns.values())).one()


@cache
def alias_table(model: Any, name: str) -> Any:
    """Return the alias of that name of a model or table, the same for every statement that asks for it.

    An alias made anew copies all columns of the table, which costs more than the rest of most queries. Subqueries that
    lie within one another need different names.
    """
    return sa.orm.aliased(model, name=name)
