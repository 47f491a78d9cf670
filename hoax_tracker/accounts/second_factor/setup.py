"""Registers the second factor in the app."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask
from flask_login import user_logged_out
from flask_security import Security, current_user, user_authenticated

from hoax_tracker.accounts.second_factor import freshness, guard, pages
from hoax_tracker.accounts.second_factor.verification import are_passkeys_possible
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings

STEP_PLUGIN = "hoax_tracker.accounts.second_factor.sign_in_step.SecondFactorStep"


def register_second_factor(app: Flask, security: Security) -> None:
    """Require the second factor after the password, on every desk page, and where a view demands it."""
    # The library's own switch for this (TWO_FACTOR) brings its pages, codes by mail and secrets in the session.
    security.support_mfa = True
    app.before_request(guard.guard_desk)
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
    return guard.second_factor_due_at(person, utc_now()) if person.is_authenticated else None
