"""The officers' desk: queue, claim, decisions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, current_app, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.claims import locks
from hoax_tracker.claims.deadlines import deadline
from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.claims.recusal import may_decide as may_decide_about
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import find
from hoax_tracker.core.web.session_expiry import keep_what_was_typed
from hoax_tracker.errors import Conflict, Held, HoaxTrackerError, Invalid, NotAllowed, TooMany
from hoax_tracker.models import Claim, ClaimStatus, Clarification, Decision, DecisionKind, Officer, RoleName, Topic, db
from hoax_tracker.review.claim_page import reporter_contact
from hoax_tracker.review.claim_page.claim_page import case_of
from hoax_tracker.review.claim_page.precedents import decided_like
from hoax_tracker.review.collaboration.notes import of_claim as notes_of
from hoax_tracker.review.decisions import accusation, merge, service, split
from hoax_tracker.review.decisions import undo as undoing
from hoax_tracker.review.decisions.junk_reports import reject_junk
from hoax_tracker.review.decisions.service import Outcome
from hoax_tracker.review.evidence.evidence import of_claim as evidence_of
from hoax_tracker.review.forms import (
    FORMS,
    GROUNDS,
    AccusedForm,
    ActForm,
    LinkForm,
    MergeForm,
    SplitForm,
    forms_for,
    whole,
)
from hoax_tracker.review.queue import counters
from hoax_tracker.review.queue.filter_choices import all_units, choices
from hoax_tracker.review.queue.queue import filters_from, heading, read_queue, totals

bp = APIBlueprint("review", __name__, url_prefix="/petugas", enable_openapi=False)
keep_what_was_typed(bp)


def me() -> Officer:
    """Return the officer who is signed in."""
    person: Officer = current_user._get_current_object()
    return person


@bp.get("/")
@signed_in()
def queue() -> str:
    """Show what waits; on a wide screen the first claim is open already."""
    shown = desk()
    opened = shown["queue"].first
    parts = claim_parts(opened.id, shown) if opened else {}
    return render_template("review/queue.html", **shown, **parts)


@bp.get("/klaim/<int:claim_id>")
@signed_in()
def claim(claim_id: int) -> str:
    """Show one claim; on a wide screen beside the queue."""
    shown = desk()
    return render_template("review/claim.html", **shown, **claim_parts(claim_id, shown))


@bp.get("/klaim/<int:claim_id>/isi")
@signed_in()
def part(claim_id: int) -> str:
    """Show one claim without the page around it: triage.js fetches the next ones ahead."""
    return fragment(claim_id)


@bp.get("/klaim/<int:claim_id>/serupa")
@signed_in()
def decided(claim_id: int) -> str:
    """Show what was decided on claims that say nearly the same; for decided.js alone, without the page around it."""
    shown = find(Claim, claim_id)
    page = "review/_decided.html" if wants_part() else "review/decided.html"
    return render_template(page, claim=shown, decided=decided_like(shown))


def wants_part() -> bool:
    """Tell whether triage.js asks, which puts the answer into the page that is open."""
    return request.headers.get("X-Requested-With") == "fetch"


def fragment(claim_id: int, sent: dict[str, ActForm] | None = None, **trouble: Any) -> str:
    """Return the claim's article alone."""
    given = request.values.get("following", "")
    shown = {"filters": filters_from(request.args), "units": all_units(), "deadline": deadline, "queue": None}
    parts = claim_parts(claim_id, shown, sent) | {"following": whole(given) or claim_id}
    return render_template("review/_fragment.html", **shown, **parts, **trouble)


def in_place(claim_id: int, words: Markup, **more: Any) -> Response:
    """Return what a decision did, for the page that is open."""
    count, late, _ours = totals(current_user.unit_id, utc_now())
    return jsonify({"claim_id": claim_id, "said": str(words), "heading": heading(count, late)} | more)


@bp.post("/klaim/<int:claim_id>/<any(periksa,tutup,teruskan,tautkan,buka,gabung,pisah):act>")
@signed_in(RoleName.OFFICER)
def decide(claim_id: int, act: str) -> Response:
    """Take a decision; what cannot be taken is shown back with everything that was typed."""
    form = FORMS[act]()
    try:
        require_valid(form)
        outcome = taken(claim_id, form)
    except (Invalid, Conflict, NotAllowed) as error:
        return shown_back(claim_id, act, form, error)
    if wants_part():
        return in_place(outcome.claim_id, said(outcome), closed=outcome.closed)
    flash(said(outcome), "done")
    filters = filters_from(request.args).args()
    if form.next_id:
        return to(url_for("review.claim", claim_id=form.next_id, **filters))
    if outcome.closed:
        return to(url_for("review.queue", **filters))
    return to(url_for("review.claim", claim_id=claim_id, **filters))


