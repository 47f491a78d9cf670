"""sources: kinds, a pace of their own, pauses by themselves; items edited since, and how far they went

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = ("feed", "file", "manual")
KINDS_ADDED = ["mastodon", "youtube", "telegram", "bluesky", "reddit", "google_news", "bridge", "claim_review", "posts"]
NOTICES = ("routed", "returned", "asked", "answered", "declined", "sent_back", "mentioned")
BATCH = 2000

source = sa.table("source", sa.column("kind"), sa.column("is_active"))
item = sa.table("item", sa.column("id"), sa.column("feed_id"), sa.column("id_key"))


def one_of(column: str, values: Sequence[str]) -> str:
    """Return the condition that holds a column to its values."""
    return f"{column} in ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    with op.batch_alter_table("source") as batch_op:
        batch_op.add_column(sa.Column("pace_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("paused_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("paused_because", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("columns", sa.JSON(none_as_null=True), nullable=True))
        batch_op.drop_constraint(op.f("ck_source_source_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_source_source_kind"), one_of("kind", (*KINDS, *KINDS_ADDED)))
    with op.batch_alter_table("notice") as batch_op:
        target = sa.ForeignKey("source.id", name=op.f("fk_notice_source_id_source"), ondelete="CASCADE")
        batch_op.add_column(sa.Column("source_id", sa.Integer(), target, nullable=True))
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), one_of("kind", (*NOTICES, "source_paused")))
        batch_op.create_index(op.f("ix_notice_source_id"), ["source_id"])
    op.add_column("item", sa.Column("id_key", sa.String(length=64), nullable=True))
    op.add_column("item", sa.Column("edited_at", UtcDateTime(), nullable=True))
    key_ids()
    op.create_index(op.f("ix_item_source_id_id_key"), "item", ["source_id", "id_key"])
    create_tables()


def key_ids() -> None:
    """Give every stored id its digest; not every database knows SHA-256, so it is taken here."""
    connection, last = op.get_bind(), 0
    with_id = sa.select(item.c.id, item.c.feed_id).where(item.c.feed_id.is_not(None)).order_by(item.c.id).limit(BATCH)
    keyed = sa.update(item).where(item.c.id == sa.bindparam("row")).values(id_key=sa.bindparam("digest"))
    while rows := connection.execute(with_id.where(item.c.id > last)).all():
        digests = [{"row": row, "digest": hashlib.sha256(text.encode()).hexdigest()} for row, text in rows]
        connection.execute(keyed, digests)
        last = rows[-1][0]


def create_tables() -> None:
    """Make the tables of what items said before, and of how far they went."""
    op.create_table(
        "item_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_item_revision_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_revision")),
    )
    op.create_index(op.f("ix_item_revision_item_id"), "item_revision", ["item_id"])
    op.create_table(
        "engagement",
        sa.Column("item_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("replies", "likes", "shares", "views")),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_engagement_item_id_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_engagement")),
    )


def downgrade() -> None:
    op.drop_table("engagement")
    op.drop_table("item_revision")
    op.drop_index(op.f("ix_item_source_id_id_key"), table_name="item")
    op.drop_column("item", "edited_at")
    op.drop_column("item", "id_key")
    op.execute("delete from notice where kind = 'source_paused'")
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_index(op.f("ix_notice_source_id"))
        batch_op.drop_constraint(op.f("fk_notice_source_id_source"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), one_of("kind", NOTICES))
        batch_op.drop_column("source_id")
    # An older program would take a page of posts for a broken feed: it is left, but no longer read.
    op.execute(sa.update(source).where(source.c.kind.not_in(KINDS)).values(is_active=False, kind="feed"))
    with op.batch_alter_table("source") as batch_op:
        batch_op.drop_constraint(op.f("ck_source_source_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_source_source_kind"), one_of("kind", KINDS))
        for name in ("columns", "paused_because", "paused_at", "pace_minutes"):
            batch_op.drop_column(name)
