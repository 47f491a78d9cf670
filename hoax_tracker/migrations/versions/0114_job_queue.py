"""Procrastinate's tables and functions, on PostgreSQL: the queue of the worker's jobs

They are Procrastinate's, as its version 3.10 brings them, and no model describes them. A newer Procrastinate with
another schema needs a migration of its own (tests/worker/test_job_queue.py compares).

Revision ID: 0114
Revises: 0113
"""

from __future__ import annotations

from importlib import resources

import sqlalchemy as sa
from alembic import op

revision = "0114"
down_revision = "0113"
branch_labels = None
depends_on = None

TABLES = ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers")
TYPES = ("procrastinate_job_to_defer_v1", "procrastinate_job_event_type", "procrastinate_job_status")
FUNCTIONS = sa.text(
    "select cast(cast(oid as regprocedure) as text) from pg_proc"
    " where starts_with(proname, 'procrastinate_') and pronamespace = cast(current_schema() as regnamespace)"
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    schema = resources.files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8")
    # Many statements at once, whose % are no parameters.
    connection.connection.cursor().execute(schema)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"drop table {table} cascade")  # a function returns its rows
    for function in connection.scalars(FUNCTIONS).all():
        op.execute(f"drop function {function}")
    for name in TYPES:
        op.execute(f"drop type {name}")
