"""addresses by the page that they lead to, so that a pasted link is found by an index

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.url_keys import page_digest

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLES = ("item", "report", "evidence")
AT_ONCE = 5_000


def upgrade() -> None:
    for name in TABLES:
        op.add_column(name, sa.Column("page_key", sa.String(length=32), nullable=True))
        fill(sa.table(name, sa.column("id"), sa.column("url"), sa.column("page_key")))
        op.create_index(op.f(f"ix_{name}_page_key"), name, ["page_key"])


def fill(table: sa.TableClause) -> None:
    """Write the keys of the addresses that are there, so many rows at a time."""
    connection, last = op.get_bind(), 0
    change = sa.update(table).where(table.c.id == sa.bindparam("row")).values(page_key=sa.bindparam("key"))
    while True:
        query = sa.select(table.c.id, table.c.url).where(table.c.id > last, table.c.url.is_not(None))
        rows = connection.execute(query.order_by(table.c.id).limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].id
        found = [{"row": row.id, "key": key} for row in rows if (key := page_digest(row.url))]
        if found:
            connection.execute(change, found)


def downgrade() -> None:
    for name in TABLES:
        op.drop_index(op.f(f"ix_{name}_page_key"), table_name=name)
        op.drop_column(name, "page_key")
