"""What waits for one officer, questions between desk and units, who works on a claim, and sending a claim back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, current_app, flash, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.claims import assignment, locks
from hoax_tracker.claims.deadlines import deadline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import find
from hoax_tracker.core.web.session_expiry import keep_what_was_typed
from hoax_tracker.core.web.uploads import bringing_files
from hoax_tracker.errors import Conflict, Held, HoaxTrackerError, Invalid, NotAllowed, TooMany
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    Clarification,
    ClarificationStatus,
    DecisionKind,
    Officer,
    Question,
    RoleName,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.review.decisions import service
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.evidence.safe_files import too_large
from hoax_tracker.review.forms import whole
from hoax_tracker.review.queue.counters import waiting_for_me
from hoax_tracker.review.queue.filter_choices import all_units
from hoax_tracker.review.queue.queue import filters_from
from hoax_tracker.review.views.claims import me, to
from hoax_tracker.review.views.evidence import files_of

bp = APIBlueprint("work", __name__, url_prefix="/petugas", enable_openapi=False)
keep_what_was_typed(bp)
bp.record_once(lambda state: state.app.jinja_env.globals.update(waiting_for_me=waiting_for_me))
ANSWERED: dict[str, Any] = {
    "jawab": _l("Jawaban terkirim. Yang bertanya sudah diberi tahu."),
    "kembalikan": _l("Pertanyaan dikembalikan. Yang bertanya sudah diberi tahu."),
    "teruskan": _l("Pertanyaan diteruskan."),
    "tarik": _l("Pertanyaan ditarik."),
}


@bp.get("/mulai")
@signed_in()
def start() -> Response:
    """Open what the officer came for: PPID Utama answers for the whole queue, a unit for what is its own."""
    return to(url_for("work.mine" if me().unit.parent_id else "review.queue"))


@bp.get("/untuk-anda")
@signed_in()
def mine() -> str:
    """Show what waits for the officer: what they were told, questions to their unit, claims, drafts."""
    person = me()
    return render_template(
        "review/mine.html",
        notices=notices.of(person),
        asked=unit_questions.open_to(person.unit_id),
        asking=unit_questions.open_of(person),
        claims=claims_of(person),
        drafts=drafts_of(person),
        deadline=deadline,
        me=person,
    )


def claims_of(person: Officer) -> list[Claim]:
    """Return the claims that lie with the officer's unit and wait, the most pressing first."""
    query = sa.select(Claim).where(Claim.unit_id == person.unit_id, Claim.status.in_(WAITING_STATUSES))
    return list(db.session.scalars(query.order_by(Claim.due_at, Claim.id).limit(20)))


def drafts_of(person: Officer) -> list[Clarification]:
    """Return what the officer writes, and for an approver what waits for approval."""
    of_others = sa.select(Clarification.id).where(Clarification.author_id != person.id)
    own = sa.select(Clarification.id).where(Clarification.author_id == person.id)
    wanted = [own.where(Clarification.status == ClarificationStatus.DRAFT)]
    if person.is_a(RoleName.APPROVER):
        wanted.append(of_others.where(Clarification.status == ClarificationStatus.AWAITING_APPROVAL))
        wanted.append(of_others.where(Clarification.proposed_kind.is_not(None)))
    # Each part has an index; with one condition of all three, every page that was ever written is read.
    query = sa.select(Clarification).where(Clarification.id.in_(sa.union_all(*wanted)))
    query = query.order_by(Clarification.changed_at).limit(20)
    return list(db.session.scalars(query.options(sa.orm.joinedload(Clarification.author))))


@bp.post("/untuk-anda/dibaca")
@signed_in()
def saw() -> Response:
    """Note that the officer saw the notices that were on the page."""
    notices.seen(me(), whole(request.form.get("newest")) or 0, utc_now())
    return to(url_for("work.mine"))


@bp.route("/klaim/<int:claim_id>/tanya", methods=["GET", "POST"])
@signed_in(RoleName.OFFICER)
def ask(claim_id: int) -> Response:
    """Ask a unit about a claim; what cannot be sent is shown back with everything that was typed."""
    claim, error = find(Claim, claim_id), None
    if request.method == "POST":
        unit_id, text = whole(request.form.get("unit_id")), request.form.get("text", "")
        try:
            unit_questions.ask(claim_id, unit_id, text, officer=me(), now=utc_now())
        except Invalid as refused:
            error, claim = refused, find(Claim, claim_id)
        else:
            flash(_("Pertanyaan terkirim. Jawabannya muncul di klaim ini."), "done")
            return to(url_for("review.claim", claim_id=claim_id, **filters_from(request.args).args()))
    page = render_template("review/ask.html", claim=claim, units=all_units(), typed=request.form, error=error)
    return make_response(page, error.status if error else 200)


