"""What the long forms ask for while somebody types: keep what is typed, discard it, show Markdown as readers see it."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clarify import autosave
from hoax_tracker.clarify.content import FIELD_LENGTH_LIMITS
from hoax_tracker.clarify.forms import MOST_SOURCES
from hoax_tracker.clarify.views.blueprint import bp, require_clarification
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.markdown import prose
from hoax_tracker.core.current import current_officer
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.models import RoleName


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
