"""What near-copies are found by."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base


class ItemBand(Base):
    """One of the numbers that an item shares with its near-copies (classifiers/matcher/minhash.py).

    Only items about the city have some, and of those only the first of each text: what is tied to it needs none.
    """

    __tablename__ = "item_band"

    band: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, index=True)

    __table_args__ = {"sqlite_with_rowid": False}
