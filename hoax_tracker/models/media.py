"""What is known of voice notes, videos and pictures that circulate: the digest of their bytes, and of which claim."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base, UtcDateTime, confirmation_column


class MediaFingerprint(Base):
    """A recording or picture that officers know to tell a claim. Of the file only the digest and length are kept.

    ``kind`` is the first part of its MIME type. ``is_known`` is False once two people took that back.
    """

    __tablename__ = "media_fingerprint"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    size_bytes: Mapped[int]
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    is_known: Mapped[bool] = mapped_column(default=True)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (sa.CheckConstraint("size_bytes > 0", name="size_counts"),)


class ReportedMedia(Base):
    """The digest and length of a file that came in a chat with a report; never the file. It goes with the report."""

    __tablename__ = "reported_media"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    size_bytes: Mapped[int]

    __table_args__ = (
        sa.UniqueConstraint("report_id", "sha256"),
        sa.CheckConstraint("size_bytes > 0", name="size_counts"),
    )