def taken(claim_id: int, form: ActForm) -> Outcome:
    """Take the form's decision with the service that is for it."""
    by: Any = {"reason": form.reason.data or "", "officer": me(), "now": utc_now()}
    if isinstance(form, MergeForm):
        into, seen = whole(form.into.data) or 0, whole(form.into_version.data)
        return merge.merge(claim_id, form.seen_version, into, into_version=seen, **by)
    if isinstance(form, SplitForm) and form.appearance.data:
        chosen = {one for one in form.appearance.data if one}
        return split.split(claim_id, form.seen_version, chosen, **by)
    if isinstance(form, SplitForm):
        return split.take_out(claim_id, form.seen_version, **by)
    return service.decide(claim_id, form.seen_version, choice_of(form), officer=me(), now=by["now"])


@bp.post("/keputusan/<int:decision_id>/urungkan")
@signed_in(RoleName.OFFICER)
def undo(decision_id: int) -> Response:
    """Take back what the officer decided, and show the claim again."""
    require_valid(ActForm())
    filters = filters_from(request.args).args()
    try:
        undone = undoing.undo(decision_id, officer=me(), now=utc_now())
    except (Invalid, Conflict) as error:
        held = db.session.get(Decision, decision_id)
        if wants_part() and held:
            return in_place(held.claim_id, escape(error.user_message), fault=True)
        flash(str(error.user_message), "error")
        return to(url_for("review.claim", claim_id=held.claim_id, **filters) if held else url_for("review.queue"))
    words = _("Diurungkan: «%(what)s». Klaim ini kembali seperti semula.", what=undone.kind.label)
    if wants_part():
        return in_place(undone.claim_id, escape(words))
    flash(words, "done")
    return to(url_for("review.claim", claim_id=undone.claim_id, **filters))


@bp.post("/klaim/<int:claim_id>/tuduhan")
@signed_in(RoleName.OFFICER)
def accuse(claim_id: int) -> Response:
    """Note who states the claim, and which unit it accuses."""
    form = AccusedForm()
    claimant = form.claimant.data if form.claimant.name in request.form else None
    by: Any = {"claimant": claimant, "officer": me(), "now": utc_now()}
    try:
        require_valid(form)
        moved = service.set_accused(claim_id, form.seen_version, form.accused_unit_id.data, **by)
    except (Invalid, Conflict, NotAllowed) as error:
        return shown_back(claim_id, "tuduhan", form, error)
    flash(_("Tersimpan. Klaim dipindahkan dari perangkat daerah itu.") if moved else _("Tersimpan."), "done")
    return to(url_for("review.claim", claim_id=claim_id, **filters_from(request.args).args()))


@bp.post("/klaim/<int:claim_id>/sampah")
@signed_in(RoleName.OFFICER)
def throw_out(claim_id: int) -> Response:
    """Reject as junk those of the claim's reports that were on the page, with one key."""
    form, filters = ActForm(), filters_from(request.args).args()
    seen = [key for one in request.form.getlist("report") if (key := whole(one))]
    try:
        require_valid(form)
        outcome = reject_junk(claim_id, form.seen_version, seen, officer=me(), now=utc_now())
    except (Invalid, Conflict, NotAllowed) as error:
        return shown_back(claim_id, "sampah", form, error)
    if wants_part():
        return in_place(outcome.claim_id, said(outcome), closed=outcome.closed)
    flash(said(outcome), "done")
    if outcome.closed:
        return to(url_for("review.queue", **filters))
    return to(url_for("review.claim", claim_id=claim_id, **filters))


@bp.route("/klaim/<int:claim_id>/aduan/<int:report_id>/kontak", methods=["GET", "POST"])
@signed_in(RoleName.OFFICER)
def contact(claim_id: int, report_id: int) -> Response:
    """Ask what a reporter's contact is opened for, and show it once that is said."""
    reporter_contact.reachable_contact(claim_id, report_id, me())
    key, reason = current_app.extensions["settings"].contact_key, request.form.get("reason", "")
    shown, error = None, None
    if request.method == "POST":
        try:
            shown = reporter_contact.show_contact(claim_id, report_id, reason, key=key, officer=me(), now=utc_now())
        except (Invalid, TooMany) as refused:
            error = refused
    about = {"claim_id": claim_id, "report_id": report_id, "left": reporter_contact.left_today(me(), utc_now())}
    about["most"] = reporter_contact.MOST_A_DAY
    page = render_template("review/contact.html", contact=shown, error=error, typed=reason, **about)
    return make_response(page, error.status if error else 200)


@bp.get("/klaim/<int:claim_id>/aduan/<int:report_id>/gambar")
@signed_in(RoleName.OFFICER)
def picture(claim_id: int, report_id: int) -> Response:
    """Show the screenshot of a report, as we made it anew."""
    key = current_app.extensions["settings"].contact_key
    response = make_response(reporter_contact.screenshot(claim_id, report_id, key=key, officer=me()))
    response.mimetype = "image/jpeg"
    return response


def desk() -> dict[str, Any]:
    """Return what the list of claims needs."""
    filters = filters_from(request.args)
    queue = read_queue(filters, current_user.unit_id, utc_now(), counters.of_officer(me()))
    counters.note(queue.late, sum(queue.along))
    return {
        "queue": queue,
        "filters": filters,
        "statuses": ClaimStatus,
        "topics": Topic,
        "deadline": deadline,
    } | choices(me().id)


