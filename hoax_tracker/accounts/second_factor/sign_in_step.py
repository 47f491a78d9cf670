"""The second step of signing in, and sign-in by passkey alone.

After the password nobody is signed in until the second factor is verified. Flask-Security asks this plug-in whether an
officer has a second factor, and leaves the rest to it. The pages are /petugas/masuk/kode and /petugas/masuk/kunci.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import flask
import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, abort, flash, jsonify, make_response, redirect, render_template, request, session, url_for
from flask_security import UserMixin, current_user
from flask_security.tf_plugin import TfPluginBase
from flask_security.utils import login_user

from hoax_tracker.accounts import sessions, sign_in_log
from hoax_tracker.accounts.second_factor import freshness, passkeys
from hoax_tracker.accounts.second_factor.freshness import PASSKEY_FIELD, verify_proof
from hoax_tracker.accounts.second_factor.pages import factor_kinds
from hoax_tracker.accounts.sign_on_client import join_identity
from hoax_tracker.clock import is_recent, utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.query_args import local_path
from hoax_tracker.errors import InvalidInputError, NotAllowedError, RateLimitedError
from hoax_tracker.models import Officer, db

JOINS_KEY = "joins_identity"
PENDING_KEY, PENDING_AT_KEY, PENDING_BY_KEY = "tf_user_id", "second_step_at", "second_step_by"
NOTE_KEY = "second_step_note"


class SecondFactorStep(TfPluginBase):
    """The plug-in that Flask-Security calls after the password."""

    def create_blueprint(self, app: flask.Flask, bp: flask.Blueprint, state: Any) -> None:
        """Add no page: ``views.py`` and this module have them."""

    def get_setup_methods(self, user: UserMixin) -> list[tuple[str, str]]:
        """Return one method where the officer has a second factor. The page itself offers all kinds."""
        return [("second_factor", "second_factor")] if getattr(user, "has_second_factor", False) else []

    def tf_login(self, user: UserMixin, json_payload: dict[str, Any], next_loc: str | None) -> Any:
        """Store the pending sign-in and redirect to the second step."""
        begin_second_step(cast(Officer, user), "password")
        wanted = request.args.get("next") or request.form.get("next") or None
        return redirect(url_for("second_step.page", next=wanted))


def begin_second_step(person: Officer, method: str, joins: dict[str, str] | None = None) -> None:
    """Store in the session the pending officer and the method used so far, for the second step.

    ``joins``: issuer and subject of an identity to link once the second factor was given.
    """
    session.pop(JOINS_KEY, None)
    if joins:
        session[JOINS_KEY] = joins
    session[PENDING_KEY] = person.fs_uniquifier
    session[PENDING_AT_KEY] = int(utc_now().timestamp())
    session[PENDING_BY_KEY] = method
    session[NOTE_KEY] = sign_in_log.note_second_step(person, method, utc_now())


def _find_pending_officer() -> Officer | None:
    """Return the officer whose second factor is pending, or None.

    The password was given within the last ten minutes.
    """
    uniquifier, begun = session.get(PENDING_KEY), session.get(PENDING_AT_KEY)
    if (
        not uniquifier
        or not begun
        or not is_recent(datetime.fromtimestamp(begun, tz=UTC), sign_in_log.SECOND_STEP_TIME, utc_now())
    ):
        return None
    officer = db.session.scalar(sa.select(Officer).filter_by(fs_uniquifier=uniquifier))
    return officer if officer is not None and officer.may_sign_in else None


def _complete_sign_in(person: Officer, by: list[str]) -> str:
    """Sign in an officer whose proofs are complete, and return the address to continue at."""
    joins, note = session.pop(JOINS_KEY, None), session.pop(NOTE_KEY, None)
    sessions.forget_unfinished_sign_ins()
    with write_transaction(None):  # what begins a session is written: its row, and the sign-in in the audit log
        officer = db.session.get_one(Officer, person.id)
        if note is not None:
            sign_in_log.forget_second_step(note)
        login_user(officer, authn_via=by)
        if joins:
            join_identity(officer, joins["issuer"], joins["subject"], utc_now())
    freshness.note_second_factor(utc_now())
    return local_path(request.args.get("next"), otherwise=url_for("work.start"))


bp = APIBlueprint("second_step", __name__, url_prefix="/petugas/masuk", enable_openapi=False)
SIGN_IN_PURPOSE = "sign in"


@bp.route("/kode", methods=["GET", "POST"])
def page() -> Response:
    """Ask for a code or a passkey after the password."""
    if current_user.is_authenticated:
        return make_response(redirect(url_for("work.start"), 303))
    person = _find_pending_officer()
    if person is None:
        return make_response(redirect(url_for("security.login", next=request.args.get("next")), 303))
    if request.method == "GET":
        return _render_second_step(person)
    try:
        kind = verify_proof(person.id, _step_purpose(person))
    except (InvalidInputError, NotAllowedError, RateLimitedError) as error:
        return _render_second_step(person, fault=str(error.user_message), status=error.status)
    return make_response(redirect(_complete_sign_in(person, [session.get(PENDING_BY_KEY, "password"), kind]), 303))


def _render_second_step(person: Officer, *, fault: str = "", status: int = 200) -> Response:
    return make_response(render_template("accounts/second_step.html", fault=fault, factor=factor_kinds(person)), status)


def _step_purpose(person: Officer) -> str:
    """Return the purpose of a passkey challenge in the second step."""
    return f"step:{person.id}"


@bp.post("/kode/pilihan")
def page_options() -> Response:
    """Return the options with which a browser asks for a passkey of the pending officer."""
    person = _find_pending_officer()
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
    return make_response(redirect(_complete_sign_in(person, ["passkey"]), 303))
