"""Web pages that items lead to: read where an entry only begins to tell, and copied where a claim holds it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, UtcDateTime
from hoax_tracker.models.items import Item


class LinkedPage(Base):
    """The page that tells in full what an item only begins to tell; its words become ``Item.full_text``.

    ``next_at``: when the page is asked for (again), the end of the lease while a worker does, None when it is left
    alone. ``awaited_until``: until then the item is not assessed, so that it is assessed by the whole story.
    ``trouble`` says in words why the last try brought nothing.
    """

    __tablename__ = "linked_page"

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(sa.String(2000))
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    awaited_until: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str | None] = mapped_column(sa.Text)

    item: Mapped[Item] = relationship()


class PageCopy(Base):
    """The page that an item of a claim leads to, as it was first seen: evidence for officers, never public.

    ``html`` is compressed (zlib), ``digest`` the SHA-256 in hex of the bytes that came, ``text`` their main text.
    ``next_at``: when the page is looked at (again), the end of the lease while a worker does, None when it is left
    alone. ``changed_at``, ``gone_at``: the look that first found other words (``text_now``), or no page any more.
    ``trouble`` says in words why the last look brought nothing.
    """

    __tablename__ = "page_copy"

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(sa.String(2000))
    html: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    text_now: Mapped[str | None] = mapped_column(sa.Text)
    copied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looks: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    trouble: Mapped[str | None] = mapped_column(sa.Text)

    item: Mapped[Item] = relationship()


class HostVisit(Base):
    """A site whose pages a worker reads, until it is done or ``lease_until``: others leave it alone."""

    __tablename__ = "host_visit"

    host: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime)
