"""hubs: when one last sent; those that would be told the secret in clear are forgotten

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hub_subscription", sa.Column("heard_at", UtcDateTime(), nullable=True))
    hub = sa.table("hub_subscription", sa.column("hub", sa.String))
    op.execute(sa.delete(hub).where(hub.c.hub.ilike("http://%")))


def downgrade() -> None:
    op.drop_column("hub_subscription", "heard_at")
