"""Pages of an officer's own second factor, below /petugas/akun/faktor-kedua."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.second_factor import factors, passkeys
from hoax_tracker.accounts.second_factor.freshness import CONFIRM_PURPOSE, note_second_factor, require_fresh_proof
from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.core.web.query_args import local_path
from hoax_tracker.errors import HoaxTrackerError, InvalidInputError, NotAllowedError

bp = APIBlueprint("second_factor", __name__, url_prefix="/petugas/akun/faktor-kedua", enable_openapi=False)
preserve_typed_input(bp)


@bp.get("")
@sign_in_required()
def page() -> str:
    """Show the officer's second factors and how to add one."""
    return render_template("accounts/second_factor.html")


def attempt(add: Callable[[], list[str]], confirmation: str) -> Response:
    """Add a factor: show new recovery codes once, or return to the page. The page shows a refusal."""
    require_fresh_proof()
    try:
        codes = add()
    except (InvalidInputError, NotAllowedError) as error:
        shown = render_template(
            "accounts/second_factor.html", fault=error.user_message, fault_field=_error_field(error)
        )
        return make_response(shown, error.status)
    note_second_factor(utc_now())
    if codes:
        return make_response(render_template("accounts/recovery_codes.html", codes=codes, confirmation=confirmation))
    flash(confirmation, "done")
    return _back_to_page()


def _error_field(error: HoaxTrackerError) -> str:
    """Return the name of the field that an error is about, "" where there is none."""
    return getattr(error, "field", None) or ""


def _back_to_page() -> Response:
    """Return a redirect to the officer's own page."""
    return make_response(redirect(url_for("second_factor.page"), 303))


@bp.post("/aplikasi")
@sign_in_required()
def add_code_app() -> Response:
    """Enable app codes."""
    form, key = request.form, current_settings().contact_key
    return attempt(
        lambda: factors.add_code_app(
            current_officer().id, form.get("sealed", ""), form.get("code", ""), key=key, now=utc_now()
        ),
        _("Kode kedua nyala."),
    )


@bp.post("/aplikasi/hapus")
@sign_in_required()
def remove_code_app() -> Response:
    """Disable app codes."""
    require_fresh_proof()
    factors.remove_code_app(current_officer().id, current_settings().second_factor, now=utc_now())
    flash(_("Aplikasi kode dihapus."), "done")
    return _back_to_page()


@bp.post("/kunci/pilihan")
@sign_in_required()
def passkey_options() -> Response:
    """Return the options with which a browser creates a passkey."""
    require_fresh_proof()
    return jsonify(passkeys.creation_options(current_officer(), current_settings(), utc_now()))


@bp.post("/kunci")
@sign_in_required()
def add_passkey() -> Response:
    """Add the passkey that the device created."""
    form = request.form
    return attempt(
        lambda: passkeys.add_passkey(
            current_officer().id,
            form.get("passkey", ""),
            form.get("name", ""),
            settings=current_settings(),
            now=utc_now(),
        ),
        _("Kunci sandi ditambahkan."),
    )


@bp.post("/kunci/<int:passkey_id>/hapus")
@sign_in_required()
def remove_passkey(passkey_id: int) -> Response:
    """Remove a passkey."""
    require_fresh_proof()
    name = factors.remove_passkey(current_officer().id, passkey_id, current_settings().second_factor, now=utc_now())
    flash(_("Kunci sandi «%(name)s» dihapus.", name=name), "done")
    return _back_to_page()


@bp.post("/cadangan")
@sign_in_required()
def renew_recovery_codes() -> Response:
    """Replace the recovery codes and show the new ones once."""
    require_fresh_proof()
    codes = factors.renew_recovery_codes(current_officer().id, key=current_settings().contact_key, now=utc_now())
    return make_response(render_template("accounts/recovery_codes.html", codes=codes, confirmation=""))


# The question for the second factor, before a page of the desk and before what cannot be taken back


@bp.route("/konfirmasi", methods=["GET", "POST"])
@sign_in_required()
def confirm() -> Response:
    """Ask for the second factor, then redirect to the requested page."""
    require_fresh_proof()
    return make_response(redirect(local_path(request.args.get("next"), otherwise=url_for("work.start")), 303))


@bp.post("/konfirmasi/pilihan")
@sign_in_required()
def confirm_options() -> Response:
    """Return the options with which a browser asks for one of the officer's passkeys."""
    person = current_officer()
    return jsonify(passkeys.request_options(CONFIRM_PURPOSE, person.id, current_settings(), utc_now()))
