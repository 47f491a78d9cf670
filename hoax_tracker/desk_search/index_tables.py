"""The index of words: FTS5 tables on SQLite, GIN indexes on PostgreSQL; the database itself keeps them right.

On SQLite ``words_of_<table>`` holds no text of its own: triggers tell it of every row that is added, changed or
deleted, whichever statement does it, in the same transaction. Words of a row that is deleted leave the file at once
(``secure-delete``, SQLite 3.42; with an older one ``optimize_indexes`` writes the index anew). On PostgreSQL an index
on an expression needs none of that. The texts are indexed as they are written: a question is asked in all forms of its
words (query_parser.py), so that another list of words needs no new index.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import sqlalchemy as sa

INDEX_PREFIX = "words_of_"
"""What the names of everything of ours in the database begin with."""
WORDS_FUNCTION = "words_of_text"
MAX_INDEXED_CHARACTERS = 100_000
WORDS_FUNCTION_COST = 2_000
"""What making the words of a text costs, in the planner's unit for a plain function: some tens of microseconds."""
SQLITE_KEEPS_DELETED = sqlite3.sqlite_version_info < (3, 42)
"""Whether this SQLite leaves words of deleted rows in the file until the index is written anew."""


@dataclass(frozen=True)
class IndexedTable:
    """A table whose ``columns`` are looked through; ``mark`` is a number beside them that lists are narrowed by."""

    table: str
    columns: tuple[str, ...]
    mark: str | None = None

    @property
    def index(self) -> str:
        """The name of its index."""
        return INDEX_PREFIX + self.table

    @property
    def held(self) -> tuple[str, ...]:
        """What FTS5 holds of a row."""
        return (*self.columns, self.mark) if self.mark else self.columns

    @property
    def expression(self) -> str:
        """What PostgreSQL has an index on; a query repeats it word for word."""
        joined = " || ' ' || ".join(f"coalesce({self.table}.{name}, '')" for name in self.columns)
        return f"{WORDS_FUNCTION}({joined})"


INDEXED_TABLES = (
    IndexedTable("claim", ("title", "text")),
    IndexedTable("clarification", ("title", "summary", "claim_quote", "findings", "conclusion")),
    IndexedTable("report", ("text",)),
    IndexedTable("question", ("text", "answer")),
    IndexedTable("note", ("text",)),
    IndexedTable("evidence", ("title", "file_name")),
    IndexedTable("item", ("title", "text"), mark="source_id"),
)


def is_search_table(name: str) -> bool:
    """Tell whether a table or index is one of the search's: it is made anew from the rows and holds none."""
    return name.startswith(INDEX_PREFIX)


def create_index(connection: sa.Connection, searched: IndexedTable) -> None:
    """Make the index of a table and fill it."""
    if connection.dialect.name == "sqlite":
        names = ", ".join(searched.held)
        how = f"content='{searched.table}', content_rowid='id', tokenize='unicode61 remove_diacritics 2'"
        execute_statement(connection, f"create virtual table {searched.index} using fts5({names}, {how})")
        create_triggers(connection, searched)
        fill_index(connection, searched)
    else:
        create_words_function(connection)
        bare = searched.expression.replace(f"{searched.table}.", "")
        execute_statement(connection, f"create index {searched.index} on {searched.table} using gin ({bare})")


def drop_index(connection: sa.Connection, searched: IndexedTable) -> None:
    """Take the index of a table away."""
    if connection.dialect.name == "sqlite":
        for name in trigger_statements(searched):
            execute_statement(connection, f"drop trigger if exists {name}")
        execute_statement(connection, f"drop table if exists {searched.index}")
    else:
        execute_statement(connection, f"drop index if exists {searched.index}")


def drop_words_function(connection: sa.Connection) -> None:
    """Take away what PostgreSQL's indexes are made with, after the last of them."""
    if connection.dialect.name == "postgresql":
        execute_statement(connection, f"drop function if exists {WORDS_FUNCTION}(text)")


def create_words_function(connection: sa.Connection) -> None:
    """Make the function that turns a text into words: apart at every mark, as FTS5 has them.

    It stays a function of its own in a plan (one in SQL would be dissolved), so that its cost counts: the planner then
    takes the index instead of making the words of very many rows anew.
    """
    marks = r"[!-/:-@\[-`{-~]+"
    execute_statement(
        connection,
        f"create or replace function {WORDS_FUNCTION}(given text) returns tsvector language plpgsql immutable "
        f"parallel safe cost {WORDS_FUNCTION_COST} as $$ begin return to_tsvector('simple'::regconfig, "
        f"regexp_replace(left(given, {MAX_INDEXED_CHARACTERS}), '{marks}', ' ', 'g')); end $$",
    )


def trigger_statements(searched: IndexedTable) -> dict[str, str]:
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


def create_triggers(connection: sa.Connection, searched: IndexedTable) -> None:
    """Let the table tell its index of every change."""
    for name, body in trigger_statements(searched).items():
        execute_statement(connection, f"create trigger if not exists {name} {body}")


def fill_index(connection: sa.Connection, searched: IndexedTable) -> None:
    """Make a table's index anew from its rows."""
    if connection.dialect.name != "sqlite":
        execute_statement(connection, f"reindex index {searched.index}")
        return
    if not SQLITE_KEEPS_DELETED:
        run_fts5_command(connection, searched, "'secure-delete', 1", "rank")
    run_fts5_command(connection, searched, "'rebuild'")


def rebuild_indexes(connection: sa.Connection) -> None:
    """Make all of it anew, in the connection's transaction."""
    for searched in INDEXED_TABLES:
        fill_index(connection, searched)


def is_index_consistent(connection: sa.Connection, searched: IndexedTable) -> bool:
    """Tell whether a table's index says what its rows say. PostgreSQL keeps its indexes itself."""
    if connection.dialect.name != "sqlite":
        return True
    try:
        run_fts5_command(connection, searched, "'integrity-check', 1", "rank")
    except sa.exc.DatabaseError:
        return False
    return True


def repair_indexes(connection: sa.Connection) -> list[str]:
    """Put back triggers that are gone, and fill the indexes that missed changes; return of which tables.

    SQLite drops a table's triggers when a migration makes the table anew to alter it.
    """
    if connection.dialect.name != "sqlite":
        return []
    held = set(connection.execute(sa.text("select name from sqlite_master")).scalars())
    mended = [one for one in INDEXED_TABLES if one.index in held and not held.issuperset(trigger_statements(one))]
    for searched in mended:
        create_triggers(connection, searched)
        fill_index(connection, searched)
    return [searched.table for searched in mended]


def optimize_indexes(connection: sa.Connection) -> None:
    """Write SQLite's indexes anew, without words that are gone."""
    for searched in INDEXED_TABLES:
        run_fts5_command(connection, searched, "'optimize'")


def run_fts5_command(connection: sa.Connection, searched: IndexedTable, values: str, more: str = "") -> None:
    """Give FTS5 a command."""
    names = f"{searched.index}, {more}" if more else searched.index
    execute_statement(connection, f"insert into {searched.index}({names}) values ({values})")  # nosec B608  # noqa: S608 - names of our own


def execute_statement(connection: sa.Connection, statement: str) -> None:
    """Run a statement in which colons are colons."""
    connection.exec_driver_sql(statement)
