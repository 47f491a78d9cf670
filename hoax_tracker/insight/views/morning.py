"""``/petugas/untuk-anda``, *Pagi ini*: what rises and harms, what waits for the officer, then the rest, in one order.

An officer of a unit sees what is the unit's; PPID Utama sees everything, and the numbers of today. ``/petugas/naik``
lists what rises, with the act that ends an alarm for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority.acts import find_act
from hoax_tracker.claims.accused_view import hide_words
from hoax_tracker.claims.awaiting_approval import PAGE_ACTS, pages_to_approve, proposals_to_confirm
from hoax_tracker.claims.priority import DEFAULT_HARM, HARM_BY_TOPIC, describe_alarm, name_alarm
from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.claims.response_targets import deadline_status
from hoax_tracker.clock import day_in_kupang, utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.errors import EditConflictError, NotAllowedError
from hoax_tracker.ingest.sources.listing import STATE_EXPRESSION
from hoax_tracker.insight import statistics_charts
from hoax_tracker.insight.early_warning.alarms import end_alarm, list_alarms
from hoax_tracker.insight.early_warning.duty import find_endable
from hoax_tracker.insight.early_warning.hourly_counts import list_counted_claims
from hoax_tracker.insight.figures.desk_summary import count_last_day, load_desk_summary
from hoax_tracker.models import (
    Alarm,
    AlarmAnswer,
    Clarification,
    ClarificationStatus,
    Demand,
    NoticeKind,
    Officer,
    Proposal,
    ProposalOutcome,
    RoleName,
    Source,
    Topic,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.review.public_questions import SHOWN_WITHIN, uncounted_conditions
from hoax_tracker.review.queue import counters
from hoax_tracker.review.queue.queue import ORDER_WORDS, RISING, QueueFilters, fold_same, load_claim_queue

bp = APIBlueprint("morning", __name__, url_prefix="/petugas/untuk-anda", enable_openapi=False)
RISING_SHOWN, ENDED_SHOWN, REST_SHOWN = 10, 5, 8
HARMFUL, SERIOUS = 0.9, 0.6
LISTED_THEMSELVES = frozenset((NoticeKind.ASKED, NoticeKind.PROPOSED))
"""Kinds of notices about what the page lists itself."""


@bp.get("")
@sign_in_required()
def show() -> str:
    """Show what rises, what waits for the officer, the rest of the queue, and today's numbers."""
    officer = current_officer()
    now, whole = utc_now(), officer.unit.is_root
    filters = QueueFilters(unit=None if whole else officer.unit_id)
    queue = load_claim_queue(filters, officer.unit, now, counters.officer_count_queries(officer, now))
    counters.cache_waiting_counts(queue.late if whole else queue.ours_late, queue.along)
    rest = [row for group in queue.groups if group.key != RISING for row in group.rows]
    rest_count = sum(group.count for group in queue.groups if group.key != RISING)
    return render_template(
        "insight/morning.html",
        queue=queue,
        rest=fold_same(rest)[:REST_SHOWN],
        rest_count=rest_count,
        awaiting={row.claim.id for group in queue.groups if group.awaits_approval for row in group.rows},
        filters=filters,
        order_words=ORDER_WORDS,
        deadline=deadline_status,
        me=officer,
        **_rising_context(officer, now),
        **_own_work(officer, now),
        **(_number_context(officer, now) if whole else {}),
    )


def _rising_context(officer: Officer, now: datetime) -> dict[str, Any]:
    """Return what rises, the most harmful first: of a unit only what it answers for."""
    alarms = [alarm for alarm in list_alarms() if officer.unit.is_root or _is_of_unit(alarm, officer)]
    alarms = sorted(alarms, key=_order_of)
    shown = alarms[:RISING_SHOWN]
    hide_words([alarm.claim for alarm in shown if alarm.claim], officer.unit)
    wide = [alarm for alarm in shown if alarm.claim is None]
    return {
        "rising_count": len(alarms),
        "alarms": shown,
        "ended": list_alarms(ended=True, limit=ENDED_SHOWN),
        "counted": list_counted_claims(wide) if wide else {},
        "may_end": find_endable(wide, officer) if wide else set(),
        "sparks": statistics_charts.draw_rising(shown, count_last_day(shown, now)),
        "describe_alarm": describe_alarm,
        "name_alarm": name_alarm,
        "describe_harm": describe_harm,
    }


def _is_of_unit(alarm: Alarm, officer: Officer) -> bool:
    """Tell whether an alarm is about a claim that the officer's unit answers."""
    return alarm.claim is not None and alarm.claim.unit_id == officer.unit_id


def _order_of(alarm: Alarm) -> tuple[float, float, float]:
    """Return what alarms are ordered by: harm if it is false, how fast it spreads, and the deadline."""
    due = alarm.claim.due_at.timestamp() if alarm.claim else 0.0
    return -_harm_of(alarm), -alarm.count / alarm.hours, due


def _harm_of(alarm: Alarm) -> float:
    """Return the harm in 0..1 where what rises is false; of a place that of its claims is not known."""
    parts = alarm.claim.priority_parts if alarm.claim else None
    topic: Topic | None = alarm.claim.topic if alarm.claim else alarm.topic
    known = HARM_BY_TOPIC.get(topic.value, DEFAULT_HARM) if topic else DEFAULT_HARM
    return max(known, float((parts or {}).get("harm") or 0.0))


