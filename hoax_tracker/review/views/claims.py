"""The officers' desk: queue, claim, decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _, ngettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority.acts import is_in_charge, is_unit_in_charge
from hoax_tracker.claims import locks
from hoax_tracker.claims.accused_view import hide_words
from hoax_tracker.claims.media_fingerprints import label_media, list_known_recordings, list_reported_media
from hoax_tracker.claims.priority import describe_alarm
from hoax_tracker.claims.public_words.closing_reasons import CLOSING_GROUNDS
from hoax_tracker.claims.recusal import is_accused, may_decide as may_decide_about, standing_accusations
from hoax_tracker.claims.response_targets import deadline_status
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer, current_settings
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
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    RoleName,
    Topic,
    db,
)
from hoax_tracker.organisation.units import list_answering_units
from hoax_tracker.review.claim_page import reporter_contact
from hoax_tracker.review.claim_page.claim_page import load_claim_page
from hoax_tracker.review.claim_page.similar import list_precedents
from hoax_tracker.review.collaboration.notes import list_claim_notes as notes_of
from hoax_tracker.review.decisions import accusation, merge, service, split, undo as undoing
from hoax_tracker.review.decisions.junk_reports import reject_junk_reports
from hoax_tracker.review.decisions.service import DecisionOutcome
from hoax_tracker.review.evidence.evidence import list_claim_evidence as evidence_of
from hoax_tracker.review.forms import (
    FORM_BY_ACT,
    AccusedForm,
    DecisionForm,
    LiftForm,
    LinkForm,
    MergeForm,
    SplitForm,
    build_claim_forms,
)
from hoax_tracker.review.pickers import fill_in_choice, load_picked
from hoax_tracker.review.queue import counters
from hoax_tracker.review.queue.queue import (
    ORDER_WORDS,
    PartFilter,
    QueueFilters,
    count_claim_totals,
    fold_same,
    load_claim_queue,
    queue_heading,
)
from hoax_tracker.review.queue.saved_filters import list_filter_choices

bp = APIBlueprint("review", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(bp)


@bp.before_request
def lead_to_own_landing() -> Response | None:
    """Send who opens the desk signed out to the sign-in page, from where each lands on their own work."""
    if request.endpoint == "review.queue" and not request.args and not current_user.is_authenticated:
        return make_response(redirect(url_for("security.login")))
    return None


@bp.get("/")
@sign_in_required()
def queue() -> str:
    """Show the queue; on a wide screen the first claim is open already."""
    shown = queue_context()
    opened = shown["queue"].first
    parts = claim_context(opened.id, shown) if opened else {}
    return render_template("review/queue.html", **shown, **parts)


@bp.get("/klaim/<int:claim_id>")
@sign_in_required()
def claim(claim_id: int) -> str:
    """Show one claim; on a wide screen beside the queue. A picker's search page leads back with what was chosen."""
    shown = queue_context()
    return render_template("review/claim.html", **shown, **claim_context(claim_id, shown, choice=request.args))


@bp.get("/klaim/<int:claim_id>/isi")
@sign_in_required()
def part(claim_id: int) -> str:
    """Return one claim as a fragment: triage.js prefetches the next ones."""
    return _render_claim_fragment(claim_id)


@bp.get("/klaim/<int:claim_id>/serupa")
@sign_in_required()
def decided(claim_id: int) -> str:
    """Show precedents of a claim; as a fragment where similar_decisions.js asks."""
    shown = require_row(Claim, claim_id)
    decided = list_precedents(shown, current_officer().unit)
    hide_words([shown], current_officer().unit)
    page = "review/_similar_decisions.html" if is_fragment_request() else "review/similar_decisions.html"
    return render_template(page, claim=shown, decided=decided)


def is_fragment_request() -> bool:
    """Tell whether triage.js asks and inserts the answer into the open page."""
    return request.headers.get("X-Requested-With") == "fetch"


