"""The counters in the officers' menu: late claims, what waits for this officer, and for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import g
from flask_security import current_user

from hoax_tracker.claims.awaiting_approval import awaits_approval, proposals_to_confirm
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    Clarification,
    ClarificationStatus,
    Notice,
    NoticeKind,
    Officer,
    Proposal,
    ProposalOutcome,
    Question,
    db,
)
from hoax_tracker.notifications import notices

ANSWER_KINDS = (NoticeKind.ANSWERED, NoticeKind.DECLINED)


@dataclass(frozen=True)
class WaitingCounts:
    """``late``: claims past their deadline whose answer does not await approval; of a unit's officer only the unit's.

    ``yours``: what waits for the officer: unseen notices but those that only tell, open questions to their unit, their
    drafts, and what they may confirm as a second person (``second``). ``proposed``: their proposals that wait.
    """

    late: int = 0
    yours: int = 0
    second: int = 0
    proposed: int = 0


def count_waiting(officer: Officer, now: datetime) -> WaitingCounts:
    """Return the counters with one query."""
    is_late = [Claim.status.in_(WAITING_STATUSES), Claim.due_at < now, ~awaits_approval(Claim.id)]
    if not officer.unit.is_root:
        is_late.append(Claim.unit_id == officer.unit_id)
    late = sa.select(sa.func.count()).select_from(Claim).where(*is_late)
    row = db.session.execute(
        sa.select(*(query.scalar_subquery() for query in (late, *officer_count_queries(officer, now))))
    ).one()
    return _add_up_counts(row[0], row[1:])


def officer_count_queries(officer: Officer, now: datetime) -> list[sa.Select[int]]:
    """Return the counting queries for the officer, to be combined with those a page runs anyway.

    What waits for a second person is counted itself, not the notice of it.
    """
    unread = sa.select(sa.func.count()).where(
        notices.is_unseen_notice(officer.id),
        Notice.question_id.is_(None),
        Notice.kind.not_in((NoticeKind.PROPOSED, *notices.NEWS_KINDS)),
    )
    asked = sa.select(sa.func.count()).where(Question.unit_id == officer.unit_id, Question.closed_at.is_(None))
    answers = sa.select(sa.func.count()).where(
        Notice.officer_id == officer.id, Notice.seen_at.is_(None), Notice.kind.in_(ANSWER_KINDS)
    )
    to_confirm = sa.select(sa.func.count()).select_from(proposals_to_confirm(officer, now).subquery())
    proposed = sa.select(sa.func.count()).where(
        Proposal.proposed_by_id == officer.id, Proposal.outcome == ProposalOutcome.OPEN
    )
    drafts = sa.select(sa.func.count()).where(
        Clarification.author_id == officer.id, Clarification.status == ClarificationStatus.DRAFT
    )
    return [unread, asked, answers, to_confirm, proposed, drafts]


def _add_up_counts(late: int, counts: Sequence[int]) -> WaitingCounts:
    """Return the counters from the results of ``officer_count_queries``."""
    unread, asked, answers, second, proposed, drafts = counts
    return WaitingCounts(late, unread + asked + answers + second + drafts, second, proposed)


def cache_waiting_counts(late: int, counts: Sequence[int]) -> None:
    """Cache the counters for the menu of the current page."""
    g.waits = _add_up_counts(late, counts)


def waiting_for_me() -> WaitingCounts:
    """Return the counters of the signed-in officer, zero where nobody is signed in."""
    if "waits" in g:
        counts: WaitingCounts = g.waits
        return counts
    return count_waiting(current_officer(), utc_now()) if current_user.is_authenticated else WaitingCounts()
