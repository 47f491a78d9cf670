"""Pages of the chat channels: who answers (two people), keys, a try, pause, ceiling, the addresses to paste."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _, lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField

from hoax_tracker.accounts.second_factor.code_app import draw_qr_code
from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.authority.row_acts import Values, redirect_proposed
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.edit_forms import EditForm, clean_input_text, max_length_rule, required_rule
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Proposal, TiplineChannel
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.organisation.public_contacts import public_address
from hoax_tracker.tipline.channels import administration, reply_ceiling
from hoax_tracker.tipline.channels.access import CHANNEL_NAMES, WHATSAPP, load_channel, unseal_keys
from hoax_tracker.tipline.channels.administration import CHANNEL_LABELS, CHANNELS, Trial, try_channel

ViewResult = str | Response | tuple[str, int]
ONE_CHANNEL = "/saluran/<any(telegram, whatsapp):channel_name>"


def _text_field(label: Any, longest: int, *, is_required: bool = True) -> StringField:
    rules = [required_rule()] if is_required else []
    return StringField(label, [*rules, max_length_rule(longest)], filters=[clean_input_text])


class TelegramForm(EditForm):
    """The bot, and whether it serves."""

    account = _text_field(_l("Nama bot"), 64)
    base_url = _text_field(_l("Server"), 300)
    is_polled = BooleanField(_l("Ambil sendiri, tanpa alamat publik"))
    is_in_service = BooleanField(_l("Melayani warga"))

    def values(self) -> Values:
        """Return the entered values."""
        named = ("account", "base_url", "is_polled", "is_in_service")
        return {name: self[name].data for name in named}


class WhatsAppForm(EditForm):
    """The number, the server, and whether it serves."""

    account = _text_field(_l("Nomor WhatsApp"), 64)
    account_id = _text_field(_l("ID nomor telepon"), 64)
    base_url = _text_field(_l("Server"), 300)
    auth_header = _text_field(_l("Tajuk kunci"), 60)
    business_id = _text_field(_l("ID akun WhatsApp Business"), 64, is_required=False)
    template_name = _text_field(_l("Nama templat"), 100, is_required=False)
    template_language = _text_field(_l("Bahasa templat"), 10, is_required=False)
    is_in_service = BooleanField(_l("Melayani warga"))

    def values(self) -> Values:
        """Return the entered values."""
        named = ("account", "account_id", "base_url", "auth_header", "is_in_service")
        template = ("business_id", "template_name", "template_language")
        return {name: self[name].data for name in named} | {name: self[name].data or "" for name in template}


@bp.get("/saluran")
def tipline_list() -> str:
    """List the channels, with what each does now."""
    rows = [load_channel(name) for name in CHANNEL_NAMES]
    return render_template(
        "accounts/tipline_channels.html", rows=[(row, CHANNEL_LABELS[row.name], _describe_state(row)) for row in rows]
    )


def _describe_state(row: TiplineChannel) -> str:
    """Return what a channel does now, in a few words."""
    if row.is_in_service and row.paused_at:
        return str(_("dijeda"))
    if row.is_in_service:
        return str(_("melayani"))
    return str(_("menunggu orang kedua") if CHANNELS.find_waiting(row.name) else _("belum melayani"))


@bp.route(ONE_CHANNEL, methods=["GET", "POST"])
def tipline_channel(channel_name: str) -> ViewResult:
    """Show a channel, and propose who answers there and whether it serves."""
    form = _open_form(channel_name, is_submitted=True)
    made: list[Proposal | None] = []

    def propose() -> None:
        who: dict[str, Any] = {"by": current_officer(), "now": utc_now()}
        made.append(administration.propose_channel(channel_name, form.values(), form.seen.data, **who))

    if form.attempt(propose, lambda: CHANNELS.stored_values(channel_name)):
        return redirect_proposed(CHANNELS.name, is_proposed=made[0] is not None)
    return _render_channel(channel_name, form), form.status


def _open_form(channel_name: str, *, is_submitted: bool = False) -> TelegramForm | WhatsAppForm:
    """Return the form with what waits or counts, or with what was submitted to it."""
    values = CHANNELS.values_to_edit(load_channel(channel_name), channel_name)
    kind = WhatsAppForm if channel_name == WHATSAPP else TelegramForm
    more = {} if is_submitted else {"formdata": None}
    form: TelegramForm | WhatsAppForm = kind(data=values, seen=values_digest(values), **more)
    return form


def _render_channel(
    channel_name: str,
    form: TelegramForm | WhatsAppForm | None = None,
    *,
    trial: Trial | None = None,
    fault: InvalidInputError | None = None,
) -> str:
    row, now = load_channel(channel_name), utc_now()
    keys = unseal_keys(row.sealed_keys, current_settings().contact_key)
    address = public_address(channel_name, row.account)
    return render_template(
        "accounts/tipline_channel.html",
        form=form or _open_form(channel_name),
        row=row,
        label=CHANNEL_LABELS[channel_name],
        state=_describe_state(row),
        waiting=CHANNELS.find_waiting(channel_name),
        has_keys=keys is not None,
        verify_token=keys.webhook_secret if keys and channel_name == WHATSAPP else "",
        hook=public_url_for(f"tipline_hooks.receive_{channel_name}"),
        has_public_address=current_settings().secure,
        address=address,
        qr_code=draw_qr_code(address) if address and row.is_in_service else "",
        sent=reply_ceiling.count_of(row, now),
        trial=trial,
        fault=fault,
    )


@bp.post(f"{ONE_CHANNEL}/kunci")
def save_tipline_keys(channel_name: str) -> ViewResult:
    """Store the keys that were pasted."""
    require_fresh_second_factor()
    token, app_secret = (request.form.get(name, "").strip() for name in ("token", "app_secret"))
    try:
        administration.save_keys(channel_name, token, app_secret, by=current_officer(), now=utc_now())
    except InvalidInputError as error:
        return _render_channel(channel_name, fault=error), error.status
    flash(_("Kunci tersimpan tersandi. Tekan Coba untuk memeriksanya."), "done")
    return redirect(url_for("accounts.tipline_channel", channel_name=channel_name), 303)


@bp.post(f"{ONE_CHANNEL}/coba")
def try_tipline(channel_name: str) -> ViewResult:
    """Ask the service who the account is, and show what it said."""
    now = utc_now()
    trial = try_channel(channel_name, current_settings())
    with write_transaction():
        outcome = {"is_good": trial.is_good}
        administration.record_channel_event("tipline_tried", channel_name, current_officer(), now, **outcome)
    return _render_channel(channel_name, trial=trial)


@bp.post(f"{ONE_CHANNEL}/<any(jeda, lanjut):act>")
def pause_tipline(channel_name: str, act: str) -> Response:
    """Pause a channel, or let it go on."""
    administration.pause_channel(channel_name, is_paused=act == "jeda", by=current_officer(), now=utc_now())
    paused = _("Dijeda. Yang masuk sementara ini disimpan dan dijawab sesudah dilanjutkan.")
    flash(paused if act == "jeda" else _("Dilanjutkan."), "done")
    return redirect(url_for("accounts.tipline_channel", channel_name=channel_name), 303)


@bp.post(f"{ONE_CHANNEL}/batas")
def limit_tipline(channel_name: str) -> ViewResult:
    """Set the monthly ceiling of replies."""
    typed = request.form.get("ceiling", "").strip()
    ceiling = int(typed) if typed.isdecimal() and len(typed) < 10 else None if not typed else -1
    try:
        administration.limit_replies(channel_name, ceiling, by=current_officer(), now=utc_now())
    except InvalidInputError as error:
        return _render_channel(channel_name, fault=error), error.status
    flash(_("Batas tersimpan."), "done")
    return redirect(url_for("accounts.tipline_channel", channel_name=channel_name), 303)
