"""The two long forms: a draft, and a correction of a public page. An error never loses what was typed.

While somebody types they keep or discard what is typed, and show Markdown as readers see it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clarify import answered_claims, corrections, diff, pictures, service, suggestions, wordings
from hoax_tracker.clarify.content import (
    FIELD_LENGTH_LIMITS,
    MOST_SOURCES,
    ClarificationContent,
    DraftForm,
    clarification_content,
    content_from_json,
    storable_part,
)
from hoax_tracker.clarify.prefill import find_draft_basis
from hoax_tracker.clarify.views.blueprint import bp, redirect_to_page, require_clarification
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.html_to_text import prose
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import (
    EditConflictError,
    FieldFaultsError,
    HoaxTrackerError,
    InvalidInputError,
    NotAllowedError,
    ServiceBusyError,
)
from hoax_tracker.models import Clarification, RoleName
from hoax_tracker.organisation.units import list_answering_units

FIELDS_ON_PAGE = (
    *("note", "title", "verdict", "summary", "findings", "conclusion", "sources", "claim_quote", "picture", "wordings"),
    *("circulated_where", "circulated_since", "topic", "unit_id", "accused_unit_id"),
)


@bp.get("/<int:clarification_id>/sunting")
@sign_in_required(RoleName.OFFICER)
def edit(clarification_id: int) -> Response:
    """Show the draft's form to its author."""
    row = require_clarification(clarification_id)
    service.require_author(row, current_officer())
    form = DraftForm(formdata=None)
    form.show(clarification_content(row), row.version)
    return _render_draft_form(row, _resume_typed_form(row, form), correcting=False)


@bp.post("/<int:clarification_id>/sunting")
@sign_in_required(RoleName.OFFICER)
def save(clarification_id: int) -> Response:
    """Store what can be stored of the draft, and on request add the units' answers or submit it.

    Where something is in the way, everything that is gets named at once, and the rest is stored.
    """
    form, row, act, is_saved = DraftForm(), require_clarification(clarification_id), request.form.get("act"), False
    typed, unstorable = form.read_content(row)
    unstorable += service.list_unstorable_fields(typed)
    typed, unmet = _insert_answers(row, typed) if act == "sisipkan" and not unstorable else (typed, [])
    typed, undrawn = _put_picture(row, form, typed) if row.author_id == current_officer().id else (typed, [])
    unmet += undrawn
    try:
        stored = storable_part(typed, clarification_content(row), dict(unstorable))
        version = service.save_draft(row.id, form.seen_version, stored, officer=current_officer(), now=utc_now())
        form.version.data, is_saved = str(version), True
        _store_unsaved_rest(row, version, has_rest=bool(unstorable))
        if act == "ajukan" and unstorable:
            unmet = undrawn + service.list_incomplete_fields(row, typed)
        if unstorable or unmet:
            raise FieldFaultsError("something is in the way", _mark_unstored(unstorable) + unmet)
        if act == "ajukan":
            service.submit_draft(row.id, version, officer=current_officer(), now=utc_now())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        heading = _refusal_heading(act, is_saved=is_saved)
        return _rerender_form_with_error(clarification_id, form, error, heading, correcting=False)
    if act in ("sisipkan", "rujukan"):
        return _redirect_to_form(row, act)
    flash(_("Diajukan. Orang lain yang menyetujuinya.") if act == "ajukan" else _("Rancangan tersimpan."), "done")
    return redirect_to_page(clarification_id)


def _insert_answers(
    row: Clarification, content: ClarificationContent
) -> tuple[ClarificationContent, list[tuple[str, str]]]:
    """Return the content with the units' unused answers after the findings, and a fault where they do not fit."""
    answers = answered_claims.unused_answers(row, content.findings)
    text = "\n\n".join(filter(None, [content.findings, *answers]))
    if len(text) > FIELD_LENGTH_LIMITS["findings"]:
        message = _("Jawaban itu tidak muat lagi di hasil cek fakta. Ringkas dulu tulisannya.")
        return content, [("findings", message)]
    return replace(content, findings=text), []