@bp.get("/pertanyaan/<int:question_id>")
@signed_in()
def question(question_id: int) -> str:
    """Show a question with what can be done about it."""
    return shown(question_id)


@bp.post("/pertanyaan/<int:question_id>/<any(jawab,kembalikan,teruskan,tarik):act>")
@bringing_files(too_large)
@signed_in(RoleName.OFFICER)
def act_on(question_id: int, act: str) -> Response:
    """Answer a question, with files or without, send it back, hand it on, or take it back."""
    version = whole(request.form.get("version")) or 0
    try:
        claim_id = run(act, question_id, version)
    except (Invalid, Conflict, NotAllowed, TooMany) as error:
        return make_response(shown(question_id, act=act, error=error), error.status)
    flash(str(ANSWERED[act]), "done")
    return to(url_for("review.claim", claim_id=claim_id) if act == "tarik" else url_for("work.mine"))


def run(act: str, question_id: int, version: int) -> int:
    """Take the step on the question; return its claim's id."""
    sent, who, now = request.form, me(), utc_now()
    text, reason, unit_id = sent.get("text", ""), sent.get("reason", ""), whole(sent.get("unit_id"))
    key = current_app.extensions["settings"].contact_key
    steps: dict[str, Callable[[], int]] = {
        "jawab": lambda: unit_questions.answer(
            question_id, version, text, files=files_of(request.files.getlist("file")), key=key, officer=who, now=now
        ),
        "kembalikan": lambda: unit_questions.send_back(question_id, version, reason, officer=who, now=now),
        "teruskan": lambda: unit_questions.pass_on(question_id, version, unit_id, reason, officer=who, now=now),
        "tarik": lambda: unit_questions.withdraw(question_id, version, officer=who, now=now),
    }
    return steps[act]()


def shown(question_id: int, act: str = "", error: HoaxTrackerError | None = None) -> str:
    """Return the question's page, with a fault and what was typed where there is one."""
    row: Question = unit_questions.found(question_id)
    return render_template(
        "review/question.html",
        row=row,
        files=evidence.of_question(row.id),
        may_answer=unit_questions.may_answer(row, me()) and row.is_open,
        may_withdraw=row.is_open and me().is_a(RoleName.OFFICER) and row.asked_by.unit_id == me().unit_id,
        units=[one for one in all_units() if one[0] != row.unit_id],
        deadline=deadline,
        act=act,
        error=error,
        typed=request.form if error else {},
    )


@bp.route("/klaim/<int:claim_id>/kembalikan", methods=["GET", "POST"])
@signed_in(RoleName.OFFICER)
def give_back(claim_id: int) -> Response:
    """Send a claim back to PPID Utama, with the reason why this unit does not answer it."""
    claim = find(Claim, claim_id)
    if request.method == "GET":
        return make_response(render_template("review/give_back.html", claim=claim, typed="", error=None))
    reason, version = request.form.get("reason", ""), whole(request.form.get("version")) or 0
    root = assignment.root()
    try:
        unit_questions.written(reason, _("Tulis mengapa unit Anda tidak menjawabnya."), "reason")
        choice = service.Choice(DecisionKind.ASSIGN, reason, root.id if root else None, claim.accused_unit_id)
        service.decide(claim_id, version, choice, officer=me(), now=utc_now())
    except (Invalid, Conflict, NotAllowed) as error:
        page = render_template("review/give_back.html", claim=find(Claim, claim_id), typed=reason, error=error)
        return make_response(page, error.status)
    flash(_("Klaim dikembalikan ke PPID Utama. Petugasnya sudah diberi tahu."), "done")
    return to(url_for("work.mine"))


@bp.post("/klaim/<int:claim_id>/<any(kerjakan,'ambil-alih',lepas):act>")
@signed_in(RoleName.OFFICER)
def hold(claim_id: int, act: str) -> Response:
    """Take a claim to work on, take it over, or let it go. Scripts ask for JSON and say who holds it."""
    try:
        if act == "lepas":
            locks.release(claim_id, officer=me())
        else:
            locks.take(claim_id, officer=me(), now=utc_now(), over=act == "ambil-alih")
    except (Held, NotAllowed) as error:
        if request.accept_mimetypes.best == "application/json":
            return make_response(jsonify(message=str(error.user_message)), error.status)
        flash(str(error.user_message), "error")
    if request.accept_mimetypes.best == "application/json":
        return make_response("", 204)
    return to(url_for("review.claim", claim_id=claim_id, **filters_from(request.args).args()))