def _render_claim_fragment(claim_id: int, sent: dict[str, DecisionForm] | None = None, **trouble: Any) -> str:
    following = request.values.get("following", "")
    shown = {
        "filters": QueueFilters.from_args(request.args),
        "units": list_answering_units(),
        "deadline": deadline_status,
        "queue": None,
    }
    after = read_whole_number(following) or claim_id
    parts = claim_context(claim_id, shown, sent) | {"following": after, "afterwards": after}
    return render_template("review/_claim_fragment.html", **shown, **parts, **trouble)


def _fragment_result(claim_id: int, words: Markup, *, closed: bool = False, fault: bool = False) -> Response:
    """Return the outcome of a decision for the open page: markup, which triage.js takes as nodes."""
    count, late = count_claim_totals(current_user.unit_id, utc_now())
    facts = Markup(" data-closed") * closed + Markup(" data-fault") * fault
    part = Markup('<div data-outcome="{}" data-heading="{}"{}>{}</div>')
    return make_response(part.format(claim_id, queue_heading(count, late), facts, words))


@bp.post("/klaim/<int:claim_id>/<any(periksa,tutup,teruskan,tautkan,buka,gabung,pisah):act>")
@sign_in_required(RoleName.OFFICER)
def decide(claim_id: int, act: str) -> Response:
    """Take a decision. A refused one is shown again with everything that was typed."""
    form = FORM_BY_ACT[act]()
    try:
        require_valid_form(form)
        outcome = _apply_decision(claim_id, form)
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return rerender_claim_with_error(claim_id, act, form, error)
    closed = outcome.closed and outcome.claim_id == claim_id  # not where it took the other claim in
    if is_fragment_request():
        return _fragment_result(claim_id, _decision_message(outcome), closed=closed)
    flash(_decision_message(outcome), "done")
    filters = QueueFilters.from_args(request.args).args()
    if form.next_id and outcome.claim_id == claim_id:
        return see_other(url_for("review.claim", claim_id=form.next_id, **filters))
    if closed:
        return see_other(url_for("review.queue", **filters))
    return see_other(url_for("review.claim", claim_id=claim_id, **filters))


def _apply_decision(claim_id: int, form: DecisionForm) -> DecisionOutcome:
    """Call the service for the form's kind of decision."""
    by: Any = {"reason": form.reason.data or "", "officer": current_officer(), "now": utc_now()}
    if isinstance(form, MergeForm):
        into, seen = read_whole_number(form.into.data) or 0, read_whole_number(form.into_version.data)
        return merge.join_claims(claim_id, form.seen_version, into, into_version=seen, **by)
    if isinstance(form, SplitForm) and form.appearance.data:
        chosen = {appearance_id for appearance_id in form.appearance.data if appearance_id}
        return split.split_claim(claim_id, form.seen_version, chosen, **by)
    if isinstance(form, SplitForm):
        return split.unmerge_claim(claim_id, form.seen_version, **by)
    return service.decide_claim(
        claim_id, form.seen_version, _read_decision_choice(form), officer=current_officer(), now=by["now"]
    )


@bp.post("/keputusan/<int:decision_id>/urungkan")
@sign_in_required(RoleName.OFFICER)
def undo(decision_id: int) -> Response:
    """Undo the officer's decision and show the claim again."""
    require_valid_form(DecisionForm())
    filters = QueueFilters.from_args(request.args).args()
    try:
        undone = undoing.undo_decision(decision_id, officer=current_officer(), now=utc_now())
    except (InvalidInputError, EditConflictError) as error:
        decision = db.session.get(Decision, decision_id)
        if is_fragment_request() and decision:
            return _fragment_result(decision.claim_id, escape(error.user_message), fault=True)
        flash(str(error.user_message), "error")
        return see_other(
            url_for("review.claim", claim_id=decision.claim_id, **filters) if decision else url_for("review.queue")
        )
    words = _("Diurungkan: «%(what)s». Klaim ini kembali seperti semula.", what=undone.kind.label)
    if is_fragment_request():
        return _fragment_result(undone.claim_id, escape(words))
    flash(words, "done")
    return see_other(url_for("review.claim", claim_id=undone.claim_id, **filters))


