"""The two long forms: a draft, and a correction of a public page. What was typed is never lost to a fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.clarify import answered_claims, autosave, corrections, service, suggestions, wordings
from hoax_tracker.clarify.checklist import LONGEST, Incomplete
from hoax_tracker.clarify.content import content_from, content_of
from hoax_tracker.clarify.forms import MOST_SOURCES, DraftForm, whole
from hoax_tracker.clarify.listing import all_units
from hoax_tracker.clarify.views.blueprint import bp, found, me, to_page
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.markdown import prose
from hoax_tracker.errors import Conflict, HoaxTrackerError, Invalid, NotAllowed
from hoax_tracker.models import Clarification, RoleName


@bp.get("/<int:clarification_id>/sunting")
@signed_in(RoleName.OFFICER)
def edit(clarification_id: int) -> Response:
    """Show the draft's form to its author."""
    row = found(clarification_id)
    service.require_author(row, me())
    form = DraftForm(formdata=None)
    form.show(content_of(row), row.version)
    return shown(row, taken_up(row, form), correcting=False)


@bp.post("/<int:clarification_id>/sunting")
@signed_in(RoleName.OFFICER)
def save(clarification_id: int) -> Response:
    """Keep the draft, with what units answered or submitted too where its author asks for that.

    It is kept even where submitting it is refused.
    """
    form, row, act = DraftForm(), found(clarification_id), request.form.get("act")
    try:
        content = form.content(row)
        answers = answered_claims.unused_answers(row, content.findings) if act == "sisipkan" else []
        if answers:
            content = replace(content, findings=with_answers(content.findings, answers))
        version = service.save_draft(row.id, form.seen_version, content, officer=me(), now=utc_now())
        autosave.forget(clarification_id, me())
        if act == "ajukan":
            form.version.data = str(version)
            service.submit(row.id, version, officer=me(), now=utc_now())
    except (Invalid, Conflict, NotAllowed) as error:
        return shown_back(clarification_id, form, error, correcting=False)
    if answers:
        flash(_("Rancangan tersimpan, jawaban disisipkan di akhir hasil cek fakta. Periksa kalimatnya."), "done")
        return make_response(redirect(url_for("clarify.edit", clarification_id=row.id, _anchor="findings"), 303))
    flash(_("Diajukan. Orang lain yang menyetujuinya.") if act == "ajukan" else _("Rancangan tersimpan."), "done")
    return to_page(clarification_id)


def with_answers(findings: str, answers: list[str]) -> str:
    """Return the findings with what units answered at their end. Raises Invalid where that is too much."""
    text = "\n\n".join(filter(None, [findings, *answers]))
    if len(text) > LONGEST["findings"]:
        message = _("Jawaban itu tidak muat lagi di hasil cek fakta. Ringkas dulu tulisannya.")
        raise Invalid("the answers do not fit", user_message=message, field="findings")
    return text


@bp.get("/<int:clarification_id>/koreksi")
@signed_in(RoleName.OFFICER)
def correct(clarification_id: int) -> Response:
    """Show the form of a correction: what is public, or what was proposed before and declined."""
    row = found(clarification_id)
    if row.proposed_kind is not None or not row.is_public:
        return make_response(redirect(url_for("clarify.page", clarification_id=row.id)))
    form = DraftForm(formdata=None)
    form.show(content_from(row.proposed) if row.proposed else content_of(row), row.version)
    form.note.data = (row.proposed_note or "") if row.proposed else ""
    return shown(row, taken_up(row, form), correcting=True)


def taken_up(row: Clarification, form: DraftForm) -> DraftForm:
    """Return the form, filled with what was typed and not saved where its author asks for that.

    It carries the version that it was typed over, so that what others changed meanwhile is not overwritten.
    """
    held = autosave.kept(row, me()) if "lanjut" in request.args else None
    if held is None:
        return form
    again = DraftForm(formdata=autosave.form_of(held))
    again.version.data = str(held.version)
    return again


