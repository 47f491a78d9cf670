"""Web pages linked by items: read where an entry is only a beginning, and copied where a claim holds it.

And the hubs that send new entries of feeds (WebSub).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import Base, UtcDateTime
from hoax_tracker.models.items import Item


class LinkedPage(Base):
    """The linked page with the full text of an item that is only a beginning; it fills ``Item.full_text``.

    ``next_at`` is when to fetch the page (again): the end of the lease while a worker fetches it, None when it is left
    alone. The item is not assessed before ``awaited_until``, so that the whole story is assessed. ``trouble`` describes
    why the last try brought nothing.
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
    """The page linked by a claim's item, as it was first seen: evidence for officers, never public.

    ``html`` is compressed (zlib), ``digest`` the SHA-256 in hex of the received bytes, ``text`` their main text.
    ``next_at`` is when to check the page (again): the end of the lease while a worker checks it, None when it is left
    alone. ``changed_at`` and ``gone_at`` are the times of the check that first found other words (``text_now``) or no
    page any more. ``trouble`` describes why the last check brought nothing.
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
    """A lease on a site whose pages a worker reads, until it is done or ``lease_until``.

    Other workers leave the site alone.
    """

    __tablename__ = "host_visit"

    host: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime)


class HubSubscription(Base):
    """The subscription of a source at its hub.

    ``token`` is the unguessable part of the address to which the hub sends; the secret that signs its messages is
    derived from the token and the secret key, and is in no table. ``next_at`` is when to ask the hub (again).
    ``sent_until`` is until when the hub promised to send; None before it did. ``heard_at`` is when it last sent a
    signed feed. ``unsigned_at`` is when something without a valid signature came, to the hour.
    """

    __tablename__ = "hub_subscription"

    source_id: Mapped[int] = mapped_column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    hub: Mapped[str] = mapped_column(sa.String(2000))
    topic: Mapped[str] = mapped_column(sa.String(2000))
    token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sent_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unsigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str | None] = mapped_column(sa.Text)
