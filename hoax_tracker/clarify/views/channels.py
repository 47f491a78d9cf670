"""The list of official channels at the desk: the list, the forms, and the second person's approval."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField
from wtforms.fields import SelectChoice

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clarify.approval_facts import refusal_message
from hoax_tracker.clarify.approval_policy import ApprovalRefusal
from hoax_tracker.clarify.channels import service as channels
from hoax_tracker.clarify.views.blueprint import current_officer
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row, values_digest
from hoax_tracker.core.web.edit_forms import (
    ChoiceField,
    EditForm,
    clean_input_text,
    max_length_rule,
    required_rule,
)
from hoax_tracker.core.web.session_expiry import preserve_typed_input
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import CHANNEL_FIELDS, ChannelKind, OfficialChannel, RoleName
from hoax_tracker.organisation.channels.list_values import OtherKindError

ViewResult = str | Response | tuple[str, int]
bp = APIBlueprint("channels", __name__, url_prefix="/petugas/saluran", enable_openapi=False)
preserve_typed_input(bp)


class ChangeForm(EditForm):
    """Whose a channel is, and whether it counts."""

    owner = StringField(_l("Milik"), [required_rule(), max_length_rule(160)], filters=[clean_input_text])
    is_listed = BooleanField(_l("Ada di daftar resmi"))


class NewChannelForm(EditForm):
    """A channel to be put on the list."""

    kind = ChoiceField(
        _l("Jenis"),
        choices=[
            SelectChoice("", _l("Kenali dari isinya")),
            *(SelectChoice(kind.value, kind.label) for kind in ChannelKind),
        ],
    )
    value = StringField(
        _l("Alamat, nomor, atau akun"), [required_rule(), max_length_rule(200)], filters=[clean_input_text]
    )
    owner = StringField(_l("Milik"), [required_rule(), max_length_rule(160)], filters=[clean_input_text])
    saved_id = 0


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """List the channels; proposals that await approval come first."""
    rows = channels.list_channels()
    return render_template(
        "clarify/channel_list.html", rows=rows, pending=channels.pending_values, me=current_officer()
    )


@bp.route("/baru", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER, RoleName.ADMINISTRATOR)
def add() -> ViewResult:
    """Propose a new channel."""
    form = NewChannelForm.over(channels.pending_values(None))

    def save() -> None:
        kind = ChannelKind(form.kind.data) if form.kind.data else None
        named = (kind, form.value.data, form.owner.data)
        try:
            form.saved_id = channels.propose_channel(*named, officer=current_officer(), now=utc_now())
        except OtherKindError as error:
            form.kind.data = error.kind.value
            raise

    if form.attempt(save):
        return redirect_proposed(form.saved_id)
    return render_template("clarify/channel_form.html", form=form, row=None), form.status


@bp.route("/<int:channel_id>/ubah", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER, RoleName.ADMINISTRATOR)
def edit(channel_id: int) -> ViewResult:
    """Propose a change of a channel: another owner's name, or that it leaves or returns to the list."""
    row = require_row(OfficialChannel, channel_id)
    form = ChangeForm.over(channels.pending_values(row))

    def save() -> None:
        values = {name: form[name].data for name in CHANNEL_FIELDS}
        channels.propose_change(channel_id, values, form.seen.data, officer=current_officer(), now=utc_now())

    if form.attempt(save, lambda: channels.pending_values(require_row(OfficialChannel, channel_id))):
        return redirect_proposed(channel_id)
    return render_template("clarify/channel_form.html", form=form, row=row), form.status


def redirect_proposed(channel_id: int) -> Response:
    """Return to the channel's page after a proposal."""
    flash(_("Diusulkan. Orang lain yang menyetujuinya; sampai itu, daftarnya tidak berubah."), "done")
    return redirect(url_for("channels.page", channel_id=channel_id), 303)


@bp.get("/<int:channel_id>")
@sign_in_required()
def page(channel_id: int) -> str:
    """Show a channel with the acts open to the officer."""
    return render_page(require_row(OfficialChannel, channel_id))


@bp.post("/<int:channel_id>/<any(setujui,batal):act>")
@sign_in_required(RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR)
def decide(channel_id: int, act: str) -> ViewResult:
    """Approve a proposal, or drop it."""
    if act == "setujui":
        require_fresh_second_factor()
    seen, reason, officer = request.form.get("seen", ""), request.form.get("reason", "").strip(), current_officer()
    try:
        if act == "setujui":
            channels.approve_channel(channel_id, seen, reason, officer=officer, now=utc_now())
            flash(_("Disetujui. Daftar resmi sudah berubah."), "done")
        elif not channels.drop_proposal(channel_id, seen, officer=officer, now=utc_now()):
            flash(_("Usulan dibatalkan."), "done")
            return redirect(url_for("channels.listing"), 303)
        else:
            flash(_("Usulan dibatalkan. Daftar resmi tidak berubah."), "done")
    except (EditConflictError, InvalidInputError, NotAllowedError) as error:
        status = 409 if isinstance(error, EditConflictError) else 422
        return render_page(require_row(OfficialChannel, channel_id), str(error.user_message), reason), status
    return redirect(url_for("channels.page", channel_id=channel_id), 303)


def render_page(row: OfficialChannel, fault: str = "", reason: str = "") -> str:
    """Return the desk's page of a channel."""
    refusal = channels.approval_refusal_of(row, current_officer(), now=utc_now()) if row.proposal else None
    values = channels.pending_values(row)
    return render_template(
        "clarify/channel.html",
        row=row,
        values=values,
        was_listed=channels.was_ever_listed(row),
        seen=values_digest(values),
        may_approve=row.proposal is not None and refusal in (None, ApprovalRefusal.REASON_MISSING),
        needs_reason=refusal is ApprovalRefusal.REASON_MISSING,
        why_not=refusal_message(refusal, current_officer(), utc_now()) if refusal else "",
        may_write=current_officer().is_a(RoleName.OFFICER) or current_officer().is_administrator,
        fault=fault,
        reason=reason,
    )
