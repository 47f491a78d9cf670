"""Sign-on with an identity provider: the button on the sign-in page, and the provider's callback."""

from __future__ import annotations

import logging
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_security import current_user
from flask_security.utils import login_user
from werkzeug.wrappers import Response

from hoax_tracker.accounts.second_factor.sign_in_step import begin_second_step
from hoax_tracker.accounts.sign_on_client import (
    SignOnError,
    begin_sign_on,
    finish_sign_on,
    join_identity,
    officer_for_identity,
    provider_fetcher,
)
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.config.sign_on_providers import find_provider
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.core.web.query_args import local_path
from hoax_tracker.models import Officer, db

bp = Blueprint("sign_on", __name__, url_prefix="/petugas/masuk/lewat")
log = logging.getLogger(__name__)

ATTEMPT_KEY = "sign_on"


@bp.post("/<name>")
def begin(name: str) -> Response | str:
    """Lead the browser to the provider, by a page: browsers refuse a form that redirects to another site."""
    settings = current_settings()
    provider = find_provider(settings.sign_on, name)
    _count_attempt(settings)
    next_page = local_path(request.form.get("next"), otherwise="")
    try:
        address, attempt = begin_sign_on(
            provider, provider_fetcher(provider), callback=_callback_address(name), next_page=next_page, now=utc_now()
        )
    except SignOnError as error:
        return refuse(name, error)
    session[ATTEMPT_KEY] = attempt.as_json()
    return render_template("accounts/to_provider.html", provider=provider, address=address)


@bp.get("/<name>/kembali")
def finish(name: str) -> Response:
    """Sign in the officer whom the provider sends back.

    Each attempt can be used once, whatever the outcome.
    """
    settings = current_settings()
    provider = find_provider(settings.sign_on, name)
    remembered, now = session.pop(ATTEMPT_KEY, None), utc_now()
    if remembered is not None:  # who never began costs nothing: else any page could use up an office's attempts
        _count_attempt(settings)
    if current_user.is_authenticated:
        return redirect(url_for("work.start"), 303)
    try:
        identity = finish_sign_on(
            provider, provider_fetcher(provider), remembered, request.args, callback=_callback_address(name), now=now
        )
        officer, is_joined = officer_for_identity(identity)
    except SignOnError as error:
        return refuse(name, error)
    next_page = (remembered or {}).get("next_page", "")
    joins = None if is_joined else {"issuer": identity.issuer, "subject": identity.subject}
    if officer.has_second_factor:
        begin_second_step(officer, "openid", joins)
        return redirect(url_for("second_step.page", next=next_page or None), 303)
    with write_transaction(None):  # what begins a session is written: its row, and the sign-in in the audit log
        officer = db.session.get_one(Officer, officer.id)
        login_user(officer, authn_via=["openid"])
        if joins:
            join_identity(officer, joins["issuer"], joins["subject"], now)
    return redirect(next_page or url_for("work.start"), 303)


def _callback_address(name: str) -> str:
    """Return the public callback address that is registered at the provider."""
    return current_settings().base_url + url_for("sign_on.finish", name=name)


def refuse(name: str, error: SignOnError) -> Response:
    """Redirect to the sign-in page with the next step, and log the reason."""
    log.warning("sign-on at %s failed: %s", name, error)
    flash(str(error.user_message), "error")
    return redirect(url_for("security.login"), 303)


def _count_attempt(settings: Settings) -> None:
    """Count a sign-on attempt against the address's rate limit. Raises RateLimitedError."""
    with write_transaction(None):
        limit = Limit("sign-on", 2 * settings.sign_ins_per_quarter_hour, timedelta(minutes=15))
        limit.use(request.remote_addr or "", utc_now())
