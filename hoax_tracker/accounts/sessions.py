"""How long an officer stays signed in, and how a session ends.

A session lives in a signed cookie. What ends it on the server is the officer's ``fs_uniquifier``: a new one makes every
cookie worthless that was given out before, wherever a copy of it lies.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, current_app, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import user_logged_out
from flask_security import user_authenticated

from hoax_tracker.clock import is_recent, utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, db

MAX_IDLE_TIME = timedelta(hours=1)
MAX_SESSION_TIME = timedelta(hours=12)
# The moment of the last page is not written anew with every one.
SEEN_UPDATE_INTERVAL = timedelta(minutes=1)
SIGNED_IN_AT_KEY, SEEN_AT_KEY = "since", "seen"


class PrivateSessionInterface(SecureCookieSessionInterface):
    """Sessions that no public page sends: a cache before the app would hand one person's cookie to everybody.

    Flask-Login writes to the session where it sees fit, on any page.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Add the cookie to an answer that no cache may keep."""
        if not response.cache_control.public:
            super().save_session(app, session, response)


def register_session_limits(app: Flask) -> None:
    """Let sessions of the app end in time. Must come before anything asks who is signed in."""
    app.session_interface = PrivateSessionInterface()
    app.before_request(end_expired_session)
    user_authenticated.connect(record_sign_in_time, app)
    user_logged_out.connect(end_all_sessions, app)


def record_sign_in_time(_app: Flask, **_more: Any) -> None:
    """Note the moment of the sign-in.

    The form token stays: a page with what was typed waits in another tab to be sent again. Nobody else can have
    planted the cookie that holds it, whose name has the __Host- prefix.
    """
    session[SIGNED_IN_AT_KEY] = session[SEEN_AT_KEY] = int(utc_now().timestamp())


def end_expired_session() -> None:
    """Forget who was signed in where the session is too old, or was left alone for too long."""
    # Who brings no cookie is not asked: looking at the session says that the page differs from person to person.
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies or "_user_id" not in session:
        return
    now = utc_now()
    if is_session_expired(now):
        session.clear()
    elif request.path.startswith("/petugas") and now - session_moment(SEEN_AT_KEY) > SEEN_UPDATE_INTERVAL:
        session[SEEN_AT_KEY] = int(now.timestamp())


def is_session_expired(now: datetime) -> bool:
    """Tell whether the present session is past its time. One without its moments is, or begun by a clock far ahead."""
    if SIGNED_IN_AT_KEY not in session or SEEN_AT_KEY not in session:
        return True
    return not (
        is_recent(session_moment(SIGNED_IN_AT_KEY), MAX_SESSION_TIME, now)
        and is_recent(session_moment(SEEN_AT_KEY), MAX_IDLE_TIME, now)
    )


def session_moment(name: str) -> datetime:
    """Return a moment kept in the session."""
    return datetime.fromtimestamp(session[name], tz=UTC)


def end_all_sessions(_app: Flask, user: Officer, **_more: Any) -> None:
    """End all sessions of an officer who signs out: a copy of the cookie is worth nothing afterwards."""
    if not user.is_authenticated:
        return
    with write_transaction(None):
        db.session.execute(sa.update(Officer).filter_by(id=user.id).values(fs_uniquifier=uuid.uuid4().hex))