def describe_harm(alarm: Alarm) -> str:
    """Return how harmful it is in words."""
    harm = _harm_of(alarm)
    words = _("tinggi") if harm >= HARMFUL else _("sedang") if harm >= SERIOUS else _("biasa")
    return str(_("Bahaya bila keliru: %(level)s.", level=words))


def _own_work(officer: Officer, now: datetime) -> dict[str, Any]:
    """Return what waits for the officer: to confirm, to answer, to write, and what they are told."""
    questions = unit_questions.list_questions_of(officer)
    unseen = [one for one in notices.list_unseen_notices(officer) if one.kind not in LISTED_THEMSELVES]
    hide_words([one.claim for one in unseen if one.claim], officer.unit)
    return {
        "to_confirm": _count_to_confirm(officer, now),
        "asked": [row for row in questions if row.unit_id == officer.unit_id],
        "asking": [row for row in questions if row.unit_id != officer.unit_id],
        "drafts": list_officer_drafts(officer, now),
        # A question stands among what is asked, and what awaits a second person among what is to be confirmed.
        "notices": [one for one in unseen if one.kind not in notices.NEWS_KINDS],
        "news": [one for one in unseen if one.kind in notices.NEWS_KINDS],
        "newest": unseen[0].id if unseen else None,
        "describe_notice": notices.describe_notice,
        "is_kept_away": lambda claim: is_accused(claim, officer),
    }


def _count_to_confirm(officer: Officer, now: datetime) -> Sequence[tuple[Any, int]]:
    """Return (act, number) of what awaits the officer's confirmation beside pages, which are listed themselves."""
    query = (
        sa.select(Proposal.act, sa.func.count())
        .where(Proposal.id.in_(proposals_to_confirm(officer, now)), Proposal.act.not_in(PAGE_ACTS))
        .group_by(Proposal.act)
    )
    return [(find_act(name), count) for name, count in db.session.execute(query)]


def list_officer_drafts(officer: Officer, now: datetime) -> Sequence[Clarification]:
    """Return the officer's drafts and what awaits their approval."""
    own = sa.select(Clarification.id).where(
        Clarification.author_id == officer.id, Clarification.status == ClarificationStatus.DRAFT
    )
    # Each part has an index; with one condition of all, every page that was ever written is read.
    query = sa.select(Clarification).where(Clarification.id.in_(sa.union_all(own, pages_to_approve(officer, now))))
    query = query.order_by(Clarification.changed_at).limit(20)
    return db.session.scalars(query.options(sa.orm.joinedload(Clarification.author))).all()


def _number_context(officer: Officer, now: datetime) -> dict[str, Any]:
    """Return today's numbers, with those of what else waits: each opens its list."""
    since = day_in_kupang(now) - SHOWN_WITHIN
    groups = [*uncounted_conditions(since), Demand.set_aside_at.is_(None)]
    along = [
        sa.select(sa.func.count()).where(Proposal.outcome == ProposalOutcome.OPEN).scalar_subquery(),
        sa.select(sa.func.count()).select_from(Demand).where(*groups).scalar_subquery(),
        sa.select(sa.func.count()).select_from(Source).where(STATE_EXPRESSION == "failing").scalar_subquery(),
    ]
    summary = load_desk_summary(officer, now, along)
    proposed, asked, failing = summary.along
    return {
        "summary": summary,
        "today": day_in_kupang(now).isoformat(),
        "words": statistics_charts,
        "proposed": proposed,
        "asked_publicly": asked,
        "failing": failing,
    }


early_warning_bp = APIBlueprint("early_warning", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(early_warning_bp)

OPEN_SHOWN, ENDED_LISTED = 50, 20
ANSWER_BY_ACT = {"tangani": AlarmAnswer.ANSWERED, "diamkan": AlarmAnswer.SILENCED}


@early_warning_bp.get("/naik/")
@early_warning_bp.get("/ringkasan", endpoint="summary")
@sign_in_required()
def moved() -> Response:
    """Lead bookmarks of former pages to the page of the morning."""
    return make_response(redirect(url_for("morning.show"), 301))


@early_warning_bp.post("/naik/<int:alarm_id>/<any(tangani,diamkan):act>")
@sign_in_required(RoleName.OFFICER)
def end(alarm_id: int, act: str) -> Response:
    """Answer or silence an alarm for all; then return to the claim or to the list."""
    try:
        alarm = end_alarm(alarm_id, ANSWER_BY_ACT[act], officer=current_officer(), now=utc_now())
    except (EditConflictError, NotAllowedError) as error:
        flash(str(error.user_message), "error")
        return _see_other(url_for("morning.show", _anchor="naik"))
    if act == "tangani":
        flash(_("Tercatat: Anda menanganinya. Petugas lain tidak dikabari lagi."), "done")
    else:
        flash(_("Didiamkan untuk semua petugas, sampai naik lagi sesudah reda."), "done")
    if request.args.get("dari") == "klaim" and alarm.claim_id is not None:
        return _see_other(url_for("review.claim", claim_id=alarm.claim_id))
    return _see_other(url_for("morning.show", _anchor="naik"))


def _see_other(address: str) -> Response:
    """Return the redirect after an act."""
    return make_response(redirect(address, 303))
