"""Content of the second-factor pages: the state for the partial, and pages that interrupt an act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import Response, g, jsonify, make_response, render_template, request, url_for
from markupsafe import Markup

from hoax_tracker.accounts.second_factor import code_app, recovery_codes
from hoax_tracker.accounts.second_factor.factors import needs_second_factor
from hoax_tracker.accounts.second_factor.freshness import PROOF_FIELDS, ProofNeededError
from hoax_tracker.accounts.second_factor.verification import are_passkeys_possible
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.downloads import MAX_OFFICER_REQUEST_BYTES, MAX_REQUEST_BYTES, accept_request_files
from hoax_tracker.models import Officer, Passkey, SecondFactor, db

OWN_FIELDS = ("csrf_token", *PROOF_FIELDS)


@dataclass(frozen=True)
class CodeAppSetup:
    """Content of the set-up page: QR code, key to type, and the encrypted secret that the form sends back."""

    qr_code: Markup
    key: str
    sealed: str


@dataclass(frozen=True)
class FactorState:
    """An officer's second factors as the page shows them.

    ``setup`` is None where an app is set up already.
    """

    has_factor: bool
    is_needed: bool
    code_app_since: datetime | None
    setup: CodeAppSetup | None
    passkeys: Sequence[Passkey]
    recovery_codes_left: int
    passkeys_possible: bool


def read_factor_state() -> FactorState:
    """Return the signed-in officer's second factors."""
    person, settings = current_officer(), current_settings()
    row = db.session.get(SecondFactor, person.id)
    since = row.added_at if row is not None and row.sealed_secret is not None else None
    return FactorState(
        has_factor=person.has_second_factor,
        is_needed=needs_second_factor(person, settings.second_factor),
        code_app_since=since,
        setup=None if since else _prepare_setup(person),
        passkeys=db.session.scalars(sa.select(Passkey).filter_by(officer_id=person.id).order_by(Passkey.id)).all(),
        recovery_codes_left=recovery_codes.count_unused_codes(person.id),
        passkeys_possible=are_passkeys_possible(settings),
    )


def _prepare_setup(person: Officer) -> CodeAppSetup:
    """Return the set-up of a submitted form, or a new one."""
    key, sealed = current_settings().contact_key, request.form.get("sealed", "")
    try:
        secret = code_app.open_secret(sealed.encode("ascii", "replace"), person.id, key, max_age=code_app.SETUP_TIME)
    except DecryptionError:
        secret = code_app.generate_secret()
        sealed = code_app.seal_secret(secret, person.id, key).decode()
    drawn = code_app.draw_qr_code(code_app.provisioning_uri(secret, person.email))
    return CodeAppSetup(drawn, code_app.group_letters(secret), sealed)


# Pages that come between an act and its doing


def answer_proof_needed(error: ProofNeededError) -> Response:
    """Return the page that asks for the second factor and keeps the typed input."""
    db.session.rollback()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return make_response(jsonify(confirm=url_for("second_factor.confirm", next=url_for("second_factor.page"))), 401)
    return _render_between("accounts/confirm.html", error.status, error=error)


def render_closed_desk() -> Response:
    """Return the page that says the desk is closed and keeps the typed input."""
    return _render_between("accounts/closed_desk.html", 403)


def _render_between(template: str, status: int, **about: object) -> Response:
    """Return a page that resends the typed input. Input is shown only where one of our pages sent it."""
    is_ours = g.get("csrf_valid", False) or request.headers.get("Sec-Fetch-Site") == "same-origin"
    accept_request_files(MAX_OFFICER_REQUEST_BYTES if is_ours else MAX_REQUEST_BYTES)
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS]
    again = request.full_path if request.query_string else request.path
    shown = {"typed": typed if is_ours else [], "again": again, "factor": factor_kinds(current_officer())}
    return make_response(render_template(template, **shown, **about), status)


def factor_kinds(person: Officer) -> dict[str, bool]:
    """Return which kinds of factor the officer can be asked for."""
    app = sa.exists().where(SecondFactor.officer_id == person.id, SecondFactor.sealed_secret.is_not(None))
    keys = db.session.scalar(sa.select(sa.exists().where(Passkey.officer_id == person.id)))
    has_app = bool(db.session.scalar(sa.select(app)))
    return {"code_app": has_app, "passkey": bool(keys) and are_passkeys_possible(current_settings())}