@bp.post("/klaim/<int:claim_id>/tuduhan")
@sign_in_required(RoleName.OFFICER)
def accuse(claim_id: int) -> Response:
    """Note who makes the claim, and a further unit that it accuses."""
    form = AccusedForm()
    claimant = form.claimant.data if form.claimant.name in request.form else None
    by: Any = {"claimant": claimant, "officer": current_officer(), "now": utc_now()}
    try:
        require_valid_form(form)
        moved = service.note_accused_unit(claim_id, form.seen_version, form.accused_unit_id.data, **by)
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return rerender_claim_with_error(claim_id, "tuduhan", form, error)
    flash(_("Tersimpan. Klaim dipindahkan dari perangkat daerah itu.") if moved else _("Tersimpan."), "done")
    return see_other(url_for("review.claim", claim_id=claim_id, **QueueFilters.from_args(request.args).args()))


@bp.post("/klaim/<int:claim_id>/bukan-tuduhan")
@sign_in_required(RoleName.OFFICER)
def lift(claim_id: int) -> Response:
    """Say that the claim does not accuse units that it names: they may work on it from here on."""
    form = LiftForm()
    chosen = {accusation_id for accusation_id in form.accusation.data or () if accusation_id} or None
    by: Any = {"officer": current_officer(), "now": utc_now(), "chosen": chosen}
    try:
        require_valid_form(form)
        service.lift_accusations(claim_id, form.seen_version, form.reason.data or "", **by)
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return rerender_claim_with_error(claim_id, "bukan-tuduhan", form, error)
    flash(_("Tersimpan: bukan tuduhan. Klaim ini dapat diteruskan ke perangkat daerah itu."), "done")
    return see_other(url_for("review.claim", claim_id=claim_id, **QueueFilters.from_args(request.args).args()))


@bp.post("/klaim/<int:claim_id>/sampah")
@sign_in_required(RoleName.OFFICER)
def throw_out(claim_id: int) -> Response:
    """Reject the claim's reports on the page as junk, with one key."""
    form, filters = DecisionForm(), QueueFilters.from_args(request.args).args()
    seen = [key for value in request.form.getlist("report") if (key := read_whole_number(value))]
    try:
        require_valid_form(form)
        outcome = reject_junk_reports(claim_id, form.seen_version, seen, officer=current_officer(), now=utc_now())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return rerender_claim_with_error(claim_id, "sampah", form, error)
    if is_fragment_request():
        return _fragment_result(outcome.claim_id, _decision_message(outcome), closed=outcome.closed)
    flash(_decision_message(outcome), "done")
    if outcome.closed:
        return see_other(url_for("review.queue", **filters))
    return see_other(url_for("review.claim", claim_id=claim_id, **filters))


@bp.route("/klaim/<int:claim_id>/aduan/<int:report_id>/kontak", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER)
def contact(claim_id: int, report_id: int) -> Response:
    """Ask for the purpose of opening a report, then show its contact and its pictures once."""
    reporter_contact.require_reader(claim_id, report_id, current_officer(), utc_now())
    key, reason = current_settings().contact_key, request.form.get("reason", "")
    opened, error = None, None
    if request.method == "POST":
        require_fresh_second_factor()
        try:
            opened = reporter_contact.open_report(
                claim_id, report_id, reason, key=key, officer=current_officer(), now=utc_now()
            )
        except (InvalidInputError, RateLimitedError) as refused:
            error = refused
    about = {
        "claim_id": claim_id,
        "report_id": report_id,
        "left": reporter_contact.reports_left_today(current_officer(), utc_now()),
        "most": reporter_contact.CONTACTS_PER_DAY,
    }
    page = render_template("review/reporter_contact.html", opened=opened, error=error, typed=reason, **about)
    return make_response(page, error.status if error else 200)


@bp.get("/klaim/<int:claim_id>/aduan/<int:report_id>/gambar")
@sign_in_required(RoleName.OFFICER)
def picture(claim_id: int, report_id: int) -> Response:
    """Serve the re-encoded screenshot of a report."""
    return _serve_picture(claim_id, report_id, None)


@bp.get("/klaim/<int:claim_id>/aduan/<int:report_id>/tambahan/<int:addition_id>/gambar")
@sign_in_required(RoleName.OFFICER)
def added_picture(claim_id: int, report_id: int, addition_id: int) -> Response:
    """Serve the re-encoded picture that a reporter added later."""
    return _serve_picture(claim_id, report_id, addition_id)


