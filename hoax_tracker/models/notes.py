"""What officers write beside a claim for one another: notes, and labels that lists are narrowed by."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from hoax_tracker.models.accounts import Officer
from hoax_tracker.models.base import Base, JsonType, UtcDateTime
from hoax_tracker.models.claims import Claim


class Note(Base):
    """What an officer wrote about a claim: plain text, for officers only. ``told`` names whom it mentioned."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    told: Mapped[list[str]] = mapped_column(JsonType, default=list)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    claim: Mapped[Claim] = relationship()
    officer: Mapped[Officer] = relationship()


claim_tag = sa.Table(
    "claim_tag",
    Base.metadata,
    sa.Column("claim_id", sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_claim_tag_tag", "tag_id", "claim_id"),
)


class Tag(Base):
    """A label that officers put on claims, in lower case; ``claim.tags`` are those of a claim, by name."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)

    claims: Mapped[list[Claim]] = relationship(secondary=claim_tag, backref=backref("tags", order_by="Tag.name"))
