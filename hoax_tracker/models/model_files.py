"""The files of this instance's own models, stored in the database so that every host has them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hoax_tracker.models.base import Base


class ModelFile(Base):
    """The file of a model version, as it was registered.

    The shipped model comes with the program and has no row here.
    """

    __tablename__ = "model_file"

    version_id: Mapped[int] = mapped_column(
        sa.ForeignKey("model_version.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
