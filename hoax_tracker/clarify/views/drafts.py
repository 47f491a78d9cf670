"""The two long forms: a draft, and a correction of a public page. An error never loses what was typed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clarify import answered_claims, autosave, corrections, service, suggestions, wordings
from hoax_tracker.clarify.checklist import FIELD_LENGTH_LIMITS, IncompleteError
from hoax_tracker.clarify.content import clarification_content, content_from_json
from hoax_tracker.clarify.forms import MOST_SOURCES, DraftForm
from hoax_tracker.clarify.views.blueprint import bp, current_officer, redirect_to_page, require_clarification
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.markdown import prose
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Clarification, RoleName
from hoax_tracker.organisation.unit_tree import list_answering_units


@bp.get("/<int:clarification_id>/sunting")
@sign_in_required(RoleName.OFFICER)
def edit(clarification_id: int) -> Response:
    """Show the draft's form to its author."""
    row = require_clarification(clarification_id)
    service.require_author(row, current_officer())
    form = DraftForm(formdata=None)
    form.show(clarification_content(row), row.version)
    return render_draft_form(row, resume_typed_form(row, form), correcting=False)


@bp.post("/<int:clarification_id>/sunting")
@sign_in_required(RoleName.OFFICER)
def save(clarification_id: int) -> Response:
    """Store the draft, and on request add the units' answers or submit it.

    It is stored even where submitting it is refused.
    """
    form, row, act = DraftForm(), require_clarification(clarification_id), request.form.get("act")
    try:
        content = form.content(row)
        answers = answered_claims.unused_answers(row, content.findings) if act == "sisipkan" else []
        if answers:
            content = replace(content, findings=append_answers(content.findings, answers))
        version = service.save_draft(row.id, form.seen_version, content, officer=current_officer(), now=utc_now())
        autosave.delete_typed_text(clarification_id, current_officer())
        if act == "ajukan":
            form.version.data = str(version)
            service.submit_draft(row.id, version, officer=current_officer(), now=utc_now())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return rerender_form_with_error(clarification_id, form, error, correcting=False)
    if answers:
        flash(_("Rancangan tersimpan, jawaban disisipkan di akhir hasil cek fakta. Periksa kalimatnya."), "done")
        return make_response(redirect(url_for("clarify.edit", clarification_id=row.id, _anchor="findings"), 303))
    flash(_("Diajukan. Orang lain yang menyetujuinya.") if act == "ajukan" else _("Rancangan tersimpan."), "done")
    return redirect_to_page(clarification_id)


def append_answers(findings: str, answers: list[str]) -> str:
    """Return the findings with the units' answers appended. Raises InvalidInputError where they get too long."""
    text = "\n\n".join(filter(None, [findings, *answers]))
    if len(text) > FIELD_LENGTH_LIMITS["findings"]:
        message = _("Jawaban itu tidak muat lagi di hasil cek fakta. Ringkas dulu tulisannya.")
        raise InvalidInputError("the answers do not fit", user_message=message, field="findings")
    return text


@bp.get("/<int:clarification_id>/koreksi")
@sign_in_required(RoleName.OFFICER)
def correct(clarification_id: int) -> Response:
    """Show the correction form, filled with the public page or with the declined proposal."""
    row = require_clarification(clarification_id)
    if row.proposed_kind is not None or not row.is_public:
        return make_response(redirect(url_for("clarify.page", clarification_id=row.id)))
    form = DraftForm(formdata=None)
    form.show(content_from_json(row.proposed) if row.proposed else clarification_content(row), row.version)
    form.note.data = (row.proposed_note or "") if row.proposed else ""
    return render_draft_form(row, resume_typed_form(row, form), correcting=True)


def resume_typed_form(row: Clarification, form: DraftForm) -> DraftForm:
    """Return the form, filled with unsaved text where its author asks for that.

    It carries the version that the text was typed over, so that changes of others are not overwritten.
    """
    typed_text = autosave.find_typed_text(row, current_officer()) if "lanjut" in request.args else None
    if typed_text is None:
        return form
    again = DraftForm(formdata=autosave.typed_form_data(typed_text))
    again.version.data = str(typed_text.version)
    return again


