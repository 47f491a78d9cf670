"""The word indexes: FTS5 tables on SQLite, GIN indexes on PostgreSQL, maintained by the database itself.

On SQLite ``words_of_<table>`` stores no text: triggers report every added, changed or deleted row in the same
transaction, whichever statement does it. Words of deleted rows leave the file at once (``secure-delete``, SQLite 3.42;
for an older one ``optimize_indexes`` rewrites the index). On PostgreSQL an index on an expression does all that. Texts
are indexed as written: a query asks for all forms of its words (query_parser.py), so that a new word list needs no new
index.
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
    """A table with its searched ``columns``; ``mark`` is a numeric column that filters the index."""

    table: str
    columns: tuple[str, ...]
    mark: str | None = None

    @property
    def index(self) -> str:
        """The name of the table's index."""
        return INDEX_PREFIX + self.table

    @property
    def held(self) -> tuple[str, ...]:
        """The columns that FTS5 indexes."""
        return (*self.columns, self.mark) if self.mark else self.columns

    @property
    def expression(self) -> str:
        """The indexed expression on PostgreSQL; queries repeat it literally."""
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
    """Tell whether a table or index belongs to the search, so that it can be rebuilt from rows."""
    return name.startswith(INDEX_PREFIX)


def create_index(connection: sa.Connection, searched: IndexedTable) -> None:
    """Create and fill the index of a table."""
    if connection.dialect.name == "sqlite":
        names = ", ".join(searched.held)
        how = f"content='{searched.table}', content_rowid='id', tokenize='unicode61 remove_diacritics 2'"
        _execute_statement(connection, f"create virtual table {searched.index} using fts5({names}, {how})")
        _create_triggers(connection, searched)
        _fill_index(connection, searched)
    else:
        _create_words_function(connection)
        bare = searched.expression.replace(f"{searched.table}.", "")
        _execute_statement(connection, f"create index {searched.index} on {searched.table} using gin ({bare})")


def drop_index(connection: sa.Connection, searched: IndexedTable) -> None:
    """Drop the index of a table."""
    if connection.dialect.name == "sqlite":
        for name in _trigger_statements(searched):
            _execute_statement(connection, f"drop trigger if exists {name}")
        _execute_statement(connection, f"drop table if exists {searched.index}")
    else:
        _execute_statement(connection, f"drop index if exists {searched.index}")


def drop_words_function(connection: sa.Connection) -> None:
    """Drop the function that PostgreSQL's indexes use, after the last of them."""
    if connection.dialect.name == "postgresql":
        _execute_statement(connection, f"drop function if exists {WORDS_FUNCTION}(text)")


def _create_words_function(connection: sa.Connection) -> None:
    """Create the function that splits a text into words at every punctuation mark, as FTS5 does.

    PostgreSQL would inline an SQL function; this one keeps its own cost, so that the planner uses the index rather than
    split the text of very many rows.
    """
    marks = r"[!-/:-@\[-`{-~]+"
    _execute_statement(
        connection,
        f"create or replace function {WORDS_FUNCTION}(given text) returns tsvector language plpgsql immutable "
        f"parallel safe cost {WORDS_FUNCTION_COST} as $$ begin return to_tsvector('simple'::regconfig, "
        f"regexp_replace(left(given, {MAX_INDEXED_CHARACTERS}), '{marks}', ' ', 'g')); end $$",
    )


def _trigger_statements(searched: IndexedTable) -> dict[str, str]:
    """Return the triggers that maintain a table's index on SQLite, by name."""
    table, index = searched.table, searched.index
    names, new, old = (", ".join(f"{side}{name}" for name in searched.held) for side in ("", "new.", "old."))
    add = f"insert into {index}(rowid, {names}) values (new.id, {new});"  # noqa: S608 - names of our own
    take = f"insert into {index}({index}, rowid, {names}) values ('delete', old.id, {old});"  # noqa: S608
    changed = " or ".join(f"old.{name} is not new.{name}" for name in ("id", *searched.held))
    return {
        f"{index}_added": f"after insert on {table} begin {add} end",
        f"{index}_deleted": f"after delete on {table} begin {take} end",
        f"{index}_changed": f"after update on {table} when {changed} begin {take} {add} end",
    }


def _create_triggers(connection: sa.Connection, searched: IndexedTable) -> None:
    for name, body in _trigger_statements(searched).items():
        _execute_statement(connection, f"create trigger if not exists {name} {body}")


def _fill_index(connection: sa.Connection, searched: IndexedTable) -> None:
    """Rebuild a table's index from its rows."""
    if connection.dialect.name != "sqlite":
        _execute_statement(connection, f"reindex index {searched.index}")
        return
    if not SQLITE_KEEPS_DELETED:
        _run_fts5_command(connection, searched, "'secure-delete', 1", "rank")
    _run_fts5_command(connection, searched, "'rebuild'")


def rebuild_indexes(connection: sa.Connection) -> None:
    """Rebuild all indexes in the connection's transaction."""
    for searched in INDEXED_TABLES:
        _fill_index(connection, searched)


def is_index_consistent(connection: sa.Connection, searched: IndexedTable) -> bool:
    """Tell whether a table's index agrees with its rows. PostgreSQL maintains its indexes itself."""
    if connection.dialect.name != "sqlite":
        return True
    try:
        _run_fts5_command(connection, searched, "'integrity-check', 1", "rank")
    except sa.exc.DatabaseError:
        return False
    return True


def repair_indexes(connection: sa.Connection) -> list[str]:
    """Restore missing triggers and rebuild the indexes that missed changes; return the tables.

    SQLite drops a table's triggers when a migration recreates the table.
    """
    if connection.dialect.name != "sqlite":
        return []
    names = set(connection.execute(sa.text("select name from sqlite_master")).scalars())
    mended = [
        indexed_table
        for indexed_table in INDEXED_TABLES
        if indexed_table.index in names and not names.issuperset(_trigger_statements(indexed_table))
    ]
    for searched in mended:
        _create_triggers(connection, searched)
        _fill_index(connection, searched)
    return [searched.table for searched in mended]


def optimize_indexes(connection: sa.Connection) -> None:
    """Rewrite SQLite's indexes without deleted words."""
    for searched in INDEXED_TABLES:
        _run_fts5_command(connection, searched, "'optimize'")


def _run_fts5_command(connection: sa.Connection, searched: IndexedTable, values: str, more: str = "") -> None:
    names = f"{searched.index}, {more}" if more else searched.index
    _execute_statement(connection, f"insert into {searched.index}({names}) values ({values})")  # noqa: S608 - names of our own


def _execute_statement(connection: sa.Connection, statement: str) -> None:
    """Run a statement in which colons are literal."""
    connection.exec_driver_sql(statement)
