"""A report's lists of claims: those that appeared most in a month with what became of them, and those that were late.

A title stands there only in the words of news, of an office or of a fact-checker. Unless a public page answers it, a
claim in the words of a private person has its topic for a title: a report, a post, a text that an officer recorded.

Late is a claim whose target passed in the month before it was closed or answered. Why is nowhere written down: it
follows from what was open when the target passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from hoax_tracker.claims.reviewed_claims import is_personal_address, is_public_appearance, split_address
from hoax_tracker.clock import start_of_day
from hoax_tracker.insight.figures.month_figures import is_within, next_month
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Item,
    Question,
    Report,
    Source,
    SourceKind,
    Unit,
    clarification_claim,
    db,
)
from hoax_tracker.privacy.names import redact_personal_data
from hoax_tracker.privacy.small_counts import FEWEST_SHOWN, ROUNDED_TO, publish_count

CLAIMS_SHOWN = 10
SHOWN_STATUSES = tuple(set(ClaimStatus) - {ClaimStatus.DISMISSED, ClaimStatus.MERGED})
EDITED_KINDS = (SourceKind.GOOGLE_NEWS, SourceKind.CLAIM_REVIEW)
"""Sources of which every entry is a newsroom's. Among ordinary feeds there may be a private person's."""


@dataclass(frozen=True)
class LargeClaim:
    """A claim: how many items and (hidden below five) reports of the month hold it, and where it stands."""

    claim_id: int
    title: str
    topic: str
    items: int
    reports: int | None
    state: str


def list_largest_claims(month: date) -> list[LargeClaim]:
    """Return the month's largest claims, those that officers dismissed left out."""
    counted = db.session.execute(_appearances_query(month)).all()
    ids = [row.id for row in counted]
    pages, titles = _load_public_pages(ids), _load_source_titles(ids)
    return [_describe_claim(row, pages.get(row.id), titles.get(row.id)) for row in counted]