@bp.post("/<int:clarification_id>/ketikan")
@sign_in_required(RoleName.OFFICER)
def keep_typed(clarification_id: int) -> Response:
    """Autosave the form while its author types."""
    version = read_whole_number(request.form.get("version")) or 0
    pairs = list(request.form.items(multi=True))
    autosave.save_typed_text(
        require_clarification(clarification_id), pairs, version, officer=current_officer(), now=utc_now()
    )
    return make_response("", 204)


@bp.post("/<int:clarification_id>/buang-ketikan")
@sign_in_required(RoleName.OFFICER)
def drop_typed(clarification_id: int) -> Response:
    """Discard unsaved text and show the form it was typed into."""
    form = "clarify.correct" if require_clarification(clarification_id).is_public else "clarify.edit"
    autosave.delete_typed_text(clarification_id, current_officer())
    flash(_("Tulisan yang belum disimpan dibuang."), "done")
    return make_response(redirect(url_for(form, clarification_id=clarification_id), 303))


@bp.post("/pratinjau")
@sign_in_required(RoleName.OFFICER)
def draw() -> Response:
    """Render Markdown as readers will see it."""
    count = min(read_whole_number(request.form.get("sources")) or 0, MOST_SOURCES)
    return make_response(str(prose(request.form.get("text", "")[: FIELD_LENGTH_LIMITS["findings"]], count)))


@bp.post("/<int:clarification_id>/koreksi")
@sign_in_required(RoleName.OFFICER)
def propose(clarification_id: int) -> Response:
    """Propose a correction."""
    form, row = DraftForm(), require_clarification(clarification_id)
    try:
        content, note = form.content(row), form.note.data or ""
        corrections.propose_correction(
            row.id, form.seen_version, content, note, officer=current_officer(), now=utc_now()
        )
        autosave.delete_typed_text(clarification_id, current_officer())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return rerender_form_with_error(clarification_id, form, error, correcting=True)
    flash(_("Koreksi diusulkan. Halaman warga berubah sesudah orang lain menyetujuinya."), "done")
    return redirect_to_page(clarification_id)


def rerender_form_with_error(
    clarification_id: int, form: DraftForm, error: HoaxTrackerError, *, correcting: bool
) -> Response:
    """Return the form with everything that was typed, the error, and the newest version."""
    row = require_clarification(clarification_id)
    if isinstance(error, EditConflictError):
        form.version.data = str(row.version)
    trouble = {"faults": faults_by_field(error), "text": str(error.user_message)}
    return render_draft_form(row, form, correcting=correcting, trouble=trouble, status=error.status)


def faults_by_field(error: HoaxTrackerError) -> dict[str, str]:
    """Return the faults by field."""
    if isinstance(error, IncompleteError):
        faults: dict[str, str] = {}
        for check in error.missing:
            faults.setdefault(check.field, check.todo)
        return faults
    field = getattr(error, "field", None)
    return {field: str(error.user_message)} if field else {}


def render_draft_form(
    row: Clarification, form: DraftForm, *, correcting: bool, status: int = 200, **more: Any
) -> Response:
    """Return the form's page."""
    form.offer(list_answering_units())
    offered: dict[str, Any] = {}
    if request.method == "GET" and "lanjut" not in request.args:
        content = replace(clarification_content(row), wordings=form.chosen_wordings)
        offered = {suggestion.text: suggestion.source for suggestion in suggestions.suggested(row, content)}
    form.offer_wordings(offered)
    quotes = [claim.text for claim in row.claims]
    typed_text = (
        autosave.find_typed_text(row, current_officer())
        if request.method == "GET" and "lanjut" not in request.args
        else None
    )
    answers = [] if correcting else answered_claims.unused_answers(row, form.findings.data or "")
    more |= {"held": typed_text, "answers": answers, "offered": offered}
    fact = f"{form.title.data or ''}. {form.summary.data or ''}"
    more |= {"wording_faults": wordings.faults_of(form.chosen_wordings, form.claim_quote.data or "", fact)}
    return make_response(
        render_template(
            "clarify/clarification_form.html", row=row, form=form, correcting=correcting, quotes=quotes, **more
        ),
        status,
    )
