"""``/petugas/naik``: what rises, and the act that ends an alarm for all."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.errors import EditConflictError, NotAllowedError
from hoax_tracker.insight.early_warning.alarms import end_alarm
from hoax_tracker.models import AlarmAnswer, RoleName

bp = APIBlueprint("early_warning", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(bp)

OPEN_SHOWN, ENDED_SHOWN = 50, 20
ANSWER_BY_ACT = {"tangani": AlarmAnswer.ANSWERED, "diamkan": AlarmAnswer.SILENCED}


@bp.get("/naik/")
@bp.get("/ringkasan", endpoint="summary")
@sign_in_required()
def moved() -> Response:
    """Lead bookmarks of former pages to the page of the morning."""
    return make_response(redirect(url_for("morning.show"), 301))


@bp.post("/naik/<int:alarm_id>/<any(tangani,diamkan):act>")
@sign_in_required(RoleName.OFFICER)
def end(alarm_id: int, act: str) -> Response:
    """Answer or silence an alarm for all; then return to the claim or to the list."""
    try:
        alarm = end_alarm(alarm_id, ANSWER_BY_ACT[act], officer=current_officer(), now=utc_now())
    except (EditConflictError, NotAllowedError) as error:
        flash(str(error.user_message), "error")
        return _see_other(url_for("morning.show", _anchor="naik"))
    if act == "tangani":
        flash(_("Tercatat: Anda menanganinya. Petugas lain tidak dikabari lagi."), "done")
    else:
        flash(_("Didiamkan untuk semua petugas, sampai naik lagi sesudah reda."), "done")
    if request.args.get("dari") == "klaim" and alarm.claim_id is not None:
        return _see_other(url_for("review.claim", claim_id=alarm.claim_id))
    return _see_other(url_for("morning.show", _anchor="naik"))


def _see_other(address: str) -> Response:
    """Return the redirect after an act."""
    return make_response(redirect(address, 303))
