"""Explainers at the desk: the list and the form; a second person confirms them at /petugas/menunggu."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _, lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField, TextAreaField

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority import proposals
from hoax_tracker.clarify import explainers
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import (
    EditForm,
    LinesField,
    clean_input_text,
    max_length_rule,
    preserve_typed_input,
    read_long_text,
    required_rule,
)
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


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """List the explainers, and what waits for a second person."""
    rows, waiting = explainers.list_explainers(), proposals.list_open(["explainer"])
    return render_template("clarify/explainer_list.html", rows=rows, waiting=waiting, me=current_officer())


@bp.route("/baru", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER)
def add() -> ViewResult:
    """Propose a new explainer."""
    return _edit_form(None)


@bp.route("/<int:explainer_id>/ubah", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER)
def edit(explainer_id: int) -> ViewResult:
    """Propose a change of an explainer."""
    return _edit_form(require_row(Explainer, explainer_id))


def _edit_form(row: Explainer | None) -> ViewResult:
    """Show the form, or store what was proposed."""
    explainer_id = row.id if row else None
    form = ExplainerForm.over(explainers.pending_values(row))

    def save() -> None:
        values = {name: form[name].data for name in EXPLAINER_FIELDS}
        explainers.propose_explainer(explainer_id, values, form.seen.data, officer=current_officer(), now=utc_now())

    if form.attempt(save, lambda: explainers.pending_values(row and require_row(Explainer, row.id))):
        flash(_("Diusulkan. Orang lain yang menyetujuinya; sampai itu, warga belum melihatnya."), "done")
        return redirect(url_for("proposals.listing", jenis="explainer"), 303)
    return render_template("clarify/explainer_form.html", form=form, row=row), form.status


@bp.get("/<int:explainer_id>")
@sign_in_required()
def page(explainer_id: int) -> str:
    """Show an explainer as residents read it, and whether a change of it waits."""
    row = require_row(Explainer, explainer_id)
    return render_template(
        "clarify/explainer.html",
        row=row,
        waiting=proposals.find_open("explainer", f"explainer:{explainer_id}"),
        may_write=current_officer().is_a(RoleName.OFFICER),
    )
