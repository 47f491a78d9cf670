"""Registers the second factor, and guards the desk: where an officer has one, the password alone does not open it.

Officers who need one and have none are locked out after a week. Each request is checked, so that a role given a minute
ago, or a factor added in another browser, takes effect at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import user_logged_out
from flask_security import Security, current_user, user_authenticated
from werkzeug.wrappers import Response

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.second_factor import freshness, pages
from hoax_tracker.accounts.second_factor.factors import GRACE_TIME, needs_second_factor
from hoax_tracker.accounts.second_factor.verification import are_passkeys_possible
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.models import Officer, db

DESK = "/petugas/"
# Where the password alone leads: out again, and to the question for the second factor.
OPEN_BY_PASSWORD = frozenset(
    {"security.login", "security.logout", "second_factor.confirm", "second_factor.confirm_options"}
    | {"second_step.page", "second_step.page_options", "second_step.by_passkey", "second_step.by_passkey_options"}
)


def _guard_desk() -> Response | None:
    """Let the request pass, or return the response that asks for the missing factor."""
    if not request.path.startswith(DESK) or request.endpoint in OPEN_BY_PASSWORD or not current_user.is_authenticated:
        return None
    person = current_officer()
    if person.has_second_factor:
        return _require_factor_of_session()
    if request.blueprint == "second_factor" or not _is_desk_closed_to(person, utc_now()):
        return None
    return _answer_closed_desk()


def _require_factor_of_session() -> Response | None:
    """Let the request pass where this session has the second factor; otherwise ask for it."""
    if request.method not in ("GET", "HEAD"):
        freshness.require_second_factor_once()
    elif not freshness.is_second_factor_given(sessions.MAX_SESSION_TIME, utc_now()):
        return redirect(url_for("second_factor.confirm", next=request.full_path.rstrip("?")))
    return None


def _is_desk_closed_to(person: Officer, now: datetime) -> bool:
    """Tell whether the officer has no second factor and the deadline to set one up has passed."""
    due = second_factor_due_at(person, now)
    return due is not None and due <= now


def second_factor_due_at(person: Officer, now: datetime) -> datetime | None:
    """Return the deadline to set up a second factor, or None for an officer who has one or needs none.

    The week begins when an officer who needs one opens a desk page for the first time.
    """
    if person.has_second_factor or not needs_second_factor(person, current_settings().second_factor):
        return None
    due = person.second_factor_due_at
    if due is None or due > now + GRACE_TIME:  # the latter was set by a clock that ran ahead
        due = now + GRACE_TIME
        with write_transaction(None):
            db.session.execute(sa.update(Officer).filter_by(id=person.id).values(second_factor_due_at=due))
    return due


def _answer_closed_desk() -> Response:
    """Redirect to the set-up page, or show the typed input of a form, ready to be resent afterwards."""
    if request.method in ("GET", "HEAD"):
        flash(_("Meja petugas terbuka lagi begitu kode kedua nyala."), "error")
        return redirect(url_for("second_factor.page"))
    return pages.render_closed_desk()


STEP_PLUGIN = "hoax_tracker.accounts.second_factor.sign_in_step.SecondFactorStep"


def register_second_factor(app: Flask, security: Security) -> None:
    """Require the second factor after the password, on every desk page, and where a view demands it."""
    # The library's own switch for this (TWO_FACTOR) brings its pages, codes by mail and secrets in the session.
    security.support_mfa = True
    app.before_request(_guard_desk)
    app.register_error_handler(freshness.ProofNeededError, pages.answer_proof_needed)
    user_authenticated.connect(freshness.forget_second_factor, app)
    user_logged_out.connect(freshness.forget_second_factor, app)
    app.jinja_env.globals.update(
        read_factor_state=pages.read_factor_state,
        second_factor_due=second_factor_due,
        passkeys_possible=lambda: are_passkeys_possible(current_settings()),
    )


def second_factor_due() -> datetime | None:
    """Return the signed-in officer's deadline to set up a second factor, None where there is none.

    Every page calls it.
    """
    person: Any = current_user
    return second_factor_due_at(person, utc_now()) if person.is_authenticated else None
