"""Acts of an officer's own work: notices, questions to units, claim locks, giving a claim back, and the first page.

That is the one on which the officer can do something about what waits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, flash, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority.confirmers import may_confirm_anything
from hoax_tracker.authority.proposals import subject_id
from hoax_tracker.claims import locks
from hoax_tracker.claims.accused_view import hide_words
from hoax_tracker.claims.awaiting_approval import PAGE_ACTS, proposals_to_confirm
from hoax_tracker.claims.response_targets import deadline_status
from hoax_tracker.claims.unit_answers import outside_source
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.downloads import accepts_files
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import (
    ClaimLockedError,
    EditConflictError,
    HoaxTrackerError,
    InvalidInputError,
    NotAllowedError,
    RateLimitedError,
)
from hoax_tracker.models import Claim, DecisionKind, Officer, Proposal, Question, RoleName, Unit, db
from hoax_tracker.notifications import notices
from hoax_tracker.organisation.units import find_root_unit, list_answering_units
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.review.decisions import service
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.evidence.safe_files import file_too_large_error
from hoax_tracker.review.forms import AssignForm
from hoax_tracker.review.queue.counters import waiting_for_me
from hoax_tracker.review.queue.queue import QueueFilters
from hoax_tracker.review.views.claims import require_valid_form, rerender_claim_with_error, see_other
from hoax_tracker.review.views.evidence import read_uploaded_files


def _landing_address(officer: Officer) -> str:
    """Return the address of the officer's first page: what awaits their approval comes before everything else."""
    awaiting = list_first_proposals(officer, utc_now())
    if len(awaiting) == 1 and awaiting[0].act in PAGE_ACTS:
        return url_for("clarify.page", clarification_id=subject_id(awaiting[0]))
    if awaiting:
        return url_for("proposals.listing")
    if officer.is_officer:
        return url_for("review.queue" if officer.unit.is_root else "morning.show")
    return url_for(_idle_endpoint(officer))


def _idle_endpoint(officer: Officer) -> str:
    """Return the endpoint for somebody who decides about no claim, where nothing awaits their approval."""
    if officer.is_administrator:
        return "accounts.listing"
    if officer.is_auditor:
        return "audit.listing"
    return "proposals.listing" if officer.is_named_second else "clarify.listing"


def list_first_proposals(officer: Officer, now: datetime) -> list[Proposal]:
    """Return two proposals that await this officer, longest first; none for who confirms nothing."""
    if not may_confirm_anything(officer):
        return []
    query = sa.select(Proposal).where(Proposal.id.in_(proposals_to_confirm(officer, now)))
    return list(db.session.scalars(query.order_by(Proposal.proposed_at, Proposal.id).limit(2)))


