"""The index of words: FTS5 tables on SQLite, GIN indexes on PostgreSQL; the database itself keeps them right.

On SQLite ``words_of_<table>`` holds no text of its own: triggers tell it of every row that is added, changed or
deleted, whichever statement does it, in the same transaction. Words of a row that is deleted leave the file at once
(``secure-delete``, SQLite 3.42; with an older one ``optimize`` writes the index anew). On PostgreSQL an index on an
expression needs none of that. The texts are indexed as they are written: a question is asked in all forms of its words
(query_parser.py), so that another list of words needs no new index.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import sqlalchemy as sa

PREFIX = "words_of_"
"""What the names of everything of ours in the database begin with."""
FUNCTION = "words_of_text"
LONGEST = 100_000
COST = 2_000
"""What making the words of a text costs, in the planner's unit for a plain function: some tens of microseconds."""
KEEPS_DELETED = sqlite3.sqlite_version_info < (3, 42)
"""Whether this SQLite leaves words of deleted rows in the file until the index is written anew."""


@dataclass(frozen=True)
class Searched:
    """A table whose ``columns`` are looked through; ``mark`` is a number beside them that lists are narrowed by."""

    table: str
    columns: tuple[str, ...]
    mark: str | None = None

    @property
    def index(self) -> str:
        """The name of its index."""
        return PREFIX + self.table

    @property
    def held(self) -> tuple[str, ...]:
        """What FTS5 holds of a row."""
        return (*self.columns, self.mark) if self.mark else self.columns

    @property
    def expression(self) -> str:
        """What PostgreSQL has an index on; a query repeats it word for word."""
        joined = " || ' ' || ".join(f"coalesce({self.table}.{name}, '')" for name in self.columns)
        return f"{FUNCTION}({joined})"


SEARCHED = (
    Searched("claim", ("title", "text")),
    Searched("clarification", ("title", "summary", "claim_quote", "findings", "conclusion")),
    Searched("report", ("text",)),
    Searched("question", ("text", "answer")),
    Searched("note", ("text",)),
    Searched("evidence", ("title", "file_name")),
    Searched("item", ("title", "text"), mark="source_id"),
)


def is_ours(name: str) -> bool:
    """Tell whether a table or index is one of the search's: it is made anew from the rows and holds none."""
    return name.startswith(PREFIX)


def create(connection: sa.Connection, searched: Searched) -> None:
    """Make the index of a table and fill it."""
    if connection.dialect.name == "sqlite":
        names = ", ".join(searched.held)
        how = f"content='{searched.table}', content_rowid='id', tokenize='unicode61 remove_diacritics 2'"
        run(connection, f"create virtual table {searched.index} using fts5({names}, {how})")
        make_triggers(connection, searched)
        fill(connection, searched)
    else:
        make_function(connection)
        bare = searched.expression.replace(f"{searched.table}.", "")
        run(connection, f"create index {searched.index} on {searched.table} using gin ({bare})")


def drop(connection: sa.Connection, searched: Searched) -> None:
    """Take the index of a table away."""
    if connection.dialect.name == "sqlite":
        for name in triggers(searched):
            run(connection, f"drop trigger if exists {name}")
        run(connection, f"drop table if exists {searched.index}")
    else:
        run(connection, f"drop index if exists {searched.index}")


def drop_function(connection: sa.Connection) -> None:
    """Take away what PostgreSQL's indexes are made with, after the last of them."""
    if connection.dialect.name == "postgresql":
        run(connection, f"drop function if exists {FUNCTION}(text)")


def make_function(connection: sa.Connection) -> None:
    """Make the function that turns a text into words: apart at every mark, as FTS5 has them.

    It stays a function of its own in a plan (one in SQL would be dissolved), so that its cost counts: the planner then
    takes the index instead of making the words of very many rows anew.
    """
    marks = r"[!-/:-@\[-`{-~]+"
    run(
        connection,
        f"create or replace function {FUNCTION}(given text) returns tsvector language plpgsql immutable parallel safe "
        f"cost {COST} as $$ begin return "
        f"to_tsvector('simple'::regconfig, regexp_replace(left(given, {LONGEST}), '{marks}', ' ', 'g')); end $$",
    )


def triggers(searched: Searched) -> dict[str, str]:
    """Return the triggers that keep a table's index on SQLite, by name."""
    table, index = searched.table, searched.index
    names, new, old = (", ".join(f"{side}{name}" for name in searched.held) for side in ("", "new.", "old."))
    add = f"insert into {index}(rowid, {names}) values (new.id, {new});"  # nosec B608  # noqa: S608 - names of our own
    take = f"insert into {index}({index}, rowid, {names}) values ('delete', old.id, {old});"  # nosec B608  # noqa: S608
    changed = " or ".join(f"old.{name} is not new.{name}" for name in ("id", *searched.held))
    return {
        f"{index}_added": f"after insert on {table} begin {add} end",
        f"{index}_deleted": f"after delete on {table} begin {take} end",
        f"{index}_changed": f"after update on {table} when {changed} begin {take} {add} end",
    }


def make_triggers(connection: sa.Connection, searched: Searched) -> None:
    """Let the table tell its index of every change."""
    for name, body in triggers(searched).items():
        run(connection, f"create trigger if not exists {name} {body}")


def fill(connection: sa.Connection, searched: Searched) -> None:
    """Make a table's index anew from its rows."""
    if connection.dialect.name != "sqlite":
        run(connection, f"reindex index {searched.index}")
        return
    if not KEEPS_DELETED:
        tell(connection, searched, "'secure-delete', 1", "rank")
    tell(connection, searched, "'rebuild'")


def rebuild(connection: sa.Connection) -> None:
    """Make all of it anew, in the connection's transaction."""
    for searched in SEARCHED:
        fill(connection, searched)


def is_right(connection: sa.Connection, searched: Searched) -> bool:
    """Tell whether a table's index says what its rows say. PostgreSQL keeps its indexes itself."""
    if connection.dialect.name != "sqlite":
        return True
    try:
        tell(connection, searched, "'integrity-check', 1", "rank")
    except sa.exc.DatabaseError:
        return False
    return True


def mend(connection: sa.Connection) -> list[str]:
    """Put back triggers that are gone, and fill the indexes that missed changes; return of which tables.

    SQLite drops a table's triggers when a migration makes the table anew to alter it.
    """
    if connection.dialect.name != "sqlite":
        return []
    held = set(connection.execute(sa.text("select name from sqlite_master")).scalars())
    mended = [one for one in SEARCHED if one.index in held and not held.issuperset(triggers(one))]
    for searched in mended:
        make_triggers(connection, searched)
        fill(connection, searched)
    return [searched.table for searched in mended]


def optimize(connection: sa.Connection) -> None:
    """Write SQLite's indexes anew, without words that are gone."""
    for searched in SEARCHED:
        tell(connection, searched, "'optimize'")


def tell(connection: sa.Connection, searched: Searched, values: str, more: str = "") -> None:
    """Give FTS5 a command."""
    names = f"{searched.index}, {more}" if more else searched.index
    run(connection, f"insert into {searched.index}({names}) values ({values})")  # nosec B608  # noqa: S608 - names of our own


def run(connection: sa.Connection, statement: str) -> None:
    """Run a statement in which colons are colons."""
    connection.exec_driver_sql(statement)