def _serve_picture(claim_id: int, report_id: int, addition_id: int | None) -> Response:
    """Return a picture of a report, or lead to where its purpose is asked. Raises NotFoundError or NotAllowedError."""
    key = current_settings().contact_key
    by: Any = {"officer": current_officer(), "now": utc_now()}
    data = reporter_contact.load_picture(claim_id, report_id, key=key, addition_id=addition_id, **by)
    if data is None:
        return see_other(url_for("review.contact", claim_id=claim_id, report_id=report_id))
    response = make_response(data)
    response.mimetype = "image/jpeg"
    return response


def queue_context() -> dict[str, Any]:
    """Return the template variables of the list of claims."""
    filters = QueueFilters.from_args(request.args)
    queue = load_claim_queue(
        filters, current_officer().unit, utc_now(), counters.officer_count_queries(current_officer(), utc_now())
    )
    late = queue.late if current_user.unit.is_root else queue.ours_late
    counters.cache_waiting_counts(late, queue.along)
    return {
        "queue": queue,
        "filters": filters,
        "statuses": ClaimStatus,
        "queue_parts": PartFilter,
        "topics": Topic,
        "deadline": deadline_status,
        "fold_same": fold_same,
        "order_words": ORDER_WORDS,
    } | list_filter_choices(current_officer().id)


