"""Public questions without an answer: an officer opens a claim from a group of them, or joins the group to a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.web.query_args import Pages, parse_page_number
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import CheckQuery, Claim, ClaimStatus, Demand, Officer, db
from hoax_tracker.review.decisions.service import require_officer
from hoax_tracker.review.decisions.split import follow_merges

GROUPS_PER_PAGE = 15
RECENT_PERIOD = timedelta(days=7)
SHOWN_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class AskedGroup:
    """A group of questions with how often it was asked: recently (LATELY), and within the retention time."""

    demand: Demand
    lately: int
    all: int


@dataclass(frozen=True)
class GroupListing:
    """A page of groups that belong to no claim yet (``total`` of them), or of groups set ``aside``."""

    rows: list[AskedGroup]
    total: int
    aside: int
    page: int
    is_aside: bool

    @property
    def rest(self) -> int:
        """The number of groups after this page."""
        return Pages(self.aside if self.is_aside else self.total, GROUPS_PER_PAGE).rest(self.page)

    def args(self, page: int | None = None) -> dict[str, Any]:
        """Return the query arguments of this page, or of another page of the same list."""
        page = self.page if page is None else page
        return {"aside": "1" if self.is_aside else None, "page": page if page > 1 else None}


def load_group_listing(args: Mapping[str, str], now: datetime) -> GroupListing:
    """Return the requested page; a number past the end gives the last page."""
    is_aside = bool(args.get("aside"))
    since = day_in_kupang(now) - SHOWN_WITHIN
    aside = sa.func.count(Demand.set_aside_at)
    total, set_aside = db.session.execute(
        sa.select(sa.func.count() - aside, aside).where(*uncounted_conditions(since))
    ).one()
    pages = Pages(set_aside if is_aside else total, GROUPS_PER_PAGE)
    number = pages.nearest(parse_page_number(args.get("page", "")))
    rows = list_asked_groups(now, set_aside=is_aside, limit=pages.size, offset=pages.offset(number))
    return GroupListing(rows, total, set_aside, number, is_aside)


def uncounted_conditions(since: date) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for groups that belong to no claim and were asked after that day.

    None means all: a group is deleted with its last question (``retention``).
    """
    return [Demand.claim_id.is_(None), Demand.last_day > since]


