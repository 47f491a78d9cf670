"""Second names for tables within one statement."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa


@cache
def alias_table(model: Any, name: str) -> Any:
    """Return the alias of that name of a model or table, the same for every statement that asks for it.

    An alias made anew copies all columns of the table, which costs more than the rest of most queries. Subqueries that
    lie within one another need different names.
    """
    return sa.orm.aliased(model, name=name)
