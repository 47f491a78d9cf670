"""The second step of signing in, and sign-in by passkey alone.

Their pages are /petugas/masuk/kode and /petugas/masuk/kunci.
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, abort, flash, jsonify, make_response, redirect, render_template, request, session, url_for
from flask_security import current_user

from hoax_tracker.accounts.second_factor import passkeys
from hoax_tracker.accounts.second_factor.freshness import PASSKEY_FIELD, verify_proof
from hoax_tracker.accounts.second_factor.pages import factor_kinds
from hoax_tracker.accounts.second_factor.sign_in_step import PENDING_BY_KEY, complete_sign_in, find_pending_officer
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
from hoax_tracker.errors import InvalidInputError, NotAllowedError, RateLimitedError
from hoax_tracker.models import Officer

bp = APIBlueprint("second_step", __name__, url_prefix="/petugas/masuk", enable_openapi=False)
SIGN_IN_PURPOSE = "sign in"


@bp.route("/kode", methods=["GET", "POST"])
def page() -> Response:
    """Ask for a code or a passkey after the password."""
    if current_user.is_authenticated:
        return make_response(redirect(url_for("work.start"), 303))
    person = find_pending_officer()
    if person is None:
        return make_response(redirect(url_for("security.login", next=request.args.get("next")), 303))
    if request.method == "GET":
        return _render_second_step(person)
    try:
        kind = verify_proof(person.id, _step_purpose(person))
    except (InvalidInputError, NotAllowedError, RateLimitedError) as error:
        return _render_second_step(person, fault=str(error.user_message), status=error.status)
    return make_response(redirect(complete_sign_in(person, [session.get(PENDING_BY_KEY, "password"), kind]), 303))


def _render_second_step(person: Officer, *, fault: str = "", status: int = 200) -> Response:
    """Return the page of the second step."""
    return make_response(render_template("accounts/second_step.html", fault=fault, factor=factor_kinds(person)), status)


def _step_purpose(person: Officer) -> str:
    """Return the purpose of a passkey challenge in the second step."""
    return f"step:{person.id}"


@bp.post("/kode/pilihan")
def page_options() -> Response:
    """Return the options with which a browser asks for a passkey of the pending officer."""
    person = find_pending_officer()
    if person is None:
        abort(403)
    return jsonify(passkeys.request_options(_step_purpose(person), person.id, current_settings(), utc_now()))


@bp.post("/kunci/pilihan")
def by_passkey_options() -> Response:
    """Return the options with which a browser asks for any passkey. They do not reveal who has an account."""
    return jsonify(passkeys.request_options(SIGN_IN_PURPOSE, None, current_settings(), utc_now()))


@bp.post("/kunci")
def by_passkey() -> Response:
    """Sign in by passkey alone.

    The device verified its user by fingerprint or PIN, which makes it both factors.
    """
    credential, settings = request.form.get(PASSKEY_FIELD, ""), current_settings()
    try:
        person = passkeys.verify_passkey(SIGN_IN_PURPOSE, credential, officer_id=None, settings=settings, now=utc_now())
    except (InvalidInputError, NotAllowedError) as error:
        flash(str(error.user_message), "error")
        return make_response(redirect(url_for("security.login", next=request.args.get("next")), 303))
    return make_response(redirect(complete_sign_in(person, ["passkey"]), 303))