@bp.post("/<int:clarification_id>/ketikan")
@signed_in(RoleName.OFFICER)
def keep_typed(clarification_id: int) -> Response:
    """Keep what stands in the form, for a page that saves while its author types."""
    version = whole(request.form.get("version")) or 0
    pairs = list(request.form.items(multi=True))
    autosave.keep(found(clarification_id), pairs, version, officer=me(), now=utc_now())
    return make_response("", 204)


@bp.post("/<int:clarification_id>/buang-ketikan")
@signed_in(RoleName.OFFICER)
def drop_typed(clarification_id: int) -> Response:
    """Forget what was typed and not saved, and show the form that it was typed into."""
    form = "clarify.correct" if found(clarification_id).is_public else "clarify.edit"
    autosave.forget(clarification_id, me())
    flash(_("Tulisan yang belum disimpan dibuang."), "done")
    return make_response(redirect(url_for(form, clarification_id=clarification_id), 303))


@bp.post("/pratinjau")
@signed_in(RoleName.OFFICER)
def draw() -> Response:
    """Draw a piece of Markdown as readers will see it."""
    count = min(whole(request.form.get("sources")) or 0, MOST_SOURCES)
    return make_response(str(prose(request.form.get("text", "")[: LONGEST["findings"]], count)))


@bp.post("/<int:clarification_id>/koreksi")
@signed_in(RoleName.OFFICER)
def propose(clarification_id: int) -> Response:
    """Let a correction wait for a second person."""
    form, row = DraftForm(), found(clarification_id)
    try:
        content, note = form.content(row), form.note.data or ""
        corrections.propose_correction(row.id, form.seen_version, content, note, officer=me(), now=utc_now())
        autosave.forget(clarification_id, me())
    except (Invalid, Conflict, NotAllowed) as error:
        return shown_back(clarification_id, form, error, correcting=True)
    flash(_("Koreksi diusulkan. Halaman warga berubah sesudah orang lain menyetujuinya."), "done")
    return to_page(clarification_id)


def shown_back(clarification_id: int, form: DraftForm, error: HoaxTrackerError, *, correcting: bool) -> Response:
    """Return the form with everything that was typed, the fault, and the newest version."""
    row = found(clarification_id)
    if isinstance(error, Conflict):
        form.version.data = str(row.version)
    trouble = {"faults": faults_of(error), "text": str(error.user_message)}
    return shown(row, form, correcting=correcting, trouble=trouble, status=error.status)


def faults_of(error: HoaxTrackerError) -> dict[str, str]:
    """Return what is wrong by field."""
    if isinstance(error, Incomplete):
        faults: dict[str, str] = {}
        for check in error.missing:
            faults.setdefault(check.field, check.todo)
        return faults
    field = getattr(error, "field", None)
    return {field: str(error.user_message)} if field else {}


def shown(row: Clarification, form: DraftForm, *, correcting: bool, status: int = 200, **more: Any) -> Response:
    """Return the form's page."""
    form.offer(all_units())
    offered: dict[str, Any] = {}
    if request.method == "GET" and "lanjut" not in request.args:
        content = replace(content_of(row), wordings=form.chosen_wordings)
        offered = {one.text: one.source for one in suggestions.suggested(row, content)}
    form.offer_wordings(offered)
    quotes = [claim.text for claim in row.claims]
    held = autosave.kept(row, me()) if request.method == "GET" and "lanjut" not in request.args else None
    answers = [] if correcting else answered_claims.unused_answers(row, form.findings.data or "")
    more |= {"held": held, "answers": answers, "offered": offered}
    fact = f"{form.title.data or ''}. {form.summary.data or ''}"
    more |= {"wording_faults": wordings.faults_of(form.chosen_wordings, form.claim_quote.data or "", fact)}
    return make_response(
        render_template("clarify/edit.html", row=row, form=form, correcting=correcting, quotes=quotes, **more), status
    )