def claim_context(
    claim_id: int,
    shown: dict[str, Any],
    sent: dict[str, DecisionForm] | None = None,
    *,
    choice: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the template variables of one claim beside the list ``shown``.

    ``choice``: what was chosen on a picker's search page, as query arguments.
    """
    case = load_claim_page(claim_id, current_officer())
    forms = build_claim_forms(case.claim, shown["units"], sent or {})
    fill_in_choice(forms, choice or {})
    may_decide = may_decide_about(case.claim, current_officer())
    is_outside = not is_accused(case.claim, current_officer())
    standing = standing_accusations(case.claim)
    undoable = undoing.find_undoable_decision(case.decisions, current_officer(), utc_now())
    may_open_reports = reporter_contact.may_open_reports(case.claim, current_officer())
    return {
        "case": case,
        "claim": case.claim,
        "forms": forms,
        "picked": load_picked(forms, current_officer(), claim_id),
        "may_decide": may_decide,
        "may_settle": may_decide and _is_in_charge_of_all(case.claim),
        "is_in_charge": lambda unit_id: is_unit_in_charge(unit_id, current_officer()),
        "may_ask": may_decide and is_outside,
        "is_outside": is_outside,
        "may_open_reports": may_open_reports,
        "accusations": standing,
        "accused_names": accusation.name_accused(standing),
        "accusation_names": {row.id: accusation.name_accused([row]) for row in standing},
        "may_lift": bool(standing) and may_decide and accusation.may_lift(case.claim, current_officer(), utc_now()),
        "notes": notes_of(claim_id) if is_outside else [],
        "evidence": evidence_of(claim_id) if is_outside else [],
        "recordings": list_known_recordings(claim_id) if is_outside else [],
        "reported_files": list_reported_media(claim_id) if may_open_reports else [],
        "label_media": label_media,
        "is_officer": current_officer().is_a(RoleName.OFFICER),
        "holder": locks.holder_of_lock(case.lock, utc_now()) if case.claim.status in WAITING_STATUSES else None,
        "me": current_officer(),
        "undoable": undoable,
        "following": shown["queue"].after(claim_id) if shown["queue"] else None,
        "afterwards": shown["queue"].after_closing(claim_id) if shown["queue"] else None,
        "grounds": CLOSING_GROUNDS,
        "describe_alarm": describe_alarm,
    }


def _is_in_charge_of_all(claim: Claim) -> bool:
    """Tell whether the officer may end, move or merge the claim: it and what it was merged into are their unit's."""
    sides = [claim, *([claim.merged_into] if claim.merged_into else [])]
    return all(is_in_charge(side, current_officer()) for side in sides)


def require_valid_form(form: DecisionForm) -> None:
    """Raise InvalidInputError with the first validation error of the form."""
    if not form.validate():
        field, faults = next(iter(form.errors.items()))
        raise InvalidInputError("form", user_message=str(faults[0]), field=field)


def _read_decision_choice(form: DecisionForm) -> service.DecisionChoice:
    """Return the form's decision, with the clarification found by its public number."""
    if isinstance(form, LinkForm):
        number = form.choice().clarification_id
        row = db.session.scalar(sa.select(Clarification.id).where(Clarification.number == number)) if number else None
        return service.DecisionChoice(DecisionKind.LINK, form.reason.data or "", clarification_id=row)
    return form.choice()


def rerender_claim_with_error(claim_id: int, act: str, form: DecisionForm, error: HoaxTrackerError) -> Response:
    """Return the present claim page with the error and what was typed."""
    field = getattr(error, "field", None)
    trouble: dict[str, Any] = {
        "act": act,
        "field": field,
        "text": str(error.user_message),
        "typed": form.reason.data or "",
        "held": isinstance(error, ClaimLockedError),
    }
    conflict = isinstance(error, EditConflictError)
    if is_fragment_request():
        return make_response(
            _render_claim_fragment(claim_id, {act: form}, trouble=trouble, conflict=conflict), error.status
        )
    shown = queue_context()
    parts = shown | claim_context(claim_id, shown, {act: form})
    page = render_template("review/claim.html", **parts, trouble=trouble, conflict=conflict)
    return make_response(page, error.status)


def link_to_claim(claim_id: int) -> Markup:
    """Return the claim's number as a link."""
    address = url_for("review.claim", claim_id=claim_id)
    return Markup('<a href="{}">{}</a>').format(address, _("Klaim %(number)s", number=claim_id))


def _decision_message(outcome: DecisionOutcome) -> Markup:
    """Return one sentence on the effect of the decision, with the undo button."""
    if outcome.is_proposed:
        words_proposed = _("diusulkan. Yang dibaca warga berubah setelah orang kedua menyetujuinya.")
        return Markup("{} {}").format(link_to_claim(outcome.claim_id), words_proposed)
    words: dict[DecisionKind, str] = {
        DecisionKind.INVESTIGATE: _("sedang diperiksa. Warga yang bertanya akan membaca sejak kapan."),
        DecisionKind.ASSIGN: _("diteruskan ke %(unit)s.", unit=outcome.unit_name),
        DecisionKind.REOPEN: _("dibuka kembali dan masuk antrean."),
        DecisionKind.LINK: _("terjawab oleh klarifikasi yang sudah terbit."),
        DecisionKind.MERGE: _("digabung. Kemunculan dan aduannya kini ada di"),
        DecisionKind.SPLIT: _("dipisahkan. Yang dipisahkan kini"),
        DecisionKind.JUNK: _("tetap menunggu. Aduan yang Anda lihat ditolak."),
        DecisionKind.OUT_OF_SCOPE: _("ditutup. Pelapor diarahkan ke SP4N-LAPOR."),
    }
    sentence: Markup = link_to_claim(outcome.claim_id) + " " + words.get(outcome.kind, _("ditutup."))
    if outcome.other_id:
        sentence += " " + link_to_claim(outcome.other_id) + "."
    if outcome.answered:
        sentence += " " + ngettext("%(num)d aduan ikut terjawab.", "%(num)d aduan ikut terjawab.", outcome.answered)
    return sentence + (" " + _undo_button(outcome) if outcome.decision_id else "")


def _undo_button(outcome: DecisionOutcome) -> Markup:
    address = url_for("review.undo", decision_id=outcome.decision_id, **QueueFilters.from_args(request.args).args())
    return Markup(
        '<form data-undo action="{}" method="post"><input type="hidden" name="csrf_token" value="{}">'
        '<button class="plain" data-key="Z">{}<kbd>Z</kbd></button></form>'
    ).format(address, generate_csrf(), _("Urungkan"))


def see_other(address: str) -> Response:
    """Return a redirect that is followed with GET (303)."""
    return make_response(redirect(address, 303))
