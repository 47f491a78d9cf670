"""Notes and labels of a claim, as forms on its page: what cannot be taken is shown back with everything typed."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, flash, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.clock import utc_now
from hoax_tracker.core.web.session_expiry import keep_what_was_typed
from hoax_tracker.errors import HoaxTrackerError, Invalid, NotAllowed, TooMany
from hoax_tracker.models import RoleName
from hoax_tracker.review.collaboration import notes
from hoax_tracker.review.decisions import labels
from hoax_tracker.review.queue.queue import filters_from
from hoax_tracker.review.views.claims import claim_parts, desk, me, to

bp = APIBlueprint("notes", __name__, url_prefix="/petugas", enable_openapi=False)
keep_what_was_typed(bp)


@bp.post("/klaim/<int:claim_id>/catatan")
@signed_in()
def write(claim_id: int) -> Response:
    """Write a note on a claim."""
    text = request.form.get("text", "")
    return attempt(claim_id, "catatan", {"text": text}, lambda: noted(claim_id, text))


def noted(claim_id: int, text: str) -> str:
    """Write the note; return where the page goes on."""
    done = notes.write(claim_id, text, officer=me(), now=utc_now())
    told = ", ".join(done.told)
    flash(_("Catatan tersimpan. Diberi tahu: %(names)s.", names=told) if told else _("Catatan tersimpan."), "done")
    return f"catatan-{done.note_id}"


@bp.get("/klaim/<int:claim_id>/catatan/nama")
@signed_in()
def names(claim_id: int) -> Response:
    """Return whom a note on the claim may mention: mention.js asks for it once, at the first "@"."""
    found = notes.suggestions(claim_id, me())
    return jsonify([{"name": one.name, "unit": one.unit, "write": one.write} for one in found])


@bp.post("/catatan/<int:note_id>/hapus")
@signed_in()
def erase(note_id: int) -> Response:
    """Delete a note of one's own."""
    claim_id = notes.erase(note_id, officer=me(), now=utc_now())
    flash(_("Catatan dihapus."), "done")
    return to(url_for("review.claim", claim_id=claim_id, _anchor="catatan", **filters_from(request.args).args()))


@bp.post("/klaim/<int:claim_id>/label")
@signed_in(RoleName.OFFICER)
def label(claim_id: int) -> Response:
    """Put labels on a claim."""
    names = request.form.get("label", "")
    return attempt(claim_id, "label-klaim", {"label": names}, lambda: labelled(claim_id, names))


def labelled(claim_id: int, names: str) -> str:
    """Put the labels on; return where the page goes on."""
    labels.put_on(claim_id, names, officer=me(), now=utc_now())
    return "label-klaim"


@bp.post("/klaim/<int:claim_id>/label/lepas")
@signed_in(RoleName.OFFICER)
def unlabel(claim_id: int) -> Response:
    """Take a label off a claim."""
    name = request.form.get("label", "")
    return attempt(claim_id, "label-klaim", {}, lambda: unlabelled(claim_id, name))


def unlabelled(claim_id: int, name: str) -> str:
    """Take the label off; return where the page goes on."""
    if labels.take_off(claim_id, name, officer=me(), now=utc_now()):
        flash(_("Label «%(name)s» dilepas.", name=name), "done")
    return "label-klaim"


def attempt(claim_id: int, act: str, typed: dict[str, str], do: Callable[[], str]) -> Response:
    """Do it and show the claim again at the place that it returns, or with the fault and what was typed."""
    try:
        place = do()
    except (Invalid, NotAllowed, TooMany) as error:
        return shown_back(claim_id, act, typed, error)
    return to(url_for("review.claim", claim_id=claim_id, _anchor=place, **filters_from(request.args).args()))


def shown_back(claim_id: int, act: str, typed: dict[str, str], error: HoaxTrackerError) -> Response:
    """Return the claim's page with a fault and what was typed."""
    parts = desk()
    parts |= claim_parts(claim_id, parts)
    field, words = getattr(error, "field", None), next(filter(None, typed.values()), "")
    trouble = {"act": act, "field": field, "text": str(error.user_message), "typed": words, "sent": typed}
    # Where the field itself is not shown any more, the words are beside the fault.
    trouble["held"] = isinstance(error, NotAllowed)
    page = render_template("review/claim.html", **parts, trouble=trouble, conflict=False)
    return make_response(page, error.status)
