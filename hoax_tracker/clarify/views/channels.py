"""The list of official channels at the desk, and its forms. A second person confirms them at /petugas/menunggu."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _, lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField
from wtforms.fields import SelectChoice

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority import proposals
from hoax_tracker.clarify import channels
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import (
    ChoiceField,
    EditForm,
    clean_input_text,
    max_length_rule,
    preserve_typed_input,
    required_rule,
)
from hoax_tracker.models import CHANNEL_FIELDS, ChannelKind, OfficialChannel, RoleName
from hoax_tracker.organisation.channels.official_list import OtherKindError

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


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """List the channels, and what waits for a second person."""
    rows, waiting = channels.list_channels(), proposals.list_open(["channel"])
    return render_template(
        "clarify/channel_list.html", rows=rows, waiting=waiting, show=channels.show_channel, me=current_officer()
    )


@bp.route("/baru", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER, RoleName.ADMINISTRATOR)
def add() -> ViewResult:
    """Propose a new channel."""
    form = NewChannelForm.over(channels.channel_values(None))

    def save() -> None:
        kind = ChannelKind(form.kind.data) if form.kind.data else None
        named = (kind, form.value.data, form.owner.data)
        try:
            channels.propose_channel(*named, officer=current_officer(), now=utc_now())
        except OtherKindError as error:
            form.kind.data = error.kind.value
            raise

    if form.attempt(save):
        return _redirect_proposed()
    return render_template("clarify/channel_form.html", form=form, row=None), form.status


@bp.route("/<int:channel_id>/ubah", methods=["GET", "POST"])
@sign_in_required(RoleName.OFFICER, RoleName.ADMINISTRATOR)
def edit(channel_id: int) -> ViewResult:
    """Propose a change of a channel: another owner's name, or that it leaves or returns to the list."""
    row = require_row(OfficialChannel, channel_id)
    form = ChangeForm.over(channels.channel_values(row))

    def save() -> None:
        values = {name: form[name].data for name in CHANNEL_FIELDS}
        channels.propose_change(channel_id, values, form.seen.data, officer=current_officer(), now=utc_now())

    if form.attempt(save, lambda: channels.channel_values(require_row(OfficialChannel, channel_id))):
        return _redirect_proposed()
    return render_template("clarify/channel_form.html", form=form, row=row), form.status


def _redirect_proposed() -> Response:
    """Lead to what waits for a second person."""
    flash(_("Diusulkan. Orang lain yang menyetujuinya; sampai itu, daftarnya tidak berubah."), "done")
    return redirect(url_for("proposals.listing", jenis="channel"), 303)


@bp.get("/<int:channel_id>")
@sign_in_required()
def page(channel_id: int) -> str:
    """Show a channel, and whether a change of it waits."""
    row = require_row(OfficialChannel, channel_id)
    waiting = proposals.find_open("channel", f"channel:{channel_id}")
    may_write = current_officer().is_a(RoleName.OFFICER) or current_officer().is_administrator
    return render_template("clarify/channel.html", row=row, waiting=waiting, may_write=may_write)
