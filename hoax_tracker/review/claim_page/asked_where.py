"""Where residents asked about a claim: on the web, in which chat programs, and how many were passed-on messages.

The counts are those of the question log, without who asked (docs/privacy.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from hoax_tracker.models import CheckQuery, Demand, db


@dataclass(frozen=True)
class AskedWhere:
    """How often residents asked about a claim. Of ``forwarded``, ``often_forwarded`` went from hand to hand."""

    all: int = 0
    in_whatsapp: int = 0
    in_telegram: int = 0
    forwarded: int = 0
    often_forwarded: int = 0

    @property
    def on_web(self) -> int:
        """The questions on the web, and those of programs that ask the API."""
        return self.all - self.in_whatsapp - self.in_telegram


def count_where_asked(claim_id: int) -> AskedWhere:
    """Return where a claim was asked about, within the time that questions are kept."""
    row = CheckQuery
    counts = (row.count, row.in_whatsapp, row.in_telegram, row.forwarded, row.often_forwarded)
    asked = sa.select(*(sa.func.coalesce(sa.func.sum(count), 0) for count in counts))
    found = db.session.execute(asked.join(Demand, Demand.id == row.demand_id).where(Demand.claim_id == claim_id)).one()
    return AskedWhere(*map(int, found))