def list_asked_groups(
    now: datetime, *, set_aside: bool = False, limit: int = GROUPS_PER_PAGE, offset: int = 0
) -> list[AskedGroup]:
    """Return groups that belong to no claim, most asked recently first; or groups set aside.

    Recent questions choose the groups; all questions are counted only for those.
    """
    today = day_in_kupang(now)
    # By what is made of the column and not by itself, in whose order SQLite would read all questions.
    group = sa.cast(CheckQuery.demand_id, sa.Integer).label("demand_id")
    recent = (
        sa.select(group, sa.func.sum(CheckQuery.count).label("count"))
        .where(CheckQuery.day > today - RECENT_PERIOD)
        .group_by(group)
        .subquery()
    )
    lately = sa.func.coalesce(recent.c.count, 0).label("lately")
    aside = Demand.set_aside_at.is_not(None) if set_aside else Demand.set_aside_at.is_(None)
    shown = (
        sa.select(Demand.id, lately)
        .outerjoin(recent, recent.c.demand_id == Demand.id)
        .where(*uncounted_conditions(today - SHOWN_WITHIN), aside)
        .order_by(lately.desc(), Demand.last_day.desc(), Demand.id.desc())
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    count = sa.func.coalesce(sa.func.sum(CheckQuery.count), 0)
    ever = sa.select(count).where(CheckQuery.demand_id == Demand.id).scalar_subquery()
    rows = db.session.execute(
        sa.select(Demand, shown.c.lately, ever)
        .join(shown, shown.c.id == Demand.id)
        .order_by(shown.c.lately.desc(), Demand.last_day.desc(), Demand.id.desc())
        .options(selectinload(Demand.suggested))
    )
    return [AskedGroup(*row) for row in rows]


def ask_for_claim(demand_id: int, *, officer: Officer, now: datetime) -> None:
    """Request a claim for the group; the worker opens it.

    Raises NotFoundError, NotAllowedError or EditConflictError.
    """
    with write_transaction():
        demand = _require_uncounted_group(demand_id, officer)
        demand.opening_at, demand.opened_by_id = now, officer.id
        wake_job(WokenJob.OFFICERS_ASK)
        audit_log.record_event("claim_asked_from_questions", f"demand:{demand.id}", officer=officer, now=now)


def asked_for() -> sa.Select[int]:
    """Return the query for groups with a requested claim that is not open yet, oldest first."""
    return sa.select(Demand.id).where(_is_opening()).order_by(Demand.opening_at, Demand.id)


def _is_opening() -> sa.ColumnElement[bool]:
    """Return the condition that a claim was requested and is not open yet."""
    return sa.and_(Demand.opening_at.is_not(None), Demand.claim_id.is_(None))


def open_asked(demand_id: int, open_claim: Callable[[str, datetime], Claim], now: datetime) -> None:
    """Open the requested claim in the current transaction, unless the group belongs to one by now."""
    demand = db.session.get(Demand, demand_id, with_for_update=True)
    if demand is None or demand.opening_at is None or demand.claim_id is not None:
        return
    since = start_of_day(demand.first_day)
    claim = open_claim(demand.text, min(since, now))
    demand.claim_id = claim.id
    officer = db.session.get(Officer, demand.opened_by_id) if demand.opened_by_id else None
    audit_log.record_event("claim_opened_from_questions", f"claim:{claim.id}", officer=officer, now=now)


def join_group_to_claim(demand_id: int, claim_id: int | None, *, officer: Officer, now: datetime) -> int:
    """Join a group to a claim, or to the claim that one was merged into; return that claim's id.

    Raises as ``ask_for_claim``, and InvalidInputError for an unknown claim or one closed without an answer.
    """
    with write_transaction():
        demand = _require_uncounted_group(demand_id, officer)
        claim = db.session.get(Claim, claim_id) if claim_id else None
        if claim is None:
            message = _("Klaim dengan nomor itu tidak ada.") if claim_id else _("Cari dan pilih dulu klaimnya.")
            raise InvalidInputError(f"no claim {claim_id}", user_message=message, field="claim")
        claim = follow_merges(claim)
        if claim.status is ClaimStatus.DISMISSED:
            message = _(
                "Klaim %(number)s sudah ditutup. Buka lagi klaim itu dulu, atau buka klaim baru dari pertanyaan ini.",
                number=claim.id,
            )
            raise InvalidInputError(f"claim {claim.id} is closed", user_message=message, field="claim")
        demand.claim_id = claim.id
        detail = {"demand": demand.id}
        audit_log.record_event("questions_joined", f"claim:{claim.id}", officer=officer, now=now, detail=detail)
        return claim.id


def set_group_aside(demand_id: int, *, back: bool, officer: Officer, now: datetime) -> None:
    """Set a group aside, or restore it. Raises as ``ask_for_claim``."""
    with write_transaction():
        demand = _require_uncounted_group(demand_id, officer)
        demand.set_aside_at = None if back else now
        action = "questions_put_back" if back else "questions_set_aside"
        audit_log.record_event(action, f"demand:{demand.id}", officer=officer, now=now)


def _require_uncounted_group(demand_id: int, officer: Officer) -> Demand:
    """Return a group that belongs to no claim yet. Raises NotFoundError, NotAllowedError or EditConflictError."""
    require_officer(officer)
    demand = db.session.get(Demand, demand_id)
    if demand is None:
        raise NotFoundError(f"demand {demand_id}")
    if demand.claim_id is not None:
        message = _("Petugas lain sudah menghitungnya untuk klaim %(number)s.", number=demand.claim_id)
        raise EditConflictError(f"demand {demand_id} counts for claim {demand.claim_id}", user_message=message)
    if demand.opening_at is not None:
        message = _("Klaim dari pertanyaan itu sedang dibuka. Muat ulang halaman sebentar lagi.")
        raise EditConflictError(f"a claim is being opened from demand {demand_id}", user_message=message)
    return demand
