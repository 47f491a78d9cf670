"""Earlier answers: published clarifications of other claims of the same narrative.

Each is given with the checkable details in which the two claims differ, and with how often it was shown and rated
(check/counting.py counts it by day). Officers may begin a draft from one (clarify/prefill.py). Residents never see it
as the answer to the new claim.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from classifiers.matcher.details import DECISIVE_KINDS, compare_details
from classifiers.matcher.match import load_shipped_reader
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Clarification,
    ClarificationReach,
    NarrativeClaim,
    Usefulness,
    clarification_claim,
    db,
)

EARLIER_ANSWERS_SHOWN = 3


def list_earlier_answers(claim_id: int) -> Sequence[Clarification]:
    """Return the newest public clarifications of the claim's narrative that do not answer the claim itself."""
    query = _select_earlier_answers(claim_id)
    newest = query.order_by(Clarification.published_at.desc(), Clarification.id.desc())
    return db.session.scalars(newest.limit(EARLIER_ANSWERS_SHOWN)).all()


def find_earlier_answer(claim_id: int, clarification_id: int) -> Clarification | None:
    """Return that clarification if it is one of these."""
    return db.session.scalar(_select_earlier_answers(claim_id).where(Clarification.id == clarification_id))


def _select_earlier_answers(claim_id: int) -> sa.Select[Clarification]:
    """Return the query of public pages that answer claims of the same narrative and not this one."""
    links, inside = clarification_claim.c, NarrativeClaim
    mine = sa.select(inside.narrative_id).where(inside.claim_id == claim_id).scalar_subquery()
    fellows = sa.select(inside.claim_id).where(inside.narrative_id == mine, inside.claim_id != claim_id)
    answering = sa.select(links.clarification_id).where(links.claim_id.in_(fellows))
    own = sa.select(links.clarification_id).where(links.claim_id == claim_id)
    return sa.select(Clarification).where(
        Clarification.id.in_(answering), Clarification.id.not_in(own), Clarification.status.in_(PUBLIC_STATUSES)
    )


DETAIL_LABELS: dict[str, Any] = {
    "duration": _l("Lamanya"),
    "money": _l("Jumlah uang"),
    "share": _l("Persentase"),
    "count": _l("Banyaknya"),
    "date": _l("Tanggal"),
    "time": _l("Jam"),
    "place": _l("Tempat"),
    "agency": _l("Instansi"),
    "document": _l("Dokumen"),
    "colour": _l("Warna"),
    "cause": _l("Sebab"),
    "scope": _l("Cakupan"),
    "weekday": _l("Hari"),
    "day_part": _l("Waktu"),
    "school": _l("Sekolah"),
    "region": _l("Kota atau kabupaten"),
    "direction": _l("Arah"),
    "side": _l("Arah"),
    "destination": _l("Tujuan"),
}


@dataclass(frozen=True)
class ChangedDetail:
    """What a claim tells, and what an earlier one told in its place, each as written there.

    ``is_decisive``: it alone makes another claim of it.
    """

    label: Any
    now: str
    before: str
    is_decisive: bool


def list_changed_details(text: str, earlier_text: str) -> list[ChangedDetail]:
    """Return the details that both texts tell, and tell differently."""
    reader = load_shipped_reader()
    differences = compare_details(reader.read(text).details, reader.read(earlier_text).details)
    return [
        ChangedDetail(DETAIL_LABELS[detail.kind], detail.yours, detail.theirs, detail.kind in DECISIVE_KINDS)
        for detail in differences
    ]


REACH_COLUMNS = ("views", "short_visits", "answers", "comparisons")
VOTE_COLUMNS = ("useful", "not_useful", "same", "not_same")


@dataclass(frozen=True)
class ReachTotals:
    """The counts of a clarification, and readers' votes (models/clarifications.py says of what)."""

    views: int = 0
    short_visits: int = 0
    answers: int = 0
    comparisons: int = 0
    useful: int = 0
    not_useful: int = 0
    same: int = 0
    not_same: int = 0

    @property
    def is_empty(self) -> bool:
        """True where nothing was counted; votes come from who read it."""
        return not (self.views or self.short_visits or self.answers or self.comparisons)


def load_reach_totals(ids: Collection[int]) -> dict[int, ReachTotals]:
    """Return the totals of each clarification by id."""
    sums = [sa.func.coalesce(sa.func.sum(getattr(ClarificationReach, name)), 0) for name in REACH_COLUMNS]
    votes = [sa.func.coalesce(sa.func.max(getattr(Usefulness, name)), 0) for name in VOTE_COLUMNS]  # one row at most
    query = (
        sa.select(Clarification.id, *sums, *votes)
        .outerjoin(ClarificationReach, ClarificationReach.clarification_id == Clarification.id)
        .outerjoin(Usefulness, Usefulness.clarification_id == Clarification.id)
        .where(Clarification.id.in_(ids))
        .group_by(Clarification.id)
    )
    return {key: ReachTotals(*map(int, counts)) for key, *counts in db.session.execute(query)}
