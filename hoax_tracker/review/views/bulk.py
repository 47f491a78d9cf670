"""What concerns many claims: bulk decisions with their undo, saved lists, and the download of the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _, ngettext

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.claims.accused_view import hide_words
from hoax_tracker.claims.response_targets import deadline_status
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.downloads import ListDownload, send_list
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import WAITING_STATUSES, Claim, DecisionKind, RoleName, Unit, db
from hoax_tracker.review.decisions import bulk, labels as tags
from hoax_tracker.review.decisions.service import DecisionChoice
from hoax_tracker.review.forms import CLOSING_KINDS
from hoax_tracker.review.queue import saved_filters
from hoax_tracker.review.queue.queue import QUEUE_COLUMNS, QueueFilters, load_claim_queue, queue_batches
from hoax_tracker.review.queue.saved_filters import list_filter_choices
from hoax_tracker.review.views.claims import see_other

bp = APIBlueprint("bulk", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(bp)
REASON_LONGEST = 2_000


@bp.get("/banyak")
@sign_in_required(RoleName.OFFICER)
def choose() -> str:
    """Show a page of the queue with a checkbox at each claim."""
    return _render_chooser()


def _render_chooser(error: InvalidInputError | None = None) -> str:
    """Return the selection page with what was ticked and typed, where something is wrong."""
    filters = QueueFilters.from_args(request.args)
    queue = load_claim_queue(filters, current_officer().unit, utc_now())
    picked = {chosen_claim.id for chosen_claim in _read_chosen_claims()} if error else set()
    if request.form.get("semua") == "1":
        picked = {row.claim.id for group in queue.groups for row in group.rows}
    return render_template(
        "review/bulk_selection.html",
        queue=queue,
        filters=filters,
        kinds=CLOSING_KINDS,
        error=error,
        sent=request.form,
        picked=picked,
        waiting=WAITING_STATUSES,
        deadline=deadline_status,
        **list_filter_choices(current_officer().id),
    )


@bp.get("/antrean.<any(csv,xlsx):file_format>")
@sign_in_required()
def download_queue(file_format: str) -> Response:
    """Send every claim of the queue that the filters match."""
    filters = replace(QueueFilters.from_args(request.args), page=1)
    batches = queue_batches(filters, current_officer().unit, utc_now())
    return send_list(ListDownload("queue", QUEUE_COLUMNS, batches, filters.args()), file_format)


@bp.post("/banyak")
@sign_in_required(RoleName.OFFICER)
def act() -> Response:
    """Ask for confirmation with the number of claims; once confirmed, apply the act and show the outcomes.

    Without scripts the button that ticks all claims of the page, or none, comes here, too.
    """
    if "semua" in request.form:
        return make_response(_render_chooser())
    try:
        wanted, what = _read_bulk_act()
        picked = _read_chosen_claims()
        if not picked:
            raise InvalidInputError("nothing chosen", user_message=_("Pilih dulu klaimnya."), field="claim")
    except InvalidInputError as error:
        return make_response(_render_chooser(error), error.status)
    filters = QueueFilters.from_args(request.args)
    if request.form.get("sure") != "1":
        page = render_template(
            "review/bulk_confirmation.html",
            claims=_list_chosen_titles(picked),
            what=what,
            filters=filters,
            sent=request.form,
            picked=picked,
        )
        return make_response(page)
    results = bulk.apply_bulk_act(wanted, picked, officer=current_officer(), now=utc_now())
    page = render_template("review/bulk_result.html", **_result_context(results), what=what, filters=filters)
    return make_response(page)


@bp.post("/banyak/urungkan")
@sign_in_required(RoleName.OFFICER)
def undo() -> Response:
    """Undo a bulk act."""
    decisions = [key for sent in request.form.getlist("decision") if (key := read_whole_number(sent))]
    results = bulk.undo_decisions(decisions, officer=current_officer(), now=utc_now())
    for sent in request.form.getlist("claim")[: bulk.BULK_LIMIT]:
        head, _colon, labels = sent.partition(":")
        results.append(bulk.undo_labels(labels, read_whole_number(head) or 0, officer=current_officer(), now=utc_now()))
    filters = QueueFilters.from_args(request.args)
    page = render_template("review/bulk_result.html", **_result_context(results), what=_("Diurungkan"), filters=filters)
    return make_response(page)


def _read_bulk_act() -> tuple[bulk.BulkAct, str]:
    """Return the act and its description. Raises InvalidInputError where something is missing."""
    form = request.form
    if form.get("act") == "tutup":
        return _read_closing_act(form.get("decision", ""), form.get("reason", "").strip())
    if form.get("act") == "teruskan":
        unit = db.session.get(Unit, read_whole_number(form.get("unit_id")) or 0)
        if unit is None or not unit.is_active:
            message = _("Pilih perangkat daerah yang menjawab.")
            raise InvalidInputError("no such unit", user_message=message, field="unit_id")
        choice = DecisionChoice(DecisionKind.ASSIGN, form.get("reason", "").strip()[:REASON_LONGEST], unit.id)
        return bulk.BulkAct(choice), _("Teruskan ke %(unit)s", unit=unit.name)
    if form.get("act") == "label":
        names = tags.read_label_names(form.get("labels", ""))
        return bulk.BulkAct(labels=", ".join(names)), _("Pasang label %(names)s", names=", ".join(names))
    raise InvalidInputError("no act", user_message=_("Pilih apa yang dilakukan."), field="act")


def _read_closing_act(value: str, reason: str) -> tuple[bulk.BulkAct, str]:
    """Return the closing act. Raises InvalidInputError for a dismissal without a reason."""
    kind = next((kind for kind in CLOSING_KINDS if kind.value == value), DecisionKind.DISMISS)
    if kind is DecisionKind.DISMISS and not reason:
        message = _("Tulis alasannya: pelapor dan petugas lain akan membacanya.")
        raise InvalidInputError("dismissed without a reason", user_message=message, field="reason")
    if len(reason) > REASON_LONGEST:
        message = _("Paling banyak %(max)s huruf.", max=REASON_LONGEST)
        raise InvalidInputError("a long reason", user_message=message, field="reason")
    return bulk.BulkAct(DecisionChoice(kind, reason)), str(kind.label)


def _read_chosen_claims() -> list[bulk.ChosenClaim]:
    """Return the ticked claims with the versions the officer saw."""
    pairs = [value.partition(":") for value in request.form.getlist("claim")]
    versions = {
        key: read_whole_number(version) or 0 for head, _colon, version in pairs if (key := read_whole_number(head))
    }
    return [bulk.ChosenClaim(key, version) for key, version in versions.items()][: bulk.BULK_LIMIT]


def _list_chosen_titles(picked: list[bulk.ChosenClaim]) -> list[tuple[int, str]]:
    """Return (id, title) of the claims, in their order."""
    query = sa.select(Claim).where(Claim.id.in_([chosen_claim.id for chosen_claim in picked]))
    claims = db.session.scalars(query).all()
    hide_words(claims, current_officer().unit)
    titles = {claim.id: claim.title for claim in claims}
    return [(chosen_claim.id, titles[chosen_claim.id]) for chosen_claim in picked if chosen_claim.id in titles]


def _result_context(results: list[bulk.BulkResult]) -> dict[str, Any]:
    """Return the template variables of the result page."""
    done = [result for result in results if not result.fault]
    return {
        "done": done,
        "left": [result for result in results if result.fault],
        "said": ngettext("%(num)d klaim selesai", "%(num)d klaim selesai", len(done)),
    }


@bp.post("/daftar")
@sign_in_required()
def save() -> Response:
    """Save the filters of a list under a name."""
    page, query = request.form.get("of", ""), request.form.get("query", "")
    try:
        saved_filters.save_list(request.form.get("name", ""), page, query, officer=current_officer())
    except InvalidInputError as error:
        flash(str(error.user_message), "error")
    else:
        flash(_("Daftar tersimpan."), "done")
    return see_other(
        url_for(
            "search.search" if page == "cari" else "review.queue",
            **saved_filters.normalise_list_filters(page, _read_query_args(query)),
        )
    )


def _read_query_args(query: str) -> dict[str, str]:
    return dict(parse_qsl(query))


@bp.post("/daftar/<int:saved_id>/hapus")
@sign_in_required()
def forget(saved_id: int) -> Response:
    """Delete one of the officer's saved lists."""
    saved_filters.delete_saved_list(saved_id, officer=current_officer())
    flash(_("Daftar dihapus."), "done")
    return see_other(url_for("review.queue"))
