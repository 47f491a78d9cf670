"""Notes and labels as forms on a claim's page. Refused input is shown again with everything that was typed."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, flash, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.errors import HoaxTrackerError, InvalidInputError, NotAllowedError, RateLimitedError
from hoax_tracker.models import RoleName
from hoax_tracker.review.collaboration import notes
from hoax_tracker.review.decisions import labels
from hoax_tracker.review.queue.queue import QueueFilters
from hoax_tracker.review.views.claims import claim_context, queue_context, see_other

bp = APIBlueprint("notes", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(bp)


@bp.post("/klaim/<int:claim_id>/catatan")
@sign_in_required()
def write(claim_id: int) -> Response:
    """Write a note on a claim."""
    text = request.form.get("text", "")
    return run_or_rerender_claim(claim_id, "catatan", {"text": text}, lambda: _submit_note(claim_id, text))


def _submit_note(claim_id: int, text: str) -> str:
    """Write the note; return the redirect target."""
    done = notes.write_note(claim_id, text, officer=current_officer(), now=utc_now())
    names = ", ".join(done.told)
    flash(_("Catatan tersimpan. Diberi tahu: %(names)s.", names=names) if names else _("Catatan tersimpan."), "done")
    return f"catatan-{done.note_id}"


@bp.post("/klaim/<int:claim_id>/keterangan")
@sign_in_required(RoleName.OFFICER)
def state(claim_id: int) -> Response:
    """Take what the accused unit says about a claim."""
    text = request.form.get("text", "")
    return run_or_rerender_claim(claim_id, "keterangan", {"text": text}, lambda: _submit_statement(claim_id, text))


def _submit_statement(claim_id: int, text: str) -> str:
    """Write the statement; return the redirect target."""
    notes.write_statement(claim_id, text, officer=current_officer(), now=utc_now())
    flash(_("Keterangan terkirim kepada petugas yang memutuskan."), "done")
    return "klaim"


@bp.get("/klaim/<int:claim_id>/catatan/nama")
@sign_in_required()
def names(claim_id: int) -> Response:
    """Return the officers whom a note may mention; mentions.js asks once, at the first "@"."""
    suggestions = notes.suggest_note_mentions(claim_id, current_officer())
    return jsonify(
        [{"name": suggestion.name, "unit": suggestion.unit, "write": suggestion.write} for suggestion in suggestions]
    )


@bp.post("/catatan/<int:note_id>/hapus")
@sign_in_required()
def erase(note_id: int) -> Response:
    """Delete the officer's own note."""
    claim_id = notes.delete_note(note_id, officer=current_officer(), now=utc_now())
    flash(_("Catatan dihapus."), "done")
    return see_other(
        url_for("review.claim", claim_id=claim_id, _anchor="catatan", **QueueFilters.from_args(request.args).args())
    )


@bp.post("/klaim/<int:claim_id>/label")
@sign_in_required(RoleName.OFFICER)
def label(claim_id: int) -> Response:
    """Add labels to a claim."""
    names = request.form.get("label", "")
    return run_or_rerender_claim(claim_id, "label-klaim", {"label": names}, lambda: _submit_labels(claim_id, names))


def _submit_labels(claim_id: int, names: str) -> str:
    """Add the labels; return the redirect target."""
    labels.add_labels(claim_id, names, officer=current_officer(), now=utc_now())
    return "label-klaim"


@bp.post("/klaim/<int:claim_id>/label/lepas")
@sign_in_required(RoleName.OFFICER)
def unlabel(claim_id: int) -> Response:
    """Remove a label from a claim."""
    name = request.form.get("label", "")
    return run_or_rerender_claim(claim_id, "label-klaim", {}, lambda: _submit_label_removal(claim_id, name))


def _submit_label_removal(claim_id: int, name: str) -> str:
    """Remove the label; return the redirect target."""
    if labels.remove_label(claim_id, name, officer=current_officer(), now=utc_now()):
        flash(_("Label «%(name)s» dilepas.", name=name), "done")
    return "label-klaim"


def run_or_rerender_claim(claim_id: int, act: str, typed: dict[str, str], do: Callable[[], str]) -> Response:
    """Run the act and redirect to the anchor it returns, or show the claim with the error and what was typed."""
    try:
        place = do()
    except (InvalidInputError, NotAllowedError, RateLimitedError) as error:
        return _rerender_note_with_error(claim_id, act, typed, error)
    return see_other(
        url_for("review.claim", claim_id=claim_id, _anchor=place, **QueueFilters.from_args(request.args).args())
    )


def _rerender_note_with_error(claim_id: int, act: str, typed: dict[str, str], error: HoaxTrackerError) -> Response:
    parts = queue_context()
    parts |= claim_context(claim_id, parts)
    field, words = getattr(error, "field", None), next(filter(None, typed.values()), "")
    trouble = {"act": act, "field": field, "text": str(error.user_message), "typed": words, "sent": typed}
    # Where the field itself is not shown any more, the words are beside the fault.
    trouble["held"] = isinstance(error, NotAllowedError)
    page = render_template("review/claim.html", **parts, trouble=trouble, conflict=False)
    return make_response(page, error.status)
