"""Many rows at once: executemany on SQLite, COPY on PostgreSQL, with the column types of the tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import Any, cast

import sqlalchemy as sa
from tqdm import tqdm

Row = Sequence[Any]


class Bulk:
    """Fills tables over one connection of its own, a transaction for each table; ``counts`` and ``seconds`` add up."""

    def __init__(self, engine: sa.Engine) -> None:
        self.connection = engine.connect()
        self.dialect = engine.dialect
        self.counts: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        if self.is_sqlite:
            # A bench that loses power begins again.
            self.connection.connection.execute("PRAGMA synchronous=OFF")
            self.connection.connection.execute("PRAGMA cache_size=-400000")

    @property
    def is_sqlite(self) -> bool:
        """Which of the two databases this is."""
        return self.dialect.name == "sqlite"

    def highest(self, table: sa.Table) -> int:
        """The highest id in the table, 0 for an empty one."""
        found = self.connection.scalar(sa.select(sa.func.max(table.c.id)))
        self.connection.commit()
        return found or 0

    def fill(self, table: sa.Table, names: str, rows: Iterable[Row], total: int) -> None:
        """Write rows, given in the order of ``names`` (column names with spaces between them).

        Columns that are not named get the model's default, where that is a plain value.
        """
        columns, started = [table.c[name] for name in names.split()], perf_counter()
        plain = [one for one in table.c if one not in columns and one.default is not None and one.default.is_scalar]
        defaults = [cast(Any, one.default).arg for one in plain]
        columns, rows = columns + plain, ([*row, *defaults] for row in rows)
        shown = tqdm(self.bound(columns, rows), table.name, total, unit="row", file=sys.stderr, disable=None)
        with self.connection.begin():
            count = self.insert(table, columns, shown) if self.is_sqlite else self.copy(table, columns, shown)
        self.counts[table.name] = self.counts.get(table.name, 0) + count
        self.seconds[table.name] = self.seconds.get(table.name, 0.0) + perf_counter() - started

    def bound(self, columns: Sequence[sa.Column[Any]], rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows as the driver takes them."""
        found = [column.type.dialect_impl(self.dialect).bind_processor(self.dialect) for column in columns]
        changing: list[tuple[int, Callable[[Any], Any]]] = [(n, one) for n, one in enumerate(found) if one]
        for row in rows:
            values = list(row)
            for place, change in changing:
                values[place] = change(values[place])
            yield values

    def insert(self, table: sa.Table, columns: Sequence[sa.Column[Any]], rows: Iterable[Row]) -> int:
        """Write to SQLite."""
        names, marks = ", ".join(f'"{one.name}"' for one in columns), ", ".join("?" * len(columns))
        self.connection.execute(sa.text("select 1"))  # begins the transaction
        cursor: Any = self.connection.connection.cursor()
        # Names of our own tables and columns, and marks for the values.
        cursor.executemany(f'insert into "{table.name}" ({names}) values ({marks})', rows)  # noqa: S608
        return int(cursor.rowcount)

    def copy(self, table: sa.Table, columns: Sequence[sa.Column[Any]], rows: Iterable[Row]) -> int:
        """Write to PostgreSQL."""
        names, count = ", ".join(f'"{one.name}"' for one in columns), 0
        self.connection.execute(sa.text("select 1"))
        cursor: Any = self.connection.connection.cursor()
        with cursor.copy(f'copy "{table.name}" ({names}) from stdin') as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        return count

    def finish(self, tables: Iterable[sa.Table]) -> None:
        """Let numbers go on behind the rows, and the planner know what there is."""
        if not self.is_sqlite:
            for table in tables:
                if table.name in self.counts and "id" in table.c and (last := self.highest(table)):
                    name = sa.func.pg_get_serial_sequence(table.name, "id")
                    self.connection.execute(sa.select(sa.func.setval(name, last)))
                    self.connection.commit()
        if self.is_sqlite:
            self.connection.execute(sa.text("analyze"))
            self.connection.commit()
        else:  # as autovacuum does by itself, a while later
            self.connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("vacuum (analyze)"))
        self.connection.close()
