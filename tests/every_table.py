"""Fill every empty table with rows made from its columns, so that new tables are filled too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Base, UtcDateTime

MOMENT = datetime(2026, 11, 24, 8, 5, 0, 123457, tzinfo=UTC)
TEXT = "É “kutip” 😀 'a' \\ %s\n\tbaris"
DIFFICULT: dict[type, Any] = {
    sa.LargeBinary: bytes(range(256)) * 300,
    sa.Boolean: True,
    sa.Date: date(1999, 12, 31),
    sa.JSON: {"b": [1, 0.1, None, True, "\ud800\x00"], "a": {"é": -1e-300}, "besar": 2**70},
    sa.Double: 0.1 + 0.2,
    sa.BigInteger: 2**53 + 1,
    sa.Text: TEXT * 200,
}
"""By the type of the column, what two engines may read differently."""
CHECKED: dict[str, Any] = {
    "district.kind": "kelurahan",
    "office_rules.id": 1,
    "public_contacts.id": 1,
    "early_warning_state.id": 1,
    "report_recipients.id": 1,
    "webhook_delivery.next_try_at": None,
    "webhook_delivery.failed_at": None,
    "chat_reply.next_try_at": None,
    "chat_reply.failed_at": None,
    "claim_accusation.unit_kind": None,
    "explainer.is_shown": False,
    "official_channel.is_listed": False,
    "media_fingerprint.is_known": False,
    "tipline_channel.is_in_service": False,
    "objection.outcome": None,
    "objection.decided_at": None,
    "objection.working_days": None,
}
"""What a constraint asks for that the column's type does not say."""

_numbers = itertools.count(1000)


def fill_empty_tables(connection: sa.Connection) -> list[str]:
    """Add two rows to each empty table: one with every column, one with the required columns."""
    filled = []
    for table in Base.metadata.sorted_tables:
        if connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
            rows = [row for row in (whole_row, bare_row) if try_insert(connection, table, row(connection, table))]
            assert rows, f"no row can be made for {table.name}: say how in tests/every_table.py"
            filled.append(table.name)
    return filled


def try_insert(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Add a row; return False where a constraint refuses it that the columns do not show."""
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(table), [row])
    except sa.exc.IntegrityError:
        return False
    return True


def whole_row(connection: sa.Connection, table: sa.Table) -> dict[str, Any]:
    return {column.name: value_for(connection, column) for column in table.columns}


def bare_row(connection: sa.Connection, table: sa.Table) -> dict[str, Any]:
    return {
        column.name: None if column.nullable else value_for(connection, column, last=True) for column in table.columns
    }


def value_for(connection: sa.Connection, column: sa.Column[Any], *, last: bool = False) -> Any:
    """A value for the column: the key of a parent (another one for ``last``), or a difficult value of its type."""
    if str(column) in CHECKED:
        return CHECKED[str(column)]
    for key in column.foreign_keys:
        if key.column.table is column.table:
            return None
        keys = connection.scalars(sa.select(key.column).order_by(key.column)).all()
        # Two people of one row are not the same.
        same = [one.parent.name for one in column.table.foreign_keys if one.column is key.column]
        return keys[(same.index(column.name) + last) % len(keys)]
    if isinstance(column.type, sa.Enum):
        return column.type.enum_class(column.type.enums[0])
    if isinstance(column.type, UtcDateTime):
        return MOMENT
    for kind, value in DIFFICULT.items():
        if isinstance(column.type, kind):
            return value
    if isinstance(column.type, sa.String):
        return f"{next(_numbers)} {TEXT}"[: column.type.length]
    return next(_numbers)


def empty_tables(connection: sa.Connection) -> Iterator[str]:
    """Yield the tables without rows."""
    for table in Base.metadata.sorted_tables:
        if connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
            yield table.name
