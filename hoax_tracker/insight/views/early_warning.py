"""``/petugas/naik``: what rises, and the act that ends an alarm for all."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.claims.alarm_sentences import describe_alarm, name_alarm
from hoax_tracker.clock import utc_now
from hoax_tracker.core.web.session_expiry import preserve_typed_input
from hoax_tracker.errors import EditConflictError, NotAllowedError
from hoax_tracker.insight.early_warning.alarms import count_open_alarms, end_alarm, list_alarms
from hoax_tracker.insight.early_warning.responsibility import find_endable
from hoax_tracker.models import Alarm, AlarmAnswer, Officer, RoleName

bp = APIBlueprint("early_warning", __name__, url_prefix="/petugas/naik", enable_openapi=False)
preserve_typed_input(bp)

OPEN_SHOWN, ENDED_SHOWN = 50, 20
ANSWER_BY_ACT = {"tangani": AlarmAnswer.ANSWERED, "diamkan": AlarmAnswer.SILENCED}


def current_officer() -> Officer:
    """Return the officer who is signed in."""
    person: Officer = current_user._get_current_object()
    return person


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """Show what rises, and what rose last."""
    alarms = list_alarms(limit=OPEN_SHOWN)
    return render_template(
        "insight/early_warning.html",
        alarms=alarms,
        rising_count=count_open_alarms(),
        ended=list_alarms(ended=True, limit=ENDED_SHOWN),
        may_end=find_endable(alarms, current_officer()),
        describe_alarm=describe_alarm,
        name_alarm=name_alarm,
        address_of=subject_address,
    )


def subject_address(alarm: Alarm) -> str:
    """Return the address of what rises: the claim, the queue of the topic, or what names the place."""
    if alarm.claim_id is not None:
        return url_for("review.claim", claim_id=alarm.claim_id)
    if alarm.topic is not None:
        return url_for("review.queue", topic=alarm.topic.value)
    return url_for("review.queue", q=name_alarm(alarm))


@bp.post("/<int:alarm_id>/<any(tangani,diamkan):act>")
@sign_in_required(RoleName.OFFICER)
def end(alarm_id: int, act: str) -> Response:
    """Answer or silence an alarm for all; then return to the claim or to the list."""
    try:
        alarm = end_alarm(alarm_id, ANSWER_BY_ACT[act], officer=current_officer(), now=utc_now())
    except (EditConflictError, NotAllowedError) as error:
        flash(str(error.user_message), "error")
        return see_other(url_for("early_warning.listing"))
    if act == "tangani":
        flash(_("Tercatat: Anda menanganinya. Petugas lain tidak dikabari lagi."), "done")
    else:
        flash(_("Didiamkan untuk semua petugas, sampai naik lagi sesudah reda."), "done")
    if request.args.get("dari") == "klaim" and alarm.claim_id is not None:
        return see_other(url_for("review.claim", claim_id=alarm.claim_id))
    return see_other(url_for("early_warning.listing"))


def see_other(address: str) -> Response:
    """Return the redirect after an act."""
    return make_response(redirect(address, 303))
