"""Objections at the desk: one with its decision, which a second person confirms at /petugas/menunggu.

Everybody reads that there is one, what it is about and until when. What residents wrote is shown only to who may
decide: it may tell who they are.
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectChoice, TextAreaField

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority import proposals
from hoax_tracker.claims.public_words import objections
from hoax_tracker.clarify.corrections import LONGEST_NOTE
from hoax_tracker.clarify.objections import decisions
from hoax_tracker.clarify.objections.deciders import find_bar
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_officer
from hoax_tracker.core.web.edit_forms import EditForm, max_length_rule, read_long_text, required_rule
from hoax_tracker.core.web.session_expiry import preserve_typed_input
from hoax_tracker.models import ObjectionOutcome, RoleName

ViewResult = str | Response | tuple[str, int]
bp = APIBlueprint("objection_desk", __name__, url_prefix="/petugas/keberatan", enable_openapi=False)
preserve_typed_input(bp)


class DecisionForm(EditForm):
    """What is decided, and why."""

    outcome = RadioField(
        _l("Keputusan"), [required_rule()], choices=[SelectChoice(one.value, one.label) for one in ObjectionOutcome]
    )
    reason = TextAreaField(
        _l("Mengapa, dibaca warga"), [required_rule(), max_length_rule(LONGEST_NOTE)], filters=[read_long_text]
    )


@bp.get("")
@sign_in_required()
def listing() -> Response:
    """Redirect to the objections that wait, which the list of clarifications has."""
    return redirect(url_for("clarify.listing", _anchor="keberatan"))


@bp.route("/<int:objection_id>", methods=["GET", "POST"])
@sign_in_required()
def page(objection_id: int) -> ViewResult:
    """Show an objection, or propose the decision about it."""
    row, me, now = decisions.require_objection(objection_id), current_officer(), utc_now()
    bar = find_bar(row.clarification, me, now)
    form = DecisionForm.over({"outcome": None, "reason": ""})

    def save() -> None:
        outcome = ObjectionOutcome(form.outcome.data)
        decisions.propose_decision(objection_id, outcome, form.reason.data, officer=me, now=now)

    if form.attempt(save):
        flash(
            _("Diusulkan. Orang lain di luar halaman itu yang menyetujuinya; sampai itu, warga belum membacanya."),
            "done",
        )
        return redirect(url_for("proposals.listing", jenis=objections.OBJECTION_ACT), 303)
    return render_template(
        "clarify/objection.html",
        form=form,
        public=objections.describe_public(row),
        row=row,
        page=row.clarification,
        statements=[] if bar else row.statements,
        bar=bar,
        waiting=proposals.find_open(objections.OBJECTION_ACT, objections.objection_subject(row.id)),
        may_decide=bar is None and me.is_a(RoleName.OFFICER),
        passed=objections.working_days_passed(row, now),
        days=objections.ANSWER_DAYS,
    ), form.status