bp = APIBlueprint("work", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(bp)
TEMPLATE_GLOBALS = {"waiting_for_me": waiting_for_me, "may_confirm_anything": may_confirm_anything}
bp.record_once(lambda state: state.app.jinja_env.globals.update(TEMPLATE_GLOBALS))
QUESTION_DONE_MESSAGES: dict[str, Any] = {
    "jawab": _l("Jawaban terkirim. Yang bertanya sudah diberi tahu."),
    "kembalikan": _l("Pertanyaan dikembalikan. Yang bertanya sudah diberi tahu."),
    "teruskan": _l("Pertanyaan diteruskan."),
    "tarik": _l("Pertanyaan ditarik."),
}


@bp.get("/mulai")
@sign_in_required()
def start() -> Response:
    """Redirect to the officer's work."""
    return see_other(_landing_address(current_officer()))


@bp.post("/untuk-anda/dibaca")
@sign_in_required()
def saw() -> Response:
    """Mark the notices on the page as seen."""
    notices.mark_seen_up_to(current_officer(), read_whole_number(request.form.get("newest")) or 0, utc_now())
    return see_other(url_for("morning.show"))


def _describe_sent(unit_id: int | None) -> str:
    """Return what becomes of a question, to who asked it: where nobody has an account no notice goes out."""
    if notices.list_officers_in(Unit.id == unit_id):
        return str(_("Pertanyaan terkirim. Jawabannya muncul di klaim ini."))
    return str(
        _("Pertanyaan tercatat. Di sana belum ada yang punya akun: hubungi langsung, lalu catat jawabannya di sini.")
    )


@bp.post("/klaim/<int:claim_id>/tanya")
@sign_in_required(RoleName.OFFICER)
def ask(claim_id: int) -> Response:
    """Ask a unit about a claim. A refused question is shown again with everything that was typed."""
    form = AssignForm()
    by: Any = {"officer": current_officer(), "now": utc_now()}
    try:
        require_valid_form(form)
        unit_questions.ask_unit(claim_id, form.unit_id.data, form.reason.data or "", **by)
    except InvalidInputError as error:
        return rerender_claim_with_error(claim_id, "teruskan", form, error)
    flash(_describe_sent(form.unit_id.data), "done")
    return see_other(url_for("review.claim", claim_id=claim_id, **QueueFilters.from_args(request.args).args()))


@bp.get("/pertanyaan/<int:question_id>")
@sign_in_required()
def question(question_id: int) -> str:
    """Show a question with the acts open to the officer."""
    return _render_question(question_id)


@bp.post("/pertanyaan/<int:question_id>/<any(jawab,kembalikan,teruskan,tarik):act>")
@accepts_files(file_too_large_error)
@sign_in_required(RoleName.OFFICER)
def act_on(question_id: int, act: str) -> Response:
    """Answer a question, with or without files, decline it, pass it on, or withdraw it."""
    version = read_whole_number(request.form.get("version")) or 0
    try:
        claim_id = _run_question_act(act, question_id, version)
    except (InvalidInputError, EditConflictError, NotAllowedError, RateLimitedError) as error:
        return make_response(_render_question(question_id, act=act, error=error), error.status)
    flash(str(QUESTION_DONE_MESSAGES[act]), "done")
    return see_other(url_for("review.claim", claim_id=claim_id) if act == "tarik" else url_for("morning.show"))


def _run_question_act(act: str, question_id: int, version: int) -> int:
    """Apply the act to the question; return its claim's id."""
    sent, who, now = request.form, current_officer(), utc_now()
    text, reason, unit_id = sent.get("text", ""), sent.get("reason", ""), read_whole_number(sent.get("unit_id"))
    key = current_settings().contact_key
    steps: dict[str, Callable[[], int]] = {
        "jawab": lambda: unit_questions.answer_question(
            question_id,
            version,
            text,
            source=sent.get("source", ""),
            files=read_uploaded_files(request.files.getlist("file")),
            key=key,
            officer=who,
            now=now,
        ),
        "kembalikan": lambda: unit_questions.decline_question(question_id, version, reason, officer=who, now=now),
        "teruskan": lambda: unit_questions.pass_on_question(
            question_id, version, unit_id, reason, officer=who, now=now
        ),
        "tarik": lambda: unit_questions.withdraw_question(question_id, version, officer=who, now=now),
    }
    return steps[act]()


def _render_question(question_id: int, act: str = "", error: HoaxTrackerError | None = None) -> str:
    """Return the question's page, with an error and what was typed where there is one."""
    row: Question = unit_questions.require_question(question_id)
    hide_words([row.claim], current_officer().unit)
    return render_template(
        "review/unit_question.html",
        row=row,
        files=evidence.list_answer_files(row.id),
        may_answer=unit_questions.may_answer(row, current_officer()) and row.is_open,
        is_for_unit=current_officer().unit_id != row.unit_id,
        outside=outside_source(row),
        source_limit=unit_questions.SOURCE_LENGTH_LIMIT,
        may_withdraw=row.is_open
        and current_officer().is_a(RoleName.OFFICER)
        and row.asked_by.unit_id == current_officer().unit_id,
        units=[unit for unit in list_answering_units() if unit[0] != row.unit_id],
        deadline=deadline_status,
        act=act,
        error=error,
        typed=request.form if error else {},
    )


@bp.route("/klaim/<int:claim_id>/kembalikan", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER)
def give_back(claim_id: int) -> Response:
    """Give a claim back to PPID Utama, with the reason why this unit does not answer it."""
    claim = require_row(Claim, claim_id)
    hide_words([claim], current_officer().unit)
    if request.method == "GET":
        return make_response(render_template("review/claim_return.html", claim=claim, typed="", error=None))
    reason, version = request.form.get("reason", ""), read_whole_number(request.form.get("version")) or 0
    root = find_root_unit()
    try:
        unit_questions.require_written_text(reason, _("Tulis mengapa unit Anda tidak menjawabnya."), "reason")
        choice = service.DecisionChoice(DecisionKind.ASSIGN, reason, root.id if root else None)
        service.decide_claim(claim_id, version, choice, officer=current_officer(), now=utc_now())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        page = render_template(
            "review/claim_return.html", claim=require_row(Claim, claim_id), typed=reason, error=error
        )
        return make_response(page, error.status)
    flash(_("Klaim dikembalikan ke PPID Utama. Petugasnya sudah diberi tahu."), "done")
    return see_other(url_for("morning.show"))


@bp.post("/klaim/<int:claim_id>/<any(kerjakan,'ambil-alih',lepas):act>")
@sign_in_required(RoleName.OFFICER)
def hold(claim_id: int, act: str) -> Response:
    """Lock a claim, take a lock over, or release it. Scripts ask for JSON and say who has the lock."""
    try:
        if act == "lepas":
            locks.release_claim(claim_id, officer=current_officer())
        else:
            locks.lock_claim(claim_id, officer=current_officer(), now=utc_now(), over=act == "ambil-alih")
    except (ClaimLockedError, NotAllowedError) as error:
        if request.accept_mimetypes.best == "application/json":
            return make_response(jsonify(message=str(error.user_message)), error.status)
        flash(str(error.user_message), "error")
    if request.accept_mimetypes.best == "application/json":
        return make_response("", 204)
    return see_other(url_for("review.claim", claim_id=claim_id, **QueueFilters.from_args(request.args).args()))