def _appearances_query(month: date) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for the month's largest claims. Only claims seen since then are looked at, by an index.

    The order follows from what is shown, so that it tells no hidden number.
    """
    items, reports = sa.func.count(ClaimAppearance.item_id), sa.func.count(ClaimAppearance.report_id)
    return (
        sa.select(Claim.id, Claim.title, Claim.topic, Claim.status, items.label("items"), reports.label("reports"))
        .join(ClaimAppearance, ClaimAppearance.claim_id == Claim.id)
        .outerjoin(Report, Report.id == ClaimAppearance.report_id)
        .where(Claim.status.in_(SHOWN_STATUSES), Claim.last_seen_at >= start_of_day(month))
        .where(*is_within(ClaimAppearance.seen_at, month, next_month(month)))
        .where(sa.or_(Report.id.is_(None), Report.is_junk.is_(False)))
        .group_by(Claim.id, Claim.title, Claim.topic, Claim.status)
        .order_by((items + published_count(reports)).desc(), items.desc(), Claim.id)
        .limit(CLAIMS_SHOWN)
    )


def published_count(count: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return a count as ``publish_count`` does, 0 for a hidden one."""
    return sa.case((count < FEWEST_SHOWN, 0), else_=(count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO)


def _load_public_pages(claim_ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    """Return the newest public page that answers each claim."""
    query = (
        sa.select(clarification_claim.c.claim_id, Clarification.title, Clarification.number, Clarification.verdict)
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .where(clarification_claim.c.claim_id.in_(claim_ids), Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.published_at)
    )
    return {row.claim_id: row for row in db.session.execute(query)}


def _load_source_titles(claim_ids: Sequence[int]) -> dict[int, str]:
    """Return the titles, without personal data, of those claims that no private person's words opened."""
    query = (
        sa.select(Claim.id, Claim.title, Item.url, Item.author)
        .add_columns(Source.kind, Source.url.label("source_url"), Source.home_url)
        .join(ClaimAppearance, ClaimAppearance.claim_id == Claim.id)
        .join(Item, Item.id == ClaimAppearance.item_id)
        .join(Source, Source.id == Item.source_id)
        .where(Claim.id.in_(claim_ids), ClaimAppearance.opens)
    )
    rows = db.session.execute(query)
    return {row.id: " ".join(redact_personal_data(row.title).split()) for row in rows if _is_edited_item(row)}


def _is_edited_item(row: sa.Row[Any]) -> bool:
    """Tell whether a newsroom or an office wrote an item."""
    if row.kind in EDITED_KINDS:
        return not is_personal_address(split_address(row.url or ""))
    return is_public_appearance(row)


def _name_by_topic(topic: str) -> str:
    """Return what stands in place of a private person's words."""
    return f"Kabar dari warga tentang {topic.lower()}"


def _describe_claim(row: sa.Row[Any], page: sa.Row[Any] | None, source_title: str | None) -> LargeClaim:
    topic, reports = str(row.topic.label), publish_count(row.reports)
    if page is not None:
        state = f"{page.verdict.label}, klarifikasi nomor {page.number}"
        return LargeClaim(row.id, page.title, topic, row.items, reports, state)
    title = source_title or _name_by_topic(topic)
    state = "Belum diperiksa petugas" if row.status is ClaimStatus.NEW else str(row.status.label)
    return LargeClaim(row.id, title, topic, row.items, reports, state)


CLOSING_KINDS = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE, DecisionKind.LINK)
COUNTED_STATUSES = tuple(set(ClaimStatus) - {ClaimStatus.MERGED})
APPROVAL, UNIT_ANSWER, EXAMINATION, NOTHING = "approval", "unit", "examination", "nothing"
REASONS = {
    UNIT_ANSWER: "Menunggu jawaban perangkat daerah",
    APPROVAL: "Rancangan klarifikasi menunggu persetujuan",
    EXAMINATION: "Sudah mulai diperiksa, belum selesai",
    NOTHING: "Belum ada petugas yang mulai memeriksa",
}


@dataclass(frozen=True)
class LateClaim:
    """A late claim."""

    claim_id: int
    title: str
    unit: str
    due_at: datetime
    reason: str


@dataclass(frozen=True)
class LateClaims:
    """How many claims were late by reason and by unit's code ("" for none), and the most urgent of them."""

    by_reason: Counter[str] = field(default_factory=Counter)
    by_unit: Counter[str] = field(default_factory=Counter)
    unit_names: dict[str, str] = field(default_factory=dict)
    shown: list[LateClaim] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of late claims."""
        return self.by_reason.total()


def load_late_claims(month: date, now: datetime) -> LateClaims:
    """Return the claims whose target passed in the month, up to ``now``."""
    late, reason = _late_conditions(month, now), _reason_case()
    counts = (
        sa.select(Unit.code, Unit.short_name, reason.label("reason"), sa.func.count().label("claims"))
        .select_from(Claim)
        .outerjoin(Unit, Unit.id == Claim.unit_id)
        .where(*late)
        .group_by(Unit.code, Unit.short_name, sa.text("reason"))
    )
    by_reason, by_unit, unit_names = Counter[str](), Counter[str](), dict[str, str]()
    for row in db.session.execute(counts):
        by_reason[row.reason] += row.claims
        by_unit[row.code or ""] += row.claims
        if row.code:
            unit_names[row.code] = row.short_name
    return LateClaims(by_reason, by_unit, unit_names, _list_most_urgent(late, reason))


def _list_most_urgent(late: list[sa.ColumnElement[bool]], reason: sa.Case[str]) -> list[LateClaim]:
    """Return the late claims with the highest priority."""
    query = (
        sa.select(Claim.id, Claim.topic, Claim.due_at, Unit.short_name, reason.label("reason"))
        .outerjoin(Unit, Unit.id == Claim.unit_id)
        .where(*late)
        .order_by(Claim.priority.desc(), Claim.id)
        .limit(CLAIMS_SHOWN)
    )
    rows = db.session.execute(query).all()
    pages, titles = _load_public_pages([row.id for row in rows]), _load_source_titles([row.id for row in rows])
    return [
        LateClaim(
            row.id,
            pages[row.id].title if row.id in pages else titles.get(row.id) or _name_by_topic(str(row.topic.label)),
            row.short_name or "",
            row.due_at,
            row.reason,
        )
        for row in rows
    ]


def _late_conditions(month: date, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that a claim's target passed while it was neither closed nor answered."""
    return [
        Claim.status.in_(COUNTED_STATUSES),
        *is_within(Claim.due_at, month, next_month(month)),
        Claim.due_at < now,
        ~_decided_in_time(CLOSING_KINDS),
        ~_page_exists(Clarification.published_at <= Claim.due_at),
    ]


def _reason_case() -> sa.Case[str]:
    """Return what a claim waited for when its target passed."""
    asked = sa.exists().where(
        Question.claim_id == Claim.id,
        Question.asked_at <= Claim.due_at,
        sa.or_(Question.closed_at.is_(None), Question.closed_at > Claim.due_at),
    )
    return sa.case(
        (_page_exists(Clarification.submitted_at <= Claim.due_at), APPROVAL),
        (asked, UNIT_ANSWER),
        (_decided_in_time((DecisionKind.INVESTIGATE, DecisionKind.ASSIGN, DecisionKind.CLARIFY)), EXAMINATION),
        else_=NOTHING,
    )


def _decided_in_time(kinds: tuple[DecisionKind, ...]) -> sa.Exists:
    """Return the condition that an officer decided so by the target. A decision that was undone is none."""
    undoing = aliased(Decision)
    stands = ~sa.exists().where(undoing.undoes_id == Decision.id)
    return sa.exists().where(
        Decision.claim_id == Claim.id, Decision.kind.in_(kinds), Decision.decided_at <= Claim.due_at, stands
    )


def _page_exists(condition: sa.ColumnElement[Any]) -> sa.Exists:
    """Return the condition that a clarification of the claim meets ``condition``."""
    return sa.exists().where(
        clarification_claim.c.claim_id == Claim.id,
        Clarification.id == clarification_claim.c.clarification_id,
        condition,
    )
