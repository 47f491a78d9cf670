"""The second step of signing in.

After the password nobody is signed in until the second factor is verified. Flask-Security asks this plug-in whether an
officer has a second factor, and leaves the rest to it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import flask
import sqlalchemy as sa
from flask import redirect, request, session, url_for
from flask_security import UserMixin
from flask_security.tf_plugin import TfPluginBase
from flask_security.utils import login_user

from hoax_tracker.accounts import sessions, sign_in_log
from hoax_tracker.accounts.second_factor import freshness
from hoax_tracker.accounts.sign_on.identities import join_identity
from hoax_tracker.clock import is_recent, utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.web.redirects import local_path
from hoax_tracker.models import Officer, db

JOINS_KEY = "joins_identity"
PENDING_KEY, PENDING_AT_KEY, PENDING_BY_KEY = "tf_user_id", "second_step_at", "second_step_by"
NOTE_KEY = "second_step_note"


class SecondFactorStep(TfPluginBase):
    """The plug-in that Flask-Security calls after the password."""

    def create_blueprint(self, app: flask.Flask, bp: flask.Blueprint, state: Any) -> None:
        """Add no page: ``views.py`` and ``sign_in_views.py`` have them."""

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


def find_pending_officer() -> Officer | None:
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


def complete_sign_in(person: Officer, by: list[str]) -> str:
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