def _put_picture(
    row: Clarification, form: DraftForm, content: ClarificationContent
) -> tuple[ClarificationContent, list[tuple[str, str]]]:
    """Return the content with the chosen picture; without one, and with a fault, where it cannot be drawn."""
    wish, by = form.picture.form.read_wish(), current_officer()
    key = current_settings().contact_key
    try:
        return pictures.put_picture(row, content, wish, key=key, officer=by, now=utc_now()), []
    except (InvalidInputError, ServiceBusyError) as error:
        return content, [("picture", str(error.user_message))]


def _store_unsaved_rest(row: Clarification, version: int, *, has_rest: bool) -> None:
    """Delete the author's unsaved text, or store the whole form there where the draft could not take all of it."""
    if not has_rest:
        diff.delete_typed_text(row.id, current_officer())
        return
    pairs = list(request.form.items(multi=True))
    with suppress(InvalidInputError):  # too long even for that: it stands on the page, and what was kept before stays
        diff.save_typed_text(row, pairs, version, officer=current_officer(), now=utc_now())


def _mark_unstored(faults: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the faults, each saying that its field is not stored; a source's, that no change of the sources is."""
    return [(field, _mark_unstored_message(field, message)) for field, message in faults]


def _mark_unstored_message(field: str, message: str) -> str:
    """Return the message on a fault, with what is not stored because of it."""
    if field.startswith("sources-"):
        return str(_("%(fault)s Perubahan pada rujukan belum tersimpan.", fault=message))
    return str(_("%(fault)s Yang ini belum tersimpan.", fault=message))


def _refusal_heading(act: str | None, *, is_saved: bool) -> str:
    """Return what became of a draft of which something was refused."""
    if not is_saved:
        return str(_("Belum tersimpan"))
    headings = {
        "ajukan": _("Tersimpan sebagai rancangan, belum diajukan"),
        "sisipkan": _("Tersimpan sebagai rancangan, jawaban belum disisipkan"),
    }
    return str(headings.get(act or "", _("Tersimpan sebagai rancangan, kecuali yang ditandai")))


def _redirect_to_form(row: Clarification, act: str) -> Response:
    """Return to the form's place that the act changed."""
    if act == "rujukan":
        flash(_("Rancangan tersimpan. Kotak rujukan berikutnya kosong."), "done")
        return make_response(redirect(url_for("clarify.edit", clarification_id=row.id, _anchor="sources"), 303))
    flash(_("Rancangan tersimpan, jawaban disisipkan di akhir hasil cek fakta. Periksa kalimatnya."), "done")
    return make_response(redirect(url_for("clarify.edit", clarification_id=row.id, _anchor="findings"), 303))


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
    return _render_draft_form(row, _resume_typed_form(row, form), correcting=True)


def _resume_typed_form(row: Clarification, form: DraftForm) -> DraftForm:
    """Return the form, filled with unsaved text where its author asks for that.

    It carries the version that the text was typed over, so that changes of others are not overwritten.
    """
    typed_text = diff.find_typed_text(row, current_officer()) if "lanjut" in request.args else None
    if typed_text is None:
        return form
    again = DraftForm(formdata=diff.typed_form_data(typed_text))
    again.version.data = str(typed_text.version)
    return again


@bp.post("/<int:clarification_id>/koreksi")
@sign_in_required(RoleName.OFFICER)
def propose(clarification_id: int) -> Response:
    """Propose a correction."""
    form, row = DraftForm(), require_clarification(clarification_id)
    content, faults = form.read_content(row)
    note = form.note.data or ""
    if request.form.get("act") == "rujukan":
        return _render_draft_form(row, form, correcting=True)
    content, undrawn = _put_picture(row, form, content)
    faults += undrawn
    try:
        if faults:
            faults += corrections.list_correction_faults(row, content, note)
            raise FieldFaultsError("a correction with dates that are none", faults)
        corrections.propose_correction(
            row.id, form.seen_version, content, note, officer=current_officer(), now=utc_now()
        )
        diff.delete_typed_text(clarification_id, current_officer())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return _rerender_form_with_error(clarification_id, form, error, _("Belum diusulkan"), correcting=True)
    flash(_("Koreksi diusulkan. Halaman warga berubah sesudah orang lain menyetujuinya."), "done")
    return redirect_to_page(clarification_id)


def _rerender_form_with_error(
    clarification_id: int, form: DraftForm, error: HoaxTrackerError, heading: str, *, correcting: bool
) -> Response:
    """Return the form with everything that was typed, the error, and the newest version."""
    row = require_clarification(clarification_id)
    if isinstance(error, EditConflictError):
        form.version.data = str(row.version)
    trouble = {"faults": _faults_by_field(error), "text": str(error.user_message), "heading": heading}
    return _render_draft_form(row, form, correcting=correcting, trouble=trouble, status=error.status)


def _faults_by_field(error: HoaxTrackerError) -> dict[str, str]:
    """Return the faults by field, in the order in which the page shows the fields."""
    if isinstance(error, FieldFaultsError):
        return dict(sorted(error.faults.items(), key=lambda fault: _place_of_field(fault[0])))
    field = getattr(error, "field", None)
    return {field: str(error.user_message)} if field else {}


def _place_of_field(name: str) -> tuple[int, int]:
    """Return where a field stands on the page; of the sources, "sources-1-url" stands in the second row."""
    whole, _sign, part = name.partition("-")
    row = read_whole_number(part.partition("-")[0])
    return (FIELDS_ON_PAGE.index(whole) if whole in FIELDS_ON_PAGE else 0, -1 if row is None else row)


def _render_draft_form(
    row: Clarification, form: DraftForm, *, correcting: bool, status: int = 200, **more: Any
) -> Response:
    form.offer(list_answering_units())
    offered: dict[str, Any] = {}
    if request.method == "GET" and "lanjut" not in request.args:
        content = replace(clarification_content(row), wordings=form.chosen_wordings)
        offered = {suggestion.text: suggestion.source for suggestion in suggestions.suggested(row, content)}
    form.offer_wordings(offered)
    quotes = [claim.text for claim in row.claims]
    typed_text = (
        diff.find_typed_text(row, current_officer())
        if request.method == "GET" and "lanjut" not in request.args
        else None
    )
    answers = [] if correcting else answered_claims.unused_answers(row, form.findings.data or "")
    more |= {"held": typed_text, "answers": answers, "offered": offered}
    more |= {"pictures": pictures.list_choices(row, current_officer()), "stored_pictures": pictures.list_stored(row)}
    more |= {"basis": None if correcting else find_draft_basis(row)}
    fact = f"{form.title.data or ''}. {form.summary.data or ''}"
    more |= {"wording_faults": wordings.faults_of(form.chosen_wordings, form.claim_quote.data or "", fact)}
    return make_response(
        render_template(
            "clarify/clarification_form.html", row=row, form=form, correcting=correcting, quotes=quotes, **more
        ),
        status,
    )


@bp.post("/<int:clarification_id>/ketikan")
@sign_in_required(RoleName.OFFICER)
def keep_typed(clarification_id: int) -> Response:
    """Autosave the form while its author types."""
    version = read_whole_number(request.form.get("version")) or 0
    pairs = list(request.form.items(multi=True))
    diff.save_typed_text(
        require_clarification(clarification_id), pairs, version, officer=current_officer(), now=utc_now()
    )
    return make_response("", 204)


@bp.post("/<int:clarification_id>/buang-ketikan")
@sign_in_required(RoleName.OFFICER)
def drop_typed(clarification_id: int) -> Response:
    """Discard unsaved text and show the form it was typed into."""
    form = "clarify.correct" if require_clarification(clarification_id).is_public else "clarify.edit"
    diff.delete_typed_text(clarification_id, current_officer())
    flash(_("Tulisan yang belum disimpan dibuang."), "done")
    return make_response(redirect(url_for(form, clarification_id=clarification_id), 303))


@bp.post("/pratinjau")
@sign_in_required(RoleName.OFFICER)
def draw() -> Response:
    """Render Markdown as readers will see it."""
    count = min(read_whole_number(request.form.get("sources")) or 0, MOST_SOURCES)
    return make_response(str(prose(request.form.get("text", "")[: FIELD_LENGTH_LIMITS["findings"]], count)))
