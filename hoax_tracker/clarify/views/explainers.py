"""Explainers at the desk: the list, the form, and the second person's approval."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField, TextAreaField

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clarify.approval_facts import refusal_message
from hoax_tracker.clarify.approval_policy import ApprovalRefusal
from hoax_tracker.clarify.explainers import service as explainers
from hoax_tracker.clarify.views.blueprint import current_officer
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row, values_digest
from hoax_tracker.core.web.edit_forms import (
    EditForm,
    LinesField,
    clean_input_text,
    max_length_rule,
    read_long_text,
    required_rule,
)
from hoax_tracker.core.web.session_expiry import preserve_typed_input
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import EXPLAINER_FIELDS, Explainer, RoleName

ViewResult = str | Response | tuple[str, int]
bp = APIBlueprint("explainers", __name__, url_prefix="/petugas/panduan", enable_openapi=False)
preserve_typed_input(bp)


class ExplainerForm(EditForm):
    """A lesson for residents."""

    title = StringField(_l("Judul"), [required_rule(), max_length_rule(200)], filters=[clean_input_text])
    summary = TextAreaField(_l("Ringkasan"), [required_rule(), max_length_rule(500)], filters=[clean_input_text])
    body = TextAreaField(_l("Isi"), [required_rule(), max_length_rule(20_000)], filters=[read_long_text])
    cues = LinesField(_l("Kata dalam pesan warga"))
    is_shown = BooleanField(_l("Tampil untuk warga"))
    saved_id = 0


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """List the explainers; proposals that await approval come first."""
    return render_template("clarify/explainer_list.html", rows=explainers.list_explainers(), me=current_officer())


@bp.route("/baru", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER)
def add() -> ViewResult:
    """Propose a new explainer."""
    return edit_form(None)


@bp.route("/<int:explainer_id>/ubah", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER)
def edit(explainer_id: int) -> ViewResult:
    """Propose a change of an explainer."""
    return edit_form(require_row(Explainer, explainer_id))


def edit_form(row: Explainer | None) -> ViewResult:
    """Show the form, or store what was proposed."""
    explainer_id = row.id if row else None
    form = ExplainerForm.over(explainers.pending_values(row))

    def save() -> None:
        values = {name: form[name].data for name in EXPLAINER_FIELDS}
        saved_id = explainers.propose_explainer(
            explainer_id, values, form.seen.data, officer=current_officer(), now=utc_now()
        )
        form.saved_id = saved_id

    if form.attempt(save, lambda: explainers.pending_values(row and require_row(Explainer, row.id))):
        flash(_("Diusulkan. Orang lain yang menyetujuinya; sampai itu, warga belum melihatnya."), "done")
        return redirect(url_for("explainers.page", explainer_id=form.saved_id), 303)
    return render_template("clarify/explainer_form.html", form=form, row=row), form.status


@bp.get("/<int:explainer_id>")
@sign_in_required()
def page(explainer_id: int) -> str:
    """Show an explainer as residents will read it, with the acts open to the officer."""
    return render_page(require_row(Explainer, explainer_id))


@bp.post("/<int:explainer_id>/<any(setujui,batal):act>")
@sign_in_required(RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR)
def decide(explainer_id: int, act: str) -> ViewResult:
    """Approve a proposal, or drop it."""
    if act == "setujui":
        require_fresh_second_factor()
    seen, reason, officer = request.form.get("seen", ""), request.form.get("reason", "").strip(), current_officer()
    try:
        if act == "setujui":
            explainers.approve_explainer(explainer_id, seen, reason, officer=officer, now=utc_now())
            flash(_("Disetujui. Warga membacanya sekarang."), "done")
        elif not explainers.drop_proposal(explainer_id, seen, officer=officer, now=utc_now()):
            flash(_("Usulan dibatalkan."), "done")
            return redirect(url_for("explainers.listing"), 303)
        else:
            flash(_("Usulan dibatalkan. Yang dibaca warga tidak berubah."), "done")
    except (EditConflictError, InvalidInputError, NotAllowedError) as error:
        status = 409 if isinstance(error, EditConflictError) else 422
        return render_page(require_row(Explainer, explainer_id), str(error.user_message), reason), status
    return redirect(url_for("explainers.page", explainer_id=explainer_id), 303)


def render_page(row: Explainer, fault: str = "", reason: str = "") -> str:
    """Return the desk's page of an explainer."""
    refusal = explainers.approval_refusal_of(row, current_officer(), now=utc_now()) if row.proposal else None
    values = explainers.pending_values(row)
    return render_template(
        "clarify/explainer.html",
        row=row,
        values=values,
        live=explainers.live_values(row) if row.title else None,
        seen=values_digest(values),
        may_approve=row.proposal is not None and refusal in (None, ApprovalRefusal.REASON_MISSING),
        needs_reason=refusal is ApprovalRefusal.REASON_MISSING,
        why_not=refusal_message(refusal, current_officer(), utc_now()) if refusal else "",
        may_write=current_officer().is_a(RoleName.OFFICER),
        fault=fault,
        reason=reason,
    )