def claim_parts(claim_id: int, shown: dict[str, Any], sent: dict[str, ActForm] | None = None) -> dict[str, Any]:
    """Return what one claim needs beside the list that is ``shown``."""
    case = case_of(claim_id)
    forms = forms_for(case.claim, shown["units"], sent or {})
    may_decide = may_decide_about(case.claim, me())
    is_outside = accusation.is_outside(case.claim, me())
    undoable = undoing.undoable(case.decisions, me(), utc_now())
    return {
        "case": case,
        "claim": case.claim,
        "forms": forms,
        "may_decide": may_decide,
        "may_ask": may_decide and is_outside,
        "is_outside": is_outside,
        "may_open_contacts": reporter_contact.may_open_contacts(case.claim, me()),
        "may_see_picture": may_decide and not is_accused(case.claim, me()),
        "notes": notes_of(claim_id) if is_outside else [],
        "evidence": evidence_of(claim_id) if is_outside else [],
        "is_officer": me().is_a(RoleName.OFFICER),
        "holder": locks.held_through(case.lock, utc_now()),
        "me": me(),
        "undoable": undoable,
        "following": shown["queue"].after(claim_id) if shown["queue"] else None,
        "grounds": GROUNDS,
    }


def require_valid(form: ActForm) -> None:
    """Raise Invalid with the first fault of the form's own fields."""
    if not form.validate():
        field, faults = next(iter(form.errors.items()))
        raise Invalid("form", user_message=str(faults[0]), field=field)


def choice_of(form: ActForm) -> service.Choice:
    """Return the form's decision, with the clarification found by the number that its page shows."""
    if isinstance(form, LinkForm):
        number = form.choice().clarification_id
        row = db.session.scalar(sa.select(Clarification.id).where(Clarification.number == number)) if number else None
        return service.Choice(DecisionKind.LINK, form.reason.data or "", clarification_id=row)
    return form.choice()


def shown_back(claim_id: int, act: str, form: ActForm, error: HoaxTrackerError) -> Response:
    """Return the claim as it is now, with the fault and what was typed."""
    field = getattr(error, "field", None)
    trouble: dict[str, Any] = {
        "act": act,
        "field": field,
        "text": str(error.user_message),
        "typed": form.reason.data or "",
        "held": isinstance(error, Held),
    }
    conflict = isinstance(error, Conflict)
    if wants_part():
        return make_response(fragment(claim_id, {act: form}, trouble=trouble, conflict=conflict), error.status)
    shown = desk()
    parts = shown | claim_parts(claim_id, shown, {act: form})
    page = render_template("review/claim.html", **parts, trouble=trouble, conflict=conflict)
    return make_response(page, error.status)


def linked(claim_id: int) -> Markup:
    """Return the claim's number as a link."""
    address = url_for("review.claim", claim_id=claim_id)
    return Markup('<a href="{}">{}</a>').format(address, _("Klaim %(number)s", number=claim_id))


def said(outcome: Outcome) -> Markup:
    """Return one sentence on what the decision did, with the way back."""
    words: dict[DecisionKind, str] = {
        DecisionKind.INVESTIGATE: _("sedang diperiksa. Warga yang bertanya akan membaca sejak kapan."),
        DecisionKind.ASSIGN: _("diteruskan."),
        DecisionKind.REOPEN: _("dibuka kembali dan masuk antrean."),
        DecisionKind.LINK: _("terjawab oleh klarifikasi yang sudah terbit."),
        DecisionKind.MERGE: _("digabung. Kemunculan dan aduannya kini ada di"),
        DecisionKind.SPLIT: _("dipisahkan. Yang dipisahkan kini"),
        DecisionKind.JUNK: _("tetap menunggu. Aduan yang Anda lihat ditolak."),
        DecisionKind.OUT_OF_SCOPE: _("ditutup. Pelapor diarahkan ke SP4N-LAPOR."),
    }
    sentence: Markup = linked(outcome.claim_id) + " " + words.get(outcome.kind, _("ditutup."))
    if outcome.other_id:
        sentence += " " + linked(outcome.other_id) + "."
    if outcome.answered:
        sentence += " " + ngettext("%(num)d aduan ikut terjawab.", "%(num)d aduan ikut terjawab.", outcome.answered)
    return sentence + (" " + way_back(outcome) if outcome.decision_id else "")


def way_back(outcome: Outcome) -> Markup:
    """Return the button that takes the decision back."""
    address = url_for("review.undo", decision_id=outcome.decision_id, **filters_from(request.args).args())
    return Markup(
        '<form data-undo action="{}" method="post"><input type="hidden" name="csrf_token" value="{}">'
        '<button class="plain" data-key="Z">{}<kbd>Z</kbd></button></form>'
    ).format(address, generate_csrf(), _("Urungkan"))


def to(address: str) -> Response:
    """Return a redirect that is read with GET."""
    return make_response(redirect(address, 303))
